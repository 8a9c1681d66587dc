internal import API
internal import Core
internal import HTTP
internal import JSON

/// A whole number that clients send as a number or as text.
struct Whole: JSONValue {
  static var jsonSchema: JSONSchema { .anyOf([.integer, .string]) }
  let value: Int
  init(json: JSON) throws {
    switch json {
    case .int(let number): value = number
    case .string(let text):
      guard let number = Int(text) else { throw Fault.badRequest("\(json) is not a whole number.") }
      value = number
    default: throw Fault.badRequest("\(json) is not a whole number.")
    }
  }
  var json: JSON { .int(value) }
}

/// Yes or no, in the many spellings that oslo's strict reading takes.
struct Flag: JSONValue {
  static var jsonSchema: JSONSchema { .anyOf([.boolean, .string, .integer]) }
  let value: Bool
  init(json: JSON) throws {
    switch json {
    case .bool(let flag): value = flag
    case .string(let text): value = try Self.read(text)
    case .int(let number) where number == 0 || number == 1: value = number == 1
    default: throw Fault.badRequest("\(json) is not of type 'boolean'")
    }
  }
  var json: JSON { .bool(value) }

  static func read(_ text: String) throws -> Bool {
    switch text.lowercased() {
    case "true", "t", "1", "yes", "y", "on": return true
    case "false", "f", "0", "no", "n", "off": return false
    default:
      throw Fault.badRequest("Invalid input received: Unrecognized value '\(text)', acceptable values are: true, false")
    }
  }
}

/// Metadata as clients send it: keys of 1 to 255 characters to texts of at most 255.
struct MetadataBody: JSONValue {
  static var jsonSchema: JSONSchema { .map(of: .string.with("maxLength", 255)) }
  let values: [String: String]
  init(json: JSON) throws {
    guard let object = json.object else { throw Fault.badRequest("\(json) is not of type 'object'") }
    var values: [String: String] = [:]
    for (key, value) in object.members {
      guard !key.isEmpty, key.count <= 255 else {
        throw Fault.badRequest("The metadata key '\(key.prefix(300))' must have 1 to 255 characters.")
      }
      guard let text = value.string, text.count <= 255 else {
        throw Fault.badRequest("The metadata '\(key)' must be a text of at most 255 characters.")
      }
      values[key] = text
    }
    self.values = values
  }
  var json: JSON { values.json }

  /// The object under `key` of a body.
  static func read(_ body: JSON, _ key: String = "metadata") throws -> [String: String] {
    guard let inner = body[key] else { throw Fault.badRequest("'\(key)' is a required property") }
    return try MetadataBody(json: inner).values
  }
}

/// A list with its links and, where it was asked for, the count of all that match.
struct Listing<Model: Sendable>: Output {
  static func answerSchema(by view: UsualView?) -> JSONSchema? { Page<Model>.answerSchema(by: view) }
  static var isPage: Bool { true }
  let page: Page<Model>
  let count: Int?

  func response(to incoming: Incoming, status: Int) throws -> Response {
    var response = try page.response(to: incoming, status: status)
    guard let count, case .bytes(let bytes) = response.body, case .object(var object) = try JSON(parsing: bytes) else {
      return response
    }
    object["count"] = .int(count)
    response.body = .bytes(JSON.object(object).bytes)
    return response
  }
}

extension Incoming {
  /// Whether the client wants the whole count beside the page (since 3.45).
  func wantsCount() throws -> Bool {
    guard version >= "3.45", let text = query("with_count") else { return false }
    return try Flag.read(text)
  }
}

extension Cinder {
  /// Upstream's words around a refusal by the state of a volume.
  static func invalidVolume(_ reason: String) -> Fault { .badRequest("Invalid volume: \(reason)") }
  static func invalidInput(_ reason: String) -> Fault { .badRequest("Invalid input received: \(reason)") }
}
