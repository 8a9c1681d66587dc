// Work: everything that takes longer than a request.
//
// There are two forms. A *saga* is a Codable value that is saved after every step, so that any process can take it up
// where another died; a step that fails is undone, and so are the steps before it. A *reconciler* takes no input: on
// a timer and when woken it compares what is wanted with what is, and applies the difference. The store is the truth:
// a wake-up that gets lost costs time, never work.
//
//     begin (one transaction: state + saga row)
//        │
//        ▼
//     running ── step fails ──▶ unwinding ── undo fails ──▶ stuck (visible, retryable)
//        │                          │
//        ▼                          ▼
//     ended (one transaction: new state, saga row gone)

public import Core
public import Store

/// A resource that moves between states by named moves, each carried out by a saga.
public protocol Stateful: Versioned {
  associatedtype State: Hashable & ColumnValue & RawRepresentable<String>
  associatedtype Doing: Hashable & ColumnValue & RawRepresentable<String>
  associatedtype MoveName: Hashable & Sendable & RawRepresentable<String>
  static var lifecycle: Lifecycle<Self> { get }
  var state: State { get set }
  /// What is being done to it just now; nil when nothing is.
  var doing: Doing? { get set }
  /// The saga that holds it; only the holder may end the move.
  var saga: String? { get set }
}

/// One move: from which states, what is shown meanwhile, and where it ends.
public struct Move<R: Stateful>: Sendable {
  public let name: R.MoveName
  public let from: Set<R.State>
  public let doing: R.Doing
  /// nil leaves the state as it was before.
  public let to: R.State?
  /// The state after a failure has been undone; nil leaves it as it was.
  public let onFailure: R.State?
  /// Whether the move may begin while another is under way: it then waits for that one to give up (deletes).
  public let preempts: Bool
  public let saga: String

  public static func move<S: SagaValue>(
    _ name: R.MoveName, from: Set<R.State>, doing: R.Doing, to: R.State?, onFailure: R.State? = nil,
    preempts: Bool = false, by saga: S.Type
  ) -> Self {
    Move(
      name: name, from: from, doing: doing, to: to, onFailure: onFailure, preempts: preempts, saga: S.name)
  }
}

/// All moves of a resource: the one place where its states and transitions stand.
public struct Lifecycle<R: Stateful>: Sendable {
  public let moves: [Move<R>]
  public init(_ moves: [Move<R>]) { self.moves = moves }

  public subscript(name: R.MoveName) -> Move<R> {
    guard let move = moves.first(where: { $0.name == name }) else {
      preconditionFailure("the lifecycle of \(R.table.name) has no move \(name.rawValue)")
    }
    return move
  }

  /// Starts a move: checks the state, marks the record and writes the saga, all in the caller's transaction.
  /// - Parameters:
  ///   - record: as the transaction has just read it.
  ///   - refusal: the service's own fault for a state that does not allow the move.
  /// - Returns: the record as it now is.
  @discardableResult
  public func begin<S: SagaValue>(
    _ name: R.MoveName, on record: R, with saga: S, in tx: Transaction, queue: SagaQueue,
    refusal: @autoclosure () -> Fault
  ) async throws -> R {
    let move = self[name]
    precondition(move.saga == S.name, "the move \(name.rawValue) is carried out by \(move.saga), not by \(S.name)")
    guard move.from.contains(record.state), record.doing == nil || move.preempts else { throw refusal() }
    var record = record
    let row = try await queue.begin(saga, after: record.saga, in: tx)
    record.doing = move.doing
    record.saga = row
    return try await tx.update(record)
  }

  /// Ends a move: writes the state it leads to, if the saga still holds the record.
  /// - Returns: the record, or nil when it is gone or another saga has taken it over.
  @discardableResult
  public func end(
    _ name: R.MoveName, _ id: String, saga: String, failed: Bool, in tx: Transaction,
    change: @Sendable (inout R) -> Void = { _ in }
  ) async throws -> R? {
    guard var record = try await tx.get(R.self, id), record.saga == saga else { return nil }
    let move = self[name]
    if let state = failed ? move.onFailure : move.to { record.state = state }
    record.doing = nil
    record.saga = nil
    change(&record)
    return try await tx.update(record)
  }
}
