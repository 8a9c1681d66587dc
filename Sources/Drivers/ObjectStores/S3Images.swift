public import Core
internal import Crypto
public import HTTP
public import Hardware
internal import Synchronization

/// Images in a bucket of S3, or of whatever speaks its protocol. A large image goes up in parts, each of which is held
/// in memory until it is taken, signed with its own hash, and sent again when the service was busy.
public struct S3Images: ImageBackend {
  /// Where a bucket is, and how it is reached.
  public struct Bucket: Sendable {
    /// `https://s3.example.org`, without a slash at the end.
    public var url: String
    public var name: String
    public var accessKey: String
    public var secretKey: String
    public var region = "us-east-1"
    /// Bytes of a part; S3 takes no less than 5 MiB.
    public var partSize = 16 << 20
    /// Whether a bucket that is missing is made.
    public var isMade = false
    /// Letters or digits that no other cloud has which uses the bucket: keys bear them, and others' are left alone.
    public var mark = ""
    public init(url: String, name: String, accessKey: String, secretKey: String) {
      self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
      self.name = name
      self.accessKey = accessKey
      self.secretKey = secretKey
    }
  }

  let bucket: Bucket
  let objects: ObjectClient
  let world: World
  private let keys: UploadKeys
  private let isThere = Flag()

  public init(_ bucket: Bucket, client: HTTPClient, world: World = .real) {
    self.bucket = bucket
    keys = UploadKeys(mark: bucket.mark)
    self.world = world
    objects = ObjectClient(client: client, name: "S3")
  }

  /// Sends a signed request for a key, or for the bucket itself.
  func ask(
    _ method: String, _ key: String? = nil, query: [(name: String, value: String)] = [], headers: Headers = [:],
    body: [UInt8] = []
  ) async throws -> Response {
    let path = "/" + percentEncode(bucket.name) + (key.map { "/" + percentEncode($0) } ?? "")
    var request = Request(method, path, query: query, headers: headers, body: body.isEmpty ? .empty : .bytes(body))
    let host = bucket.url.firstRange(of: "://").map { String(bucket.url[$0.upperBound...]) } ?? bucket.url
    let signature = S3Signature(accessKey: bucket.accessKey, secretKey: bucket.secretKey, region: bucket.region)
    signature.sign(&request, host: host, content: Hash.sha256(body).hex, at: world.now())
    return try await objects.send(request, to: bucket.url)
  }

  public func begin(for image: String) async throws -> any ImageWriter {
    try await ensureBucket()
    return S3Writer(store: self, key: keys.make(image, world))
  }

  private func ensureBucket() async throws {
    if isThere.isSet { return }
    var response = try await ask("HEAD")
    if response.status == 404, bucket.isMade { response = try await ask("PUT") }
    guard (200..<300).contains(response.status) || response.status == 409 else {
      throw await objects.fault(response, "bucket \(bucket.name)")
    }
    isThere.set()
  }

  public func content(_ key: String) async throws -> ImageContent? {
    let response = try await ask("HEAD", key)
    if response.status == 404 { return nil }
    guard response.status == 200, let size = response.headers["Content-Length"].flatMap({ Int($0) }) else {
      throw await objects.fault(response, "HEAD \(key)")
    }
    return objects.content(size, "GET \(key)") { try await ask("GET", key, headers: $0) }
  }

  public func remove(_ key: String, unless isWanted: @Sendable () async throws -> Bool) async throws {
    if try await isWanted() { return }
    let response = try await carryThrough { try await ask("DELETE", key) }
    guard (200..<300).contains(response.status) || response.status == 404 else {
      throw await objects.fault(response, "DELETE \(key)")
    }
  }

  public func list() async throws -> [String] {
    var found: [String] = []
    var token: String?
    repeat {
      let response = try await ask(
        "GET",
        query: [(name: "list-type", value: "2")] + (token.map { [(name: "continuation-token", value: $0)] } ?? []))
      if response.status == 404, found.isEmpty { return [] }
      guard response.status == 200 else { throw await objects.fault(response, "list \(bucket.name)") }
      let xml = try await objects.text(response)
      found += S3Text.all("Key", in: xml).filter(keys.isOwn)
      token = S3Text.first("NextContinuationToken", in: xml)
    } while token != nil
    return found
  }

