internal import API
internal import Core
internal import HTTP
internal import JSON
internal import PlacementModel
internal import Store

/// `/resource_providers/{id}/inventories`
enum Inventories {
  private static let path = "/resource_providers/{id}/inventories"

  static let routes = Routes(
    rules: "placement:resource_providers:inventories:", of: Placement.self,
    [
      .get(path, "list", list, allow: .service),
      .post(path, "create", create, allow: .service),
      .put(path, "update", replace, allow: .service),
      .delete(path, "delete", notYet, allow: .service, until: "1.4"),
      .delete(path, "delete", clear, allow: .service, since: "1.5"),
      .get("\(path)/{class}", "show", show, allow: .service),
      .put("\(path)/{class}", "update", update, allow: .service),
      .delete("\(path)/{class}", "delete", delete, allow: .service),
    ])

  static func list(_ call: Call<Placement>, _: Nothing) async throws -> Response {
    let id = call.id
    let (provider, inventories) = try await call.service.store.read { transaction in
      (
        try await Provider.find(id, in: transaction),
        try await transaction.all(Inventory.self, "WHERE provider_id = \(id) ORDER BY resource_class")
      )
    }
    return answer(call, provider, inventories)
  }

  static func create(_ call: Call<Placement>, _ body: JSON) async throws -> Response {
    let object = try call.objectBody(
      body, keys: keys.union(["resource_class", "resource_provider_generation"]), required: ["resource_class", "total"])
    guard let name = object["resource_class"]?.string, isSymbol(name) else {
      throw Fault.badRequest("JSON does not validate: resource_class must be capitals, digits and underscores.")
    }
    let inventory = try read(object, name, call)
    let now = call.now
    let (id, given) = (call.id, object["resource_provider_generation"]?.int)
    let (provider, stored) = try await call.service.store.write { transaction in
      let provider = try await Provider.find(id, in: transaction)
      if let given { try provider.require(generation: given) }
      try await ResourceClass.require(name, in: transaction)
      guard try await transaction.get(Inventory.self, id, name) == nil else {
        throw Fault.conflict(
          "Update conflict: the provider has an inventory of \(name) already. Change it with PUT.",
          code: "placement.concurrent_update")
      }
      var stored = inventory
      stored.updatedAt = now
      try await transaction.insert(stored)
      return (try await provider.advanced(in: transaction, now: now), stored)
    }
    return call.answer(
      show(stored, generation: provider.generation), status: 201, modified: now,
      location: "/resource_providers/\(id)/inventories/\(name)")
  }

  static func replace(_ call: Call<Placement>, _ body: JSON) async throws -> Response {
    let object = try call.objectBody(
      body, keys: ["resource_provider_generation", "inventories"],
      required: ["resource_provider_generation", "inventories"])
    let generation = try generation(object)
    let inventories = try records(object["inventories"] ?? .null, call)
    let (id, now) = (call.id, call.now)
    let provider = try await call.service.store.write { transaction in
      let provider = try await Provider.find(id, in: transaction)
      try provider.require(generation: generation)
      return try await Inventory.replace(of: provider, with: inventories, in: transaction, now: now)
    }
    return answer(call, provider, inventories, modified: now)
  }

  static func notYet(_ call: Call<Placement>, _: Nothing) async throws -> Nothing {
    throw Fault(
      .methodNotAllowed, "All inventories can be deleted at once since microversion 1.5. Ask for it, or delete one.")
  }

  static func clear(_ call: Call<Placement>, _: Nothing) async throws -> Nothing {
    let (id, now) = (call.id, call.now)
    _ = try await call.service.store.write { transaction in
      try await Inventory.replace(
        of: try await Provider.find(id, in: transaction), with: [], in: transaction, now: now)
    }
    return Nothing()
  }

  static func show(_ call: Call<Placement>, _: Nothing) async throws -> Response {
    let (id, name) = (call.id, call.path["class"] ?? "")
    let (provider, inventory) = try await call.service.store.read { transaction in
      let provider = try await Provider.find(id, in: transaction)
      guard let inventory = try await transaction.get(Inventory.self, id, name) else {
        throw Fault.notFound("No inventory of class \(name) for \(id)")
      }
      return (provider, inventory)
    }
    return call.answer(show(inventory, generation: provider.generation), modified: inventory.updatedAt)
  }

