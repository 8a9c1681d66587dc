public import Core

/// A Swift value that has a JSON form; what fields of views and keys of shapes are made of.
public protocol JSONValue: Sendable {
  var json: JSON { get }
  /// - Throws: a `badRequest` fault that names the expected type.
  init(json: JSON) throws
  /// What such values look like; anything, unless the type says more.
  static var jsonSchema: JSONSchema { get }
}
extension JSONValue {
  public static var jsonSchema: JSONSchema { .any }
}

extension JSON: JSONValue {
  public var json: JSON { self }
  public init(json: JSON) { self = json }
}
extension String: JSONValue {
  public static var jsonSchema: JSONSchema { .string }
  public var json: JSON { .string(self) }
  public init(json: JSON) throws {
    guard case .string(let s) = json else { throw mismatch(json, "string") }
    self = s
  }
}
extension Int: JSONValue {
  public static var jsonSchema: JSONSchema { .integer }
  public var json: JSON { .int(self) }
  public init(json: JSON) throws {
    guard case .int(let i) = json else { throw mismatch(json, "integer") }
    self = i
  }
}
extension Double: JSONValue {
  public static var jsonSchema: JSONSchema { .number }
  public var json: JSON { .double(self) }
  public init(json: JSON) throws {
    switch json {
    case .double(let d): self = d
    case .int(let i): self = Double(i)
    default: throw mismatch(json, "number")
    }
  }
}
extension Bool: JSONValue {
  public static var jsonSchema: JSONSchema { .boolean }
  public var json: JSON { .bool(self) }
  public init(json: JSON) throws {
    guard case .bool(let b) = json else { throw mismatch(json, "boolean") }
    self = b
  }
}
extension Optional: JSONValue where Wrapped: JSONValue {
  public static var jsonSchema: JSONSchema { Wrapped.jsonSchema.orNull }
  public var json: JSON { self?.json ?? .null }
  public init(json: JSON) throws { self = json.isNull ? nil : try Wrapped(json: json) }
}
extension Array: JSONValue where Element: JSONValue {
  public static var jsonSchema: JSONSchema { .array(of: Element.jsonSchema) }
  // Not by key path, which generic code would make anew each time.
  public var json: JSON { .array(map { $0.json }) }
  public init(json: JSON) throws {
    guard case .array(let a) = json else { throw mismatch(json, "array") }
    self = try a.map { try Element(json: $0) }
  }
}
extension Dictionary: JSONValue where Key == String, Value: JSONValue {
  public static var jsonSchema: JSONSchema { .map(of: Value.jsonSchema) }
  /// Keys in alphabetical order, so that the same dictionary always has the same bytes.
  public var json: JSON { .object(JSONObject(sorted { $0.key < $1.key }.map { (key: $0.key, value: $0.value.json) })) }
  public init(json: JSON) throws {
    guard case .object(let o) = json else { throw mismatch(json, "object") }
    self = try Dictionary(o.members.map { ($0.key, try Value(json: $0.value)) }, uniquingKeysWith: { $1 })
  }
}
extension Timestamp: JSONValue {
  public static var jsonSchema: JSONSchema { .string(format: "date-time") }
  public var json: JSON { .string(iso8601) }
  public init(json: JSON) throws {
    guard case .string(let s) = json, let t = Timestamp(s) else { throw mismatch(json, "date-time") }
    self = t
  }
}
extension JSONValue where Self: RawRepresentable, RawValue: JSONValue {
  public static var jsonSchema: JSONSchema { RawValue.jsonSchema }
  public var json: JSON { rawValue.json }
  public init(json: JSON) throws {
    guard let value = Self(rawValue: try RawValue(json: json)) else {
      throw Fault.badRequest("\(json) is not one of the allowed values.")
    }
    self = value
  }
}
extension JSONValue where Self: RawRepresentable & CaseIterable, RawValue: JSONValue {
  public static var jsonSchema: JSONSchema { RawValue.jsonSchema.with("enum", .array(allCases.map(\.rawValue.json))) }
}

private func mismatch(_ json: JSON, _ type: String) -> Fault {
  .badRequest("\(json) is not of type '\(type)'")
}
