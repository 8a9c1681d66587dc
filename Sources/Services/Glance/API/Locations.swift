internal import API
internal import Core
internal import GlanceModel
internal import Hardware
internal import JSON
internal import Store

/// The places of images' bytes as clients name them, by URL; and `/v2/images/{id}/locations`.
enum Locations {
  private static let add: Policy = """
    rule:service_api or (role:member and project_id:%(project_id)s and project_id:%(owner)s)
    """

  static let routes = Routes(
    rules: "", of: Glance.self,
    [
      .get("/images/{id}/locations", "fetch_image_location", list, allow: "rule:service_api"),
      .post("/images/{id}/locations", "add_image_location", LocationImport.add, allow: add, status: 202),
    ])

  static func list(_ call: Call<Glance>, _: Nothing) async throws -> JSON {
    let image = try await ImageAccess.image(call)
    return .array(image.places.map { view($0, call.service.stores) })
  }

  static func url(of location: ImageLocation, _ stores: ImageStores) -> String {
    guard let entry = stores[location.store] else { return "\(location.store)://\(location.key)" }
    if let url = entry.backend.url(of: location.key) { return url }
    switch entry.type {
    case "http": return location.key
    case "file": return "file://\(entry.properties["data_dir"] ?? "")/\(location.key)"
    default: return "\(entry.type)://\(entry.id)/\(location.key)"
    }
  }

  static func view(_ location: ImageLocation, _ stores: ImageStores) -> JSON {
    var metadata = location.metadata
    if metadata["store"] == nil { metadata.append("store", .string(stores[location.store]?.id ?? location.store)) }
    return ["url": .string(url(of: location, stores)), "metadata": .object(metadata)]
  }

  /// The place that a URL names.
  /// - Throws: `badRequest` for a URL that is in none of the stores that take such.
  static func place(_ url: String, _ call: Call<Glance>, metadata: JSONObject = [:]) throws -> ImageLocation {
    let isWeb = url.hasPrefix("http://") || url.hasPrefix("https://")
    guard isWeb, let entry = call.service.stores.entries.first(where: { $0.type == "http" }) else {
      throw Fault.badRequest(
        "Invalid location \(url.prefix(200)): images can stay only where a store of this service leads, and none "
          + "leads there.")
    }
    var location = ImageLocation(store: entry.id, key: url, isReady: true)
    location.metadata = JSONObject(metadata.members.filter { $0.key != "store" })
    return location
  }

  /// How many bytes there are at a URL.
  /// - Throws: `badRequest` where there are none.
  static func size(of url: String, _ call: Call<Glance>) async throws -> Int {
    let place = try place(url, call)
    do {
      if let content = try await call.service.stores.backend(of: place)?.content(place.key) {
        return try call.service.options.capped(content.size)
      }
    } catch let fault as Fault where fault.kind != .badRequest {
      throw Fault.badRequest("The location \(url) cannot be read: \(fault.message)", code: fault.code)
    }
    throw Fault.badRequest("Image location was not found: \(url)")
  }
}
