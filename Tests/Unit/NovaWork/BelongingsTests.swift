import Core
import FakeHardware
import Hardware
import JSON
import NovaModel
import SmallCloud
import Testing

@testable import NovaWork

/// A guest has what its server's record says, also where that changed while the guest was being started.
@Suite("What belongs to a guest") struct BelongingsTests {
  @Test func whatIsAttachedDuringARebootIsInTheGuestAfterwards() async throws {
    let cloud = try await SmallCloud()
    let cast = try await cloud.server()
    let id = try #require(cast["server"])
    let volume = try await cloud.volume()
    // What a reboot read before the attaching began.
    let read = try await cloud.conductor.server(id)
    try await cloud.must(
      "nova", "POST", "/v2.1/servers/\(id)/os-interface", ["interfaceAttachment": ["net_id": cast["network"].json]])
    try await cloud.must(
      "nova", "POST", "/v2.1/servers/\(id)/os-volume_attachments", ["volumeAttachment": ["volumeId": .string(volume)]])
    try await cloud.settle()
    try await cloud.conductor.stop(read, grace: .zero)
    try await cloud.conductor.run(read)
    let guest = try #require(try await cloud.hands.hypervisor.spec(id))
    #expect(guest.nics.count == 2)
    #expect(guest.disks.map(\.serial).contains(volume))
  }

  @Test func whatIsDetachedDuringARebootIsNotInTheGuestAfterwards() async throws {
    let cloud = try await SmallCloud()
    let id = try #require(try await cloud.server()["server"])
    let read = try await cloud.conductor.server(id)
    try await cloud.must("nova", "DELETE", "/v2.1/servers/\(id)/os-interface/\(read.nics[0].port)")
    try await cloud.settle()
    try await cloud.conductor.stop(read, grace: .zero)
    await #expect(throws: Fault.self, "its port is gone") { try await cloud.conductor.run(read) }
    #expect(try await cloud.conductor.server(id).nics == [])
  }

  @Test func aCardThatLeavesIsNotBroughtBackByAStart() async throws {
    let cloud = try await SmallCloud()
    let id = try #require(try await cloud.server()["server"])
    let server = try await cloud.conductor.change(id) { $0.nics[0].leaving = true }
    try await cloud.conductor.stop(server, grace: .zero)
    try await cloud.conductor.run(server)
    #expect(try await cloud.hands.hypervisor.spec(id)?.nics.isEmpty == true)
  }
}
