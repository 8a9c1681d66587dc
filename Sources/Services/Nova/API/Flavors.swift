internal import API
internal import Core
internal import JSON
internal import NovaModel
internal import Store

/// Sizes of servers (API reference: "Flavors").
enum Flavors {
  static let routes = Routes(
    rules: "os_compute_api:os-flavor-manage:", of: Nova.self, shows: view,
    [
      .get("/flavors", "os_compute_api:flavors:index", index, allow: .anyone, shows: brief.many),
      .get("/flavors/detail", "os_compute_api:flavors:detail", detail, allow: .anyone),
      .get("/flavors/{id}", "os_compute_api:flavors:show", show, allow: .anyone),
      .post("/flavors", "create", create, allow: .admin, status: 200),
      .put("/flavors/{id}", "update", update, allow: .admin, since: "2.55"),
      .delete("/flavors/{id}", "delete", delete, allow: .admin, status: 202),
    ])

  static let view = View<Flavor>(
    "flavor",
    [
      .field("id", \.id), .field("name", \.name), .field("ram", \.memoryMiB), .field("disk", \.diskGiB),
      .computed("swap", until: "2.74") { flavor, _ in flavor.swapMiB == 0 ? "" : .int(flavor.swapMiB) },
      .field("swap", \.swapMiB, since: "2.75"), .field("OS-FLV-EXT-DATA:ephemeral", \.ephemeralGiB),
      .field("OS-FLV-DISABLED:disabled", \.disabled), .field("vcpus", \.vcpus),
      .field("os-flavor-access:is_public", \.isPublic), .field("rxtx_factor", \.rxtxFactor),
      .computed("links") { flavor, incoming in incoming.links("flavors", flavor.id) },
      .field("description", \.description, since: "2.55"), .field("extra_specs", \.extraSpecs, since: "2.61"),
    ])

  static let brief = View<Flavor>(
    "flavor",
    [
      .field("id", \.id), .field("name", \.name),
      .computed("links") { flavor, incoming in incoming.links("flavors", flavor.id) },
      .field("description", \.description, since: "2.55"),
    ])

  // MARK: Reading

  private static func index(_ call: Call<Nova>, _: Nothing) async throws -> Page<Flavor> {
    let (items, next) = try await list(call)
    return Page(items, as: brief, next: next)
  }
  private static func detail(_ call: Call<Nova>, _: Nothing) async throws -> Page<Flavor> {
    let (items, next) = try await list(call)
    return Page(items, as: view, next: next)
  }

  private static func list(_ call: Call<Nova>) async throws -> (items: [Flavor], next: String?) {
    var conditions = [try visibility(call)]
    if let least = try number(call, "minRam") { conditions.append("memory_mib >= \(least)") }
    if let least = try number(call, "minDisk") { conditions.append("disk_gib >= \(least)") }
    let page = try PageRequest(
      call.incoming,
      sortable: [
        "flavorid": "id", "id": "id", "name": "name", "memory_mb": "memory_mib", "root_gb": "disk_gib",
        "vcpus": "vcpus", "created_at": "created_at", "ephemeral_gb": "ephemeral_gib", "swap": "swap_mib",
        "is_public": "is_public", "disabled": "disabled", "rxtx_factor": "rxtx_factor",
      ], fallback: [(column: "id", descending: false)])
    let condition = SQL.joined(conditions, " AND ")
    return try await call.nova.store.read { try await page.fetch(Flavor.self, where: condition, in: $0) }
  }

  /// Which flavors the caller sees: administrators may ask for public, private or all of them.
  private static func visibility(_ call: Call<Nova>) throws -> SQL {
    let own: SQL = "SELECT flavor_id FROM \(FlavorAccess.table) WHERE project_id = \(call.caller.projectID ?? "")"
    guard call.caller.isAdmin, let asked = call.query("is_public") else {
      return "(is_public = 1 OR id IN (\(own)))"
    }
    switch asked.lowercased() {
    case "none": return "1 = 1"
    case "true", "1", "t", "yes", "on", "y": return "is_public = 1"
    case "false", "0", "f", "no", "off", "n": return "is_public = 0"
    default: throw Fault.badRequest("Invalid is_public filter [\(asked)]")
    }
  }
  private static func number(_ call: Call<Nova>, _ name: String) throws -> Int? {
    guard let text = call.query(name) else { return nil }
    guard let number = Int(text) else { throw Fault.badRequest("Invalid \(name) filter [\(text)]") }
    return number
  }

  private static func show(_ call: Call<Nova>, _: Nothing) async throws -> Shown<Flavor> {
    let id = call.id
    let flavor = try await call.nova.store.read { try await visible(id, to: call, in: $0) }
    return Shown(flavor, as: view)
  }

  /// The flavor, if the caller may use it.
  static func visible(_ id: String, to call: Call<Nova>, in tx: some ReadTransaction) async throws -> Flavor {
    guard let flavor = try await tx.get(Flavor.self, id) else { throw Refusals.noFlavor(id) }
    if flavor.isPublic || call.caller.isAdmin { return flavor }
    guard try await tx.get(FlavorAccess.self, id, call.caller.projectID ?? "") != nil else {
      throw Refusals.noFlavor(id)
    }
    return flavor
  }

