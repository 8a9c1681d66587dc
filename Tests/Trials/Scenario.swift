import CinderWork
import Core
import JSON
import NovaWork
import SmallCloud
import Store
import Testing

@testable import Work

/// One use of a saga, to be hurt in every way there is.
struct Scenario: Sendable, CustomTestStringConvertible {
  /// The saga's name.
  let saga: String
  let title: String
  /// Runs every trial; each that fails is reported with what went wrong.
  let run: @Sendable (_ report: @Sendable (String, any Error) -> Void) async throws -> Void

  var testDescription: String { "\(saga): \(title)" }

  typealias Cast = SmallCloud.Cast

  /// - Parameters:
  ///   - prepare: makes what has to be there, and lets nothing run on.
  ///   - begin: asks the API for what the saga carries out.
  ///   - again: what a user does after a failure that cannot be undone: the same once more. Its end must be the clean
  ///     one.
  ///   - isAllowed: ends of failures that are neither the clean one nor as before, and why they may be.
  static func of<S: Saga>(
    _ saga: S.Type, _ title: String, in context: any KeyPath<SmallCloud, S.Context> & Sendable,
    prepare: @escaping @Sendable (SmallCloud) async throws -> Cast,
    begin: @escaping @Sendable (SmallCloud, Cast) async throws -> Void,
    again: (@Sendable (SmallCloud, Cast) async throws -> Void)? = nil,
    isAllowed: @escaping @Sendable (End) -> Bool = { $0.things == $0.before }
  ) -> Scenario {
    Scenario(saga: S.name, title: title) { report in
      let ground = { (trial: Trial?) in
        try await Self.ground(saga, context, prepare, begin) { cloud, cast in
          guard let again, !(trial?.isToSucceed ?? true), try await cloud.hasFailed() else { return }
          try await again(cloud, cast)
          try await cloud.settle()
        }
      }
      let clean = try await Trial.clean(saga) { try await ground(nil) }
      for trial in Trial.all(for: saga) {
        do {
          try await trial.run(saga, clean: clean, isNothingLeft: isAllowed) { try await ground(trial) }
        } catch { report("\(trial)", error) }
      }
    }
  }

  private static func ground<S: Saga>(
    _ saga: S.Type, _ context: any KeyPath<SmallCloud, S.Context> & Sendable,
    _ prepare: (SmallCloud) async throws -> Cast, _ begin: (SmallCloud, Cast) async throws -> Void,
    then: @escaping @Sendable (SmallCloud, Cast) async throws -> Void
  ) async throws -> TrialGround<S, End> {
    let cloud = try await SmallCloud()
    let cast = try await prepare(cloud)
    try await cloud.settle()
    let before = try await cloud.things()
    try await begin(cloud, cast)
    let others = Others(cloud, besides: S.name)
    try await others.queue.start()
    return TrialGround(
      store: cloud.store, world: cloud.world, context: cloud[keyPath: context], begin: { _, _ in },
      observe: {
        try await then(cloud, cast)
        await others.queue.stop(within: .seconds(1))
        let end = End(things: try await cloud.things(), records: try await cloud.records(), before: before)
        await cloud.store.close()
        return end
      })
  }
}

/// What a trial leaves: everything that is anywhere, a line each, without ids and times.
struct End: Equatable, Sendable, CustomStringConvertible {
  var things: [String]
  var records: [String]
  /// What there was before the request.
  var before: [String]
  var description: String { "\n  " + (records + things).joined(separator: "\n  ") + "\n" }
}

/// Runs the other service's sagas while one is on trial.
struct Others: Sendable {
  let queue: SagaQueue

  init(_ cloud: SmallCloud, besides name: String) {
    queue = SagaQueue(store: cloud.store, world: cloud.hasty, node: "others")
    if name.hasPrefix("server.") { cloud.volumeWork.register(on: queue) }
  }
}
