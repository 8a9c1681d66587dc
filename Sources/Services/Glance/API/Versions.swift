internal import API
internal import HTTP
internal import JSON

/// The version documents, which need no token.
enum Versions {
  static let routes = Routes(
    rules: "glance:", of: Glance.self,
    [
      .get("/", "versions", choices, allow: .open, status: 300),
      .get("/versions", "versions", versions, allow: .open),
      .get("/v2", "versions", choices, allow: .open, status: 300),
      .get("/healthcheck", "versions", health, allow: .open),
    ])

  /// Whether it runs, for load balancers.
  static func health(_ call: Call<Glance>, _: Nothing) async throws -> Response {
    Response(status: 200, headers: ["Content-Type": "text/plain; charset=UTF-8"], body: .bytes(Array("OK".utf8)))
  }

  private static let mediaType = "application/vnd.openstack.images-"
  /// What begins a path besides a version.
  private static let others: Set<Substring> = ["", "versions", "healthcheck", "openapi.json"]

  /// The path that a request means: a minor version is as good as its major one, a media type can name the version
  /// instead of the path, and where nothing names one, there is a choice.
  static func path(of request: Request) -> String {
    let path = request.path
    let first = path.dropFirst().prefix { $0 != "/" }
    if let major = major(first) { return "/" + major + path.dropFirst(1 + first.count) }
    if others.contains(first) { return path }
    let accept = request.headers["Accept"] ?? ""
    if accept.hasPrefix(mediaType), let major = major(accept.dropFirst(mediaType.count)) { return "/" + major + path }
    return request.method == "GET" || request.method == "HEAD" ? "/" : path
  }

  /// `v2` for `v2.5`.
  private static func major(_ version: Substring) -> String? {
    if version == "v2" || VersionOne.names.contains(version) { return String(version) }
    guard version.hasPrefix("v2."), let minor = Int(version.dropFirst(3)), (0...18).contains(minor) else { return nil }
    return "v2"
  }

  static func choices(_ call: Call<Glance>, _: Nothing) async throws -> JSON { document(call) }
  static func versions(_ call: Call<Glance>, _: Nothing) async throws -> JSON { document(call) }

  /// The minor versions of an image service with several stores; some say that it has a cache.
  private static func minors(hasCache: Bool) -> [Int] {
    (0...18).reversed().filter { hasCache || ![14, 16, 18].contains($0) }
  }

  private static func document(_ call: Call<Glance>) -> JSON {
    func version(_ id: String, _ status: String, _ path: String) -> JSON {
      [
        "id": .string(id), "status": .string(status),
        "links": [["rel": "self", "href": .string("\(call.baseURL)/\(path)/")]],
      ]
    }
    let minors = minors(hasCache: call.service.cache != nil)
    let second = minors.map { version("v2.\($0)", $0 == minors.first ? "CURRENT" : "SUPPORTED", "v2") }
    return ["versions": .array(second + ["v1.1", "v1.0"].map { version($0, "DEPRECATED", "v1") })]
  }
}
