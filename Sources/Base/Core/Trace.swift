/// Who is asking and under which request id; carried through every await, so that logs, changes and
/// calls to other services name it without being told.
public struct Trace: Sendable, Codable, Equatable {
  /// This request's id, `req-…`.
  public var requestID: String
  /// The id a caller handed on with `X-Openstack-Request-Id`, if any.
  public var globalID: String?
  public var user: String?
  public var project: String?

  public init(requestID: String, globalID: String? = nil, user: String? = nil, project: String? = nil) {
    self.requestID = requestID
    self.globalID = globalID
    self.user = user
    self.project = project
  }

  /// The trace of the running task; nil outside requests and sagas.
  @TaskLocal public static var current: Trace?
}
