internal import API
internal import CinderModel
internal import Core
internal import JSON
internal import Store
internal import Work

/// Snapshots of volumes (API reference: block storage v3, "Volume snapshots").
enum Snapshots {
  static let routes = Routes(
    rules: "volume:", of: Cinder.self, shows: view,
    [
      .get("/snapshots", "get_all_snapshots", listBriefly, allow: .reader, shows: summary.many),
      .get("/snapshots/detail", "get_all_snapshots", list, allow: .reader),
      .post("/snapshots", "create_snapshot", create, allow: .memberOrService, status: 202),
      .get("/snapshots/{id}", "get_snapshot", show, allow: .readerOrService),
      .put("/snapshots/{id}", "update_snapshot", update, allow: .member),
      .delete("/snapshots/{id}", "delete_snapshot", delete, allow: .memberOrService, status: 202),
      .action(
        "/snapshots/{id}/action", "os-reset_status", "volume_extension:snapshot_admin_actions:reset_status",
        resetStatus, allow: .admin),
      .action(
        "/snapshots/{id}/action", "os-force_delete", "volume_extension:snapshot_admin_actions:force_delete",
        forceDelete, allow: .admin),
    ])

  private static let briefly: [Field<Snapshot>] = [
    .field("id", \.id), .computed("created_at") { row, _ in .string(row.createdAt.isoMicroseconds) },
    .computed("updated_at") { row, _ in (row.updatedAt?.isoMicroseconds).json }, .field("name", \.name),
    .field("description", \.description), .field("volume_id", \.volumeID),
    .computed("status") { row, _ in .string(row.status) }, .field("size", \.sizeGiB), .field("metadata", \.metadata),
  ]
  static let summary = View<Snapshot>("snapshot", briefly)
  static let view = View<Snapshot>(
    "snapshot",
    briefly + [
      .computed("group_snapshot_id", since: "3.14") { _, _ in .null },
      .field("user_id", \.userID, since: "3.41"),
      .computed("consumes_quota", since: "3.65") { _, _ in true },
      .field("os-extended-snapshot-attributes:project_id", \.projectID),
      .computed("os-extended-snapshot-attributes:progress") { row, _ in
        .string(row.state == .available ? "100%" : "0%")
      },
    ])

  static func list(_ call: Call<Cinder>, _: Nothing) async throws -> Listing<Snapshot> {
    try await list(call, as: view)
  }
  static func listBriefly(_ call: Call<Cinder>, _: Nothing) async throws -> Listing<Snapshot> {
    try await list(call, as: summary)
  }
  private static func list(_ call: Call<Cinder>, as view: View<Snapshot>) async throws -> Listing<Snapshot> {
    let page = try PageRequest(
      call.incoming,
      sortable: [
        "id": "id", "name": "name", "status": "state", "created_at": "created_at", "volume_id": "volume_id",
        "display_name": "name",
      ])
    var conditions = [try call.scope()]
    for key in ["name", "volume_id", "id", "user_id"] {
      if let value = call.query(key) { conditions.append("\(identifier: key) = \(value)") }
    }
    if let name = call.query("display_name") { conditions.append("name = \(name)") }
    if call.version >= "3.34", let part = call.query("name~") { conditions.append(Filters.contains("name", part)) }
    if let status = call.query("status") { conditions.append("COALESCE(doing, state) = \(status)") }
    if call.version >= "3.22", let metadata = call.query("metadata") {
      conditions += try Filters.metadata("metadata", metadata)
    }
    let condition = SQL.joined(conditions.map { "(\($0))" }, " AND ")
    let counts = try call.incoming.wantsCount()
    return try await call.service.store.read { tx in
      let (rows, next) = try await page.fetch(Snapshot.self, where: condition, in: tx)
      let count = counts ? try await tx.count(Snapshot.self, "WHERE \(condition)") : nil
      return Listing(page: Page(rows, as: view, next: next), count: count)
    }
  }

  static func show(_ call: Call<Cinder>, _: Nothing) async throws -> Shown<Snapshot> {
    Shown(try await call.service.store.read { try await call.snapshot(call.id, in: $0) }, as: view)
  }

  struct Creation: Draft {
    var volume = ""
    var name: String?
    var displayName: String?
    var description: String?
    var displayDescription: String?
    var force: Flag?
    var metadata: MetadataBody?
    static let shape = Shape<Creation>(
      "snapshot", unknown: .ignored,
      [
        .key("volume_id", \.volume, .uuid, required: true), .key("name", \.name, .text(0...255)),
        .key("display_name", \.displayName, .text(0...255)), .key("description", \.description, .text(0...255)),
        .key("display_description", \.displayDescription, .text(0...255)), .key("force", \.force),
        .key("metadata", \.metadata),
      ])
  }

