internal import API
internal import Core
internal import JSON
internal import NeutronModel
internal import Store

/// `/{resource}/{id}/tags`, the same for every resource that has tags.
enum Tags {
  static let routes = Routes(
    rules: "", of: Neutron.self,
    table(Network.self, "networks", .network) + table(Subnet.self, "subnets", .subnet)
      + table(Port.self, "ports", .port) + table(Router.self, "routers", .router)
      + table(FloatingIP.self, "floatingips", .floatingIP)
      + table(SecurityGroup.self, "security-groups", .securityGroup)
      + table(SubnetPool.self, "subnetpools", .subnetPool))

  private static func table<R: NeutronRecord>(
    _ type: R.Type, _ plural: String, _ kind: Fault.Kept
  ) -> [Route<Neutron>] {
    let base = "/\(plural)/{id}/tags"
    return [
      .get(base, "get_\(plural)_tags", { (call, _: Nothing) in try await list(R.self, kind, call) }, allow: .reader),
      .put(
        base, "update_\(plural)_tags",
        { (call, body: JSON) in
          let tags = try checked([String](json: body["tags"] ?? .null))
          return try await change(R.self, kind, call) { $0 = tags }
        }, allow: .member),
      .post(
        base, "create_\(plural)_tags",
        { (call, body: JSON) in
          let tags = try checked([String](json: body["tags"] ?? .null))
          return try await change(R.self, kind, call) { have in have += tags.filter { !have.contains($0) } }
        }, allow: .member),
      .delete(
        base, "delete_\(plural)_tags",
        { (call, _: Nothing) in
          _ = try await change(R.self, kind, call) { $0 = [] }
          return Nothing()
        }, allow: .member),
      .get(
        base + "/{tag}", "get_\(plural)_tags",
        { (call, _: Nothing) in
          guard try await find(R.self, kind, call).standard.tags.contains(tag(call)) else { throw absent(call) }
          return Nothing()
        }, allow: .reader, status: 204),
      .put(
        base + "/{tag}", "update_\(plural)_tags",
        { (call, _: Nothing) in
          let tag = try checked([tag(call)])[0]
          _ = try await change(R.self, kind, call) { if !$0.contains(tag) { $0.append(tag) } }
          return Nothing()
        }, allow: .member, status: 201),
      .delete(
        base + "/{tag}", "delete_\(plural)_tags",
        { (call, _: Nothing) in
          let tag = tag(call)
          let missing = absent(call)
          _ = try await change(R.self, kind, call) { have in
            guard have.contains(tag) else { throw missing }
            have.removeAll { $0 == tag }
          }
          return Nothing()
        }, allow: .member),
    ]
  }

  /// The tags once each, none too long and none with the comma that separates them in filters.
  static func checked(_ tags: [String]) throws -> [String] {
    var seen: Set<String> = []
    guard tags.count <= 50 else { throw Fault.invalidInput("a resource has at most 50 tags") }
    for tag in tags where tag.isEmpty || tag.count > 255 || tag.contains(",") {
      throw Fault.invalidInput("'\(tag)' is not a valid tag: it has 1 to 255 characters and no comma")
    }
    return tags.filter { seen.insert($0).inserted }
  }

  private static func tag(_ call: Call<Neutron>) -> String { call.path["tag"] ?? "" }
  private static func absent(_ call: Call<Neutron>) -> Fault {
    .notFound("Tag \(tag(call)) could not be found.", code: "TagNotFound")
  }

  private static func find<R: NeutronRecord>(
    _ type: R.Type, _ kind: Fault.Kept, _ call: Call<Neutron>
  ) async throws -> R {
    try await call.service.read { tx in try await found(kind, call, tx) }
  }

  private static func found<R: NeutronRecord>(
    _ kind: Fault.Kept, _ call: Call<Neutron>, _ tx: some ReadTransaction
  ) async throws -> R {
    guard let record = try await tx.get(R.self, call.id) else { throw Fault.missing(kind, call.id) }
    try call.require(["project_id": record.projectID], else: .missing(kind, call.id))
    return record
  }

  private static func list<R: NeutronRecord>(
    _ type: R.Type, _ kind: Fault.Kept, _ call: Call<Neutron>
  ) async throws -> JSON {
    ["tags": try await find(R.self, kind, call).standard.tags.json]
  }

  private static func change<R: NeutronRecord>(
    _ type: R.Type, _ kind: Fault.Kept, _ call: Call<Neutron>,
    _ body: @escaping @Sendable (inout [String]) throws -> Void
  ) async throws -> JSON {
    try await call.service.write(wakes: false) { tx in
      var record: R = try await found(kind, call, tx)
      try body(&record.standard.tags)
      return ["tags": try await tx.save(record, call.service.world).standard.tags.json]
    }
  }
}
