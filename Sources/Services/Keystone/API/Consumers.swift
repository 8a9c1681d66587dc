internal import API
internal import Core
internal import JSON
internal import KeystoneModel
internal import Store

/// `/v3/OS-OAUTH1/consumers`: programs that may ask users for leave.
enum Consumers {
  static let reading: Policy = "rule:admin_required or (role:reader and system_scope:all)"

  static let routes = Routes(
    rules: "identity:", of: Keystone.self,
    [
      .get("/OS-OAUTH1/consumers", "list_consumers", list, allow: reading),
      .get("/OS-OAUTH1/consumers/{id}", "get_consumer", show, allow: reading),
      .post("/OS-OAUTH1/consumers", "create_consumer", create, allow: .admin),
      .patch("/OS-OAUTH1/consumers/{id}", "update_consumer", update, allow: .admin),
      .delete("/OS-OAUTH1/consumers/{id}", "delete_consumer", delete, allow: .admin),
    ])

  static func list(_ call: Call<Keystone>, _: Nothing) async throws -> Many<Consumer> {
    try await call.page([], by: "id")
  }
  static func show(_ call: Call<Keystone>, _: Nothing) async throws -> One<Consumer> {
    let id = call.id
    return One(try await call.service.store.read { try await $0.existingConsumer(id) })
  }

  struct Body: OpenDraft {
    var details: Given<String?> = .absent
    var secret: JSON?
    var extra = JSONObject()
    static let shape = Shape<Body>(
      "consumer", unknown: .ignored, [.key("description", \.details), .key("secret", \.secret)])
  }

  static func create(_ call: Call<Keystone>, _ body: Body) async throws -> JSON {
    var consumer = Consumer()
    consumer.id = call.service.world.hexID()
    consumer.secret = call.service.world.hexID()
    body.details.apply(to: &consumer.details)
    consumer.extra = body.extra
    let added = consumer
    try await call.service.change { try await $0.insert(added) }
    // The secret is shown this once.
    guard
      case .object(var object) = Consumer.render(
        consumer, as: Consumer.view, at: Consumer.collection, for: call.incoming)
    else { return .null }
    object.append("secret", .string(consumer.secret))
    return ["consumer": .object(object)]
  }

  static func update(_ call: Call<Keystone>, _ body: Body) async throws -> One<Consumer> {
    let id = call.id
    guard body.secret == nil else { throw Fault.badRequest("The secret of a consumer cannot be changed.") }
    return One(
      try await call.service.change { transaction in
        var consumer = try await transaction.existingConsumer(id)
        body.details.apply(to: &consumer.details)
        consumer.extra = consumer.extra.merging(body.extra)
        return try await transaction.update(consumer)
      })
  }

  static func delete(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    let id = call.id
    try await call.service.change { transaction in
      let consumer = try await transaction.existingConsumer(id)
      try await transaction.deleteAll(RequestToken.self, "WHERE consumer_id = \(id)")
      try await transaction.deleteAll(AccessToken.self, "WHERE consumer_id = \(id)")
      try await transaction.delete(consumer)
    }
    return Nothing()
  }
}

extension Consumer: Resource {
  static let collection = "OS-OAUTH1/consumers"
  static let view = View<Consumer>("consumer", [.field("id", \.id), .field("description", \.details)])
}

extension ReadTransaction {
  func existingConsumer(_ id: String) async throws -> Consumer {
    guard let consumer = try await get(Consumer.self, id) else {
      throw Fault.notFound("Could not find consumer: \(id).")
    }
    return consumer
  }
}
