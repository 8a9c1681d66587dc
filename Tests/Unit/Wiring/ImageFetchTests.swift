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
  /// - Parameter signed: a signature of the list, and the keyring by which it is verified.
  private func fetch(
    _ list: String, image: String = "image.qcow2", signed: (signature: [UInt8], keyring: String)? = nil
  ) async throws -> (said: [String], bytes: [UInt8]) {
    let loop = try EventLoop.start(name: "fetch-test")
    let server = HTTPServer(loops: [loop])
    let listener = try server.listen(host: "127.0.0.1", port: 0) { request in
      switch request.path {
      case "/SUMS": Response(status: 200, body: .bytes(Array(list.utf8)))
      case "/SUMS.sign": Response(status: 200, body: .bytes(signed?.signature ?? []))
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
    let fetch = ImageFetch(web: web, folder: folder, keyring: signed?.keyring) { line in
      said.withLock { $0.append(line) }
    }
    let base = "http://127.0.0.1:\(listener.port)/"
    do {
      let path = try await fetch.fetch(
        CloudImage(
          "test", url: base + image, checksums: base + "SUMS", signature: signed.map { _ in base + "SUMS.sign" }))
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

  /// With the genuine programs: a key of a distribution, and of somebody else.
  @Test func signaturesAreVerified() async throws {
    let folder = "/tmp/mlt-test-keys-\(World.real.hexID().prefix(8))"
    let host = Host.real
    try await host.makeDirectory(folder)
    func gpg(_ words: String...) async throws {
      try await host.runOK(
        "gpg",
        ["--homedir", folder, "--batch", "--yes", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""] + words)
    }
    let list = "\(Hash.sha256(Self.bytes).hex)  image.qcow2\n"
    try await host.writeFile(folder + "/list", Array(list.utf8))
    for maker in ["maker", "other"] {
      try await gpg("--quick-gen-key", "\(maker)@example.org", "ed25519", "sign")
      try await gpg("--output", "\(folder)/\(maker)", "--export", "\(maker)@example.org")
    }
    try await gpg("--local-user", "maker@example.org", "--output", folder + "/sign", "--detach-sign", folder + "/list")
    let signature = try await host.readFile(folder + "/sign")
    let fetched = try await fetch(list, signed: (signature, folder + "/maker"))
    #expect(fetched.said.contains { $0.contains("signature is right") })
    let forged = await #expect(throws: Fault.self) {
      _ = try await fetch(list, signed: (signature, folder + "/other"))
    }
    #expect(forged?.message.contains("is not by a key in") == true)
    let changed = await #expect(throws: Fault.self) {
      _ = try await fetch(list + "# more\n", signed: (signature, folder + "/maker"))
    }
    #expect(changed?.message.contains("is not by a key in") == true)
    _ = try await host.run("gpgconf", ["--homedir", folder, "--kill", "all"])
    try await host.remove(folder)
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
