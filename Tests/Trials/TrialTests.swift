import CinderWork
import GlanceWork
import Core
import NovaWork
import SmallCloud
import Synchronization
import Testing

@testable import Work

/// Every saga of compute, block storage and images in a cloud with real services and fake hands: each step twice, each step
/// failing, each undo twice, a crash after each save. Whatever happens, the end is the clean one, or nothing is left.
@Suite("Trials") struct TrialTests {
  static let scenarios =
    ServerScenarios.all + PowerScenarios.all + VolumeScenarios.all + StorageScenarios.all + ImageScenarios.all

  @Test(arguments: scenarios) func whateverHappensNothingIsLeftBehind(scenario: Scenario) async throws {
    try await scenario.run { trial, error in
      Issue.record("\(scenario.testDescription), \(trial): \(error)")
    }
  }

  @Test func everySagaHasItsTrials() async throws {
    let cloud = try await SmallCloud(starts: false)
    cloud.conductor.register(with: cloud.queue)
    cloud.volumeWork.register(on: cloud.queue)
    cloud.imageWork.register(on: cloud.queue)
    let registered = cloud.queue.state.withLock { Set($0.runners.keys) }
    #expect(registered.count >= 19)
    #expect(registered.subtracting(Self.scenarios.map(\.saga)) == [])
  }
}
