internal import API
internal import Core
internal import HTTP
internal import JSON
internal import NeutronModel
internal import Store

struct AddressScopeBody: ResourceBody {
  var projectID: String?
  var name: Given<String> = .absent
  var ipVersion: Whole?
  var shared: Given<Flag> = .absent
  static var name: String { "address_scope" }
  static var lasting: Set<String> { ["ip_version"] }
  static var guarded: [String: JSON] { ["shared": false] }
  static let keys: [Key<AddressScopeBody>] = [
    .key("tenant_id", \.projectID), .key("project_id", \.projectID), .key("name", \.name, .text(0...255)),
    .key("ip_version", \.ipVersion), .key("shared", \.shared),
  ]
}

enum AddressScopes {
  static let view = View<AddressScope>(
    "address_scope",
    StandardFields.head(id: \.id, \.standard) + [.field("ip_version", \.ipVersion), .field("shared", \.shared)])

  static let listing = Listing<AddressScope>(["ip_version": .number("ip_version"), "shared": .flag("shared")])

  static let routes = Routes(
    rules: "", of: Neutron.self, shows: view,
    [
      .get("/address-scopes", "get_address_scope", list, allow: .reader, query: listing.keys),
      .post("/address-scopes", "create_address_scope", create, allow: .member),
      .get("/address-scopes/{id}", "get_address_scope", show, allow: .reader),
      .put("/address-scopes/{id}", "update_address_scope", update, allow: .member),
      .delete("/address-scopes/{id}", "delete_address_scope", delete, allow: .member),
    ])

  static func find(_ id: String, _ call: Call<Neutron>, _ tx: some ReadTransaction) async throws -> AddressScope {
    guard let scope = try await tx.get(AddressScope.self, id) else { throw Fault.missing(.addressScope, id) }
    if scope.shared, call.request.method == "GET" { return scope }
    try call.require(["project_id": scope.projectID], else: .missing(.addressScope, id))
    return scope
  }

  static func list(_ call: Call<Neutron>, _: Nothing) async throws -> Page<AddressScope> {
    try await call.service.read { tx in
      let visible: SQL = "\(call.incoming.ownProject) OR shared = \(true)"
      let (scopes, next) = try await listing.page(call.incoming, visible: visible, in: tx)
      return Page(scopes, as: view, next: next)
    }
  }
  static func show(_ call: Call<Neutron>, _: Nothing) async throws -> Shown<AddressScope> {
    try await call.service.read { tx in Shown(try await find(call.id, call, tx), as: view) }
  }

  static func create(_ call: Call<Neutron>, _ posted: Posted<AddressScopeBody>) async throws -> Made<AddressScope> {
    try await call.service.write(wakes: false) { tx in
      var made: [AddressScope] = []
      for draft in posted.drafts {
        guard let version = draft.ipVersion?.number, version == 4 || version == 6 else {
          throw Fault.badRequest("Invalid input for ip_version. It is 4 or 6.", code: "HTTPBadRequest")
        }
        var scope = AddressScope()
        scope.id = call.service.world.uuid()
        scope.standard = Standard(
          projectID: try call.incoming.owner(draft.projectID), name: draft.name.value ?? "",
          at: call.service.world.now())
        scope.ipVersion = version
        draft.shared.apply(to: &scope.shared)
        try await tx.insert(scope)
        made.append(scope)
      }
      return Made(items: made, view: view, isBulk: posted.isBulk)
    }
  }

  static func update(_ call: Call<Neutron>, _ body: Changed<AddressScopeBody>) async throws -> Shown<AddressScope> {
    try await call.service.write(wakes: false) { tx in
      var scope = try await find(call.id, call, tx)
      body.draft.name.apply(to: &scope.standard.name)
      if scope.shared, body.draft.shared.value?.on == false {
        throw Fault.badRequest(
          "Unable to update address scope \(scope.id) : Shared address scope can't be unshared",
          code: "AddressScopeUpdateError")
      }
      body.draft.shared.apply(to: &scope.shared)
      return Shown(try await tx.save(scope, call.service.world), as: view)
    }
  }

  static func delete(_ call: Call<Neutron>, _: Nothing) async throws -> Nothing {
    try await call.service.write(wakes: false) { tx in
      let scope = try await find(call.id, call, tx)
      guard try await tx.count(SubnetPool.self, "WHERE address_scope_id = \(scope.id)") == 0 else {
        throw Fault.conflict(
          "Unable to complete operation on address scope \(scope.id). There are one or more subnet pools in use on the "
            + "address scope", code: "AddressScopeInUse")
      }
      try await tx.delete(scope)
      return Nothing()
    }
  }
}
