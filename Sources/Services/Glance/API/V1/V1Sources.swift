internal import API
internal import Core
internal import GlanceModel

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
    throw Fault(.notImplemented, "copy")
  }

  static func refer(_ image: Image, to url: String, size: Int?, _ call: Call<Glance>) async throws {
    throw Fault(.notImplemented, "location")
  }
}
