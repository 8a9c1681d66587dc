internal import API
internal import Core
internal import HTTP
internal import JSON
internal import PlacementModel
internal import Store

/// `/usages` and `/resource_providers/{id}/usages`
enum Usages {
  static let routes = Routes(
    rules: "placement:", of: Placement.self,
    [
      .get("/resource_providers/{id}/usages", "placement:resource_providers:usages", ofProvider, allow: .service),
      .get(
        "/usages", "usages", ofProject,
        allow: "rule:admin_required or role:service or (role:reader and project_id:%(project_id)s)", since: "1.9"),
    ])

  /// The usage of every class that the provider has an inventory of.
  static func ofProvider(_ call: Call<Placement>, _: Nothing) async throws -> Response {
    let id = call.id
    let (provider, inventories, usage) = try await call.service.store.read { transaction in
      (
        try await Provider.find(id, in: transaction),
        try await transaction.all(Inventory.self, "WHERE provider_id = \(id) ORDER BY resource_class"),
        try await Allocation.usage(of: [id], in: transaction)[id] ?? [:]
      )
    }
    let usages = inventories.map { (key: $0.resourceClass, value: JSON.int(usage[$0.resourceClass] ?? 0)) }
    return call.answer(
      ["resource_provider_generation": .int(provider.generation), "usages": .object(JSONObject(usages))])
  }

  /// What the consumers of a project hold together; since 1.38 by the type of consumer.
  static func ofProject(_ call: Call<Placement>, _: Nothing) async throws -> Response {
    try call.requireOnly(
      call.version >= "1.38" ? ["project_id", "user_id", "consumer_type"] : ["project_id", "user_id"])
    guard let project = call.query("project_id"), (1...255).contains(project.count) else {
      throw Fault.badRequest("Invalid query string parameters: 'project_id' is a required property")
    }
    try call.require(
      ["project_id": project], else: .forbidden("Policy does not allow placement:usages to be performed."))
    var conditions: [SQL] = ["c.project_id = \(project)"]
    if let user = call.query("user_id") {
      guard (1...255).contains(user.count) else {
        throw Fault.badRequest("Invalid query string parameters: user_id must have 1 to 255 characters.")
      }
      conditions.append("c.user_id = \(user)")
    }
    let type = call.query("consumer_type")
    switch type {
    case nil, "all"?: break
    case "unknown"?: conditions.append("c.type IS NULL")
    case let name?:
      guard isSymbol(name) else {
        throw Fault.badRequest("Invalid query string parameters: '\(name)' is not a type of consumer.")
      }
      conditions.append("c.type = \(name)")
    }
    let condition = SQL.allOf(conditions)
    let (sums, counts) = try await call.service.store.read { transaction in
      (
        try await transaction.run(
          """
          SELECT c.type, a.resource_class, CAST(SUM(a.used) AS BIGINT) FROM \(Allocation.table) a
          JOIN \(Consumer.table) c ON c.id = a.consumer_id \(condition)
          GROUP BY c.type, a.resource_class ORDER BY c.type, a.resource_class
          """),
        try await transaction.run("SELECT c.type, COUNT(*) FROM \(Consumer.table) c \(condition) GROUP BY c.type")
      )
    }
    guard call.version >= "1.38" else {
      var usages: [String: Int] = [:]
      for row in sums { usages[try String(columnValue: row[1]), default: 0] += try Int(columnValue: row[2]) }
      return call.answer(["usages": usages.json])
    }
    func label(_ value: Value) throws -> String {
      type == "all" ? "all" : try String?(columnValue: value) ?? "unknown"
    }
    var byType: [String: [String: Int]] = [:]
    for row in sums {
      byType[try label(row[0]), default: [:]][try String(columnValue: row[1]), default: 0] +=
        try Int(columnValue: row[2])
    }
    for row in counts {
      byType[try label(row[0]), default: [:]]["consumer_count", default: 0] += try Int(columnValue: row[1])
    }
    return call.answer(["usages": byType.json])
  }
}
