import Core
import Crypto
import HTTP
import Hardware
import Host
import IO
import ObjectStores
import Synchronization
import Testing

/// Stores on other machines, against OpenStack's own object storage: its API, and S3's that it speaks too. The server
/// is one machine's, in a directory of its own, started and ended by the test.
@Suite("Object stores", .serialized, .enabled(if: Machine.has("swift-proxy-server")))
struct ObjectStoreTests {
  private static func script() -> String { Machine.absolute("Tests/Contract/object-server.py") }

  private func withServer(_ body: (_ port: Int, HTTPClient) async throws -> Void) async throws {
    let folder = try await Machine.folder()
    let port = folder + "/port"
    // The shell's standard input never ends, so that the server lives as long as this task does.
    let server = Task {
      try await Host.real.run(
        "sh", ["-c", "sleep 600 | \(Self.script()) > \(port)"], timeout: .minutes(10))
    }
    let loop = try EventLoop.start(name: "object-test")
    do {
      var found: Int?
      for _ in 0..<600 where found == nil {
        try await World.real.sleep(.milliseconds(200))
        let text = (try? await Host.real.readFile(port)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        found = Int(text.filter(\.isNumber))
      }
      try await body(try #require(found, "the object storage does not start"), try HTTPClient(loop: loop))
    } catch {
      server.cancel()
      _ = await server.result
      try await Host.real.remove(folder)
      throw error
    }
    server.cancel()
    _ = await server.result
    try await Host.real.remove(folder)
  }

  @Test func objectStorageAndS3KeepTheContract() async throws {
    try await withServer { port, client in
      var place = SwiftImages.Place(
        authURL: "http://127.0.0.1:\(port)/auth/v1.0", version: 1, user: "test:tester", key: "testing",
        container: "images")
      place.isMade = true
      place.segmentSize = 2 << 20
      let swift = SwiftImages(place, client: client)
      // Two segments and a half.
      try await ImageBackendContract(images: swift).holds(largeSize: 5 << 20)

      var bucket = S3Images.Bucket(
        url: "http://127.0.0.1:\(port)", name: "pictures", accessKey: "test:tester", secretKey: "testing")
      bucket.isMade = true
      bucket.partSize = 5 << 20
      let s3 = S3Images(bucket, client: client)
      try await ImageBackendContract(images: s3).holds(largeSize: 11 << 20)

      // Who is not let in is told who must act.
      place.key = "wrong"
      let refused = await #expect(throws: Fault.self) {
        _ = try await SwiftImages(place, client: client).begin(for: "x")
      }
      #expect(refused?.message.contains("administrator") == true)
      bucket.secretKey = "wrong"
      let forged = await #expect(throws: Fault.self) { _ = try await S3Images(bucket, client: client).begin(for: "x") }
      #expect(forged?.message.contains("administrator") == true)
    }
  }

  @Test func webServersAreReadAndNeverWritten() async throws {
    let loop = try EventLoop.start(name: "web-test")
    let server = HTTPServer(loops: [loop])
    let bytes = Array("an image on the web".utf8)
    let listener = try server.listen(host: "127.0.0.1", port: 0) { request in
      guard request.path == "/there" else { return Response(status: 404) }
      if request.method == "HEAD" {
        return Response(status: 200, headers: ["Content-Length": String(bytes.count)])
      }
      guard request.headers["Range"] == nil else {
        return Response(status: 206, body: .bytes(Array(bytes[3..<8])))
      }
      return Response(status: 200, body: .bytes(bytes))
    }
    let images: any ImageBackend = WebImages(client: try HTTPClient(loop: loop)) { url in
      if url.contains("secret") { throw Fault.badRequest("no") }
      return nil
    }
    let url = "http://127.0.0.1:\(listener.port)"
    let contract = ImageBackendContract(images: images)
    #expect(images.isReadOnly)
    #expect(try await contract.bytes(url + "/there") == bytes)
    #expect(try await images.content(url + "/absent") == nil)
    await #expect(throws: Fault.self) { _ = try await images.content(url + "/secret") }
    await #expect(throws: Fault.self) { _ = try await images.begin(for: "x") }
    try await images.remove(url + "/there") { false }
    #expect(try await contract.bytes(url + "/there") == bytes)
    #expect(try await images.list() == [])
    await server.close(listener)
  }

  /// Keys are encoded as they are signed (S3, "Signature calculations").
  @Test func signaturesAreThoseOfTheStandard() async throws {
    let request = Mutex<Request?>(nil)
    let loop = try EventLoop.start(name: "signature-test")
    let server = HTTPServer(loops: [loop])
    let listener = try server.listen(host: "127.0.0.1", port: 0) { incoming in
      request.withLock { $0 = incoming }
      return Response(status: 404)
    }
    let bucket = S3Images.Bucket(
      url: "http://127.0.0.1:\(listener.port)", name: "b", accessKey: "AKIDEXAMPLE", secretKey: "secret")
    _ = try await S3Images(bucket, client: try HTTPClient(loop: loop)).content("key with space")
    let sent = try #require(request.withLock { $0 })
    #expect(sent.path == "/b/key%20with%20space")
    #expect(sent.headers["x-amz-content-sha256"] == Hash.sha256([]).hex)
    let authorization = try #require(sent.headers["Authorization"])
    #expect(authorization.hasPrefix("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"))
    #expect(authorization.contains("SignedHeaders=host;x-amz-content-sha256;x-amz-date"))
    await server.close(listener)
  }
}
