internal import API
internal import Core
internal import HTTP
internal import JSON
internal import PlacementModel
internal import Store

/// `/allocations` and `/resource_providers/{id}/allocations`
enum Allocations {
  private static let ofConsumer = "/allocations/{consumer}"

  static let routes = Routes(
    rules: "placement:allocations:", of: Placement.self,
    [
      .get(ofConsumer, "list", show, allow: .service),
      .put(ofConsumer, "update", replace, allow: .service, status: 204),
      .delete(ofConsumer, "delete", delete, allow: .service),
      .post("/allocations", "manage", manage, allow: .service, since: "1.13", status: 204),
      .get(
        "/resource_providers/{id}/allocations", "placement:resource_providers:allocations:list", listOfProvider,
        allow: .service),
    ])

  /// What a consumer holds; one that is not known holds nothing.
  static func show(_ call: Call<Placement>, _: Nothing) async throws -> Response {
    let id = consumer(call)
    let (consumer, allocations, providers) = try await call.service.store.read { transaction in
      let allocations = try await Allocation.of(consumer: id, in: transaction)
      let ids = Set(allocations.map(\.providerID)).sorted()
      return (
        try await transaction.get(Consumer.self, id), allocations,
        try await transaction.all(Provider.self, "WHERE id IN (\(list: ids)) ORDER BY id")
      )
    }
    var byProvider = JSONObject()
    for provider in providers {
      let held = allocations.filter { $0.providerID == provider.id }
      byProvider.append(
        provider.id,
        [
          "resources": .object(JSONObject(held.map { (key: $0.resourceClass, value: .int($0.used)) })),
          "generation": .int(provider.generation),
        ])
    }
    var object: JSONObject = ["allocations": .object(byProvider)]
    if let consumer, !allocations.isEmpty {
      if call.version >= "1.12" {
        object.append("project_id", .string(consumer.projectID))
        object.append("user_id", .string(consumer.userID))
      }
      if call.version >= "1.28" { object.append("consumer_generation", .int(consumer.generation)) }
      if call.version >= "1.38" { object.append("consumer_type", .string(consumer.type ?? "unknown")) }
    }
    return call.answer(.object(object), modified: allocations.map(\.createdAt).max())
  }

  static func listOfProvider(_ call: Call<Placement>, _: Nothing) async throws -> Response {
    let id = call.id
    let (provider, allocations, consumers) = try await call.service.store.read { transaction in
      let provider = try await Provider.find(id, in: transaction)
      return (
        provider,
        try await transaction.all(
          Allocation.self, "WHERE provider_id = \(id) ORDER BY consumer_id, resource_class"),
        try await transaction.all(
          Consumer.self,
          "WHERE id IN (SELECT consumer_id FROM \(Allocation.table) WHERE provider_id = \(id)) ORDER BY id")
      )
    }
    let held = Dictionary(grouping: allocations, by: \.consumerID)
    var byConsumer = JSONObject()
    for consumer in consumers {
      let resources = (held[consumer.id] ?? []).map { (key: $0.resourceClass, value: JSON.int($0.used)) }
      var object: JSONObject = ["resources": .object(JSONObject(resources))]
      if call.version >= "1.28" { object.append("consumer_generation", .int(consumer.generation)) }
      byConsumer.append(consumer.id, .object(object))
    }
    return call.answer(
      ["resource_provider_generation": .int(provider.generation), "allocations": .object(byConsumer)],
      modified: allocations.map(\.createdAt).max())
  }

  static func replace(_ call: Call<Placement>, _ body: JSON) async throws -> Nothing {
    guard let id = dashed(call.path["consumer"] ?? "") else {
      throw Fault.badRequest("Malformed consumer_uuid: \(call.path["consumer"] ?? "")")
    }
    let claim = try ClaimBody(call, isPost: false).read(body, consumer: id)
    let now = call.now
    try await call.service.store.write { transaction in
      try await Claim.apply([claim], in: transaction, now: now)
    }
    return Nothing()
  }

  static func manage(_ call: Call<Placement>, _ body: JSON) async throws -> Nothing {
    let claims = try ClaimBody(call, isPost: true).readAll(body, mayBeEmpty: false)
    let now = call.now
    try await call.service.store.write { transaction in
      try await Claim.apply(claims, in: transaction, now: now)
    }
    return Nothing()
  }

  static func delete(_ call: Call<Placement>, _: Nothing) async throws -> Nothing {
    let id = consumer(call)
    try await call.service.store.write { transaction in
      guard try await Claim.release(id, in: transaction) else {
        throw Fault.notFound("No allocations for consumer '\(id)'")
      }
    }
    return Nothing()
  }

  private static func consumer(_ call: Call<Placement>) -> String {
    let text = call.path["consumer"] ?? ""
    return dashed(text) ?? text
  }
}
