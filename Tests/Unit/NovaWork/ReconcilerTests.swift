import Core
import FakeHardware
import Hardware
import JSON
import NovaModel
import SmallCloud
import Store
import Testing
import Work

@testable import NovaWork

/// What must keep becoming true of compute, brought about by the reconcilers as the program runs them.
@Suite("Reconcilers") struct ReconcilerTests {
  /// Runs the reconciler of that name.
  private func run(_ name: String, in cloud: SmallCloud) async throws {
    let reconciler = try #require(cloud.conductor.reconcilers().first { $0.name == name })
    try await reconciler.runOnce()
  }

  @Test(arguments: [
    "nova-attachments", "nova-ports", "nova-snapshots", "nova-guests", "nova-allocations", "nova-cards",
  ])
  func whatIsInOrderIsLeftAlone(name: String) async throws {
    let cloud = try await SmallCloud()
    var cast = try await cloud.server()
    cast["volume"] = try await cloud.volume()
    try await cloud.must(
      "nova", "POST", "/v2.1/servers/\(cast["server"] ?? "")/os-volume_attachments",
      ["volumeAttachment": ["volumeId": cast["volume"].json]])
    try await cloud.settle()
    let before = try await state(of: cloud)
    for _ in 0..<2 { try await run(name, in: cloud) }
    #expect(try await state(of: cloud) == before)
  }

  @Test func everyReconcilerIsTriedHere() async throws {
    let names = try await SmallCloud(starts: false).conductor.reconcilers().map(\.name)
    // What takes a lost card out waits longer than a test does: it is tried among the strays.
    let tried = [
      "nova-allocations", "nova-attachments", "nova-cards", "nova-guests", "nova-ports", "nova-snapshots",
    ]
    #expect(names.sorted() == tried)
  }

  @Test(arguments: [(GuestPower.crashed, 6), (.stopped, 4)])
  func aServerWhoseGuestHasStoppedByItselfIsShownSo(power: GuestPower, shown: Int) async throws {
    let cloud = try await SmallCloud()
    let id = try #require(try await cloud.server()["server"])
    if power == .crashed {
      try await cloud.hands.hypervisor.crash(id)
    } else {
      try await cloud.hands.hypervisor.ensureStopped(id, grace: .zero)
    }
    try await run("nova-guests", in: cloud)
    let server = try #require(try await cloud.store.read { try await $0.get(Server.self, id) })
    #expect(server.state == .stopped && server.power == shown && server.doing == nil)
    // A server to which something is being done is its saga's business.
    try await cloud.must("nova", "POST", "/v2.1/servers/\(id)/action", ["os-start": .null])
    try await run("nova-guests", in: cloud)
    let busy = try #require(try await cloud.store.read { try await $0.get(Server.self, id) })
    #expect(busy.doing == .poweringOn && busy.state == .stopped)
  }

  @Test func aGuestWhoseServerIsGoneIsRemovedAndAStrangersStays() async throws {
    let cloud = try await SmallCloud()
    let id = try #require(try await cloud.server()["server"])
    try await forget(id, in: cloud)
    let stranger = GuestSpec(id: cloud.world.uuid(), title: "theirs", vcpus: 1, memoryMiB: 64, disks: [], nics: [])
    try await cloud.hands.hypervisor.ensureRunning(stranger)
    try await run("nova-guests", in: cloud)
    #expect(try await cloud.hands.hypervisor.guests().map(\.id) == [stranger.id])
    #expect(try await cloud.hands.disks.servers() == [])
  }

  @Test func anAllocationWhoseServerIsGoneIsGivenBack() async throws {
    let cloud = try await SmallCloud()
    let (gone, kept) = (try await cloud.server()["server"] ?? "", try await cloud.server()["server"] ?? "")
    try await forget(gone, in: cloud)
    try await run("nova-allocations", in: cloud)
    let held = { (id: String) in
      try await cloud.must("placement", "GET", "/allocations/\(id)", as: "admin")["allocations"]?.object?.count
    }
    #expect(try await held(gone) == 0)
    #expect(try await held(kept) == 1)
  }

  /// Removes a server's record as a deletion does that ended without reaching its host.
  private func forget(_ id: String, in cloud: SmallCloud) async throws {
    try await cloud.store.write { tx in
      guard let server = try await tx.get(Server.self, id) else { return }
      try await tx.delete(server)
    }
  }

  private func state(of cloud: SmallCloud) async throws -> [String] {
    let (servers, disks) = try await cloud.store.read { tx in
      (try await tx.all(Server.self).map { "\($0)" }, try await tx.all(VolumeAttachment.self).map { "\($0)" })
    }
    let guests = try await cloud.hands.hypervisor.guests().map { "\($0)" }
    let ports = try await cloud.must("neutron", "GET", "/v2.0/ports", as: "admin").text
    let volumes = try await cloud.must("cinder", "GET", "/v3/volumes/detail?all_tenants=1", as: "admin").text
    let images = try await cloud.must("glance", "GET", "/v2/images", as: "admin").text
    return servers + disks + guests + [ports, volumes, images]
  }
}
