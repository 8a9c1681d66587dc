internal import API
internal import Core
internal import GlanceModel
internal import JSON

/// How an image is shown: custom properties beside the base ones, none wrapped.
enum ImageView {
  /// As the caller may see it.
  static func show(_ image: Image, _ call: Call<Glance>) -> JSON {
    // A queued image names the place that proved wrong, until it has other data.
    let places = image.status == .queued ? image.allLocations : call.service.stores.preferred(image)
    let isShown = image.status == .queued || isKept(image)
    // What is out of use leads nobody to its bytes but an administrator.
    let isAway = image.status == .deactivated && !call.caller.isAdmin
    var readable = ProtectedProperties.readable(image, call)
    // What is staged has none of these before it is kept.
    if image.status == .uploading || image.status == .importing {
      (readable.checksum, readable.hashAlgorithm, readable.hashValue) = (nil, nil, nil)
    }
    let stores = isAway || !isShown ? [] : places.map(\.store)
    guard var object = show(readable, in: isKept(image) && !isAway || !stores.isEmpty ? stores : nil).object else {
      return .null
    }
    let options = call.service.options
    if options.showsLocations || options.showsDirectURL {
      let places = !isAway && call.permits(image.target(member: nil), rule: "get_image_location") ? image.places : []
      if options.showsLocations {
        object.append("locations", .array(places.map { Locations.view($0, call.service.stores) }))
      }
      if options.showsDirectURL, let first = call.service.stores.preferred(image).first, !places.isEmpty {
        object.append("direct_url", .string(Locations.url(of: first, call.service.stores)))
      }
    }
    return .object(object)
  }

  private static func isKept(_ image: Image) -> Bool { image.status == .active || image.status == .deactivated }

  /// - Parameter stores: nil where nothing is said of them.
  private static func show(_ image: Image, in stores: [String]?) -> JSON {
    let path = "/v2/images/\(image.id)"
    var object = JSONObject(
      image.properties.sorted { $0.key < $1.key }.map { (key: $0.key, value: JSON.string($0.value)) })
    object.append("name", image.name.json)
    object.append("disk_format", image.diskFormat.json)
    object.append("container_format", image.containerFormat.json)
    object.append("visibility", .string(image.visibility.rawValue))
    object.append("size", image.size.json)
    object.append("virtual_size", image.virtualSize.json)
    object.append("status", .string(image.status.rawValue))
    object.append("checksum", image.checksum.json)
    object.append("protected", .bool(image.isProtected))
    object.append("min_ram", .int(image.minRAM))
    object.append("min_disk", .int(image.minDisk))
    object.append("owner", image.owner.json)
    object.append("os_hidden", .bool(image.isHidden))
    object.append(
      "os_hash_algo", image.hashValue == nil ? image.hashAlgorithm.json : .string(image.hashAlgorithm ?? "sha512"))
    object.append("os_hash_value", image.hashValue.json)
    object.append("id", .string(image.id))
    object.append("created_at", image.createdAt.json)
    object.append("updated_at", image.updatedAt.json)
    object.append("tags", image.tags.json)
    object.append("self", .string(path))
    object.append("file", .string(path + "/file"))
    object.append("schema", "/v2/schemas/image")
    if let stores { object.append("stores", .string(stores.joined(separator: ","))) }
    return .object(object)
  }
}
