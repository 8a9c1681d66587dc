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

  private static func document(_ call: Call<Glance>) -> JSON {
    let current = 17
    let minors = [17, 15, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]
    return [
      "versions": .array(
        minors.map { minor in
          [
            "id": .string("v2.\(minor)"), "status": minor == current ? "CURRENT" : "SUPPORTED",
            "links": [["rel": "self", "href": .string("\(call.baseURL)/v2/")]],
          ]
        })
    ]
  }
}
