internal import API
internal import CinderModel
internal import Clients
internal import Core
internal import Hardware
internal import JSON
internal import Store
internal import Work

/// What can be done to a volume (API reference: block storage v3, "Volume actions").
enum VolumeActions {
  private static let path = "/volumes/{id}/action"
  static let routes = Routes(
    rules: "volume_extension:volume_actions:", of: Cinder.self,
    [
      .action(path, "os-extend", "volume:extend", extend, allow: .member),
      .action(path, "os-set_bootable", "volume:set_bootable", setBootable, allow: .member, status: 200),
      .action(path, "os-update_readonly_flag", "volume:update_readonly_flag", setReadOnly, allow: .member),
      .action(path, "os-volume_upload_image", "upload_image", upload, allow: .member),
      .action(
        path, "os-reset_status", "volume_extension:volume_admin_actions:reset_status", resetStatus, allow: .admin),
      .action(path, "os-force_delete", "volume:force_delete", forceDelete, allow: .admin),
      .action(
        path, "os-set_image_metadata", "volume_extension:volume_image_metadata:set", setImageMetadata,
        allow: .member, status: 200),
      .action(
        path, "os-show_image_metadata", "volume_extension:volume_image_metadata:show", showImageMetadata,
        allow: .reader, status: 200),
      .action(
        path, "os-unset_image_metadata", "volume_extension:volume_image_metadata:remove", unsetImageMetadata,
        allow: .member, status: 200),
      .action(path, "os-retype", "volume:retype", absent, allow: .member),
      .action(path, "os-migrate_volume", "volume_extension:volume_admin_actions:migrate_volume", absent, allow: .admin),
      .action(path, "os-reimage", "volume:reimage", absent, allow: .member, since: "3.68"),
      .action(path, "revert", "volume:revert_to_snapshot", absent, allow: .member, since: "3.40"),
    ])

  static func absent(_ call: Call<Cinder>, _ body: JSON) async throws -> Nothing {
    throw Fault(
      .notImplemented,
      "This cloud cannot do \(body.object?.keys.first ?? "this") with a volume. Make a new volume from it instead."
    )
  }

  /// Changes the record in one transaction.
  static func change(
    _ call: Call<Cinder>, _ change: @escaping @Sendable (inout Volume, Transaction) async throws -> Void
  ) async throws -> Volume {
    let now = call.service.world.now()
    return try await call.service.store.write { tx in
      var volume = try await call.volume(call.id, in: tx)
      try await change(&volume, tx)
      volume.updatedAt = now
      return try await tx.update(volume)
    }
  }

  private static func argument(_ body: JSON, _ action: String, _ key: String) throws -> JSON {
    guard let value = body[action]?[key] else { throw Fault.badRequest("'\(key)' is a required property") }
    return value
  }

  static func extend(_ call: Call<Cinder>, _ body: JSON) async throws -> Nothing {
    let size = try Whole(json: try argument(body, "os-extend", "new_size")).value
    let (queue, options) = (call.service.queue, call.service.options)
    try await call.service.store.write { tx in
      var volume = try await call.volume(call.id, in: tx)
      if volume.state == .inUse, call.version >= "3.42" {
        throw Cinder.invalidVolume(
          "Volume \(volume.id) is in use, and its backend can extend it only while it is detached. Detach it first.")
      }
      func refusal() -> Fault {
        Cinder.invalidVolume(
          "Volume \(volume.id) status must be 'available' to extend, currently \(volume.status).")
      }
      guard volume.doing == nil, volume.state == .available || volume.state == .errorExtending else { throw refusal() }
      guard size > volume.sizeGiB else {
        throw Cinder.invalidInput(
          "New size for extend must be greater than current size. (current: \(volume.sizeGiB), extended: \(size)).")
      }
      try await Quota.checkSize(size, of: volume.projectID, options, in: tx)
      try await Quota.check(
        volume.projectID, gigabytes: size - max(volume.extendingTo ?? 0, volume.sizeGiB), options, in: tx)
      volume.extendingTo = size
      try await Volume.lifecycle.begin(
        .extend, on: volume, with: ExtendVolume(volume: volume.id, sizeGiB: size), in: tx, queue: queue,
        refusal: refusal())
    }
    return Nothing()
  }

  static func setBootable(_ call: Call<Cinder>, _ body: JSON) async throws -> Nothing {
    let flag = try Flag(json: try argument(body, "os-set_bootable", "bootable")).value
    _ = try await change(call) { volume, _ in volume.bootable = flag }
    return Nothing()
  }

  static func setReadOnly(_ call: Call<Cinder>, _ body: JSON) async throws -> Nothing {
    let flag = try Flag(json: try argument(body, "os-update_readonly_flag", "readonly")).value
    _ = try await change(call) { volume, _ in
      guard volume.status == "available" else {
        throw Cinder.invalidVolume(
          """
          Volume \(volume.id) status must be available to update readonly flag, but current status is: \
          \(volume.status).
          """)
      }
      volume.isReadOnly = flag
    }
    return Nothing()
  }

