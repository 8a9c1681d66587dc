public import Core
public import JSON

/// A Swift value that fits into one cell.
///
/// Strings, integers, booleans (0 and 1), floating point, instants (microseconds), bytes, enums of strings, optionals
/// of these, and as JSON text: `JSON`, lists and dictionaries of JSON values, and whatever opts in as `JSONColumn`.
public protocol ColumnValue: Sendable {
  static var columnType: ColumnType { get }
  /// Whether the column may be NULL; true for optionals alone.
  static var columnNullable: Bool { get }
  var columnValue: Value { get }
  /// - Throws: an `internalError` fault when the cell holds something else, which means a damaged or foreign row.
  init(columnValue: Value) throws
}

extension ColumnValue {
  public static var columnNullable: Bool { false }
}

func unreadable(_ value: Value, as type: Any.Type) -> Fault {
  let held =
    switch value {
    case .null: "NULL"
    case .int(let i): "the integer \(i)"
    case .double(let d): "the number \(d)"
    case .text(let s): "the text \(s.prefix(80))"
    case .blob(let b): "\(b.count) bytes"
    }
  return .internalError("A stored record cannot be read.", detail: "a cell for \(type) holds \(held)")
}

extension String: ColumnValue {
  public static var columnType: ColumnType { .text }
  public var columnValue: Value { .text(self) }
  public init(columnValue: Value) throws {
    guard case .text(let s) = columnValue else { throw unreadable(columnValue, as: String.self) }
    self = s
  }
}
extension Int: ColumnValue {
  public static var columnType: ColumnType { .integer }
  public var columnValue: Value { .int(self) }
  public init(columnValue: Value) throws {
    guard case .int(let i) = columnValue else { throw unreadable(columnValue, as: Int.self) }
    self = i
  }
}
extension Bool: ColumnValue {
  public static var columnType: ColumnType { .integer }
  public var columnValue: Value { .int(self ? 1 : 0) }
  public init(columnValue: Value) throws {
    guard case .int(let i) = columnValue else { throw unreadable(columnValue, as: Bool.self) }
    self = i != 0
  }
}
extension Double: ColumnValue {
  public static var columnType: ColumnType { .double }
  public var columnValue: Value { .double(self) }
  public init(columnValue: Value) throws {
    switch columnValue {
    case .double(let d): self = d
    case .int(let i): self = Double(i)
    default: throw unreadable(columnValue, as: Double.self)
    }
  }
}
extension Timestamp: ColumnValue {
  public static var columnType: ColumnType { .integer }
  public var columnValue: Value { .int(Int(microseconds)) }
  public init(columnValue: Value) throws {
    guard case .int(let i) = columnValue else { throw unreadable(columnValue, as: Timestamp.self) }
    self.init(microseconds: Int64(i))
  }
}
extension Optional: ColumnValue where Wrapped: ColumnValue {
  public static var columnType: ColumnType { Wrapped.columnType }
  public static var columnNullable: Bool { true }
  public var columnValue: Value { self?.columnValue ?? .null }
  public init(columnValue: Value) throws {
    if case .null = columnValue { self = nil } else { self = try Wrapped(columnValue: columnValue) }
  }
}
/// Enums whose raw value is a text need only declare the conformance.
extension ColumnValue where Self: RawRepresentable, RawValue == String {
  public static var columnType: ColumnType { .text }
  public var columnValue: Value { .text(rawValue) }
  public init(columnValue: Value) throws {
    guard case .text(let s) = columnValue, let known = Self(rawValue: s) else {
      throw unreadable(columnValue, as: Self.self)
    }
    self = known
  }
}

/// What lists in a cell are made of: bytes make a blob, everything else JSON text.
public protocol ColumnElement: Sendable {
  static var listType: ColumnType { get }
  static func listValue(_ list: [Self]) -> Value
  static func list(_ value: Value) throws -> [Self]
}
extension ColumnElement where Self: JSONValue {
  public static var listType: ColumnType { .text }
  public static func listValue(_ list: [Self]) -> Value { .text(list.json.text) }
  public static func list(_ value: Value) throws -> [Self] { try fromText(value) }
}
extension UInt8: ColumnElement {
  public static var listType: ColumnType { .blob }
  public static func listValue(_ list: [UInt8]) -> Value { .blob(list) }
  public static func list(_ value: Value) throws -> [UInt8] {
    guard case .blob(let bytes) = value else { throw unreadable(value, as: [UInt8].self) }
    return bytes
  }
}
extension String: ColumnElement {}
extension Int: ColumnElement {}
extension Array: ColumnValue where Element: ColumnElement {
  public static var columnType: ColumnType { Element.listType }
  public var columnValue: Value { Element.listValue(self) }
  public init(columnValue: Value) throws { self = try Element.list(columnValue) }
}

/// A value kept as JSON text: any `JSONValue` opts in by declaring `JSONColumn` and nothing more.
public protocol JSONColumn: JSONValue, ColumnValue, ColumnElement {}
extension JSONColumn {
  public static var columnType: ColumnType { .text }
  public var columnValue: Value { .text(json.text) }
  public init(columnValue: Value) throws { self = try fromText(columnValue) }
}
extension JSON: JSONColumn {}
extension Dictionary: ColumnValue, ColumnElement, JSONColumn where Key == String, Value: JSONValue {}

private func fromText<V: JSONValue>(_ value: Value) throws -> V {
  guard case .text(let text) = value else { throw unreadable(value, as: V.self) }
  do {
    return try V(json: try JSON(parsing: text))
  } catch {
    throw Fault.internalError("A stored record cannot be read.", detail: "a cell for \(V.self): \(error)")
  }
}
