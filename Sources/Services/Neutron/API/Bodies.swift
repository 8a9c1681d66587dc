internal import API
internal import Core
internal import HTTP
internal import JSON
internal import NeutronModel

/// A boolean in any of the forms neutron takes: true, "True", "1", 1.
struct Flag: JSONValue {
  static var jsonSchema: JSONSchema { .anyOf([.boolean, .string, .integer]) }
  var on: Bool
  init(_ on: Bool) { self.on = on }
  var json: JSON { .bool(on) }
  init(json: JSON) throws {
    switch json {
    case .bool(let on): self.on = on
    case .int(1): on = true
    case .int(0): on = false
    case .string(let text) where ["true", "1", "yes"].contains(text.lowercased()): on = true
    case .string(let text) where ["false", "0", "no"].contains(text.lowercased()): on = false
    default: throw Fault.badRequest("'\(json.string ?? json.text)' cannot be converted to boolean")
    }
  }
}

/// A whole number, or the digits of one.
struct Whole: JSONValue {
  static var jsonSchema: JSONSchema { .anyOf([.integer, .string]) }
  var number: Int
  var json: JSON { .int(number) }
  init(json: JSON) throws {
    guard let number = json.int ?? json.string.flatMap({ Int($0) }) else {
      throw Fault.badRequest("'\(json.string ?? json.text)' is not an integer")
    }
    self.number = number
  }
}

/// The body of a resource, for making and for changing it.
protocol ResourceBody: Sendable {
  init()
  static var name: String { get }
  static var plural: String { get }
  static var keys: [Key<Self>] { get }
  /// Keys that only a new resource may have.
  static var lasting: Set<String> { get }
  /// Keys that only privileged callers may give, with the value that anyone may give since it changes nothing.
  static var guarded: [String: JSON] { get }
}

extension ResourceBody {
  static var plural: String { name + "s" }
  static var lasting: Set<String> { [] }
  static var guarded: [String: JSON] { [:] }

  /// What the body looks like when it is `create` or `update`.
  static func schema(_ verb: String) -> JSONSchema {
    let allowed = verb == "create" ? keys : keys.filter { !lasting.contains($0.key) && !$0.required }
    return Shape<Self>(name, allowed).jsonSchema
  }

  /// Reads one object; `verb` is `create` or `update`, as policy rules name it.
  static func read(_ json: JSON, _ verb: String, for incoming: Incoming) throws -> Self {
    guard case .object(let object) = json else {
      throw Fault.badRequest("Invalid input for \(name). It must be an object.", code: "HTTPBadRequest")
    }
    if verb == "update" {
      if object.isEmpty { throw Fault.badRequest("Resource body required", code: "HTTPBadRequest") }
      if let key = object.keys.first(where: { lasting.contains($0) || $0 == "project_id" || $0 == "tenant_id" }) {
        throw Fault.badRequest("Cannot update read-only attribute \(key)", code: "HTTPBadRequest")
      }
    }
    if !incoming.isPrivileged {
      for key in object.keys {
        guard let harmless = guarded[key], verb == "update" || object[key] != harmless else { continue }
        throw Fault.disallowed("\(verb)_\(name):\(key)")
      }
    }
    var draft = Self()
    try Shape(name, keys).read(object, into: &draft, version: incoming.version)
    return draft
  }
}

/// The body of a POST: one resource under its name, or several under the plural, made in one transaction.
struct Posted<Body: ResourceBody>: Input {
  static var reads: BodyReading { .json }
  static var bodySchema: JSONSchema? {
    let inner = Shape<Body>(Body.name, Body.keys).objectSchema
    return .anyOf([
      Body.schema("create"), .object([(Body.plural, .array(of: inner))], required: [Body.plural], closed: true),
    ])
  }
  let drafts: [Body]
  let isBulk: Bool

  init(from incoming: Incoming) throws {
    if let list = incoming.body[Body.plural]?.array {
      isBulk = true
      drafts = try list.map { item in try Body.read(item[Body.name] ?? item, "create", for: incoming) }
      if drafts.isEmpty { throw Fault.badRequest("Resources required", code: "HTTPBadRequest") }
    } else {
      guard let inner = incoming.body[Body.name] else {
        throw Fault.badRequest("Unable to find '\(Body.name)' in request body", code: "HTTPBadRequest")
      }
      isBulk = false
      drafts = [try Body.read(inner, "create", for: incoming)]
    }
  }
}

/// The body of a PUT.
struct Changed<Body: ResourceBody>: Input {
  static var reads: BodyReading { .json }
  static var bodySchema: JSONSchema? { Body.schema("update") }
  let draft: Body

  init(from incoming: Incoming) throws {
    guard let inner = incoming.body[Body.name] else {
      throw Fault.badRequest("Unable to find '\(Body.name)' in request body", code: "HTTPBadRequest")
    }
    draft = try Body.read(inner, "update", for: incoming)
  }
}

/// What a POST made, in the form in which it was asked for.
struct Made<Model: Sendable>: Output {
  static func answerSchema(by view: UsualView?) -> JSONSchema? {
    view?.of(Model.self).map { .anyOf([$0.one, $0.many]) }
  }
  let items: [Model]
  let view: View<Model>
  let isBulk: Bool

  func response(to incoming: Incoming, status: Int) throws -> Response {
    guard isBulk else { return try Shown(items[0], as: view).response(to: incoming, status: status) }
    let list = JSON.array(items.map { view.render($0, for: incoming) })
    return JSON.object([view.plural: list]).response(to: incoming, status: status)
  }
}

extension Given {
  var isGiven: Bool { if case .given = self { true } else { false } }
}
extension Given where Value == Flag {
  func apply(to place: inout Bool) { if let value { place = value.on } }
}
extension Given where Value == Whole {
  func apply(to place: inout Int) { if let value { place = value.number } }
}
