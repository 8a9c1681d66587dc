internal import API
internal import Core
internal import JSON
internal import KeystoneModel
internal import Store

/// `/v3/regions`.
enum Regions {
  static let routes = Routes(
    rules: "identity:", of: Keystone.self,
    [
      .get("/regions", "list_regions", list, allow: .anyone),
      .get("/regions/{id}", "get_region", show, allow: .anyone),
      .post("/regions", "create_region", create, allow: .admin),
      .put("/regions/{id}", "create_region", create, allow: .admin, status: 201),
      .patch("/regions/{id}", "update_region", update, allow: .admin),
      .delete("/regions/{id}", "delete_region", delete, allow: .admin),
    ])

  static func list(_ call: Call<Keystone>, _: Nothing) async throws -> Many<Region> {
    try await call.page(call.filters(["parent_region_id": "parent_id"]), by: "id")
  }
  static func show(_ call: Call<Keystone>, _: Nothing) async throws -> One<Region> {
    let id = call.id
    return One(try await call.service.store.read { try await $0.existingRegion(id) })
  }

  struct Body: OpenDraft {
    var id: String?
    var details: Given<String?> = .absent
    var parentID: Given<String?> = .absent
    var extra = JSONObject()
    static let shape = Shape<Body>(
      "region", unknown: .ignored,
      [
        .key("id", \.id, .text(1...255)), .key("description", \.details), .key("parent_region_id", \.parentID),
      ])

    func apply(to region: inout Region) {
      if let details = details.value { region.details = details ?? "" }
      parentID.apply(to: &region.parentID)
      region.extra = region.extra.merging(extra)
    }
  }

  static func create(_ call: Call<Keystone>, _ body: Body) async throws -> One<Region> {
    if let named = call.path["id"], let id = body.id, id != named {
      throw Fault.badRequest("Conflicting region IDs specified: \"\(named)\" != \"\(id)\"")
    }
    var region = Region()
    region.id = call.path["id"] ?? body.id ?? call.service.world.hexID()
    body.apply(to: &region)
    let added = region
    do {
      try await call.service.change { transaction in
        try await transaction.checkParent(of: added)
        try await transaction.insert(added)
      }
    } catch let fault as Fault where fault.code == "duplicate" {
      throw Fault.conflict("Conflict occurred attempting to store region - Duplicate ID, \(added.id).")
    }
    return One(region)
  }

  static func update(_ call: Call<Keystone>, _ body: Body) async throws -> One<Region> {
    let id = call.id
    return One(
      try await call.service.change { transaction in
        var region = try await transaction.existingRegion(id)
        body.apply(to: &region)
        try await transaction.checkParent(of: region)
        return try await transaction.update(region)
      })
  }

  static func delete(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    let id = call.id
    try await call.service.change { transaction in
      let region = try await transaction.existingRegion(id)
      var below = [region]
      var level = [id]
      while !level.isEmpty {
        let next = try await transaction.all(Region.self, "WHERE parent_id IN (\(list: level))")
        below += next
        level = next.map(\.id)
      }
      let uses = try await transaction.count(
        CatalogEndpoint.self, "WHERE region_id IN (\(list: below.map(\.id)))")
      guard uses == 0 else {
        throw Fault.forbidden(
          "Unable to delete region \(id) because it or its child regions have associated endpoints.")
      }
      for region in below.reversed() { try await transaction.delete(region) }
    }
    return Nothing()
  }
}

extension Region: Resource {
  static let collection = "regions"
  static let view = View<Region>(
    "region",
    [.field("id", \.id), .field("description", \.details), .field("parent_region_id", \.parentID)])
}

extension ReadTransaction {
  func existingRegion(_ id: String) async throws -> Region {
    guard let region = try await get(Region.self, id) else { throw Fault.notFound("Could not find region: \(id).") }
    return region
  }
  /// The parent must exist and not lie in the region itself.
  fileprivate func checkParent(of region: Region) async throws {
    var next = region.parentID
    while let id = next {
      guard id != region.id else {
        throw Fault.badRequest("The specified parent region \(id) would create a circular region hierarchy.")
      }
      next = try await existingRegion(id).parentID
    }
  }
}
