public import Core
public import Store

/// What was done to a server, by whom, and how it ended (API reference: "Servers actions, os-instance-actions").
public struct InstanceAction: Record {
  public var id = ""
  public var serverID = ""
  public var projectID = ""
  public var userID = ""
  public var requestID = ""
  /// `create`, `stop`, `reboot`, …
  public var action = ""
  /// The saga that carries it out, by which its end finds it.
  public var saga: String?
  public var host: String?
  public var message: String?
  /// `Success` or `Error`; nil while it is under way.
  public var result: String?
  public var startTime = Timestamp(seconds: 0)
  public var finishTime: Timestamp?
  public init() {}

  public static let table = Table<InstanceAction>(
    "nova_instance_actions", logged: false,
    [
      .column("id", \.id, key: true), .column("server_id", \.serverID), .column("project_id", \.projectID),
      .column("user_id", \.userID), .column("request_id", \.requestID), .column("action", \.action),
      .column("saga", \.saga), .column("host", \.host), .column("message", \.message), .column("result", \.result),
      .column("start_time", \.startTime), .column("finish_time", \.finishTime),
    ], indexes: [.index("server_id"), .index("saga")])

  /// Writes the end of the action that a saga carried out.
  public static func finish(saga: String, host: String?, fault: Fault?, at now: Timestamp, in tx: Transaction)
    async throws
  {
    guard var action = try await tx.one(InstanceAction.self, "WHERE saga = \(saga)") else { return }
    action.finishTime = now
    action.result = fault == nil ? "Success" : "Error"
    action.message = fault?.message
    action.host = host
    _ = try await tx.update(action)
  }
}
