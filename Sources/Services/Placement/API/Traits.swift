internal import API
internal import Core
internal import HTTP
internal import JSON
internal import PlacementModel
internal import Store

/// `/traits` and `/resource_providers/{id}/traits`
enum Traits {
  private static let ofProvider = "/resource_providers/{id}/traits"

  static let routes = Routes(
    rules: "placement:traits:", of: Placement.self,
    [
      .get("/traits", "list", list, allow: .service, since: "1.6"),
      .get("/traits/{name}", "show", show, allow: .service, since: "1.6"),
      .put("/traits/{name}", "update", create, allow: .service, since: "1.6"),
      .delete("/traits/{name}", "delete", delete, allow: .service, since: "1.6"),
      .get(
        ofProvider, "placement:resource_providers:traits:list", listOfProvider, allow: .service, since: "1.6"),
      .put(
        ofProvider, "placement:resource_providers:traits:update", replaceOfProvider, allow: .service, since: "1.6"),
      .delete(
        ofProvider, "placement:resource_providers:traits:delete", clearOfProvider, allow: .service, since: "1.6"),
    ])

  static func list(_ call: Call<Placement>, _: Nothing) async throws -> Response {
    try call.requireOnly(["name", "associated"])
    let associated = call.query("associated")?.lowercased()
    guard associated == nil || associated == "true" || associated == "false" else {
      throw Fault.badRequest("The query parameter \"associated\" only accepts \"true\" or \"false\"")
    }
    var names = try await call.service.store.read { transaction in
      let all = try await Trait.all(in: transaction)
      guard let associated else { return all }
      let used = Set(
        try await transaction.run("SELECT DISTINCT trait FROM \(ProviderTrait.table)").compactMap {
          try $0.first.map { try String(columnValue: $0) }
        })
      return all.filter { used.contains($0) == (associated == "true") }
    }
    if let text = call.query("name") {
      guard let colon = text.firstIndex(of: ":") else {
        throw Fault.badRequest(
          "Badly formatted name parameter. Expected name query string parameter in form: "
            + "?name=[in|startswith]:[name1,name2|prefix]. Got: \"\(text)\"")
      }
      let value = text[text.index(after: colon)...]
      switch text[..<colon] {
      case "in":
        let wanted = Set(value.split(separator: ",").map(String.init))
        names = names.filter(wanted.contains)
      case "startswith": names = names.filter { $0.hasPrefix(value) }
      default: break
      }
    }
    return call.answer(["traits": names.json])
  }

  private static func exists(_ name: String, in transaction: some ReadTransaction) async throws -> Bool {
    try await Trait.unknown([name], in: transaction).isEmpty
  }

  static func show(_ call: Call<Placement>, _: Nothing) async throws -> Response {
    let name = call.path["name"] ?? ""
    guard try await call.service.store.read({ try await exists(name, in: $0) }) else {
      throw Fault.notFound("No such trait(s): \(name).")
    }
    return call.answer(nil, status: 204)
  }

  static func create(_ call: Call<Placement>, _: Nothing) async throws -> Response {
    let name = call.path["name"] ?? ""
    guard isCustomName(name) else {
      throw Fault.badRequest(
        "The trait is invalid. A valid trait must be no longer than 255 characters, start with the prefix \"CUSTOM_\" "
          + "and use following characters: \"A\"-\"Z\", \"0\"-\"9\" and \"_\"")
    }
    let isNew = try await call.service.store.write { transaction in
      var trait = CustomTrait()
      trait.name = name
      return try await transaction.insertUnlessPresent(trait)
    }
    return call.answer(nil, status: isNew ? 201 : 204, location: "/traits/\(name)")
  }

  static func delete(_ call: Call<Placement>, _: Nothing) async throws -> Nothing {
    let name = call.path["name"] ?? ""
    guard !Trait.standard.contains(name) else {
      throw Fault.badRequest("Cannot delete standard trait \(name).")
    }
    try await call.service.store.write { transaction in
      guard let trait = try await transaction.get(CustomTrait.self, name) else {
        throw Fault.notFound("No such trait(s): \(name).")
      }
      guard try await transaction.count(ProviderTrait.self, "WHERE trait = \(name)") == 0 else {
        throw Fault.conflict("The trait \(name) is in use by a resource provider.")
      }
      try await transaction.delete(trait)
    }
    return Nothing()
  }

  static func listOfProvider(_ call: Call<Placement>, _: Nothing) async throws -> Response {
    let id = call.id
    let (provider, names) = try await call.service.store.read { transaction in
      (try await Provider.find(id, in: transaction), try await Trait.of(id, in: transaction))
    }
    return call.answer(["traits": names.json, "resource_provider_generation": .int(provider.generation)])
  }

  static func replaceOfProvider(_ call: Call<Placement>, _ body: JSON) async throws -> Response {
    let keys: Set<String> = ["traits", "resource_provider_generation"]
    let object = try call.objectBody(body, keys: keys, required: keys)
    let generation = try Inventories.generation(object)
    guard let list = try? [String](json: object["traits"] ?? .null) else {
      throw Fault.badRequest("JSON does not validate: \(object["traits"] ?? .null) is not of type 'array'")
    }
    let names = Set(list)
    let (id, now) = (call.id, call.now)
    let provider = try await call.service.store.write { transaction in
      let provider = try await Provider.find(id, in: transaction)
      try provider.require(generation: generation)
      let unknown = try await Trait.unknown(names, in: transaction)
      guard unknown.isEmpty else {
        throw Fault.badRequest("No such trait \(unknown.sorted().joined(separator: ", "))")
      }
      try await Trait.replace(of: id, with: names, in: transaction)
      return try await provider.advanced(in: transaction, now: now)
    }
    return call.answer(["traits": names.sorted().json, "resource_provider_generation": .int(provider.generation)])
  }

  static func clearOfProvider(_ call: Call<Placement>, _: Nothing) async throws -> Nothing {
    let (id, now) = (call.id, call.now)
    try await call.service.store.write { transaction in
      let provider = try await Provider.find(id, in: transaction)
      try await Trait.replace(of: id, with: [], in: transaction)
      try await provider.advanced(in: transaction, now: now)
    }
    return Nothing()
  }
}