  // MARK: Changing

  struct New: Draft {
    var name = ""
    var id: JSON = .null
    var ram: JSON = 0
    var vcpus: JSON = 0
    var disk: JSON = 0
    var swap: JSON = 0
    var ephemeral: JSON = 0
    var factor: JSON = 1.0
    var isPublic: JSON = true
    var description: String?
    static let shape = Shape<New>(
      "flavor",
      [
        .key("name", \.name, .name(limit: 255), required: true), .key("id", \.id),
        .key("ram", \.ram, required: true), .key("vcpus", \.vcpus, required: true),
        .key("disk", \.disk, required: true),
        .key("swap", \.swap), .key("OS-FLV-EXT-DATA:ephemeral", \.ephemeral), .key("rxtx_factor", \.factor),
        .key("os-flavor-access:is_public", \.isPublic),
        .key("description", \.description, .text(0...65535), since: "2.55"),
      ])

    /// The record, its numbers checked.
    func record(id: String) throws -> Flavor {
      let most = Int(Int32.max)
      var flavor = Flavor()
      flavor.id = id
      flavor.name = name.trimmed
      flavor.memoryMiB = try wholeNumber(ram, "ram", 1...most)
      flavor.vcpus = try wholeNumber(vcpus, "vcpus", 1...most)
      flavor.diskGiB = try wholeNumber(disk, "disk", 0...most)
      flavor.swapMiB = swap.string == "" ? 0 : try wholeNumber(swap, "swap", 0...most)
      flavor.ephemeralGiB = try wholeNumber(ephemeral, "OS-FLV-EXT-DATA:ephemeral", 0...most)
      guard let factor = (try? Double(json: factor)) ?? factor.string.flatMap({ Double($0) }), factor > 0 else {
        throw Fault.badRequest("Invalid input for field/attribute rxtx_factor. Value: \(self.factor.text).")
      }
      flavor.rxtxFactor = factor
      flavor.isPublic = try boolean(isPublic, "os-flavor-access:is_public")
      flavor.description = description
      return flavor
    }
  }

  private static func create(_ call: Call<Nova>, _ draft: New) async throws -> Shown<Flavor> {
    var id = draft.id.string ?? draft.id.int.map(String.init) ?? "auto"
    if id == "auto" { id = call.nova.world.uuid() }
    let isFit = id.utf8.allSatisfy {
      ($0 >= 48 && $0 <= 57) || ($0 | 32 >= 97 && $0 | 32 <= 122) || " ._-".utf8.contains($0)
    }
    guard isFit, (1...255).contains(id.count), id.trimmed == id else {
      throw Fault.badRequest("Invalid input for field/attribute id. Value: \(id).")
    }
    var flavor = try draft.record(id: id)
    flavor.createdAt = call.nova.world.now()
    let (new, project) = (flavor, call.caller.projectID)
    try await call.nova.store.write { tx in
      guard try await tx.get(Flavor.self, new.id) == nil else {
        throw Fault.conflict("Flavor with ID \(new.id) already exists.")
      }
      guard try await tx.insertUnlessPresent(new) else {
        throw Fault.conflict("Flavor with name \(new.name) already exists.")
      }
      // Whoever makes a private flavor can use it.
      if !new.isPublic, let project { try await tx.insert(FlavorAccess(flavorID: new.id, projectID: project)) }
    }
    return Shown(flavor, as: view)
  }

  struct Change: Draft {
    var description: String?
    static let shape = Shape<Change>("flavor", [.key("description", \.description, .text(0...65535))])
  }

  private static func update(_ call: Call<Nova>, _ draft: Change) async throws -> Shown<Flavor> {
    guard call.body["flavor"]?["description"] != nil else {
      throw Fault.badRequest("Invalid input for field/attribute flavor. 'description' is a required property")
    }
    let (id, now) = (call.id, call.nova.world.now())
    let flavor = try await call.nova.store.write { tx in
      guard var flavor = try await tx.get(Flavor.self, id) else { throw Refusals.noFlavor(id) }
      flavor.description = draft.description
      flavor.updatedAt = now
      return try await tx.update(flavor)
    }
    return Shown(flavor, as: view)
  }

  private static func delete(_ call: Call<Nova>, _: Nothing) async throws -> Nothing {
    let id = call.id
    try await call.nova.store.write { tx in
      guard let flavor = try await tx.get(Flavor.self, id) else { throw Refusals.noFlavor(id) }
      _ = try await tx.deleteAll(FlavorAccess.self, "WHERE flavor_id = \(id)")
      try await tx.delete(flavor)
    }
    return Nothing()
  }
}

extension String {
  /// Without white space at both ends.
  var trimmed: String {
    var rest = self[...]
    while rest.first?.isWhitespace == true { rest.removeFirst() }
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return String(rest)
  }
}