  public func removeStrays() async throws {
    let oldest = world.strayTime.iso8601
    var marker: [(name: String, value: String)]? = []
    while let start = marker {
      let response = try await ask("GET", query: [(name: "uploads", value: "")] + start)
      if response.status == 404 { return }
      guard response.status == 200 else { throw await objects.fault(response, "uploads of \(bucket.name)") }
      let xml = try await objects.text(response)
      for upload in S3Text.all("Upload", in: xml) {
        guard let key = S3Text.first("Key", in: upload), let id = S3Text.first("UploadId", in: upload),
          let time = S3Text.first("Initiated", in: upload), time < oldest, keys.isOwn(key)
        else { continue }
        _ = try await ask("DELETE", key, query: [(name: "uploadId", value: id)])
      }
      marker = nil
      guard S3Text.first("IsTruncated", in: xml) == "true", let key = S3Text.first("NextKeyMarker", in: xml),
        let id = S3Text.first("NextUploadIdMarker", in: xml)
      else { continue }
      marker = [(name: "key-marker", value: key), (name: "upload-id-marker", value: id)]
    }
  }

  public func space() async throws -> (free: Int, total: Int) { (.max, .max) }
}

/// Something that is found out once.
final class Flag: Sendable {
  private let state = Mutex(false)
  var isSet: Bool { state.withLock { $0 } }
  func set() { state.withLock { $0 = true } }
}

private final class S3Writer: ImageWriter {
  private struct State {
    var part: [UInt8] = []
    var upload: String?
    var tags: [String] = []
    var isOver = false
  }
  private let store: S3Images
  private let key: String
  private let state = Mutex(State())

  init(store: S3Images, key: String) {
    self.store = store
    self.key = key
  }

  /// S3 takes ten thousand parts: the further on, the larger they are.
  private func size(ofPart number: Int) -> Int { store.bucket.partSize << min(number / 2000, 4) }

  func write(_ bytes: [UInt8]) async throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let taken = state.withLock { state -> Int in
        if state.part.isEmpty { state.part.reserveCapacity(min(store.bucket.partSize, 1 << 20)) }
        let count = min(rest.count, size(ofPart: state.tags.count) - state.part.count)
        state.part += rest.prefix(count)
        return count
      }
      rest = rest.dropFirst(taken)
      if state.withLock({ $0.part.count >= size(ofPart: $0.tags.count) }) { try await flush() }
    }
  }

  private func flush() async throws {
    let (part, known, number) = state.withLock { state in
      defer { state.part = [] }
      return (state.part, state.upload, state.tags.count + 1)
    }
    let upload: String
    if let known { upload = known } else { upload = try await start() }
    for attempt in 1...3 {
      let response = try await store.ask(
        "PUT", key, query: [(name: "partNumber", value: String(number)), (name: "uploadId", value: upload)], body: part)
      if response.status == 200, let tag = response.headers["ETag"] {
        return state.withLock { $0.tags.append(tag) }
      }
      guard response.status >= 500, attempt < 3 else {
        throw await store.objects.fault(response, "part \(number) of \(key)")
      }
      try await store.world.sleep(.seconds(attempt))
    }
  }

  private func start() async throws -> String {
    let response = try await store.ask("POST", key, query: [(name: "uploads", value: "")])
    guard response.status == 200, let id = S3Text.first("UploadId", in: try await store.objects.text(response)) else {
      throw await store.objects.fault(response, "begin \(key)")
    }
    state.withLock { $0.upload = id }
    return id
  }

  func file() async throws -> String? { nil }
  func key(of hash: String) -> String { key }

  func finish(as key: String) async throws { try await carryThrough { try await self.complete(key) } }

  private func complete(_ key: String) async throws {
    let (part, upload) = state.withLock { ($0.part, $0.upload) }
    guard let upload else {
      let response = try await store.ask("PUT", key, body: part)
      guard response.status == 200 else { throw await store.objects.fault(response, "PUT \(key)") }
      return state.withLock { $0.isOver = true }
    }
    if !part.isEmpty { try await flush() }
    let tags = state.withLock { $0.tags }
    let xml =
      "<CompleteMultipartUpload>"
      + tags.enumerated().map { "<Part><PartNumber>\($0 + 1)</PartNumber><ETag>\($1)</ETag></Part>" }.joined()
      + "</CompleteMultipartUpload>"
    let response = try await store.ask(
      "POST", key, query: [(name: "uploadId", value: upload)], headers: ["Content-Type": "application/xml"],
      body: Array(xml.utf8))
    // The service may answer 200 before it knows, and an error in the body.
    let said = try await store.objects.text(response)
    guard response.status == 200, said.contains("CompleteMultipartUploadResult") else {
      throw Fault.unavailable(
        "The image store did not put an image together.", detail: "S3: \(key): \(said.prefix(300))")
    }
    state.withLock { $0.isOver = true }
  }

  func abandon() async {
    let (upload, isOver) = state.withLock { state in
      defer {
        state.part = []
        state.isOver = true
      }
      return (state.upload, state.isOver)
    }
    guard let upload, !isOver else { return }
    let (store, key) = (store, key)
    _ = try? await carryThrough { try await store.ask("DELETE", key, query: [(name: "uploadId", value: upload)]) }
  }
}
