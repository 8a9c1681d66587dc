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
    ])

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
