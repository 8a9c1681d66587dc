internal import API
internal import JSON

/// What this glance can: its stores and its ways to import.
enum Discovery {
  /// The one store, kept in files.
  static let store = "file"
  static let importMethods = ["glance-direct"]

  static let routes = Routes(
    rules: "glance:", of: Glance.self,
    [
      .get("/info/import", "info", methods, allow: .anyone),
      .get("/info/stores", "info", stores, allow: .anyone),
    ])

  static func methods(_ call: Call<Glance>, _: Nothing) async throws -> JSON {
    [
      "import-methods": [
        "description": "Import methods available.", "type": "array", "value": importMethods.json,
      ]
    ]
  }
  static func stores(_ call: Call<Glance>, _: Nothing) async throws -> JSON {
    ["stores": [["id": .string(store), "default": "true"]]]
  }
}
