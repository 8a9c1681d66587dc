internal import API
internal import Core
internal import HTTP
internal import JSON
internal import PlacementModel
internal import Store

/// `/resource_classes`
enum ResourceClasses {
  static let routes = Routes(
    rules: "placement:resource_classes:", of: Placement.self,
    [
      .get("/resource_classes", "list", list, allow: .service, since: "1.2"),
      .post("/resource_classes", "create", create, allow: .service, since: "1.2"),
      .get("/resource_classes/{name}", "show", show, allow: .service, since: "1.2"),
      .put("/resource_classes/{name}", "update", rename, allow: .service, since: "1.2", until: "1.6"),
      .put("/resource_classes/{name}", "update", ensure, allow: .service, since: "1.7"),
      .delete("/resource_classes/{name}", "delete", delete, allow: .service, since: "1.2"),
    ])

  static func list(_ call: Call<Placement>, _: Nothing) async throws -> Response {
    let names = try await call.service.store.read { try await ResourceClass.all(in: $0) }
    return call.answer(["resource_classes": .array(names.map(show))])
  }

  static func create(_ call: Call<Placement>, _ body: JSON) async throws -> Response {
    let name = try name(in: body, call)
    try await call.service.store.write { transaction in try await insert(name, in: transaction) }
    return call.answer(nil, status: 201, location: "/resource_classes/\(name)", isDated: false)
  }

  static func show(_ call: Call<Placement>, _: Nothing) async throws -> Response {
    let name = call.path["name"] ?? ""
    guard try await call.service.store.read({ try await ResourceClass.exists(name, in: $0) }) else {
      throw missing(name)
    }
    return call.answer(show(name))
  }

  /// Until 1.6 PUT renames a class; nothing may hold it then, since rows name it.
  static func rename(_ call: Call<Placement>, _ body: JSON) async throws -> Response {
    let old = call.path["name"] ?? ""
    let name = try name(in: body, call)
    try await call.service.store.write { transaction in
      try await remove(old, "update", in: transaction)
      guard try await !ResourceClass.exists(name, in: transaction) else {
        throw Fault.conflict("Resource class already exists: \(name)")
      }
      try await insert(name, in: transaction)
    }
    return call.answer(show(name))
  }

  static func ensure(_ call: Call<Placement>, _: Nothing) async throws -> Response {
    let name = call.path["name"] ?? ""
    guard isCustomName(name) else { throw badName(name) }
    let isNew = try await call.service.store.write { transaction in
      var record = CustomResourceClass()
      record.name = name
      return try await transaction.insertUnlessPresent(record)
    }
    return call.answer(nil, status: isNew ? 201 : 204, location: "/resource_classes/\(name)", isDated: false)
  }

  static func delete(_ call: Call<Placement>, _: Nothing) async throws -> Nothing {
    let name = call.path["name"] ?? ""
    try await call.service.store.write { transaction in try await remove(name, "delete", in: transaction) }
    return Nothing()
  }

  private static func insert(_ name: String, in transaction: Transaction) async throws {
    var record = CustomResourceClass()
    record.name = name
    guard try await transaction.insertUnlessPresent(record) else {
      throw Fault.conflict("Conflicting resource class already exists: \(name)")
    }
  }

  private static func remove(_ name: String, _ action: String, in transaction: Transaction) async throws {
    guard !ResourceClass.standard.contains(name) else {
      throw Fault.badRequest("Error in \(action) resource class: Cannot \(action) standard resource class \(name).")
    }
    guard let record = try await transaction.get(CustomResourceClass.self, name) else { throw missing(name) }
    guard try await transaction.count(Inventory.self, "WHERE resource_class = \(name)") == 0 else {
      throw Fault.conflict(
        "Error in \(action) resource class: Cannot \(action) resource class \(name). Class is in use in inventory.")
    }
    try await transaction.delete(record)
  }

  private static func name(in body: JSON, _ call: Call<Placement>) throws -> String {
    let object = try call.objectBody(body, keys: ["name"], required: ["name"])
    guard let name = object["name"]?.string, isCustomName(name) else { throw badName(object["name"]?.text ?? "") }
    return name
  }

  private static func badName(_ name: String) -> Fault {
    .badRequest(
      "JSON does not validate: \(name) does not match '^CUSTOM_[A-Z0-9_]+$', or is longer than 255 characters.")
  }
  private static func missing(_ name: String) -> Fault { .notFound("No such resource class \(name).") }

  private static func show(_ name: String) -> JSON {
    ["name": .string(name), "links": [["rel": "self", "href": .string("/resource_classes/\(name)")]]]
  }
}
