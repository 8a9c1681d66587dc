internal import Core
public import JSON

/// A rule that a key's value must satisfy beyond its type; null always satisfies it.
public enum Check: Sendable {
  /// The number of characters.
  case text(ClosedRange<Int>)
  case range(ClosedRange<Int>)
  case oneOf([String])
  case uuid
  /// Not empty after trimming, at most `limit` characters: a name.
  case name(limit: Int)
  /// Any rule of the service's own; it throws a fault whose message completes "Invalid input for KEY: ".
  case custom(@Sendable (JSON) throws -> Void)

  /// The schema with this rule laid over it, as far as JSON Schema can say it.
  func narrowed(_ schema: JSONSchema) -> JSONSchema {
    switch self {
    case .text(let range):
      let wide = range.lowerBound == 0 ? schema : schema.with("minLength", .int(range.lowerBound))
      return range.upperBound == .max ? wide : wide.with("maxLength", .int(range.upperBound))
    case .range(let range):
      let wide = range.lowerBound == .min ? schema : schema.with("minimum", .int(range.lowerBound))
      return range.upperBound == .max ? wide : wide.with("maximum", .int(range.upperBound))
    case .oneOf(let list):
      return schema.with("enum", .array(list.map { .string($0) } + (schema.types.contains("null") ? [.null] : [])))
    case .uuid: return schema.with("format", "uuid")
    case .name(let limit): return schema.with("minLength", 1).with("maxLength", .int(limit))
    case .custom: return schema
    }
  }

  func verify(_ key: String, _ value: JSON) throws {
    func refuse(_ why: String) -> Fault {
      .badRequest("Invalid input for field/attribute \(key). Value: \(value.string ?? value.text). \(why)")
    }
    switch (self, value) {
    case (_, .null): return
    case (.text(let range), .string(let s)):
      if s.count < range.lowerBound { throw refuse("\(value) is too short") }
      if s.count > range.upperBound { throw refuse("\(value) is too long") }
    case (.name(let limit), .string(let s)):
      if s.count > limit { throw refuse("\(value) is too long") }
      if s.allSatisfy(\.isWhitespace) { throw refuse("\(value) must not be empty or only white space") }
    case (.range(let range), .int(let i)):
      if i < range.lowerBound { throw refuse("\(i) is less than the minimum of \(range.lowerBound)") }
      if i > range.upperBound { throw refuse("\(i) is greater than the maximum of \(range.upperBound)") }
    case (.oneOf(let list), .string(let s)):
      if !list.contains(s) { throw refuse("\(value) is not one of \(list)") }
    case (.uuid, .string(let s)):
      if !isUUID(s) { throw refuse("\(value) is not a 'uuid'") }
    case (.custom(let check), _): try check(value)
    default: throw refuse("It is of the wrong type.")
    }
  }
}

/// One key of a body.
public struct Key<Draft: Sendable>: Sendable {
  public let key: String
  public let required: Bool
  public let span: Span
  /// What the key's value may look like, its check included.
  public let schema: JSONSchema
  let check: Check?
  let set: @Sendable (inout Draft, JSON) throws -> Void

  public static func key<V: JSONValue>(
    _ key: String, _ path: any WritableKeyPath<Draft, V> & Sendable, _ check: Check? = nil, required: Bool = false,
    since: Microversion? = nil, until: Microversion? = nil
  ) -> Self {
    let type = required ? V.jsonSchema.withoutNull : V.jsonSchema
    let schema = check?.narrowed(type) ?? type
    return Key(
      key: key, required: required, span: Span(since: since, until: until), schema: schema, check: check
    ) {
      $0[keyPath: path] = try V(json: $1)
    }
  }
}

/// What happens to keys that a shape does not name.
public enum UnknownKeys: Sendable { case refused, ignored }

/// How a body is read: one row a key, checked before any handler sees it.
public struct Shape<Draft: Sendable>: Sendable {
  /// The key that wraps the body; nil when nothing does.
  public let name: String?
  public let keys: [Key<Draft>]
  public let unknown: UnknownKeys

  public init(_ name: String?, unknown: UnknownKeys = .refused, _ keys: [Key<Draft>]) {
    self.name = name
    self.keys = keys
    self.unknown = unknown
  }

  /// Reads a draft from the object inside the wrapper.
  public func read(_ object: JSONObject, into draft: inout Draft, version: Microversion) throws {
    var seen: Set<String> = []
    for key in keys where key.span.contains(version) {
      seen.insert(key.key)
      guard let value = object[key.key] else {
        if key.required {
          throw Fault.badRequest(
            "Invalid input for field/attribute \(name ?? "body"). '\(key.key)' is a required property")
        }
        continue
      }
      if key.required, value.isNull {
        throw Fault.badRequest("Invalid input for field/attribute \(key.key). It must not be null.")
      }
      do { try key.set(&draft, value) } catch let fault as Fault {
        throw Fault.badRequest(
          "Invalid input for field/attribute \(key.key). Value: \(value.string ?? value.text). \(fault.message)")
      }
      try key.check?.verify(key.key, value)
    }
    if unknown == .refused, let extra = object.keys.first(where: { !seen.contains($0) }) {
      throw Fault.badRequest("Additional properties are not allowed ('\(extra)' was unexpected)")
    }
  }
}

extension Shape {
  /// What a body of this shape looks like in any version, inside the wrapper.
  public var objectSchema: JSONSchema {
    let properties = JSONSchema.properties(keys.map { ($0.key, $0.schema, $0.span) })
    let always = keys.filter { $0.required && $0.span == Span() }.map(\.key)
    return .object(properties, required: always, closed: unknown == .refused)
  }
  /// The same with its wrapper.
  public var jsonSchema: JSONSchema {
    name.map { .object([($0, objectSchema)], required: [$0]) } ?? objectSchema
  }
}

/// A body that has one shape.
public protocol Draft: Input {
  init()
  static var shape: Shape<Self> { get }
}
extension Draft {
  public static var reads: BodyReading { .json }
  public static var bodySchema: JSONSchema? { shape.jsonSchema }
  public init(from incoming: Incoming) throws {
    self.init()
    var body = incoming.body
    if let name = Self.shape.name {
      guard let inner = body[name] else { throw Fault.badRequest("'\(name)' is a required property") }
      body = inner
    }
    guard case .object(let object) = body else {
      throw Fault.badRequest(
        "Invalid input for field/attribute \(Self.shape.name ?? "body"). \(body) is not of type 'object'")
    }
    try Self.shape.read(object, into: &self, version: incoming.version)
  }
}

/// A key of an update: absent is not the same as null.
public enum Given<Value: JSONValue>: JSONValue {
  case absent
  case given(Value)

  public static var jsonSchema: JSONSchema { Value.jsonSchema }
  public init(json: JSON) throws { self = .given(try Value(json: json)) }
  public var json: JSON { value?.json ?? .null }
  public var value: Value? { if case .given(let v) = self { v } else { nil } }
  /// Writes the value where one was given.
  public func apply(to place: inout Value) { if case .given(let v) = self { place = v } }
}
