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

  /// The newest minor version, as of an image service with several stores and a cache.
  private static let newest = 18

  private static func document(_ call: Call<Glance>) -> JSON {
    func version(_ id: String, _ status: String, _ path: String) -> JSON {
      [
        "id": .string(id), "status": .string(status),
        "links": [["rel": "self", "href": .string("\(call.baseURL)/\(path)/")]],
      ]
    }
    let second = (0...newest).reversed().map { version("v2.\($0)", $0 == newest ? "CURRENT" : "SUPPORTED", "v2") }
    return ["versions": .array(second + ["v1.1", "v1.0"].map { version($0, "DEPRECATED", "v1") })]
  }
}
