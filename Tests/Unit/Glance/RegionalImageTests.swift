import Core
import Crypto
import FakeHardware
import GlanceModel
import GlanceWork
import HTTP
import Hardware
import IO
import JSON
import Synchronization
import Testing

@Suite("Images of other regions") struct RegionalImageTests {
  private static let source = "5ea2c4f1-3a1c-4c80-8a39-3f5d5b6ac001"

  /// Another region's image service, whose bytes may break off.
  private struct Region: ImageSource {
    var status = "active"
    var breaks = false
    func show(_ image: RemoteImage) async throws -> JSON {
      guard image.region == "RegionTwo", image.interface == "public" else {
        throw Fault.notFound("The catalogue has no image service in the region '\(image.region)'.")
      }
      return [
        "status": .string(status), "disk_format": "iso", "container_format": "bare", "hw_cpu_cores": "5",
        "trait:STORAGE_DISK_SSD": "required", "os_distro": "debian", "speed": "88mph", "owner": "p-far",
      ]
    }
    func bytes(of image: RemoteImage, limit: Int) async throws -> ImagePieces {
      let rest = Mutex<[UInt8]?>([UInt8](repeating: 0, count: 32_774))
      return {
        if breaks { throw Fault.unavailable("The connection broke.") }
        return rest.withLock { $0.take() }
      }
    }
  }

  private func taken(_ source: any ImageSource, region: String = "RegionTwo") async throws -> (JSON, JSON) {
    var options = GlanceOptions()
    options.importMethods.append("glance-download")
    options.requiresFormatMatch = false
    let cloud = try await ImageCloud(stores: ImageStores(single: FakeImages()), source: source, options: options)
    let id = try await cloud.image(["disk_format": "raw", "hw_cpu_cores": "1", "os_type": "linux"])
    let body: JSON = [
      "method": [
        "name": "glance-download", "glance_image_id": .string(Self.source), "glance_region": .string(region),
      ]
    ]
    #expect(try await cloud.ask("POST", "/v2/images/\(id)/import", body).status == 202)
    try await cloud.settle()
    let task = try await cloud.ask("GET", "/v2/images/\(id)/tasks").json["tasks"]?[0] ?? .null
    return (try await cloud.ask("GET", "/v2/images/\(id)").json, task)
  }

  @Test("the other image's formats and hardware properties come with its data, nothing else does")
  func whole() async throws {
    let (image, task) = try await taken(Region())
    #expect(task["status"] == "success", "\(task.text)")
    #expect(image["status"] == "active")
    #expect(image["disk_format"] == "iso")
    #expect(image["hw_cpu_cores"] == "5")
    #expect(image["trait:STORAGE_DISK_SSD"] == "required")
    #expect(image["os_distro"] == "debian")
    #expect(image["os_type"] == "linux")
    #expect(image["speed"] == nil)
    #expect(image["owner"] == "p-demo")
    #expect(image["size"] == 32_774)
  }

  @Test(
    "whatever goes wrong, the image is as it was, and its task says why",
    arguments: [
      (Region(breaks: true), "RegionTwo", "broke"), (Region(status: "deactivated"), "RegionTwo", "deactivated"),
      (Region(), "Nowhere", "Nowhere"),
    ] as [(any ImageSource, String, String)])
  func broken(source: any ImageSource, region: String, word: String) async throws {
    let (image, task) = try await taken(source, region: region)
    #expect(task["status"] == "failure")
    #expect(task["message"]?.string?.contains(word) == true, "\(task.text)")
    #expect(image["status"] == "queued")
    #expect(image["disk_format"] == "raw")
    #expect(image["hw_cpu_cores"] == "1")
    #expect(image["os_distro"] == nil)
  }

  @Test("a request says which image and which region")
  func refused() async throws {
    var options = GlanceOptions()
    options.importMethods = ["glance-download"]
    let cloud = try await ImageCloud(options: options)
    let id = try await cloud.image()
    for (method, word) in [
      (["glance_region": "a"], "glance_image_id"), (["glance_image_id": .string(Self.source)], "glance_region"),
      (["glance_region": "a", "glance_image_id": "foo"], "image id does not look like a UUID"),
    ] as [(JSONObject, String)] {
      var method = method
      method.append("name", "glance-download")
      let answer = try await cloud.ask("POST", "/v2/images/\(id)/import", ["method": .object(method)])
      #expect(answer.status == 400)
      #expect(answer.text.contains(word))
    }
  }

  /// A catalogue and an image service here.
  @Test("the endpoint is the catalogue's for that region and interface, asked with the user's token")
  func endpoint() async throws {
    let loop = try EventLoop.start(name: "region-test")
    let server = HTTPServer(loops: [loop])
    let listener = try server.listen(host: "127.0.0.1", port: 0) { request in
      guard request.headers["X-Auth-Token"] == "t" else { return Response(status: 401) }
      switch request.path {
      case "/image/v2/images/\(Self.source)": return Response(status: 200, body: .bytes(Array(#"{"a": 1}"#.utf8)))
      case "/image/v2/images/\(Self.source)/file": return Response(status: 200, body: .bytes([1, 2, 3]))
      default: return Response(status: 404)
      }
    }
    let url = "http://127.0.0.1:\(listener.port)/image/"
    let catalog: JSON = [
      "catalog": [
        ["type": "compute", "endpoints": [["region": "Two", "interface": "public", "url": "http://127.0.0.1:1"]]],
        [
          "type": "image",
          "endpoints": [
            ["region": "One", "interface": "public", "url": "http://127.0.0.1:1"],
            ["region": "Two", "interface": "internal", "url": "http://127.0.0.1:1"],
            ["region": "Two", "interface": "public", "url": .string(url)],
          ],
        ],
      ]
    ]
    let client = try HTTPClient(loop: loop)
    let vault = Fernet(keys: [FernetKey(world: .real)])
    let images = RegionalImages(catalog: { _ in catalog }, vault: vault, client: { client })
    func image(
      _ id: String = Self.source, region: String = "two", token: String = "t", vault: Fernet
    ) throws -> RemoteImage {
      try RemoteImage(id: id, region: region, interface: "public", token: token, vault: vault, world: .real)
    }
    #expect(try await images.show(image(vault: vault))["a"] == 1)
    let pieces = try await images.bytes(of: image(vault: vault), limit: 10)
    #expect(try await pieces() == [1, 2, 3])
    for (wrong, word) in [
      (try image(region: "three", vault: vault), "three"), (try image(token: "other", vault: vault), "401"),
      (try image("unknown", vault: vault), "404"),
      (try image(vault: Fernet(keys: [FernetKey(world: .real)])), "cannot be read any more"),
    ] {
      let fault = await #expect(throws: Fault.self) { try await images.show(wrong) }
      #expect(fault?.message.contains(word) == true)
    }
    await server.close(listener)
  }
}