  /// Writes another state, for administrators; whatever was being done loses its hold on the volume.
  static func resetStatus(_ call: Call<Cinder>, _ body: JSON) async throws -> Nothing {
    let asked = body["os-reset_status"] ?? .null
    let state = try asked["status"].map { json -> Volume.State in
      guard let state = json.string.flatMap(Volume.State.init(rawValue:)) else {
        throw Fault.badRequest(
          "Invalid status '\(json.string ?? json.text)'. It is one of: "
            + Volume.State.allCases.map(\.rawValue).sorted().joined(separator: ", ") + ".")
      }
      return state
    }
    let detaches = asked["attach_status"]?.string == "detached"
    guard state != nil || detaches || asked["migration_status"] != nil || asked["attach_status"] != nil else {
      throw Fault.badRequest("Must specify 'status', 'attach_status' or 'migration_status' for update.")
    }
    _ = try await change(call) { volume, tx in
      if detaches { try await tx.deleteAll(Attachment.self, "WHERE volume_id = \(volume.id)") }
      guard let state else { return }
      _ = try await call.free(from: volume.saga, onlyStuck: false, in: tx)
      volume.state = state
      volume.doing = nil
      volume.saga = nil
      volume.extendingTo = nil
    }
    return Nothing()
  }

  static func forceDelete(_ call: Call<Cinder>, _: JSON) async throws -> Nothing {
    try await Volumes.beginDeletion(call, cascade: true, force: true)
    return Nothing()
  }

  // MARK: Images

  static func upload(_ call: Call<Cinder>, _ body: JSON) async throws -> JSON {
    let asked = body["os-volume_upload_image"] ?? .null
    guard let name = asked["image_name"]?.string, !name.isEmpty else {
      throw Fault.badRequest("'image_name' is a required property")
    }
    let force = try asked["force"].map { try Flag(json: $0).value } ?? false
    let format = asked["disk_format"]?.string ?? "raw"
    guard ["raw", "qcow2"].contains(format) else {
      throw Fault.badRequest("A volume cannot be written as \(format). Use the disk format raw or qcow2.")
    }
    let volume = try await call.service.store.read { try await call.volume(call.id, in: $0) }
    try checkUploadable(volume, force: force)
    let container = asked["container_format"]?.string ?? "bare"
    var properties: JSONObject = [
      "name": .string(name), "disk_format": .string(format), "container_format": .string(container),
      "min_disk": .int(volume.sizeGiB),
    ]
    if call.version >= "3.1" {
      properties["visibility"] = asked["visibility"] ?? "private"
      properties["protected"] = .bool(try asked["protected"].map { try Flag(json: $0).value } ?? false)
    }
    let client = ImageClient(call.service.image.service.with(token: call.caller.token))
    let image = try await client.create(.object(properties))
    guard let id = image["id"]?.string else {
      throw Fault.internalError("The image service made an image without an id.")
    }
    do {
      let shown = try await beginUpload(call, to: id, format: format, force: force)
      return [
        "os-volume_upload_image": [
          "id": .string(shown.volume.id), "updated_at": (shown.volume.updatedAt?.isoMicroseconds).json,
          "status": "uploading", "display_description": shown.volume.description.json,
          "size": .int(shown.volume.sizeGiB), "volume_type": shown.type.map { VolumeTypes.brief($0) } ?? .null,
          "image_id": .string(id), "container_format": .string(container), "disk_format": .string(format),
          "image_name": .string(name), "visibility": properties["visibility"] ?? "private",
          "protected": properties["protected"] ?? false,
        ]
      ]
    } catch {
      try? await client.delete(id)
      throw error
    }
  }

  private static func beginUpload(
    _ call: Call<Cinder>, to image: String, format: String, force: Bool
  ) async throws -> VolumeDetail {
    let queue = call.service.queue
    return try await call.service.store.write { tx in
      let volume = try await call.volume(call.id, in: tx)
      try checkUploadable(volume, force: force)
      let begun = try await Volume.lifecycle.begin(
        .upload, on: volume,
        with: UploadVolume(volume: volume.id, image: image, format: format == "qcow2" ? .qcow2 : .raw), in: tx,
        queue: queue, refusal: Cinder.invalidVolume("Volume \(volume.id) status must be available or in-use"))
      return try await VolumeDetail.load(begun, in: tx)
    }
  }

  private static func checkUploadable(_ volume: Volume, force: Bool) throws {
    if volume.doing == nil, volume.state == .available || (force && volume.state == .inUse) { return }
    throw Cinder.invalidVolume(
      "Volume \(volume.id) status must be \(force ? "available or in-use" : "available"), currently \(volume.status).")
  }

  static func setImageMetadata(_ call: Call<Cinder>, _ body: JSON) async throws -> JSON {
    let more = try MetadataBody.read(body["os-set_image_metadata"] ?? .null)
    let volume = try await change(call) { volume, _ in
      volume.imageMetadata = (volume.imageMetadata ?? [:]).merging(more) { $1 }
    }
    return ["metadata": volume.imageMetadata.json]
  }

  static func showImageMetadata(_ call: Call<Cinder>, _: JSON) async throws -> JSON {
    let volume = try await call.service.store.read { try await call.volume(call.id, in: $0) }
    return ["metadata": (volume.imageMetadata ?? [:]).json]
  }

  static func unsetImageMetadata(_ call: Call<Cinder>, _ body: JSON) async throws -> Nothing {
    let key = try String(json: try argument(body, "os-unset_image_metadata", "key"))
    _ = try await change(call) { volume, _ in
      guard volume.imageMetadata?.removeValue(forKey: key) != nil else {
        throw Fault.notFound("Volume \(volume.id) has no image metadata with key \(key).")
      }
    }
    return Nothing()
  }
}
