/// What a JSON value may look like, in the words of JSON Schema (draft 2020-12), which OpenAPI 3.1 takes over.
///
/// Types say it of themselves (`JSONValue.jsonSchema`), and rows put it together; nobody writes a schema by hand.
public struct JSONSchema: Sendable, Equatable {
  public private(set) var keywords: JSONObject

  public init(_ keywords: JSONObject) { self.keywords = keywords }
  private init(type: String) { keywords = ["type": .string(type)] }

  /// Anything at all.
  public static let any = JSONSchema([:])
  public static let string = JSONSchema(type: "string")
  public static let integer = JSONSchema(type: "integer")
  public static let number = JSONSchema(type: "number")
  public static let boolean = JSONSchema(type: "boolean")
  public static let null = JSONSchema(type: "null")

  /// A text in one of JSON Schema's formats: `uuid`, `date-time`, `uri`.
  public static func string(format: String) -> JSONSchema { string.with("format", .string(format)) }
  public static func oneOf(_ values: [JSON]) -> JSONSchema { JSONSchema(["enum": .array(values)]) }
  public static func array(of element: JSONSchema) -> JSONSchema {
    JSONSchema(["type": "array", "items": element.json])
  }
  /// An object with whatever keys, all of whose values look alike.
  public static func map(of element: JSONSchema) -> JSONSchema {
    JSONSchema(["type": "object", "additionalProperties": element.json])
  }
  /// An object with these keys.
  /// - Parameter closed: whether it must not have others.
  public static func object(
    _ properties: [(key: String, value: JSONSchema)], required: [String] = [], closed: Bool = false
  ) -> JSONSchema {
    var keywords: JSONObject = ["type": "object"]
    if !properties.isEmpty {
      keywords.append("properties", .object(JSONObject(properties.map { (key: $0.key, value: $0.value.json) })))
    }
    if !required.isEmpty { keywords.append("required", required.json) }
    if closed { keywords.append("additionalProperties", false) }
    return JSONSchema(keywords)
  }
  /// Whatever satisfies one of these; the same one twice counts once.
  public static func anyOf(_ choices: [JSONSchema]) -> JSONSchema { choice("anyOf", choices) }
  /// Whatever satisfies exactly one of these.
  public static func exactlyOneOf(_ choices: [JSONSchema]) -> JSONSchema { choice("oneOf", choices) }
  private static func choice(_ keyword: String, _ choices: [JSONSchema]) -> JSONSchema {
    let distinct = choices.reduce(into: [JSONSchema]()) { all, next in if !all.contains(next) { all.append(next) } }
    if distinct.count == 1 { return distinct[0] }
    return JSONSchema([keyword: .array(distinct.map(\.json))])
  }
  /// What stands under a name in the document's components.
  public static func reference(_ pointer: String) -> JSONSchema { JSONSchema(["$ref": .string(pointer)]) }

  /// What looks like this example: its keys and types, and every key is required.
  public init(like example: JSON) {
    switch example {
    case .null: self = .null
    case .bool: self = .boolean
    case .int: self = .integer
    case .double: self = .number
    case .string: self = .string
    case .array(let items): self = .array(of: items.first.map { JSONSchema(like: $0) } ?? .any)
    case .object(let object):
      self = .object(object.members.map { ($0.key, JSONSchema(like: $0.value)) }, required: object.keys)
    }
  }

  public var json: JSON { .object(keywords) }
  /// The same with one keyword more.
  public func with(_ keyword: String, _ value: JSON) -> JSONSchema {
    var copy = self
    copy.keywords[keyword] = value
    return copy
  }

  /// The same, or null.
  public var orNull: JSONSchema {
    if keywords.isEmpty || acceptsNull { return self }
    if let type = keywords["type"]?.string {
      let wide = with("type", [.string(type), "null"])
      return wide.keywords["enum"]?.array.map { wide.with("enum", .array($0 + [.null])) } ?? wide
    }
    if let choices = keywords["anyOf"]?.array { return with("anyOf", .array(choices + [JSONSchema.null.json])) }
    if let values = keywords["enum"]?.array { return with("enum", .array(values + [.null])) }
    return .anyOf([self, .null])
  }
  /// The same without null, for keys that must be there.
  public var withoutNull: JSONSchema {
    guard acceptsNull, let types = keywords["type"]?.array?.filter({ $0.string != "null" }), types.count == 1 else {
      return self
    }
    return with("type", types[0])
  }
  private var acceptsNull: Bool {
    types.contains("null") || keywords["anyOf"]?.array?.contains(JSONSchema.null.json) == true
  }
  /// The types it names; none where it takes any.
  public var types: [String] {
    guard let type = keywords["type"] else { return [] }
    return type.array?.compactMap(\.string) ?? type.string.map { [$0] } ?? []
  }
}
