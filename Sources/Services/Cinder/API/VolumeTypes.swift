internal import API
internal import CinderModel
internal import Core
internal import HTTP
internal import JSON
internal import Store

/// Types of volumes (API reference: block storage v3, "Volume types").
enum VolumeTypes {
  static let routes = Routes(
    rules: "volume_extension:", of: Cinder.self, shows: view,
    [
      .get("/types", "type_get_all", list, allow: .anyone),
      .post("/types", "type_create", create, allow: .admin, status: 200),
      .get("/types/default", "type_get", showDefault, allow: .anyone),
      .get("/types/{id}", "type_get", show, allow: .anyone),
      .put("/types/{id}", "type_update", update, allow: .admin),
      .delete("/types/{id}", "type_delete", delete, allow: .admin, status: 202),
      .get("/types/{id}/os-volume-type-access", "volume_type_access:get_all_for_type", access, allow: .admin),
      .action("/types/{id}/action", "addProjectAccess", "volume_type_access:add", addAccess, allow: .admin),
      .action("/types/{id}/action", "removeProjectAccess", "volume_type_access:remove", removeAccess, allow: .admin),
      .get("/types/{id}/encryption", "volume_type_encryption:get", encryption, allow: .admin),
    ])

  static let view = View<VolumeType>(
    "volume_type",
    [
      .field("id", \.id), .field("name", \.name), .field("is_public", \.isPublic),
      .field("description", \.description),
      .computed("extra_specs") { type, incoming in
        // Others than administrators see only what tells them how to use the type.
        incoming.caller.isAdmin
          ? type.extraSpecs.json
          : type.extraSpecs.filter { ["RESKEY:availability_zones", "multiattach"].contains($0.key) }.json
      },
      .computed("qos_specs_id", onlyFor: "admin") { _, _ in .null },
      .field("os-volume-type-access:is_public", \.isPublic),
    ])

  static func brief(_ type: VolumeType) -> JSON {
    ["id": .string(type.id), "name": .string(type.name), "is_public": .bool(type.isPublic)]
  }

  /// The type by id or name, or the default; of types that are not public only those of the project.
  static func choose(
    _ asked: String?, for project: String, _ options: CinderOptions, in tx: some ReadTransaction
  ) async throws -> VolumeType {
    guard let asked, !asked.isEmpty else {
      guard let type = try await tx.one(VolumeType.self, "WHERE name = \(options.defaultType)") else {
        throw Fault.notFound(
          "Default volume type \(options.defaultType) could not be found. An administrator must make it.")
      }
      return type
    }
    guard let type = try await tx.one(VolumeType.self, "WHERE id = \(asked) OR name = \(asked)"),
      type.isPublic || type.projects.contains(project)
    else { throw Fault.notFound("Volume type with name \(asked) could not be found.") }
    return type
  }

  static func list(_ call: Call<Cinder>, _: Nothing) async throws -> Page<VolumeType> {
    let page = try PageRequest(call.incoming, sortable: ["id": "id", "name": "name", "created_at": "created_at"])
    var condition: SQL = "1 = 1"
    switch (call.caller.isAdmin, call.query("is_public")?.lowercased()) {
    case (true, "none"): break
    case (true, let text?): condition = "is_public = \(try Flag.read(text))"
    case (true, nil): condition = "is_public = 1"
    case (false, _):
      let own = "\"\(call.caller.projectID ?? "")\""
      condition = "is_public = 1 OR \(Filters.contains("projects", own))"
    }
    let selected = condition
    return try await call.service.store.read { tx in
      let (types, next) = try await page.fetch(VolumeType.self, where: selected, in: tx)
      return Page(types, as: view, next: next)
    }
  }

  static func find(_ call: Call<Cinder>, in tx: some ReadTransaction) async throws -> VolumeType {
    let id = call.path["type_id"] ?? call.id
    guard let type = try await tx.get(VolumeType.self, id),
      type.isPublic || call.caller.isAdmin || type.projects.contains(call.caller.projectID ?? "")
    else { throw VolumeType.missing(id) }
    return type
  }

  static func show(_ call: Call<Cinder>, _: Nothing) async throws -> Shown<VolumeType> {
    Shown(try await call.service.store.read { try await find(call, in: $0) }, as: view)
  }

  static func showDefault(_ call: Call<Cinder>, _: Nothing) async throws -> Shown<VolumeType> {
    let options = call.service.options
    return Shown(
      try await call.service.store.read { try await choose(nil, for: "", options, in: $0) }, as: view)
  }

