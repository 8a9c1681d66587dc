internal import API
internal import CinderModel
internal import Core
internal import JSON
internal import Store
internal import Work

/// Volumes (API reference: block storage v3, "Volumes").
enum Volumes {
  static let routes = Routes(
    rules: "volume:", of: Cinder.self, shows: VolumeDetail.view,
    [
      .get("/volumes", "get_all", listBriefly, allow: .reader, shows: VolumeDetail.summary.many),
      .get("/volumes/detail", "get_all", list, allow: .reader),
      .get("/volumes/summary", "get_all", summary, allow: .reader, since: "3.12"),
      .post(
        "/volumes", "create", create, allow: .memberOrService, status: 202, shows: ChangedVolume.view.one),
      .get("/volumes/{id}", "get", show, allow: .readerOrService),
      .get(
        "/volumes/{id}/encryption", "volume_extension:volume_encryption_metadata", encryption, allow: .readerOrService),
      .put("/volumes/{id}", "update", update, allow: .member, shows: ChangedVolume.view.one),
      .delete("/volumes/{id}", "delete", delete, allow: .memberOrService, status: 202),
    ])

  static func show(_ call: Call<Cinder>, _: Nothing) async throws -> VolumeDetail {
    try await call.service.store.read { tx in
      try await VolumeDetail.load(try await call.volume(call.id, in: tx), in: tx)
    }
  }

  /// No volume is encrypted; compute asks before it attaches one.
  static func encryption(_ call: Call<Cinder>, _: Nothing) async throws -> JSON {
    _ = try await call.service.store.read { try await call.volume(call.id, in: $0) }
    return ["encryption_key_id": nil]
  }

  struct Update: Draft {
    var name = Given<String?>.absent
    var description = Given<String?>.absent
    var displayName = Given<String?>.absent
    var displayDescription = Given<String?>.absent
    var metadata: MetadataBody?
    static let shape = Shape<Update>(
      "volume",
      [
        .key("name", \.name, .text(0...255)), .key("description", \.description, .text(0...255)),
        .key("display_name", \.displayName, .text(0...255)),
        .key("display_description", \.displayDescription, .text(0...255)), .key("metadata", \.metadata),
      ])
  }

  static func update(_ call: Call<Cinder>, _ draft: Update) async throws -> ChangedVolume {
    let now = call.service.world.now()
    return try await call.service.store.write { tx in
      var volume = try await call.volume(call.id, in: tx)
      if let name = draft.name.value ?? draft.displayName.value { volume.name = name ?? "" }
      draft.displayDescription.apply(to: &volume.description)
      draft.description.apply(to: &volume.description)
      if let metadata = draft.metadata { volume.metadata = metadata.values }
      volume.updatedAt = now
      return ChangedVolume(detail: try await VolumeDetail.load(try await tx.update(volume), in: tx))
    }
  }

  static func delete(_ call: Call<Cinder>, _: Nothing) async throws -> Nothing {
    let cascade = try call.query("cascade").map(Flag.read) ?? false
    let force = call.version >= "3.23" ? try call.query("force").map(Flag.read) ?? false : false
    if force, !call.permits(["project_id": "\u{0}"], rule: "volume:force_delete") {
      throw Fault.forbidden("Policy doesn't allow volume:force_delete to be performed.")
    }
    try await beginDeletion(call, cascade: cascade, force: force)
    return Nothing()
  }

  /// Begins to delete the volume, and with `cascade` its snapshots first.
  /// - Throws: cinder's refusal while something still holds on to the volume.
  static func beginDeletion(_ call: Call<Cinder>, cascade: Bool, force: Bool) async throws {
    let queue = call.service.queue
    try await call.service.store.write { tx in
      var volume = try await call.volume(call.id, in: tx)
      // A saga that is stuck gives nothing up: the deletion does what it could not.
      if try await call.free(from: volume.saga, onlyStuck: true, in: tx) {
        volume.saga = nil
        volume.doing = nil
      }
      if volume.doing == .deleting { return }
      let attachments = try await tx.all(Attachment.self, "WHERE volume_id = \(volume.id)")
      let snapshots = try await tx.all(Snapshot.self, "WHERE volume_id = \(volume.id)")
      let held: Set<Volume.State> = force ? [] : [.inUse, .reserved, .attaching, .detaching, .awaitingTransfer]
      let isAttached = force ? attachments.contains { $0.state == .attached } : !attachments.isEmpty
      if isAttached || held.contains(volume.state) || (!snapshots.isEmpty && !cascade) { throw stillHeld() }
      for snapshot in snapshots { try await Snapshots.beginDeletion(of: snapshot, call, in: tx) }
      try await tx.deleteAll(Attachment.self, "WHERE volume_id = \(volume.id)")
      try await Volume.lifecycle.begin(
        .delete, on: volume, with: DeleteVolume(volume: volume.id), in: tx, queue: queue, refusal: stillHeld())
    }
  }

  private static func stillHeld() -> Fault {
    Cinder.invalidVolume(
      """
      Volume status must be available or error or error_restoring or error_extending or error_managing and must not \
      be migrating, attached, belong to a group, have snapshots, awaiting a transfer, or be disassociated from \
      snapshots after volume transfer.
      """)
  }
}
