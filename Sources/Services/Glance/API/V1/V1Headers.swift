internal import Core
internal import GlanceModel
internal import HTTP
internal import JSON

/// What a request's `x-image-meta-…` headers say of an image.
struct V1Headers: Sendable {
  /// By their names behind the prefix, `-` written as `_`; nil where a header is empty.
  private(set) var fields: [String: String?] = [:]
  private(set) var properties: [String: String] = [:]

  private static let known: Set<String> = [
    "location", "size", "virtual_size", "is_public", "disk_format", "container_format", "id", "store", "property",
    "name", "status", "created_at", "updated_at", "deleted_at", "deleted", "checksum", "min_disk", "min_ram", "owner",
    "protected", "properties", "uri", "location_data", "copy_from",
  ]
  private static let prefix = "x-image-meta-"

  init(_ headers: Headers) throws {
    for (name, value) in headers.fields {
      let lower = name.lowercased()
      guard lower.hasPrefix(Self.prefix) else { continue }
      let key = String(lower.dropFirst(Self.prefix.count).map { $0 == "-" ? "_" : $0 })
      if key.hasPrefix("property_") {
        properties[String(key.dropFirst("property_".count))] = value
      } else {
        guard Self.known.contains(key) else { throw Fault.badRequest("Bad header: \(lower)") }
        fields[key] = .some(value.isEmpty ? nil : value)
      }
    }
  }

  func text(_ key: String) -> String? { fields[key] ?? nil }

  func number(_ key: String) throws -> Int? {
    guard let text = text(key), text != "None" || key != "virtual_size" else { return nil }
    guard let number = Int(text) else {
      throw Fault.badRequest("Cannot convert image \(key) '\(text)' to an integer.")
    }
    guard number >= 0 else {
      throw Fault.badRequest("Invalid value '\(text)' for parameter '\(key)': Cannot be a negative value.")
    }
    guard key == "size" || number <= Int32.max else {
      throw Fault.badRequest("Invalid value '\(text)' for parameter '\(key)': It must be from 0 to 2147483647.")
    }
    return number
  }

  /// Anything that is not one of oslo's words for true is false.
  func flag(_ key: String) -> Bool? { fields[key].map { Self.isTrue($0 ?? "") } }
  static func isTrue(_ text: String) -> Bool {
    ["1", "t", "true", "on", "y", "yes"].contains(text.lowercased().filter { !$0.isWhitespace })
  }

  /// Writes all that clients may say into an image.
  /// - Parameter purges: whether properties that are not named go.
  func apply(to image: inout Image, purges: Bool, options: GlanceOptions) throws {
    if let name = fields["name"] {
      guard (name ?? "").count <= 255 else { throw Fault.badRequest("Image name too long: \((name ?? "").count)") }
      image.name = name
    }
    try applyFormats(to: &image)
    if let number = try number("min_disk") { image.minDisk = number }
    if let number = try number("min_ram") { image.minRAM = number }
    if let flag = flag("protected") { image.isProtected = flag }
    if let isPublic = flag("is_public") {
      if isPublic { image.visibility = .public } else if image.visibility == .public { image.visibility = .shared }
    }
    for key in ["created_at", "updated_at", "deleted_at"] {
      guard let text = text(key), Timestamp(text) == nil, Timestamp(text + "Z") == nil else { continue }
      throw Fault.badRequest("Invalid time format for \(key).")
    }
    guard (text("checksum") ?? "").count <= 32 else {
      throw Fault.badRequest("Invalid checksum '\(text("checksum") ?? "")': can't exceed 32 characters")
    }
    if purges { image.properties = [:] }
    for (key, value) in properties { image.properties[key] = value }
    guard image.properties.count <= options.imagePropertyQuota else {
      throw Fault(
        .overQuota,
        "The limit has been exceeded on the number of allowed image properties. Attempted: "
          + "\(image.properties.count), Maximum: \(options.imagePropertyQuota)")
    }
  }

  /// Amazon's formats come in pairs: one of them given means both.
  private func applyFormats(to image: inout Image) throws {
    let amazon = ["aki", "ari", "ami"]
    var (disk, container) = (text("disk_format"), text("container_format"))
    if let disk, !Image.diskFormats.contains(disk) {
      throw Fault.badRequest("Invalid disk format '\(disk)' for image.")
    }
    if let container, !Image.containerFormats.contains(container) {
      throw Fault.badRequest("Invalid container format '\(container)' for image.")
    }
    if [disk, container].contains(where: { $0.map(amazon.contains) ?? false }) {
      disk = disk ?? container
      container = container ?? disk
      guard disk == container else {
        throw Fault.badRequest(
          "Invalid mix of disk and container formats. When setting a disk or container format to one of 'aki', 'ari', "
            + "or 'ami', the container and disk formats must match.")
      }
    }
    if let disk { image.diskFormat = disk }
    if let container { image.containerFormat = container }
  }

  /// An image as headers of an answer; what it has not is left out.
  static func write(_ image: JSONObject, into response: inout Response) {
    for (key, value) in image.members {
      switch value {
      case .null: continue
      case .object(let properties):
        for (name, text) in properties.members {
          response.headers.append("x-image-meta-property-\(name.lowercased())", plain(text.string ?? ""))
        }
      case .bool(let flag): response.headers.append(prefix + key, flag ? "True" : "False")
      case .string(let text): response.headers.append(prefix + key, plain(text))
      default: response.headers.append(prefix + key, value.text)
      }
    }
    if let checksum = image["checksum"]?.string { response.headers["ETag"] = checksum }
  }

  /// A header has one line.
  private static func plain(_ text: String) -> String {
    String(text.map { $0.isNewline || $0 == "\0" ? " " : $0 })
  }
}
