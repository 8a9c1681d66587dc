internal import API
internal import Core
internal import GlanceModel
internal import JSON
internal import Store

/// A task of the type `import`: an image is made as the task says, and filled from a URL.
enum ImportTask {
  static func begin(_ input: JSON, _ call: Call<Glance>) async throws -> ImageTask {
    for key in ["import_from", "import_from_format", "image_properties"] where input[key] == nil {
      throw Fault.badRequest("Input to task must have: '\(key)' is required")
    }
    guard let uri = input["import_from"]?.string, let properties = input["image_properties"]?.object else {
      throw Fault.badRequest("Input to task must have: 'import_from' as a text, 'image_properties' as an object")
    }
    let request: JSON = ["method": ["name": "web-download", "uri": .string(uri)]]
    let wish = try ImportWish(request, call)
    let image = try NewImage.read(properties, call)
    guard let task = try await ImageImport.begin(wish, image.id, input, call, as: .import, making: image) else {
      throw Fault.internalError("The import of the image \(image.id) did not begin.")
    }
    return task
  }
}
