import Core
import Crypto
import HTTP
import Hardware
import Host
import IO
import JSON
import Synchronization
import Testing

@testable import ObjectStores

/// Stores on other machines, against OpenStack's own object storage: its API, and S3's that it speaks too. The server
/// is one machine's, in a directory of its own, started and ended by the test.
@Suite("Object stores", .serialized, .enabled(if: Machine.has("swift-proxy-server")))
struct ObjectStoreTests {
  private static func script() -> String { Machine.absolute("Tests/Contract/object-server.py") }

  private func withServer(_ body: (_ port: Int, HTTPClient) async throws -> Void) async throws {
    let folder = try await Machine.folder()
    let (port, stop) = (folder + "/port", folder + "/stop")
    // The server lives until its standard input ends.
    let server = Task {
      try await Host.real.run(
        "sh", ["-c", "while [ ! -e \(stop) ]; do sleep 0.2; done | \(Self.script()) > \(port)"], timeout: .minutes(10))
    }
    func end() async throws {
      try await Host.real.writeFile(stop, [])
      _ = await server.result
      try await Host.real.remove(folder)
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
      try await end()
      throw error
    }
    try await end()
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

  private static let image = "3d1f6a52-7f6e-4f4b-9d33-0c6a3f1a9b10"

  /// Runs the body as a request does whose client went away.
  private func cancelled(_ body: @escaping @Sendable () async throws -> Void) async throws {
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      try await body()
    }
    try await task.value
  }

  /// What others keep in the same place stays, and what is given up goes although its request is given up too.
  @Test func othersAreLeftAloneAndNothingIsLeftBehind() async throws {
    try await withServer { port, client in
      var place = SwiftImages.Place(
        authURL: "http://127.0.0.1:\(port)/auth/v1.0", version: 1, user: "test:tester", key: "testing",
        container: "shared")
      (place.isMade, place.segmentSize, place.mark) = (true, 2 << 20, "aabbccdd")
      let swift = SwiftImages(place, client: client)
      var bucket = S3Images.Bucket(
        url: "http://127.0.0.1:\(port)", name: "both", accessKey: "test:tester", secretKey: "testing")
      (bucket.isMade, bucket.partSize, bucket.mark) = (true, 5 << 20, "aabbccdd")
      let s3 = S3Images(bucket, client: client)

      for images in [swift, s3] as [any ImageBackend] {
        let own = try await ImageBackendContract(images: images).keep([[1, 2, 3]])
        for name in ["holiday.jpg", Self.image, Self.image + ".11223344", Self.image + ".ffffffff11223344"] {
          if images is S3Images {
            #expect(try await s3.ask("PUT", name, body: [9]).status == 200)
          } else {
            #expect(try await swift.ask("PUT", place.container, name, body: .bytes([9])).status == 201)
          }
        }
        #expect(try await images.list() == [own])

        let broken = try await images.begin(for: Self.image)
        try await broken.write([UInt8](repeating: 7, count: 11 << 20))
        try await cancelled { await broken.abandon() }
        let late = try await images.begin(for: Self.image)
        try await late.write([UInt8](repeating: 7, count: 6 << 20))
        let key = late.key(of: "")
        try await cancelled { try await late.finish(as: key) }
        #expect(Set(try await images.list()) == [own, key])
        try await cancelled { try await images.remove(key) { false } }
        #expect(try await images.list() == [own])
      }
      let segments = try await swift.ask("GET", place.segments)
      #expect(try await swift.objects.text(segments) == "")
      let uploads = try await s3.ask("GET", query: [(name: "uploads", value: "")])
      #expect(try await s3.objects.text(uploads).contains("<Upload>") == false)
    }
  }

  /// The object storage puts a thousand segments together at most; these would be more of the usual size.
  @Test func largeImagesHaveFewSegments() async throws {
    #expect((0..<1000).reduce(0) { $0 + SwiftWriter.size(ofSegment: $1, of: 200 << 20) } >= 1 << 40)
    #expect(SwiftWriter.size(ofSegment: 999, of: 4 << 30) == 5 << 30)
    #expect(SwiftWriter.size(ofSegment: 0, of: 6 << 30) == 6 << 30)
    let parts = Mutex(0)
    let listed = Mutex(0)
    let loop = try EventLoop.start(name: "segments-test")
    let server = HTTPServer(loops: [loop])
    let listener = try server.listen(host: "127.0.0.1", port: 0) { request in
      let host = request.headers["Host"] ?? ""
      if request.path == "/auth/v1.0" {
        return Response(status: 200, headers: ["X-Storage-Url": "http://\(host)/v1/a", "X-Auth-Token": "t"])
      }
      guard request.method == "PUT" else { return Response(status: 204) }
      let body = (try? await request.body.collect(limit: 1 << 24)) ?? []
      if request.query.isEmpty {
        parts.withLock { $0 += body.count }
      } else {
        listed.withLock { $0 = (try? JSON(parsing: body))?.array?.count ?? 0 }
      }
      return Response(status: 201, headers: ["ETag": "e"])
    }
    var place = SwiftImages.Place(
      authURL: "http://127.0.0.1:\(listener.port)/auth/v1.0", version: 1, user: "test:tester", key: "testing",
      container: "large")
    place.segmentSize = 2048
    let images = SwiftImages(place, client: try HTTPClient(loop: loop))
    let size = 1280 * place.segmentSize
    _ = try await ImageBackendContract(images: images).keep([[UInt8](repeating: 1, count: size)])
    #expect(parts.withLock { $0 } == size)
    #expect((2...1000).contains(listed.withLock { $0 }))
    await server.close(listener)
  }

  /// Uploads that a dead process left are aborted when they are this cloud's, on whichever page they are.
  @Test func straysOfOthersAreLeftAlone() async throws {
    let gone = Mutex<[String]>([])
    let loop = try EventLoop.start(name: "strays-test")
    let server = HTTPServer(loops: [loop])
    let listener = try server.listen(host: "127.0.0.1", port: 0) { request in
      func upload(_ key: String, _ time: String) -> String {
        "<Upload><Key>\(key)</Key><UploadId>u</UploadId><Initiated>\(time)</Initiated></Upload>"
      }
      guard request.method == "GET" else {
        gone.withLock { $0.append(request.path) }
        return Response(status: 204)
      }
      let (old, mark) = ("2020-01-01T00:00:00Z", Self.image + ".aabbccdd")
      let isFirst = !request.query.contains { $0.name == "key-marker" }
      let list =
        isFirst
        ? upload("backup.tar", old) + upload(Self.image + ".11223344", old)
          + "<IsTruncated>true</IsTruncated><NextKeyMarker>k</NextKeyMarker><NextUploadIdMarker>u</NextUploadIdMarker>"
        : upload(mark + "00000001", old) + upload(mark + "00000002", "2999-01-01T00:00:00Z")
      return Response(status: 200, body: .bytes(Array("<ListMultipartUploadsResult>\(list)</x>".utf8)))
    }
    var bucket = S3Images.Bucket(
      url: "http://127.0.0.1:\(listener.port)", name: "b", accessKey: "k", secretKey: "s")
    bucket.mark = "aabbccdd"
    try await S3Images(bucket, client: try HTTPClient(loop: loop)).removeStrays()
    #expect(gone.withLock { $0 } == ["/b/\(Self.image).aabbccdd00000001"])
    await server.close(listener)
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