  static func update(_ call: Call<Placement>, _ body: JSON) async throws -> Response {
    let object = try call.objectBody(
      body, keys: keys.union(["resource_provider_generation"]), required: ["resource_provider_generation", "total"])
    let generation = try generation(object)
    let name = call.path["class"] ?? ""
    let inventory = try read(object, name, call)
    let (id, now) = (call.id, call.now)
    let provider = try await call.service.store.write { transaction in
      let provider = try await Provider.find(id, in: transaction)
      try provider.require(generation: generation)
      guard try await transaction.get(Inventory.self, id, name) != nil else {
        throw Fault.badRequest(
          "No inventory record with resource class for resource provider \(id): No inventory of class \(name) found.")
      }
      var stored = inventory
      stored.updatedAt = now
      try await transaction.update(stored)
      return try await provider.advanced(in: transaction, now: now)
    }
    return call.answer(show(inventory, generation: provider.generation), modified: now)
  }

  static func delete(_ call: Call<Placement>, _: Nothing) async throws -> Nothing {
    let (id, name, now) = (call.id, call.path["class"] ?? "", call.now)
    try await call.service.store.write { transaction in
      let provider = try await Provider.find(id, in: transaction)
      guard let inventory = try await transaction.get(Inventory.self, id, name) else {
        throw Fault.notFound("No inventory of class \(name) found for delete: No inventory of class \(name) found.")
      }
      try await Inventory.refuseUse(of: [name], id, in: transaction)
      try await transaction.delete(inventory)
      try await provider.advanced(in: transaction, now: now)
    }
    return Nothing()
  }
}

extension Inventories {
  private static let keys: Set<String> = [
    "total", "reserved", "min_unit", "max_unit", "step_size", "allocation_ratio",
  ]

  static func generation(_ object: JSONObject) throws -> Int {
    guard let generation = object["resource_provider_generation"]?.int else {
      throw Fault.badRequest("JSON does not validate: resource_provider_generation must be an integer.")
    }
    return generation
  }

  /// The inventories of a body, by class.
  static func records(_ json: JSON, provider: String? = nil, _ call: Call<Placement>) throws -> [Inventory] {
    guard let members = json.object?.members else {
      throw Fault.badRequest("JSON does not validate: inventories must be an object.")
    }
    return try members.map { name, value in
      guard isSymbol(name) else {
        throw Fault.badRequest("JSON does not validate: '\(name)' is not the name of a resource class.")
      }
      let object = try call.objectBody(
        value, keys: keys.union(["resource_provider_generation"]), required: ["total"])
      return try read(object, name, provider: provider, call)
    }
  }

  private static func read(
    _ object: JSONObject, _ name: String, provider: String? = nil, _ call: Call<Placement>
  ) throws -> Inventory {
    var inventory = Inventory()
    inventory.providerID = provider ?? call.id
    inventory.resourceClass = name
    inventory.total = try number(object, "total", from: 1, default: 1)
    inventory.reserved = try number(object, "reserved", from: 0, default: 0)
    inventory.minUnit = try number(object, "min_unit", from: 1, default: 1)
    inventory.maxUnit = try number(object, "max_unit", from: 1, default: Inventory.largest)
    inventory.stepSize = try number(object, "step_size", from: 1, default: 1)
    if let ratio = object["allocation_ratio"] {
      guard let value = try? Double(json: ratio), value.magnitude <= 3.40282e+38 else {
        throw Fault.badRequest("JSON does not validate: allocation_ratio must be a number.")
      }
      inventory.allocationRatio = value
    }
    try inventory.checkCapacity(reservedMayBeTotal: call.version >= "1.26")
    return inventory
  }

  private static func number(_ object: JSONObject, _ key: String, from: Int, default fallback: Int) throws -> Int {
    guard let json = object[key] else { return fallback }
    guard let value = json.int else {
      throw Fault.badRequest("JSON does not validate: \(json) is not of type 'integer' (\(key))")
    }
    guard value >= from else {
      throw Fault.badRequest("JSON does not validate: \(value) is less than the minimum of \(from) (\(key))")
    }
    guard value <= Inventory.largest else {
      throw Fault.badRequest(
        "JSON does not validate: \(value) is greater than the maximum of \(Inventory.largest) (\(key))")
    }
    return value
  }

  static func show(_ inventory: Inventory, generation: Int? = nil) -> JSON {
    var object: JSONObject = [
      "total": .int(inventory.total), "reserved": .int(inventory.reserved), "min_unit": .int(inventory.minUnit),
      "max_unit": .int(inventory.maxUnit), "step_size": .int(inventory.stepSize),
      "allocation_ratio": .double(inventory.allocationRatio),
    ]
    if let generation { object.append("resource_provider_generation", .int(generation)) }
    return .object(object)
  }

  private static func answer(
    _ call: Call<Placement>, _ provider: Provider, _ inventories: [Inventory], modified: Timestamp? = nil
  ) -> Response {
    call.answer(
      [
        "resource_provider_generation": .int(provider.generation),
        "inventories": .object(JSONObject(inventories.map { (key: $0.resourceClass, value: show($0)) })),
      ], modified: modified ?? inventories.map(\.updatedAt).max())
  }
}
