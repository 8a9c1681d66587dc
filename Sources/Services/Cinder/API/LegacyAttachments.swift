internal import API
internal import CinderModel
internal import Core
internal import JSON
internal import Store

/// How clients from before 3.27 attach: by actions on the volume, over the same rows as attachments.
enum LegacyAttachments {
  private static let path = "/volumes/{id}/action"
  static let routes = Routes(
    rules: "volume_extension:volume_actions:", of: Cinder.self,
    [
      .action(path, "os-reserve", "reserve", reserve, allow: .memberOrService),
      .action(path, "os-unreserve", "unreserve", unreserve, allow: .memberOrService),
      .action(path, "os-begin_detaching", "begin_detaching", beginDetaching, allow: .memberOrService),
      .action(path, "os-roll_detaching", "roll_detaching", rollDetaching, allow: .memberOrService),
      .action(path, "os-attach", "attach", attach, allow: .memberOrService),
      .action(path, "os-detach", "detach", detach, allow: .memberOrService),
      .action(
        path, "os-force_detach", "volume_extension:volume_admin_actions:force_detach", forceDetach, allow: .service),
      .action(
        path, "os-initialize_connection", "initialize_connection", connect, allow: .memberOrService, status: 200),
      .action(path, "os-terminate_connection", "terminate_connection", disconnect, allow: .memberOrService),
    ])

  /// A move between two states that no attachment's row speaks of.
  private static func move(
    _ call: Call<Cinder>, from: Set<Volume.State>, to: Volume.State,
    else refusal: @escaping @Sendable (Volume) -> Fault?
  ) async throws -> Nothing {
    let now = call.service.world.now()
    try await call.service.store.write { tx in
      var volume = try await call.volume(call.id, in: tx)
      guard volume.doing == nil, from.contains(volume.state) else {
        if let fault = refusal(volume) { throw fault }
        return
      }
      volume.state = to
      volume.updatedAt = now
      try await tx.update(volume)
    }
    return Nothing()
  }

  static func reserve(_ call: Call<Cinder>, _: JSON) async throws -> Nothing {
    try await move(call, from: [.available], to: .attaching) { volume in
      Cinder.invalidVolume("Volume status must be available to reserve, but the status is \(volume.status).")
    }
  }

  static func unreserve(_ call: Call<Cinder>, _: JSON) async throws -> Nothing {
    let now = call.service.world.now()
    try await call.service.store.write { tx in
      let volume = try await call.volume(call.id, in: tx)
      if volume.state == .attaching || volume.state == .reserved { try await Volume.settle(volume.id, at: now, in: tx) }
    }
    return Nothing()
  }

  static func beginDetaching(_ call: Call<Cinder>, _: JSON) async throws -> Nothing {
    try await move(call, from: [.inUse], to: .detaching) { _ in
      Cinder.invalidVolume(
        "Unable to detach volume. Volume status must be 'in-use' and attach_status must be 'attached' to detach.")
    }
  }

  static func rollDetaching(_ call: Call<Cinder>, _: JSON) async throws -> Nothing {
    try await move(call, from: [.detaching], to: .inUse) { _ in nil }
  }

  static func attach(_ call: Call<Cinder>, _ body: JSON) async throws -> Nothing {
    let asked = body["os-attach"] ?? .null
    let (server, host) = (asked["instance_uuid"]?.string, asked["host_name"]?.string)
    guard (server == nil) != (host == nil) else {
      throw Fault.badRequest("Invalid request to attach volume to an invalid target: name a server or a host.")
    }
    guard let mountpoint = asked["mountpoint"]?.string, !mountpoint.isEmpty else {
      throw Fault.badRequest("'mountpoint' is a required property")
    }
    let mode = asked["mode"]?.string ?? "rw"
    guard ["rw", "ro"].contains(mode) else {
      throw Fault.badRequest(
        "Invalid request to attach volume with an invalid mode. Attaching mode should be 'rw' or 'ro'")
    }
    let (id, now) = (call.service.world.uuid(), call.service.world.now())
    try await call.service.store.write { tx in
      var volume = try await call.volume(call.id, in: tx)
      let rows = try await tx.all(Attachment.self, "WHERE volume_id = \(volume.id)")
      if rows.contains(where: { $0.state == .attached && $0.serverID == server && $0.host == host }) { return }
      let free: Set<Volume.State> = volume.multiattach ? [.available, .attaching, .inUse] : [.available, .attaching]
      guard volume.doing == nil, free.contains(volume.state) else {
        throw Cinder.invalidVolume("Volume status must be available to attach, but the status is \(volume.status).")
      }
      if volume.isReadOnly, mode == "rw" {
        throw Fault.badRequest("Invalid attaching mode 'rw' for volume \(volume.id).")
      }
      var row = Attachment()
      row.id = id
      row.volumeID = volume.id
      row.projectID = volume.projectID
      row.serverID = server
      row.host = host
      row.mountpoint = mountpoint
      row.mode = mode
      row.state = .attached
      row.attachedAt = now
      row.createdAt = now
      try await tx.insert(row)
      volume.state = .inUse
      volume.updatedAt = now
      try await tx.update(volume)
    }
    return Nothing()
  }

  static func detach(_ call: Call<Cinder>, _ body: JSON) async throws -> Nothing {
    try await detach(call, attachment: body["os-detach"]?["attachment_id"]?.string)
  }
  static func forceDetach(_ call: Call<Cinder>, _ body: JSON) async throws -> Nothing {
    try await detach(call, attachment: body["os-force_detach"]?["attachment_id"]?.string)
  }

  /// Removes the named attachment, or the only one. Of several, one must be named: any could be somebody's disk.
  private static func detach(_ call: Call<Cinder>, attachment: String?) async throws -> Nothing {
    let now = call.service.world.now()
    try await call.service.store.write { tx in
      let volume = try await call.volume(call.id, in: tx)
      let rows = try await tx.all(Attachment.self, "WHERE volume_id = \(volume.id)")
      if attachment == nil, rows.count > 1 {
        throw Cinder.invalidVolume(
          "Detach volume failed: More than one attachment, but no attachment_id provided.")
      }
      if let row = rows.first(where: { $0.id == attachment }) ?? (attachment == nil ? rows.first : nil) {
        try await tx.delete(row)
      }
      try await Volume.settle(volume.id, at: now, in: tx)
    }
    return Nothing()
  }

  static func connect(_ call: Call<Cinder>, _ body: JSON) async throws -> JSON {
    guard body["os-initialize_connection"]?["connector"]?.object != nil else {
      throw Fault.badRequest("'connector' is a required property")
    }
    let volume = try await call.service.store.read { try await call.volume(call.id, in: $0) }
    return [
      "connection_info": try await Attachments.connectionInfo(call, of: volume.id, readOnly: volume.isReadOnly)
    ]
  }

  /// Nothing is exported for the length of a connection, so nothing has to end with it.
  static func disconnect(_ call: Call<Cinder>, _: JSON) async throws -> Nothing {
    _ = try await call.service.store.read { try await call.volume(call.id, in: $0) }
    return Nothing()
  }
}
