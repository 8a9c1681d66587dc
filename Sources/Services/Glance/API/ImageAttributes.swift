internal import API
internal import Core
internal import GlanceModel
internal import JSON

/// What clients may say of an image, key by key; the same rules for POST and PATCH.
enum ImageAttributes {
  static let readOnly: Set<String> = [
    "created_at", "updated_at", "status", "checksum", "size", "virtual_size", "direct_url", "self", "file", "schema",
    "os_hash_algo", "os_hash_value", "stores",
  ]
  static let reserved: Set<String> = ["location", "deleted", "deleted_at"]
  /// Those that have a place of their own in the record.
  static let base: Set<String> = [
    "id", "name", "visibility", "protected", "os_hidden", "owner", "container_format", "disk_format", "tags",
    "min_ram", "min_disk", "locations",
  ]

  static func isBase(_ key: String) -> Bool { base.contains(key) || readOnly.contains(key) }
  static func isReserved(_ key: String) -> Bool { reserved.contains(key) || key.hasPrefix("os_glance") }

  /// - Throws: `forbidden` for what only the service itself may say.
  static func requireWritable(_ key: String) throws {
    if readOnly.contains(key) || key == "locations" {
      throw Fault.forbidden("Attribute '\(key)' is read-only.")
    }
    if isReserved(key) { throw Fault.forbidden("Attribute '\(key)' is reserved.") }
  }

  /// - Throws: `forbidden` for what is no property of the client's own choice.
  static func requireProperty(_ key: String) throws {
    try requireWritable(key)
    guard !isBase(key) else {
      throw Fault.forbidden("Attribute '\(key)' is reserved: it is an attribute of every image, and no property.")
    }
  }

  /// Formats say what the data is, and are fixed with it.
  static func requireOpen(_ image: Image, toChange key: String) throws {
    guard image.status == .queued else {
      throw Fault.forbidden("Attribute \(key) can be only replaced for a queued image.")
    }
  }

  /// Properties that may be null, which is as if they were not there: nova says so of images without a kernel.
  private static let nullable: Set<String> = ["kernel_id", "ramdisk_id"]

  static func set(_ key: String, to value: JSON, on image: inout Image, options: GlanceOptions) throws {
    switch key {
    case "name": image.name = try text(key, value)
    case "owner": image.owner = try text(key, value)
    case "visibility":
      guard let visibility = value.string.flatMap(Image.Visibility.init(rawValue:)) else {
        throw bad(key, "\(value) is not one of ['community', 'public', 'private', 'shared']")
      }
      image.visibility = visibility
    case "protected": image.isProtected = try flag(key, value)
    case "os_hidden": image.isHidden = try flag(key, value)
    case "container_format": image.containerFormat = try one(key, value, of: Image.containerFormats)
    case "disk_format": image.diskFormat = try one(key, value, of: Image.diskFormats)
    case "min_ram": image.minRAM = try count(key, value)
    case "min_disk": image.minDisk = try count(key, value)
    case "tags": image.tags = try tags(value, options)
    default:
      guard key.count <= 255, !key.isEmpty else {
        throw Fault.badRequest("Custom property should not be greater than 255 characters.")
      }
      if value.isNull, nullable.contains(key) {
        image.properties[key] = nil
        return
      }
      guard case .string(let text) = value else { throw bad(key, "\(value) is not of type 'string'") }
      let isNew = image.properties.updateValue(text, forKey: key) == nil
      if isNew { try ImageLimits.requireProperties(image.properties, options) }
    }
  }

  static func tags(_ value: JSON, _ options: GlanceOptions) throws -> [String] {
    guard let items = value.array else { throw bad("tags", "\(value) is not of type 'array'") }
    var tags: [String] = []
    for item in items {
      guard let tag = item.string, tag.count <= 255 else {
        throw bad("tags", "\(item) is not a string of at most 255 characters")
      }
      if !tags.contains(tag) { tags.append(tag) }
    }
    try ImageLimits.require(tags.count, "tags", within: options.imageTagQuota)
    return tags
  }

  private static func bad(_ key: String, _ why: String) -> Fault {
    .badRequest("Provided object does not match schema 'image': \(why): (\(key))")
  }
  private static func text(_ key: String, _ value: JSON) throws -> String? {
    if value.isNull { return nil }
    guard let text = value.string, text.count <= 255 else {
      throw bad(key, "\(value) is not a string of at most 255 characters")
    }
    return text
  }
  private static func flag(_ key: String, _ value: JSON) throws -> Bool {
    guard let flag = value.bool else { throw bad(key, "\(value) is not of type 'boolean'") }
    return flag
  }
  private static func one(_ key: String, _ value: JSON, of list: [String]) throws -> String? {
    if value.isNull { return nil }
    guard let text = value.string, list.contains(text) else {
      throw bad(key, "\(value) is not one of [\(list.map { "'\($0)'" }.joined(separator: ", "))]")
    }
    return text
  }
  private static func count(_ key: String, _ value: JSON) throws -> Int {
    guard let number = value.int else { throw bad(key, "\(value) is not of type 'integer'") }
    guard (0...0x7FFF_FFFF).contains(number) else {
      throw Fault.badRequest("Invalid value for option \(key): \(number). It must be from 0 to 2147483647.")
    }
    return number
  }
}
