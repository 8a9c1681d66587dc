import FakeHardware
import GlanceModel
import JSON
import SmallCloud
import Store
import Testing

/// A host looks at an image before it boots it, whoever let it in.
@Suite("Mislabelled images") struct MislabelledImageTests {
  @Test func aServerOfAnImageThatIsNotWhatItSaysIsNotBuilt() async throws {
    let cloud = try await SmallCloud()
    let cast = try await cloud.scene()
    let image = try #require(cast["image"])
    try await cloud.store.write { transaction in
      var row = try #require(try await transaction.get(Image.self, image))
      row.diskFormat = "qcow2"
      try await transaction.update(row)
    }
    let server = try await cloud.made(
      "nova", "/v2.1/servers", "server",
      ["name": "web", "imageRef": .string(image), "flavorRef": "1", "networks": [["uuid": cast["network"].json]]])
    try await cloud.settle()
    let shown = try await cloud.must("nova", "GET", "/v2.1/servers/\(server)")["server"]
    #expect(shown?["status"] == "ERROR")
    #expect(shown?["fault"]?["message"]?.string?.contains("content is raw but its disk_format says qcow2") == true)
    #expect(try await cloud.hands.hypervisor.spec(server) == nil)
  }
}
