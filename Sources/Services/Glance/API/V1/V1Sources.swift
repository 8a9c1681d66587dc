internal import API
internal import Core
internal import GlanceModel
internal import JSON
internal import Store

/// Bytes of images that are elsewhere, as v1 names them in a request for an image.
enum V1Sources {
  /// - Throws: `badRequest` for what is no place that may be read.
  static func checked(_ url: String?) throws -> String {
    guard let url, !url.isEmpty else { throw Fault.badRequest("External source should not be empty") }
    guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
      throw Fault.badRequest("External sources are not supported: '\(url)'")
    }
    return url
  }

  static func copy(_ url: String, into image: Image, _ call: Call<Glance>) async throws {
    let wish: JSON = ["method": ["name": "web-download", "uri": .string(url)]]
    _ = try await ImageImport.begin(try ImportWish(wish, call), image.id, wish, call)
  }

  static func refer(_ image: Image, to url: String, size: Int?, _ call: Call<Glance>) async throws {
    guard call.permits(image.target(member: nil), rule: "set_image_location") else {
      throw Fault.forbidden("You are not authorized to complete set_image_location action. Ask its owner.")
    }
    let place = try Locations.place(url, call)
    let there = try await Locations.size(of: url, call)
    guard size == nil || size == 0 || size == there else {
      throw Fault.conflict(
        "Provided image size must match the stored image size. (provided size: \(size ?? 0), stored size: \(there))")
    }
    let (id, now) = (image.id, call.service.world.now())
    try await call.service.store.write { transaction in
      guard var current = try await transaction.get(Image.self, id), current.status == .queued else {
        throw Fault.conflict("Image operation conflicts")
      }
      current.stay(at: place)
      current.size = there
      current.status = .active
      current.updatedAt = now
      try await transaction.update(current)
    }
  }
}
