import FakeHardware
import Hardware
import JSON
import SmallCloud
import Testing

@Suite("Images of servers that boot from a volume") struct VolumeImageTests {
  private func server(_ cloud: SmallCloud, _ network: String?, _ more: JSONObject) async throws -> String {
    var body: JSONObject = ["name": "web", "flavorRef": "1", "networks": [["uuid": network.json]]]
    for member in more.members { body[member.key] = member.value }
    let answer = try await cloud.must(
      "nova", "POST", "/v2.1/servers", ["server": .object(body)])
    try await cloud.settle()
    return try #require(answer["server"]?["id"]?.string)
  }

  @Test("an image names snapshots of the volumes, and a server made of it boots from volumes made of these")
  func there() async throws {
    let cloud = try await SmallCloud()
    let scene = try await cloud.scene()
    let first = try await server(
      cloud, scene["network"],
      [
        "block_device_mapping_v2": [
          [
            "source_type": "image", "uuid": scene["image"].json, "destination_type": "volume", "volume_size": 2,
            "boot_index": 0, "delete_on_termination": true,
          ]
        ]
      ])
    try await cloud.must(
      "nova", "POST", "/v2.1/servers/\(first)/action", ["createImage": ["name": "picture", "metadata": ["a": "b"]]])
    try await cloud.settle()
    let found = try await cloud.must("glance", "GET", "/v2/images?name=picture")["images"]?[0]
    let image = try #require(found)
    #expect(image["status"] == "active")
    #expect(image["size"] == 0)
    #expect(image["a"] == "b")
    let mapping = try JSON(parsing: image["block_device_mapping"]?.string ?? "")
    let snapshots = try await cloud.must("cinder", "GET", "/v3/p-demo/snapshots")["snapshots"]?.array ?? []
    #expect(snapshots.count == 1)
    #expect(snapshots[0]["name"] == "snapshot for picture")
    #expect(mapping[0]?["snapshot_id"] == snapshots[0]["id"])
    #expect(mapping[0]?["boot_index"] == 0)
    #expect(mapping[0]?["volume_size"] == 2)

    let second = try await server(cloud, scene["network"], ["imageRef": image["id"] ?? .null])
    let shown = try await cloud.must("nova", "GET", "/v2.1/servers/\(second)")["server"]
    #expect(shown?["status"] == "ACTIVE", "\(shown?["fault"]?.text ?? "")")
    #expect(shown?["image"] == "")
    let volumes = try await cloud.must("cinder", "GET", "/v3/p-demo/volumes/detail")["volumes"]?.array ?? []
    #expect(volumes.contains { $0["snapshot_id"] == snapshots[0]["id"] && $0["size"] == 2 })
    #expect(try await cloud.hands.hypervisor.spec(second)?.disks.count == 1)
  }
}
