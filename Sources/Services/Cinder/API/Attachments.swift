internal import API
internal import Bus
internal import CinderModel
internal import Core
internal import HTTP
internal import JSON
internal import Store

/// Attachments (API reference: block storage v3, "Attachments").
enum Attachments {
  static let routes = Routes(
    rules: "volume:", of: Cinder.self, shows: view,
    [
      .get("/attachments", "attachment_list", listBriefly, allow: .readerOrService, since: "3.27", shows: summary.many),
      .get("/attachments/detail", "attachment_list", list, allow: .readerOrService, since: "3.27"),
      .post("/attachments", "attachment_create", create, allow: .memberOrService, since: "3.27", status: 200),
      .get("/attachments/{id}", "attachment_show", show, allow: .readerOrService, since: "3.27"),
      .put("/attachments/{id}", "attachment_update", update, allow: .memberOrService, since: "3.27"),
      .delete("/attachments/{id}", "attachment_delete", delete, allow: .memberOrService, since: "3.27", status: 200),
      .action(
        "/attachments/{id}/action", "os-complete", "attachment_complete", complete, allow: .memberOrService,
        since: "3.44", status: 204),
    ])

  static let view = View<Attachment>(
    "attachment",
    briefly + [
      .computed("attached_at") { row, _ in .string(row.attachedAt?.isoMicroseconds ?? "") },
      .computed("detached_at") { _, _ in "" },
      .computed("attach_mode") { row, _ in row.mode.json },
      .computed("connection_info") { row, _ in row.shownConnection },
    ])
  private static let briefly: [Field<Attachment>] = [
    .field("id", \.id), .computed("status") { row, _ in .string(row.state.rawValue) }, .field("instance", \.serverID),
    .field("volume_id", \.volumeID),
  ]
  private static let summary = View<Attachment>("attachment", briefly)

  // MARK: Reading

  static func list(_ call: Call<Cinder>, _: Nothing) async throws -> Page<Attachment> { try await list(call, as: view) }
  static func listBriefly(_ call: Call<Cinder>, _: Nothing) async throws -> Page<Attachment> {
    try await list(call, as: summary)
  }
  private static func list(_ call: Call<Cinder>, as view: View<Attachment>) async throws -> Page<Attachment> {
    let page = try PageRequest(
      call.incoming, sortable: ["id": "id", "created_at": "created_at", "volume_id": "volume_id"])
    var conditions = [try call.scope()]
    if let volume = call.query("volume_id") { conditions.append("volume_id = \(volume)") }
    if let server = call.query("instance_id") ?? call.query("instance_uuid") {
      conditions.append("server_id = \(server)")
    }
    if let state = call.query("status") ?? call.query("attach_status") { conditions.append("state = \(state)") }
    let condition = SQL.joined(conditions.map { "(\($0))" }, " AND ")
    return try await call.service.store.read { tx in
      let (rows, next) = try await page.fetch(Attachment.self, where: condition, in: tx)
      return Page(rows, as: view, next: next)
    }
  }

  static func show(_ call: Call<Cinder>, _: Nothing) async throws -> Shown<Attachment> {
    Shown(try await call.service.store.read { try await find(call, in: $0) }, as: view)
  }

  private static func find(_ call: Call<Cinder>, in tx: some ReadTransaction) async throws -> Attachment {
    guard let row = try await tx.get(Attachment.self, call.id) else { throw Attachment.missing(call.id) }
    try call.require(["project_id": row.projectID], else: Attachment.missing(call.id))
    return row
  }

  // MARK: The way of an attachment

  struct Creation: Draft {
    var volume = ""
    var server: String?
    var connector: JSON?
    var mode: String?
    static let shape = Shape<Creation>(
      "attachment",
      [
        .key("volume_uuid", \.volume, .uuid, required: true), .key("instance_uuid", \.server, .uuid),
        .key("connector", \.connector), .key("mode", \.mode, .oneOf(["rw", "ro", "null"]), since: "3.54"),
      ])
  }

  static func create(_ call: Call<Cinder>, _ draft: Creation) async throws -> Shown<Attachment> {
    let (id, now) = (call.service.world.uuid(), call.service.world.now())
    let reserved = try await call.service.store.write { tx -> Attachment in
      let volume = try await call.volume(draft.volume, in: tx)
      try await checkReservable(volume, for: draft.server, in: tx)
      var row = Attachment()
      row.id = id
      row.volumeID = volume.id
      row.projectID = volume.projectID
      row.serverID = draft.server
      row.mode = volume.isReadOnly ? "ro" : draft.mode.flatMap { $0 == "null" ? nil : $0 }
      row.createdAt = now
      try await tx.insert(row)
      try await Volume.settle(volume.id, at: now, in: tx)
      return row
    }
    guard let connector = draft.connector, connector.object?.isEmpty == false else { return Shown(reserved, as: view) }
    do { return Shown(try await connect(call, reserved, connector), as: view) } catch {
      // Whoever gets no answer cannot give the reservation back.
      _ = try? await release(call, id: reserved.id)
      throw error
    }
  }

