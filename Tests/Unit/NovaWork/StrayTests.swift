import CinderWork
import Core
import FakeHardware
import Hardware
import JSON
import NovaModel
import SmallCloud
import Testing
import Work

@testable import NovaWork

/// What requests made elsewhere and did not live to write down goes; what somebody owns stays.
@Suite("Strays") struct StrayTests {
  private static let gone = "00000000-0000-4000-8000-000000000000"

  @Test func onlyWhatStaysLongWithoutAnOwnerIsAStray() {
    let (seen, start) = (Sightings(grace: .seconds(15)), Timestamp(seconds: 1000))
    #expect(seen.lasting(["a"], at: start) == [])
    #expect(seen.lasting(["a", "b"], at: start + .seconds(10)) == [])
    #expect(seen.lasting(["a", "b"], at: start + .seconds(15)) == ["a"])
    // Somebody took it meanwhile: it begins anew.
    #expect(seen.lasting([], at: start + .seconds(20)) == [])
    #expect(seen.lasting(["b"], at: start + .seconds(40)) == [])
  }

  @Test func aPortMadeForAServerThatIsNotThereGoesAndAUsersOwnStays() async throws {
    let cloud = try await SmallCloud()
    let network = try await cloud.must("neutron", "POST", "/v2.0/networks", ["network": ["name": "n"]])
    let id = network["network"]?["id"] ?? .null
    let port: JSONObject = [
      "network_id": id, "device_id": .string(Self.gone), "device_owner": "compute:nova", "tenant_id": "p-demo",
    ]
    var made = port
    made["binding:profile"] = MadePort.profile
    try await cloud.must("neutron", "POST", "/v2.0/ports", ["port": .object(made)], as: "nova")
    let own = try await cloud.must("neutron", "POST", "/v2.0/ports", ["port": .object(port)])
    let seen = Sightings(grace: .zero)
    for _ in 0..<2 { try await cloud.conductor.removeStrayPorts(seen) }
    let left = try await cloud.must("neutron", "GET", "/v2.0/ports?device_owner=compute:nova")["ports"]?.array
    #expect(left?.map { $0["id"] } == [own["port"]?["id"]])
  }

  @Test func aReservationThatNoServerKnowsIsGivenBack() async throws {
    let cloud = try await SmallCloud()
    let queue = SagaQueue(store: cloud.store, world: cloud.world, node: "test")
    cloud.volumeWork.register(on: queue)
    try await queue.start()
    let volume = try await cloud.must("cinder", "POST", "/v3/volumes", ["volume": ["size": 1]])
    let id = volume["volume"]?["id"]?.string ?? ""
    try await queue.drain()
    try await cloud.must(
      "cinder", "POST", "/v3/attachments",
      ["attachment": ["volume_uuid": .string(id), "instance_uuid": .string(Self.gone)]], as: "nova")
    let seen = Sightings(grace: .zero)
    try await cloud.conductor.removeStrayAttachments(seen)
    let before = try await cloud.must("cinder", "GET", "/v3/volumes/\(id)")["volume"]?["status"]
    #expect(before == "reserved", "the first sight of it may be of a request that still runs")
    try await cloud.conductor.removeStrayAttachments(seen)
    let after = try await cloud.must("cinder", "GET", "/v3/volumes/\(id)")["volume"]?["status"]
    #expect(after == "available")
    await queue.stop(within: .seconds(1))
  }

  @Test func anImageForASnapshotThatNobodyTakesIsRemoved() async throws {
    let cloud = try await SmallCloud()
    let marks: JSONObject = ["image_type": "snapshot", "base_image_ref": "x", "instance_uuid": .string(Self.gone)]
    try await cloud.must("glance", "POST", "/v2/images", .object(marks), as: "nova")
    let own = try await cloud.must("glance", "POST", "/v2/images", ["name": "mine"])
    let seen = Sightings(grace: .zero)
    for _ in 0..<2 { try await cloud.conductor.removeStraySnapshots(seen) }
    let left = try await cloud.must("glance", "GET", "/v2/images", as: "nova")["images"]?.array
    #expect(left?.map { $0["id"] } == [own["id"]])
  }

  @Test func aServerWhoseGuestHasVanishedIsShownStoppedAndCanBeStarted() async throws {
    let cloud = try await SmallCloud()
    let cast = try await cloud.server()
    let id = try #require(cast["server"])
    try await cloud.hands.hypervisor.forget(id)
    try await cloud.conductor.reconcileGuests()
    #expect(try await status(of: id, cloud) == "SHUTOFF")
    try await cloud.act(cast, ["os-start": nil])
    try await cloud.settle()
    #expect(try await status(of: id, cloud) == "ACTIVE")
    #expect(try await cloud.hands.hypervisor.guests().map(\.power) == [.running])
  }

  @Test func aCardWhosePortIsDeletedLeavesTheGuest() async throws {
    let cloud = try await SmallCloud()
    let id = try #require(try await cloud.server()["server"])
    let ports = try await cloud.must("neutron", "GET", "/v2.0/ports?device_id=\(id)")["ports"]?.array ?? []
    #expect(ports.count == 1)
    try await cloud.must("neutron", "DELETE", "/v2.0/ports/\(ports.first?["id"]?.string ?? "")")
    let seen = Sightings(grace: .zero)
    for _ in 0..<2 { try await cloud.conductor.removeLostCards(seen) }
    let cards = try await cloud.must("nova", "GET", "/v2.1/servers/\(id)/os-interface")["interfaceAttachments"]
    #expect(cards?.array?.count == 0)
    #expect(try await cloud.hands.hypervisor.spec(id)?.nics.count == 0)
    #expect(try await cloud.hands.bridges.ports() == [])
  }

  private func status(of server: String, _ cloud: SmallCloud) async throws -> String? {
    try await cloud.must("nova", "GET", "/v2.1/servers/\(server)")["server"]?["status"]?.string
  }
}
