public import Core
public import HTTP
public import Hardware
internal import JSON

/// Images in a container of OpenStack's object storage. What is larger than a piece goes up in segments, each streamed
/// in one request, which a static large object puts together; they lie in a container beside.
public struct SwiftImages: ImageBackend {
  /// Where a container is, and how it is reached.
  public struct Place: Sendable {
    /// Keystone's URL with `/v3`, or the storage's own `http://…/auth/v1.0`.
    public var authURL: String
    /// 3 for keystone, 1 for the storage's own.
    public var version: Int
    /// `project:user`, or `account:user`.
    public var user: String
    public var key: String
    public var container: String
    public var region = ""
    public var userDomain = "default"
    public var projectDomain = "default"
    /// Bytes of a segment.
    public var segmentSize = 200 << 20
    /// Whether containers that are missing are made.
    public var isMade = false
    /// Letters or digits that no other cloud has which uses the container: keys bear them, and others' are left alone.
    public var mark = ""
    public init(authURL: String, version: Int, user: String, key: String, container: String) {
      self.authURL = authURL.hasSuffix("/") ? String(authURL.dropLast()) : authURL
      self.version = version
      self.user = user
      self.key = key
      self.container = container
    }
    var segments: String { container + "_segments" }
  }

  let place: Place
  let objects: ObjectClient
  let world: World
  private let account: SwiftAccount
  private let keys: UploadKeys
  private let isThere = Flag()

  public init(_ place: Place, client: HTTPClient, world: World = .real) {
    self.place = place
    keys = UploadKeys(mark: place.mark)
    self.world = world
    objects = ObjectClient(client: client, name: "swift")
    account = SwiftAccount(place, objects)
  }

  /// Sends a request for an object or a container, once more with a fresh token where that is why it was refused and
  /// the body can be had again.
  func ask(
    _ method: String, _ container: String, _ key: String? = nil, query: [(name: String, value: String)] = [],
    headers: Headers = [:], body: Body = .empty
  ) async throws -> Response {
    let pass = try await account.pass()
    let path = "/" + percentEncode(container) + (key.map { "/" + percentEncode($0, keeping: "/") } ?? "")
    var request = Request(method, path, query: query, headers: headers, body: body)
    request.headers["X-Auth-Token"] = pass.token
    let response = try await objects.send(request, to: pass.url)
    if case .stream = body { return response }
    guard response.status == 401 else { return response }
    let fresh = try await account.pass(insteadOf: pass)
    request.headers["X-Auth-Token"] = fresh.token
    return try await objects.send(request, to: fresh.url)
  }

  public func begin(for image: String) async throws -> any ImageWriter {
    try await ensureContainers()
    return SwiftWriter(store: self, key: keys.make(image, world))
  }

  private func ensureContainers() async throws {
    if isThere.isSet { return }
    for container in [place.container, place.segments] {
      var response = try await ask("HEAD", container)
      if response.status == 404, place.isMade || container == place.segments {
        response = try await ask("PUT", container)
      }
      guard (200..<300).contains(response.status) else {
        throw await objects.fault(response, "container \(container)")
      }
    }
    isThere.set()
  }

  public func content(_ key: String) async throws -> ImageContent? {
    let response = try await ask("HEAD", place.container, key)
    if response.status == 404 { return nil }
    guard (200..<300).contains(response.status), let size = response.headers["Content-Length"].flatMap({ Int($0) })
    else { throw await objects.fault(response, "HEAD \(key)") }
    return objects.content(size, "GET \(key)") { try await ask("GET", place.container, key, headers: $0) }
  }

  public func remove(_ key: String, unless isWanted: @Sendable () async throws -> Bool) async throws {
    if try await isWanted() { return }
    try await carryThrough { try await delete(key) }
  }

  private func delete(_ key: String) async throws {
    let head = try await ask("HEAD", place.container, key)
    if head.status == 404 { return }
    let isLarge = head.headers["X-Static-Large-Object"]?.lowercased() == "true"
    let response = try await ask(
      "DELETE", place.container, key,
      query: isLarge ? [(name: "multipart-manifest", value: "delete")] : [],
      headers: ["Accept": "application/json"])
    if response.status == 404 { return }
    guard (200..<300).contains(response.status) else { throw await objects.fault(response, "DELETE \(key)") }
    guard isLarge else { return }
    let answer = try? JSON(parsing: try await response.body.collect(limit: 1 << 22))
    guard let status = answer?["Response Status"]?.string, status.hasPrefix("200") || status.hasPrefix("404") else {
      throw Fault.unavailable(
        "The image store did not remove every segment of an image. It is tried again.",
        detail: "swift: \(key): \(answer?.text ?? "")")
    }
  }

  public func list() async throws -> [String] {
    try await entries(of: place.container).map(\.name).filter(keys.isOwn)
  }

  /// Names and times of a container's objects; none of one that is not there.
  private func entries(of container: String) async throws -> [(name: String, time: String)] {
    var all: [(name: String, time: String)] = []
    while true {
      let response = try await ask(
        "GET", container, query: [(name: "format", value: "json"), (name: "marker", value: all.last?.name ?? "")])
      if response.status == 404 { return [] }
      guard (200..<300).contains(response.status) else { throw await objects.fault(response, "list \(container)") }
      if response.status == 204 { return all }
      let page = try JSON(parsing: try await response.body.collect(limit: 64 << 20)).array ?? []
      if page.isEmpty { return all }
      all += page.compactMap { entry in
        entry["name"]?.string.map { (name: $0, time: entry["last_modified"]?.string ?? "") }
      }
    }
  }

  public func removeStrays() async throws {
    let kept = Set(try await list())
    let oldest = world.strayTime.iso8601
    for segment in try await entries(of: place.segments) where segment.time < oldest {
      let key = segment.name.prefix { $0 != "/" }
      if keys.isOwn(key), !kept.contains(String(key)) { _ = try await ask("DELETE", place.segments, segment.name) }
    }
  }

  public func space() async throws -> (free: Int, total: Int) { (.max, .max) }
}
