public import Core
public import Store

/// Long work as a value: what has been found out so far, saved after every step.
///
/// A step may run twice, and may run again after a crash in its middle: it calls hands by verbs that can be repeated,
/// and writes down in the saga (in a step before) whatever must be the same the second time, such as ids.
public protocol SagaValue: Sendable, Codable {
  /// Unique among all sagas: `server.create`.
  static var name: String { get }
  /// The id of the resource it works on.
  var subject: String { get }
}

/// How that work is carried out. The value stands in a service's Model, where the API can begin it; its steps stand
/// in Work, which alone knows the hands.
public protocol Saga: SagaValue {
  associatedtype Context: Sendable
  static var steps: [Step<Self>] { get }
  /// Writes the end state, in the transaction that removes the saga.
  func succeed(_ end: Ending, _ context: Context) async throws
  /// Writes the state after everything has been undone, in the transaction that removes the saga.
  func fail(_ fault: Fault, _ end: Ending, _ context: Context) async throws
}

/// The transaction in which a saga ends.
public struct Ending: Sendable {
  public let tx: Transaction
  /// The saga's id, which the record must still name for its state to be written.
  public let saga: String
  /// Whether it was asked to give up, by a delete that waits for it.
  public let cancelled: Bool
  public let now: Timestamp
}

public struct Step<S: Saga>: Sendable {
  public typealias Body = @Sendable (inout S, S.Context) async throws -> Void
  public let name: String
  public let run: Body
  public let undo: Body?
  /// How often a step is tried before its failure counts; between tries the saga waits.
  public let tries: Int

  public static func step(_ name: String, _ run: @escaping Body, undo: Body? = nil, tries: Int = 1) -> Self {
    Step(name: name, run: run, undo: undo, tries: tries)
  }
}

/// Thrown by a step that has nothing to do yet: the saga is saved and the step tried again later.
public struct NotYet: Error, Sendable {
  public let after: Duration
  public init(after: Duration) { self.after = after }
}

/// A saga as it is kept.
public struct SagaRow: Versioned {
  public enum Phase: String, ColumnValue, Sendable { case running, unwinding, stuck }
  public var id = ""
  public var name = ""
  public var subject = ""
  public var phase = Phase.running
  /// The value, as JSON.
  public var value = ""
  /// The step that runs next; while unwinding, the one to be undone next.
  public var next = 0
  public var tries = 0
  /// Why it unwinds or is stuck: a fault, as JSON.
  public var fault: String?
  /// Set by whoever wants it to give up at its next save.
  public var cancelled = false
  /// The saga that must be gone before this one may start.
  public var after: String?
  /// The node that alone may work on it, as long as that lives: what it works with is there. Nil for any.
  public var node: String?
  /// The process that works on it, and until when it may be thought alive.
  public var owner: String?
  public var leaseUntil = Timestamp(seconds: 0)
  /// Not before this time, after the store itself made trouble.
  public var notBefore = Timestamp(seconds: 0)
  public var createdAt = Timestamp(seconds: 0)
  public var updatedAt = Timestamp(seconds: 0)
  /// The request that began it, for logs and traces.
  public var requestID: String?
  public var userID: String?
  public var projectID: String?
  /// Counted on by every claim, and named by every save: the fence.
  public var generation = 0
  public init() {}

  public static let table = Table<SagaRow>(
    "sagas", logged: false,
    [
      .column("id", \.id, key: true), .column("name", \.name), .column("subject", \.subject),
      .column("phase", \.phase), .column("value", \.value), .column("next_step", \.next), .column("tries", \.tries),
      .column("fault", \.fault), .column("cancelled", \.cancelled), .column("after_saga", \.after),
      .column("owner", \.owner), .column("lease_until", \.leaseUntil), .column("not_before", \.notBefore),
      .column("created_at", \.createdAt), .column("updated_at", \.updatedAt), .column("request_id", \.requestID),
      .column("user_id", \.userID), .column("project_id", \.projectID), .column("generation", \.generation),
      .column("node", \.node, since: 2),
    ], indexes: [.index("subject"), .index("phase"), .index("after_saga")])

  public static let schema = Schema("work", tables: [table, WorkNode.table])
}
