internal import API
internal import Core
internal import JSON
internal import KeystoneModel
internal import Store

/// `/v3/endpoints`.
enum Endpoints {
  static let routes = Routes(
    rules: "identity:", of: Keystone.self,
    [
      .get("/endpoints", "list_endpoints", list, allow: Services.reading),
      .get("/endpoints/{id}", "get_endpoint", show, allow: Services.reading),
      .post("/endpoints", "create_endpoint", create, allow: .admin),
      .patch("/endpoints/{id}", "update_endpoint", update, allow: .admin),
      .delete("/endpoints/{id}", "delete_endpoint", delete, allow: .admin),
    ])

  static func list(_ call: Call<Keystone>, _: Nothing) async throws -> Many<CatalogEndpoint> {
    try await call.page(
      call.filters([
        "interface": "interface", "service_id": "service_id", "region_id": "region_id", "region": "region_id",
      ]) + call.enabledFilter(), by: "service_id")
  }
  static func show(_ call: Call<Keystone>, _: Nothing) async throws -> One<CatalogEndpoint> {
    let id = call.id
    return One(try await call.service.store.read { try await $0.existingEndpoint(id) })
  }

  struct Body: OpenDraft {
    var interface: CatalogEndpoint.Interface?
    var regionID: Given<String?> = .absent
    var region: Given<String?> = .absent
    var serviceID: String?
    var url: String?
    var enabled: Bool?
    var extra = JSONObject()
    static let shape = Shape<Body>(
      "endpoint", unknown: .ignored,
      [
        .key("interface", \.interface), .key("region_id", \.regionID), .key("region", \.region),
        .key("service_id", \.serviceID), .key("url", \.url, .text(1...225)), .key("enabled", \.enabled),
      ])

    func apply(to endpoint: inout CatalogEndpoint) {
      if let interface { endpoint.interface = interface }
      region.apply(to: &endpoint.regionID)
      regionID.apply(to: &endpoint.regionID)
      if let serviceID { endpoint.serviceID = serviceID }
      if let url { endpoint.url = url }
      if let enabled { endpoint.enabled = enabled }
      endpoint.extra = endpoint.extra.merging(extra)
    }
  }

  static func create(_ call: Call<Keystone>, _ body: Body) async throws -> One<CatalogEndpoint> {
    for (key, isMissing) in [
      ("interface", body.interface == nil), ("service_id", body.serviceID == nil), ("url", body.url == nil),
    ] where isMissing {
      throw Fault.badRequest("Invalid input for field/attribute endpoint. '\(key)' is a required property")
    }
    var endpoint = CatalogEndpoint()
    endpoint.id = call.service.world.hexID()
    body.apply(to: &endpoint)
    let added = endpoint
    try await call.service.change { transaction in
      try await check(added, transaction, mayMakeRegion: body.region.value != nil && body.regionID.value == nil)
      try await transaction.insert(added)
    }
    return One(endpoint)
  }

  static func update(_ call: Call<Keystone>, _ body: Body) async throws -> One<CatalogEndpoint> {
    let id = call.id
    return One(
      try await call.service.change { transaction in
        var endpoint = try await transaction.existingEndpoint(id)
        body.apply(to: &endpoint)
        try await check(endpoint, transaction, mayMakeRegion: body.region.value != nil && body.regionID.value == nil)
        return try await transaction.update(endpoint)
      })
  }

  /// The service and the region must exist; the older key `region` makes a region that does not.
  private static func check(
    _ endpoint: CatalogEndpoint, _ transaction: Transaction, mayMakeRegion: Bool
  ) async throws {
    guard let url = endpoint.url(project: "p", user: "u"), url.contains("://") else {
      throw Fault.badRequest("Cannot create an endpoint with an invalid URL: \(endpoint.url).")
    }
    guard try await transaction.get(CatalogService.self, endpoint.serviceID) != nil else {
      throw Fault.badRequest("Could not find service: \(endpoint.serviceID).")
    }
    guard let id = endpoint.regionID, try await transaction.get(Region.self, id) == nil else { return }
    guard mayMakeRegion else { throw Fault.badRequest("Could not find region: \(id).") }
    var region = Region()
    region.id = id
    try await transaction.insert(region)
  }

  static func delete(_ call: Call<Keystone>, _: Nothing) async throws -> Nothing {
    let id = call.id
    try await call.service.change { try await $0.remove(try await $0.existingEndpoint(id)) }
    return Nothing()
  }
}

extension CatalogEndpoint: Resource {
  static let collection = "endpoints"
  static let view = View<CatalogEndpoint>(
    "endpoint",
    [
      .field("id", \.id), .field("interface", \.interface), .field("region_id", \.regionID),
      .field("region", \.regionID), .field("service_id", \.serviceID), .field("url", \.url),
      .field("enabled", \.enabled),
    ])
}

extension ReadTransaction {
  func existingEndpoint(_ id: String) async throws -> CatalogEndpoint {
    guard let endpoint = try await get(CatalogEndpoint.self, id) else {
      throw Fault.notFound("Could not find endpoint: \(id).")
    }
    return endpoint
  }
}

extension Transaction {
  /// Removes an endpoint with what refers to it.
  func remove(_ endpoint: CatalogEndpoint) async throws {
    try await deleteAll(ProjectEndpoint.self, "WHERE endpoint_id = \(endpoint.id)")
    try await deleteAll(PolicyAssociation.self, "WHERE endpoint_id = \(endpoint.id)")
    try await delete(endpoint)
  }
}
