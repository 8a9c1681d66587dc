internal import API
internal import Core
internal import GlanceModel
internal import JSON

/// A task of the type `import`: an image is made as the task says, and filled from a URL.
enum ImportTask {
  static func begin(_ input: JSON, _ call: Call<Glance>) async throws -> ImageTask {
    guard let uri = input["import_from"]?.string, !uri.isEmpty else {
      throw Fault.badRequest("Input does not contain 'import_from' field")
    }
    throw Fault.badRequest("import_from: \(uri)")
  }
}
