internal import API
internal import Core
internal import JSON
internal import NovaModel
internal import Store

/// Hosts put together by administrators (API reference: "Host aggregates").
enum Aggregates {
  private static let path = "/os-aggregates/{id}/action"

  static let routes = Routes(
    rules: "os_compute_api:os-aggregates:", of: Nova.self, shows: view,
    [
      .get("/os-aggregates", "index", index, allow: .admin), .get("/os-aggregates/{id}", "show", show, allow: .admin),
      .post("/os-aggregates", "create", create, allow: .admin, status: 200),
      .put("/os-aggregates/{id}", "update", update, allow: .admin),
      .delete("/os-aggregates/{id}", "delete", delete, allow: .admin, status: 200),
      .action(path, "add_host", "add_host", addHost, allow: .admin, status: 200),
      .action(path, "remove_host", "remove_host", removeHost, allow: .admin, status: 200),
      .action(path, "set_metadata", "set_metadata", setMetadata, allow: .admin, status: 200),
    ])

  static let view = View<Aggregate>(
    "aggregate",
    [
      .field("id", \.number), .field("uuid", \.uuid, since: "2.41"), .field("name", \.name),
      .computed("availability_zone") { aggregate, _ in aggregate.availabilityZone.json },
      .field("hosts", \.hosts), .field("metadata", \.metadata),
      .computed("created_at") { aggregate, _ in .string(aggregate.createdAt.isoMicroseconds) },
      .computed("updated_at") { aggregate, _ in (aggregate.updatedAt?.isoMicroseconds).json },
      .computed("deleted") { _, _ in false }, .computed("deleted_at") { _, _ in .null },
    ])

  private static func index(_ call: Call<Nova>, _: Nothing) async throws -> Page<Aggregate> {
    let all = try await call.nova.store.read { try await $0.all(Aggregate.self, "ORDER BY number") }
    return Page(all, as: view, links: .none)
  }

  private static func find(_ call: Call<Nova>, in tx: some ReadTransaction) async throws -> Aggregate {
    guard let number = Int(call.id), let found = try await tx.get(Aggregate.self, number) else {
      throw Fault.notFound("Aggregate \(call.id) could not be found.")
    }
    return found
  }
  private static func show(_ call: Call<Nova>, _: Nothing) async throws -> Shown<Aggregate> {
    Shown(try await call.nova.store.read { try await find(call, in: $0) }, as: view)
  }

  struct Given: Draft {
    var name: String?
    var zone: JSON?
    static let shape = Shape<Given>(
      "aggregate", [.key("name", \.name, .name(limit: 255)), .key("availability_zone", \.zone)])

    func apply(to aggregate: inout Aggregate) throws {
      if let name { aggregate.name = name.trimmed }
      switch zone {
      case nil: break
      case .null?: aggregate.metadata["availability_zone"] = nil
      case .string(let text)? where !text.isEmpty && !text.contains(":"):
        aggregate.metadata["availability_zone"] = text
      case let other?:
        throw Fault.badRequest("Invalid input for field/attribute availability_zone. Value: \(other.text).")
      }
    }
  }

  private static func create(_ call: Call<Nova>, _ given: Given) async throws -> Shown<Aggregate> {
    guard given.name != nil else {
      throw Fault.badRequest("Invalid input for field/attribute aggregate. 'name' is a required property")
    }
    let (uuid, now) = (call.nova.world.uuid(), call.nova.world.now())
    let made = try await call.nova.store.write { tx in
      var aggregate = Aggregate()
      try given.apply(to: &aggregate)
      aggregate.uuid = uuid
      aggregate.createdAt = now
      try await checkName(aggregate.name, in: tx)
      let last = try await tx.one(Aggregate.self, "ORDER BY number DESC")?.number ?? 0
      aggregate.number = last + 1
      try await tx.insert(aggregate)
      return aggregate
    }
    return Shown(made, as: view)
  }

  private static func checkName(_ name: String, in tx: Transaction) async throws {
    guard try await tx.one(Aggregate.self, "WHERE name = \(name)") == nil else {
      throw Fault.conflict("Aggregate \(name) already exists.")
    }
  }

  private static func change(
    _ call: Call<Nova>, _ edit: @escaping @Sendable (inout Aggregate, Transaction) async throws -> Void
  ) async throws -> Shown<Aggregate> {
    let now = call.nova.world.now()
    let changed = try await call.nova.store.write { tx in
      var aggregate = try await find(call, in: tx)
      try await edit(&aggregate, tx)
      aggregate.updatedAt = now
      return try await tx.update(aggregate)
    }
    return Shown(changed, as: view)
  }

  private static func update(_ call: Call<Nova>, _ given: Given) async throws -> Shown<Aggregate> {
    try await change(call) { aggregate, tx in
      let before = aggregate.name
      try given.apply(to: &aggregate)
      if aggregate.name != before { try await checkName(aggregate.name, in: tx) }
    }
  }

  private static func delete(_ call: Call<Nova>, _: Nothing) async throws -> Nothing {
    try await call.nova.store.write { tx in
      let aggregate = try await find(call, in: tx)
      guard aggregate.hosts.isEmpty else {
        throw Fault.badRequest("Cannot remove aggregate \(aggregate.number): it still has hosts. Remove them first.")
      }
      try await tx.delete(aggregate)
    }
    return Nothing()
  }

  private static func host(_ call: Call<Nova>, _ action: String) throws -> String {
    guard let host = call.body[action]?["host"]?.string else {
      throw Fault.badRequest("Invalid input for field/attribute \(action). 'host' is a required property")
    }
    return host
  }

  private static func addHost(_ call: Call<Nova>, _: JSON) async throws -> Shown<Aggregate> {
    let host = try host(call, "add_host")
    return try await change(call) { aggregate, tx in
      guard try await tx.one(ComputeHost.self, "WHERE host = \(host)") != nil else {
        throw Fault.notFound("Compute host \(host) could not be found.")
      }
      guard !aggregate.hosts.contains(host) else {
        throw Fault.conflict("Aggregate \(aggregate.number) already has host \(host).")
      }
      if let zone = aggregate.availabilityZone {
        let others = try await tx.all(Aggregate.self, "ORDER BY number").filter { $0.hosts.contains(host) }
        guard others.allSatisfy({ $0.availabilityZone == nil || $0.availabilityZone == zone }) else {
          throw Fault.conflict("Cannot add host to aggregate \(aggregate.number): it is in another availability zone.")
        }
      }
      aggregate.hosts.append(host)
    }
  }
  private static func removeHost(_ call: Call<Nova>, _: JSON) async throws -> Shown<Aggregate> {
    let host = try host(call, "remove_host")
    return try await change(call) { aggregate, _ in
      guard let index = aggregate.hosts.firstIndex(of: host) else {
        throw Fault.notFound("Aggregate \(aggregate.number) has no host \(host).")
      }
      aggregate.hosts.remove(at: index)
    }
  }

  private static func setMetadata(_ call: Call<Nova>, _: JSON) async throws -> Shown<Aggregate> {
    guard let given = call.body["set_metadata"]?["metadata"]?.object else {
      throw Fault.badRequest("Invalid input for field/attribute set_metadata. 'metadata' is a required property")
    }
    return try await change(call) { aggregate, _ in
      for (key, value) in given.members {
        guard value.isNull || value.string != nil else {
          throw Fault.badRequest("Invalid input for field/attribute \(key). Value: \(value.text).")
        }
        aggregate.metadata[key] = value.string
      }
    }
  }
}
