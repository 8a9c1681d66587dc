import Core
import JSON
import NovaModel
import NovaWork
import SmallCloud
import Store
import Testing
import Work

/// A state that an administrator sets by hand lets nothing loose that still works on the server.
@Suite("Reset states") struct ResetTests {
  private func server(in cloud: SmallCloud) async throws -> String {
    let image = try await cloud.must(
      "glance", "POST", "/v2/images", ["name": "i", "disk_format": "raw", "container_format": "bare"])
    let id = image["id"]?.string ?? ""
    try await cloud.must("glance", "PUT", "/v2/images/\(id)/file", bytes: [1, 2, 3])
    let made = try await cloud.must(
      "nova", "POST", "/v2.1/servers",
      ["server": ["name": "s", "flavorRef": "1", "imageRef": .string(id), "networks": "none"]])
    return made["server"]?["id"]?.string ?? ""
  }

  private func reset(_ server: String, in cloud: SmallCloud) async throws {
    try await cloud.must(
      "nova", "POST", "/v2.1/servers/\(server)/action", ["os-resetState": ["state": "error"]], as: "admin")
  }

  @Test func aDeleteThatFollowsWaitsForWhatStillRuns() async throws {
    let cloud = try await SmallCloud()
    let id = try await server(in: cloud)
    try await reset(id, in: cloud)
    try await cloud.must("nova", "DELETE", "/v2.1/servers/\(id)")
    let sagas = try await cloud.store.read { try await $0.all(SagaRow.self, "ORDER BY created_at, id") }
    let create = try #require(sagas.first { $0.name == CreateServer.name })
    #expect(sagas.first { $0.name == DeleteServer.name }?.after == create.id)

    let queue = SagaQueue(store: cloud.store, world: cloud.world, node: "test")
    cloud.conductor.register(with: queue)
    try await queue.start()
    try await queue.drain()
    #expect(try await cloud.store.read { try await $0.count(SagaRow.self, "") } == 0, "none is stuck")
    #expect(try await cloud.ask("nova", "GET", "/v2.1/servers/\(id)").status == 404)
    await queue.stop(within: .seconds(1))
  }

  @Test func whatIsStuckHoldsItNoLonger() async throws {
    let cloud = try await SmallCloud()
    let id = try await server(in: cloud)
    try await cloud.store.write { tx in
      _ = try await tx.run("UPDATE \(SagaRow.table) SET phase = \(SagaRow.Phase.stuck), owner = NULL")
    }
    try await reset(id, in: cloud)
    try await cloud.must("nova", "DELETE", "/v2.1/servers/\(id)")
    let sagas = try await cloud.store.read { try await $0.all(SagaRow.self, "ORDER BY created_at, id") }
    let delete = try #require(sagas.first { $0.name == DeleteServer.name })
    #expect(delete.after == nil)
  }
}
