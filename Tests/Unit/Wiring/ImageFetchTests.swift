import Core
import Crypto
import GlanceModel
import GlanceWork
import HTTP
import Host
import IO
import Synchronization
import Testing
import Text
import Wiring

@Suite("Images of distributions") struct ImageFetchTests {
  private static let bytes = [UInt8](repeating: 7, count: 3_000_000)

  /// Fetches from a web server here, whose list says this of the image.
  private func fetch(_ list: String, image: String = "image.qcow2") async throws -> (said: [String], bytes: [UInt8]) {
    let loop = try EventLoop.start(name: "fetch-test")
    let server = HTTPServer(loops: [loop])
    let listener = try server.listen(host: "127.0.0.1", port: 0) { request in
      switch request.path {
      case "/SUMS": Response(status: 200, body: .bytes(Array(list.utf8)))
      case "/image.qcow2": Response(status: 302, headers: ["Location": "/mirror/image.qcow2"])
      case "/mirror/image.qcow2": Response(status: 200, body: .bytes(Self.bytes))
      default: Response(status: 404)
      }
    }
    var rules = WebRules()
    rules.allowedPorts = []
    rules.allowedNetworks = [try #require(CIDR("127.0.0.1/32"))]
    let folder = "/tmp/mlt-test-fetch-\(World.real.hexID())"
    let said = Mutex<[String]>([])
    let web = WebDownload(client: try HTTPClient(loop: loop), rules: rules)
    let fetch = ImageFetch(web: web, folder: folder) { line in said.withLock { $0.append(line) } }
    let base = "http://127.0.0.1:\(listener.port)/"
    do {
      let path = try await fetch.fetch(CloudImage("test", url: base + image, checksums: base + "SUMS"))
      let bytes = try await Host.real.readFile(path)
      try await Host.real.remove(folder)
      await server.close(listener)
      return (said.withLock { $0 }, bytes)
    } catch {
      #expect(try await Host.real.list(folder) == [], "nothing is left of what is not genuine")
      try await Host.real.remove(folder)
      await server.close(listener)
      throw error
    }
  }

  @Test(arguments: ["gnu", "binary", "bsd", "long"]) func genuineImagesCome(form: String) async throws {
    let (short, long) = (Hash.sha256(Self.bytes).hex, Hash.sha512(Self.bytes).hex)
    let list =
      switch form {
      case "gnu": "\(long.prefix(64))  other.qcow2\n\(short)  image.qcow2\n"
      case "binary": "\(short) *image.qcow2\n"
      case "bsd": "# image.qcow2: 3000000 bytes\nSHA256 (image.qcow2) = \(short)\n"
      default: "\(long)  image.qcow2\n"
      }
    let fetched = try await fetch(list)
    #expect(fetched.bytes == Self.bytes)
    #expect(fetched.said.contains { $0.contains("hash is right") })
  }

  @Test func othersAreRefusedInWords() async throws {
    let wrong = await #expect(throws: Fault.self) {
      _ = try await fetch("\(String(repeating: "0", count: 64))  image.qcow2\n")
    }
    #expect(wrong?.message.contains("not what its makers say") == true)
    let unnamed = await #expect(throws: Fault.self) { _ = try await fetch("\(Hash.sha256(Self.bytes).hex)  other\n") }
    #expect(unnamed?.message.contains("cannot be verified") == true)
    let absent = await #expect(throws: Fault.self) {
      _ = try await fetch("\(Hash.sha256(Self.bytes).hex)  gone.qcow2\n", image: "gone.qcow2")
    }
    #expect(absent?.kind == .unavailable)
    #expect(absent?.message.contains("404") == true)
  }

  @Test func theTableIsSound() throws {
    #expect(CloudImage.all.count >= 8)
    #expect(Set(CloudImage.all.map(\.name)).count == CloudImage.all.count)
    for image in CloudImage.all { #expect(image.url.hasPrefix("https://") && image.checksums.hasPrefix("https://")) }
    let fault = #expect(throws: Fault.self) { try CloudImage.named("debain-12") }
    #expect(fault?.message.contains("debian-12") == true)
  }
}
