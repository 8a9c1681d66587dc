internal import Core
internal import GlanceModel
internal import JSON

/// The changes of a PATCH: JSON patches of drafts 10 and 4, of one level.
struct ImagePatch: Sendable {
  enum Operation: String, Sendable, CaseIterable { case add, remove, replace }
  struct Change: Sendable {
    let operation: Operation
    let key: String
    let value: JSON
    /// Where in the list of locations; nil for the whole of a key.
    var position: String?
  }
  let changes: [Change]

  private static let types = [
    "application/openstack-images-v2.0-json-patch": 4, "application/openstack-images-v2.1-json-patch": 10,
  ]

  init(_ body: JSON, contentType: String?) throws {
    let type = contentType.map { String($0.prefix { $0 != ";" }.filter { $0 != " " }) } ?? ""
    guard let draft = Self.types[type] else {
      throw Fault(
        .unsupportedMedia,
        "Image PATCH expects Content-Type one of: \(Self.types.keys.sorted().joined(separator: ", "))")
    }
    guard let items = body.array else {
      throw Fault.badRequest("Request body must be a JSON array of operation objects.")
    }
    changes = try items.map { try Self.change($0, draft: draft) }
  }

  private static func change(_ item: JSON, draft: Int) throws -> Change {
    guard let object = item.object else { throw Fault.badRequest("Operations must be JSON objects.") }
    let (operation, pointer) = try draft == 10 ? named(object) : keyed(object)
    let path = try split(pointer)
    // An element of the list of locations is added and removed, and the list as a whole replaced.
    let depth = path.first == "locations" && operation != .replace ? 2 : 1
    guard path.count == depth, let key = path.first, !key.isEmpty else {
      throw Fault.badRequest("Invalid JSON pointer for this resource: '/\(path.joined(separator: "/"))'")
    }
    guard operation == .remove || object["value"] != nil else {
      throw Fault.badRequest("Operation \"\(operation.rawValue)\" requires a member named \"value\".")
    }
    if key == "id" { throw Fault.forbidden("Attribute 'id' is read-only.") }
    if key != "locations" { try ImageAttributes.requireWritable(key) }
    let position = depth == 2 ? path[1] : nil
    guard operation != .remove, let value = object["value"] else {
      return Change(operation: operation, key: key, value: .null, position: position)
    }
    let whole: JSON = depth == 2 ? [value] : value
    try SchemaCheck.require(.object(JSONObject([(key: key, value: whole)])), Schemas.imageSchema)
    return Change(operation: operation, key: key, value: value, position: position)
  }

  private static func named(_ object: JSONObject) throws -> (Operation, String) {
    let all = Operation.allCases.map(\.rawValue).joined(separator: ", ")
    guard let name = object["op"]?.string else {
      throw Fault.badRequest("Unable to find `op` in JSON Schema change. It must be one of the following: \(all).")
    }
    guard let operation = Operation(rawValue: name) else {
      throw Fault.badRequest("Invalid operation: `\(name)`. It must be one of the following: \(all).")
    }
    guard let path = object["path"]?.string else {
      throw Fault.badRequest("Unable to find 'path' in JSON Schema change")
    }
    return (operation, path)
  }

  private static func keyed(_ object: JSONObject) throws -> (Operation, String) {
    let present = Operation.allCases.filter { object[$0.rawValue] != nil }
    guard present.count == 1, let operation = present.first, let path = object[operation.rawValue]?.string else {
      throw Fault.badRequest(
        "Operation objects must contain exactly one member named \"add\", \"remove\", or \"replace\".")
    }
    return (operation, path)
  }

  /// The parts of a JSON pointer (RFC 6901).
  static func split(_ pointer: String) throws -> [String] {
    guard pointer.hasPrefix("/") else { throw Fault.badRequest("Pointer `\(pointer)` does not start with \"/\".") }
    let parts = pointer.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 1 || !parts.dropLast().contains(where: { $0.allSatisfy(\.isWhitespace) }) else {
      throw Fault.badRequest("Pointer `\(pointer)` contains adjacent \"/\".")
    }
    guard parts.count == 1 || parts.last != "" else {
      throw Fault.badRequest("Pointer `\(pointer)` end with \"/\".")
    }
    return try parts.map { part in
      var text = ""
      var rest = part[...]
      while let c = rest.popFirst() {
        guard c == "~" else {
          text.append(c)
          continue
        }
        switch rest.popFirst() {
        case "0"?: text.append("~")
        case "1"?: text.append("/")
        default:
          throw Fault.badRequest("Pointer `\(pointer)` contains \"~\" not part of a recognized escape sequence.")
        }
      }
      return text
    }
  }

  func apply(to image: inout Image, options: GlanceOptions) throws {
    for change in changes where change.key != "locations" {
      let isBase = ImageAttributes.isBase(change.key)
      if change.key == "disk_format" || change.key == "container_format" {
        try ImageAttributes.requireOpen(image, toChange: change.key)
      }
      switch change.operation {
      case .remove:
        guard !isBase else { throw Fault.forbidden("Property \(change.key) may not be removed.") }
        guard image.properties.removeValue(forKey: change.key) != nil else {
          throw Fault.conflict("Property \(change.key) does not exist.")
        }
      case .replace:
        guard isBase || image.properties[change.key] != nil else {
          throw Fault.conflict("Property \(change.key) does not exist.")
        }
        try ImageAttributes.set(change.key, to: change.value, on: &image, options: options)
      case .add: try ImageAttributes.set(change.key, to: change.value, on: &image, options: options)
      }
    }
  }
}