  struct Body: Draft {
    var name: String?
    var description = Given<String?>.absent
    var isPublic: Flag?
    var access: Flag?
    var extraSpecs: MetadataBody?
    static let shape = Shape<Body>(
      "volume_type",
      [
        .key("name", \.name, .name(limit: 255)), .key("description", \.description, .text(0...255)),
        .key("is_public", \.isPublic), .key("os-volume-type-access:is_public", \.access),
        .key("extra_specs", \.extraSpecs),
      ])
  }

  static func create(_ call: Call<Cinder>, _ draft: Body) async throws -> Shown<VolumeType> {
    guard let name = draft.name else { throw Fault.badRequest("'name' is a required property") }
    var type = VolumeType()
    type.id = call.service.world.uuid()
    type.name = name
    type.description = draft.description.value ?? nil
    type.isPublic = draft.access?.value ?? draft.isPublic?.value ?? true
    type.extraSpecs = draft.extraSpecs?.values ?? [:]
    type.createdAt = call.service.world.now()
    let new = type
    let added = try await call.service.store.write { try await $0.insertUnlessPresent(new) }
    guard added else { throw Fault.conflict("Volume Type \(name) already exists.") }
    return Shown(new, as: view)
  }

  static func update(_ call: Call<Cinder>, _ draft: Body) async throws -> Shown<VolumeType> {
    Shown(
      try await change(call) { type, tx in
        if let name = draft.name, name != type.name {
          guard try await tx.count(VolumeType.self, "WHERE name = \(name)") == 0 else {
            throw Fault.conflict("Volume Type \(name) already exists.")
          }
          type.name = name
        }
        draft.description.apply(to: &type.description)
        if let flag = draft.isPublic ?? draft.access { type.isPublic = flag.value }
      }, as: view)
  }

  static func change(
    _ call: Call<Cinder>, _ change: @escaping @Sendable (inout VolumeType, Transaction) async throws -> Void
  ) async throws -> VolumeType {
    try await call.service.store.write { tx in
      var type = try await find(call, in: tx)
      try await change(&type, tx)
      return try await tx.update(type)
    }
  }

  static func delete(_ call: Call<Cinder>, _: Nothing) async throws -> Nothing {
    let defaultName = call.service.options.defaultType
    try await call.service.store.write { tx in
      let type = try await find(call, in: tx)
      if type.name == defaultName {
        throw Fault.badRequest("The volume type \(type.id) is a default volume type and cannot be deleted.")
      }
      if try await tx.count(Volume.self, "WHERE type_id = \(type.id)") > 0 {
        throw Fault.badRequest("Target volume type is still in use.")
      }
      try await tx.delete(type)
    }
    return Nothing()
  }

  // MARK: Access

  static func access(_ call: Call<Cinder>, _: Nothing) async throws -> JSON {
    let type = try await call.service.store.read { try await find(call, in: $0) }
    if type.isPublic { throw Fault.notFound("Access list not available for public volume types.") }
    return [
      "volume_type_access": .array(
        type.projects.map { ["volume_type_id": .string(type.id), "project_id": .string($0)] })
    ]
  }

  static func addAccess(_ call: Call<Cinder>, _ body: JSON) async throws -> Nothing {
    let project = try String(json: body["addProjectAccess"]?["project"] ?? .null)
    _ = try await change(call) { type, _ in
      if type.isPublic { throw Fault.conflict("Type access modification is not applicable to public volume type.") }
      if type.projects.contains(project) {
        throw Fault.conflict("Volume type access for \(type.id) / \(project) combination already exists.")
      }
      type.projects.append(project)
    }
    return Nothing()
  }

  static func removeAccess(_ call: Call<Cinder>, _ body: JSON) async throws -> Nothing {
    let project = try String(json: body["removeProjectAccess"]?["project"] ?? .null)
    _ = try await change(call) { type, _ in
      guard type.projects.contains(project) else {
        throw Fault.notFound("Volume type access not found for \(type.id) / \(project) combination.")
      }
      type.projects.removeAll { $0 == project }
    }
    return Nothing()
  }

  /// No type encrypts; clients read an empty object as that.
  static func encryption(_ call: Call<Cinder>, _: Nothing) async throws -> JSON {
    _ = try await call.service.store.read { try await find(call, in: $0) }
    return [:]
  }
}
