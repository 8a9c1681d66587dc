internal import API
internal import GlanceModel
internal import Hardware
internal import JSON

/// What this glance can: its stores and its ways to import.
enum Discovery {
  static let routes = Routes(
    rules: "glance:", of: Glance.self,
    [
      .get("/info/import", "info", methods, allow: .anyone),
      .get("/info/stores", "info", stores, allow: .anyone),
    ])
  static let details = Routes(
    rules: "", of: Glance.self, [.get("/info/stores/detail", "stores_info_detail", detail, allow: .admin)])

  static func methods(_ call: Call<Glance>, _: Nothing) async throws -> JSON {
    [
      "import-methods": [
        "description": "Import methods available.", "type": "array", "value": call.service.options.importMethods.json,
      ]
    ]
  }

  static func stores(_ call: Call<Glance>, _: Nothing) async throws -> JSON {
    ["stores": .array(call.service.stores.entries.map { .object(basics($0, call)) })]
  }

  /// What an administrator is told besides.
  static func detail(_ call: Call<Glance>, _: Nothing) async throws -> JSON {
    let stores = call.service.stores.entries.map { entry -> JSON in
      var object = basics(entry, call)
      object.append("type", .string(entry.type))
      object.append("weight", .int(entry.weight))
      object.append("properties", entry.properties.json)
      return .object(object)
    }
    return ["stores": .array(stores)]
  }

  private static func basics(_ entry: ImageStores.Entry, _ call: Call<Glance>) -> JSONObject {
    var object: JSONObject = ["id": .string(entry.id)]
    if let description = entry.description { object.append("description", .string(description)) }
    if entry.id == call.service.stores.defaultID { object.append("default", "true") }
    if entry.backend.isReadOnly { object.append("read-only", "true") }
    return object
  }
}