  static func create(_ call: Call<Cinder>, _ draft: Creation) async throws -> Shown<Snapshot> {
    let cinder = call.service
    var blank = Snapshot()
    blank.id = cinder.world.uuid()
    blank.userID = call.caller.userID
    blank.name = draft.name ?? draft.displayName ?? ""
    blank.description = draft.description ?? draft.displayDescription
    blank.metadata = draft.metadata?.values ?? [:]
    blank.createdAt = cinder.world.now()
    let new = blank
    let takesInUse = call.version >= "3.66" || draft.force?.value == true
    return Shown(
      try await cinder.store.write { tx in
        let volume = try await call.volume(draft.volume, in: tx)
        guard volume.doing == nil, volume.state == .available || (takesInUse && volume.state == .inUse) else {
          throw Cinder.invalidVolume(
            """
            Volume \(volume.id) status must be available\(takesInUse ? " or in-use" : ""), but current status is: \
            \(volume.status).
            """)
        }
        var snapshot = new
        snapshot.volumeID = volume.id
        snapshot.projectID = volume.projectID
        snapshot.sizeGiB = volume.sizeGiB
        snapshot.host = volume.host
        try await Quota.check(
          volume.projectID, snapshots: 1, gigabytes: volume.sizeGiB, cinder.options, in: tx)
        try await tx.insert(snapshot)
        return try await Snapshot.lifecycle.begin(
          .create, on: snapshot, with: CreateSnapshot(snapshot: snapshot.id, volume: volume.id), in: tx,
          queue: cinder.queue, refusal: .internalError("A new snapshot could not be begun."))
      }, as: view)
  }

  static func update(_ call: Call<Cinder>, _ draft: Update) async throws -> Shown<Snapshot> {
    Shown(
      try await change(call) { snapshot, _ in
        if let name = draft.name.value ?? draft.displayName.value { snapshot.name = name ?? "" }
        draft.displayDescription.apply(to: &snapshot.description)
        draft.description.apply(to: &snapshot.description)
      }, as: view)
  }
  struct Update: Draft {
    var name = Given<String?>.absent
    var description = Given<String?>.absent
    var displayName = Given<String?>.absent
    var displayDescription = Given<String?>.absent
    static let shape = Shape<Update>(
      "snapshot",
      [
        .key("name", \.name, .text(0...255)), .key("description", \.description, .text(0...255)),
        .key("display_name", \.displayName, .text(0...255)),
        .key("display_description", \.displayDescription, .text(0...255)),
      ])
  }

  static func change(
    _ call: Call<Cinder>, _ change: @escaping @Sendable (inout Snapshot, Transaction) async throws -> Void
  ) async throws -> Snapshot {
    let now = call.service.world.now()
    return try await call.service.store.write { tx in
      var snapshot = try await call.snapshot(call.id, in: tx)
      try await change(&snapshot, tx)
      snapshot.updatedAt = now
      return try await tx.update(snapshot)
    }
  }

  static func delete(_ call: Call<Cinder>, _: Nothing) async throws -> Nothing {
    try await call.service.store.write { tx in
      try await beginDeletion(of: try await call.snapshot(call.id, in: tx), call, in: tx)
    }
    return Nothing()
  }

  /// Begins to delete the snapshot, unless that is under way.
  static func beginDeletion(of found: Snapshot, _ call: Call<Cinder>, in tx: Transaction) async throws {
    var snapshot = found
    if try await call.free(from: snapshot.saga, onlyStuck: true, in: tx) {
      snapshot.saga = nil
      snapshot.doing = nil
    }
    if snapshot.doing == .deleting { return }
    try await Snapshot.lifecycle.begin(
      .delete, on: snapshot, with: DeleteSnapshot(snapshot: snapshot.id), in: tx, queue: call.service.queue,
      refusal: .conflict("Snapshot \(snapshot.id) cannot be deleted now."))
  }

  static func forceDelete(_ call: Call<Cinder>, _: JSON) async throws -> Nothing { try await delete(call, Nothing()) }

  static func resetStatus(_ call: Call<Cinder>, _ body: JSON) async throws -> Nothing {
    let text = body["os-reset_status"]?["status"]?.string ?? ""
    guard let state = Snapshot.State(rawValue: text) else {
      throw Fault.badRequest("Invalid status '\(text)'. It is one of: available, creating, error, error_deleting.")
    }
    _ = try await change(call) { snapshot, tx in
      _ = try await call.free(from: snapshot.saga, onlyStuck: false, in: tx)
      snapshot.state = state
      snapshot.doing = nil
      snapshot.saga = nil
    }
    return Nothing()
  }
}
