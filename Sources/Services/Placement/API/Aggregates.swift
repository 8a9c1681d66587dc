internal import API
internal import Core
internal import HTTP
internal import JSON
internal import PlacementModel
internal import Store

/// `/resource_providers/{id}/aggregates`
enum Aggregates {
  private static let path = "/resource_providers/{id}/aggregates"

  static let routes = Routes(
    rules: "placement:resource_providers:aggregates:", of: Placement.self,
    [
      .get(path, "list", list, allow: .service, since: "1.1"),
      .put(path, "update", update, allow: .service, since: "1.1"),
    ])

  static func list(_ call: Call<Placement>, _: Nothing) async throws -> Response {
    let id = call.id
    let (provider, ids) = try await call.service.store.read { transaction in
      (try await Provider.find(id, in: transaction), try await ProviderAggregate.of(id, in: transaction))
    }
    return answer(call, provider, ids)
  }

  static func update(_ call: Call<Placement>, _ body: JSON) async throws -> Response {
    let id = call.id
    _ = try await call.service.store.read { try await Provider.find(id, in: $0) }
    var list = body
    var generation: Int?
    if call.version >= "1.19" {
      let keys: Set<String> = ["aggregates", "resource_provider_generation"]
      let object = try call.objectBody(body, keys: keys, required: keys)
      generation = try Inventories.generation(object)
      list = object["aggregates"] ?? .null
    }
    guard let items = try? [String](json: list) else {
      throw Fault.badRequest("JSON does not validate: \(list) is not a list of aggregates")
    }
    let ids = try items.map { text in
      guard let id = dashed(text) else { throw Fault.badRequest("JSON does not validate: '\(text)' is not a 'uuid'") }
      return id
    }
    guard Set(ids).count == ids.count else {
      throw Fault.badRequest("JSON does not validate: \(list) has non-unique elements")
    }
    let (now, given) = (call.now, generation)
    let provider = try await call.service.store.write { transaction in
      let provider = try await Provider.find(id, in: transaction)
      if let given { try provider.require(generation: given) }
      try await ProviderAggregate.replace(of: id, with: Set(ids), in: transaction)
      return given == nil ? provider : try await provider.advanced(in: transaction, now: now)
    }
    return answer(call, provider, ids)
  }

  private static func answer(_ call: Call<Placement>, _ provider: Provider, _ ids: [String]) -> Response {
    var object: JSONObject = ["aggregates": ids.json]
    if call.version >= "1.19" { object.append("resource_provider_generation", .int(provider.generation)) }
    return call.answer(.object(object))
  }
}
