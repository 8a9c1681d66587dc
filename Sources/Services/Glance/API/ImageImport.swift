internal import API
internal import Core
internal import GlanceModel
internal import HTTP
internal import Hardware
internal import JSON
internal import Log
internal import Store

/// Import in two steps: bytes are staged, then taken over by the method `glance-direct`.
enum ImageImport {
  static let routes = Routes(
    rules: "", of: Glance.self,
    [
      .put("/images/{id}/stage", "modify_image", stage, allow: ImageAccess.change, status: 204),
      .post("/images/{id}/import", "modify_image", take, allow: ImageAccess.change, status: 202),
    ])

  static func stage(_ call: Call<Glance>, _: RawBody) async throws -> Nothing {
    try ImageData.requireOctets(call)
    let image = try await ImageAccess.image(call)
    try await Quotas.require([.stageTotal: 0, .countUploading: 0], call)
    try await Intake(call, image, isStaging: true).run()
    return Nothing()
  }

  static func take(_ call: Call<Glance>, _ body: JSON) async throws -> Nothing {
    guard let method = body["method"] else { throw Fault.badRequest("Import request requires a 'method' field.") }
    guard let name = method["name"]?.string else { throw Fault.badRequest("Import request requires a 'name' field.") }
    guard Discovery.importMethods.contains(name) else {
      throw Fault.badRequest("Unknown import method name '\(name)'.")
    }
    let image = try await ImageAccess.image(call)
    guard image.status == .uploading, image.uploadUntil == nil, let hash = image.storedHash else {
      throw Fault.conflict("Image needs to be staged before '\(name)' method can be used")
    }
    guard image.diskFormat != nil, image.containerFormat != nil else {
      throw Fault.conflict("'disk_format' and 'container_format' need to be set before import")
    }
    let content = try await call.service.backend.content(hash)
    let file = if case .file(let path, _)? = content { path } else { nil as String? }
    let now = call.service.world.now()
    do {
      let facts = try await Inspection(call.service).inspect(image, file: file, size: content?.size ?? 0)
      try await call.service.store.write { transaction in
        var current = image
        current.status = .active
        current.virtualSize = facts?.virtualSize
        current.uploadID = nil
        current.updatedAt = now
        try await transaction.update(current)
      }
    } catch let fault as Fault where fault.kind == .unsupportedMedia {
      call.service.log.warning("staged data was refused", ["image": image.id, "reason": fault.message])
      try await call.service.store.write { transaction in
        var current = image
        current.requeue(now)
        try await transaction.update(current)
      }
      try await call.service.bytes.release(hash)
      throw fault
    }
    return Nothing()
  }
}
