import CinderWork
import NovaWork
import SmallCloud
import Store
import Synchronization
import Testing

@testable import Work

/// Every state of a resource against every move, while nothing else is done to it and while each other thing is: begun
/// where the lifecycle has it, else refused in the API's words and without a trace.
@Suite("Derived: lifecycles") struct DerivedLifecycleTests {
  @Test func servers() async throws { try await Self.everyStateTimesEveryMove(ServerLife.self) }
  @Test func volumes() async throws { try await Self.everyStateTimesEveryMove(VolumeLife.self) }
  @Test func snapshots() async throws { try await Self.everyStateTimesEveryMove(SnapshotLife.self) }

  private static func everyStateTimesEveryMove<L: Life>(_: L.Type) async throws {
    let cloud = try await SmallCloud()
    let lifecycle = L.Resource.lifecycle
    try await checkTable(L.self, cloud)
    for move in L.Resource.MoveName.allCases {
      let row = lifecycle[move]
      for state in L.Resource.State.allCases {
        for doing in [nil] + L.Resource.Doing.allCases.map(Optional.init) {
          let id = try await L.insert(state, doing, in: cloud)
          guard let answer = try await L.ask(move, of: id, in: cloud) else { continue }
          let after = try await cloud.store.read { try await $0.get(L.Resource.self, id) }
          let what = "\(move.rawValue) of one that is \(state.rawValue), \(doing?.rawValue ?? "idle"): \(answer)"
          if row.from.contains(state), doing == nil || row.preempts {
            #expect((200..<300).contains(answer.status), "\(what)")
            #expect(after?.doing == row.doing, "\(what)")
            #expect(after?.saga != nil || doing == row.doing, "\(what)")
          } else {
            #expect(L.isRefusal(answer, of: id), "\(what)")
            #expect(after?.state == state && after?.doing == doing && after?.saga == nil, "\(what)")
          }
        }
      }
    }
  }

  /// Each move has one row and a saga that is carried out, and no state is a trap: whatever a resource has come to, it
  /// can be deleted.
  private static func checkTable<L: Life>(_: L.Type, _ cloud: SmallCloud) async throws {
    let lifecycle = L.Resource.lifecycle
    let names = lifecycle.moves.map(\.name.rawValue)
    #expect(names.sorted() == L.Resource.MoveName.allCases.map(\.rawValue).sorted())
    cloud.conductor.register(with: cloud.queue)
    cloud.volumeWork.register(on: cloud.queue)
    let carriedOut = cloud.queue.state.withLock { Set($0.runners.keys) }
    #expect(Set(lifecycle.moves.map(\.saga)).subtracting(carriedOut) == [])
    let removal = lifecycle.moves.first { $0.name.rawValue == "delete" }
    #expect(removal?.from == Set(L.Resource.State.allCases))
    #expect(removal?.preempts == true)
  }
}