  /// - Throws: cinder's refusal where the volume is in no state to be reserved.
  private static func checkReservable(_ volume: Volume, for server: String?, in tx: Transaction) async throws {
    if volume.status.contains("error") {
      throw Cinder.invalidVolume(
        """
        Volume attachments can not be created if the volume is in an error state. The Volume \(volume.id) currently \
        has a status of: \(volume.status)
        """)
    }
    if volume.doing == nil {
      if volume.state == .available || (volume.multiattach && volume.state == .inUse) { return }
      // The same server once more: it is on its way to another host.
      if let server, volume.state == .inUse || volume.state == .reserved,
        try await tx.count(Attachment.self, "WHERE volume_id = \(volume.id) AND server_id = \(server)") > 0
      {
        return
      }
    }
    let allowed = volume.multiattach ? "available or in-use or downloading" : "available or downloading"
    throw Cinder.invalidVolume(
      "Volume \(volume.id) status must be \(allowed) to reserve, but the current status is \(volume.status).")
  }

  static func update(_ call: Call<Cinder>, _ body: JSON) async throws -> Shown<Attachment> {
    guard let connector = body["attachment"]?["connector"], connector.object?.isEmpty == false else {
      throw Fault.badRequest("'connector' is a required property, and must say which host connects.")
    }
    let row = try await call.service.store.read { try await find(call, in: $0) }
    return Shown(try await connect(call, row, connector), as: view)
  }

  /// Asks the agent how to reach the volume, and writes that and who connects into the attachment.
  private static func connect(_ call: Call<Cinder>, _ row: Attachment, _ connector: JSON) async throws -> Attachment {
    let (volume, now) = (row.volumeID, call.service.world.now())
    let info = try await connectionInfo(call, of: volume, readOnly: row.mode == "ro")
    return try await call.service.store.write { tx in
      // Deleted in the meantime: nothing may come back to life.
      guard var row = try await tx.get(Attachment.self, row.id) else { throw Attachment.missing(row.id) }
      row.connector = connector
      row.connectionInfo = info
      row.host = connector["host"]?.string ?? row.host
      row.mountpoint = connector["mountpoint"]?.string ?? row.mountpoint
      if let mode = connector["mode"]?.string, ["rw", "ro"].contains(mode) { row.mode = mode }
      row.mode = row.mode ?? "rw"
      if row.state == .reserved { row.state = .attaching }
      let written = try await tx.update(row)
      try await Volume.settle(volume, at: now, in: tx)
      return written
    }
  }

  /// How a host reaches the volume, as its agent says.
  static func connectionInfo(_ call: Call<Cinder>, of id: String, readOnly: Bool) async throws -> JSON {
    let found = try await call.service.store.read { try await $0.get(Volume.self, id) }
    guard let volume = found else { throw Volume.missing(id) }
    guard let host = volume.host, !volume.status.contains("error") else {
      throw Fault.conflict(
        """
        Resource conflict: Volume attachments can not be updated if the volume is in an error state. The Volume \(id) \
        currently has a status of: \(volume.status)
        """)
    }
    let connection = try await call.service.bus.call(VolumeTopic.agent(host), ConnectVolume(volume: id))
    return connection.info(readOnly: readOnly || volume.isReadOnly)
  }

  static func complete(_ call: Call<Cinder>, _: JSON) async throws -> Nothing {
    let now = call.service.world.now()
    try await call.service.store.write { tx in
      var row = try await find(call, in: tx)
      if row.state == .attached { return }
      row.state = .attached
      row.attachedAt = now
      row.mode = row.mode ?? "rw"
      try await tx.update(row)
      try await Volume.settle(row.volumeID, at: now, in: tx)
    }
    return Nothing()
  }

  static func delete(_ call: Call<Cinder>, _: Nothing) async throws -> JSON {
    let row = try await call.service.store.read { try await find(call, in: $0) }
    // A disk taken from under a guest would be written to by two (upstream's bug 2004555).
    let isService = call.caller.isAdmin || call.caller.roles.contains("service")
    if !isService, let server = row.serverID, !row.connectionInfo.isNull {
      throw Fault.conflict("Detach volume from instance \(server) using the Compute API")
    }
    let rest = try await release(call, id: row.id)
    return ["attachments": .array(rest.map { summary.render($0, for: call.incoming) })]
  }

  /// Removes this attachment and no other; the volume is free when none is left.
  @discardableResult
  private static func release(_ call: Call<Cinder>, id: String) async throws -> [Attachment] {
    let now = call.service.world.now()
    return try await call.service.store.write { tx in
      guard let row = try await tx.get(Attachment.self, id) else { throw Attachment.missing(id) }
      try await tx.delete(row)
      try await Volume.settle(row.volumeID, at: now, in: tx)
      return try await tx.all(Attachment.self, "WHERE volume_id = \(row.volumeID) ORDER BY created_at, id")
    }
  }
}

extension Attachment {
  /// With the driver's data both inside `data` and beside it: nova reads the one form or the other by its age.
  fileprivate var shownConnection: JSON {
    guard case .object(var info) = connectionInfo else { return [:] }
    for (key, value) in info["data"]?.object?.members ?? [] { info[key] = value }
    info["volume_id"] = .string(volumeID)
    info["attachment_id"] = .string(id)
    return .object(info)
  }
}
