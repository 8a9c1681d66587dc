// JSON: the value tree, its parser and its writer.
//
// A tree of our own because Foundation's is 7 to 70 times slower, forgets the order of keys and gives no position
// of an error. Objects keep the order in which they were written, which is the order clients see.

/// A JSON value (RFC 8259).
public enum JSON: Sendable, Hashable {
  case null
  case bool(Bool)
  case int(Int)
  case double(Double)
  case string(String)
  case array([JSON])
  case object(JSONObject)
}

/// An object's members in order. Look-ups are linear: objects of APIs are small, and hostile ones cost only their size.
public struct JSONObject: Sendable, Hashable, ExpressibleByDictionaryLiteral {
  public private(set) var members: [(key: String, value: JSON)]

  public init() { members = [] }
  /// An empty object with room for so many members.
  public init(capacity: Int) {
    members = []
    members.reserveCapacity(capacity)
  }
  public init(_ members: [(key: String, value: JSON)]) { self.members = members }
  public init(dictionaryLiteral elements: (String, JSON)...) { members = elements.map { (key: $0.0, value: $0.1) } }

  public var keys: [String] { members.map(\.key) }
  public var count: Int { members.count }
  public var isEmpty: Bool { members.isEmpty }

  /// The last member of that name, as most parsers take it; setting replaces it, setting nil removes it.
  public subscript(key: String) -> JSON? {
    get { members.last { $0.key == key }?.value }
    set {
      guard let newValue else { return members.removeAll { $0.key == key } }
      if let i = members.lastIndex(where: { $0.key == key }) {
        members[i].value = newValue
      } else {
        members.append((key, newValue))
      }
    }
  }
  /// Adds a member known to be new, without looking.
  public mutating func append(_ key: String, _ value: JSON) { members.append((key, value)) }

  /// Equal whatever the order; of members of one name the last counts, as it does for look-ups.
  public static func == (a: Self, b: Self) -> Bool {
    guard a.count == b.count else { return false }
    if zip(a.members, b.members).allSatisfy({ $0.key == $1.key && $0.value == $1.value }) { return true }
    func table(_ o: Self) -> [String: JSON] { Dictionary(o.members.map { ($0.key, $0.value) }) { $1 } }
    return table(a) == table(b)
  }
  public func hash(into hasher: inout Hasher) { hasher.combine(members.count) }
}

extension JSON {
  public subscript(key: String) -> JSON? {
    if case .object(let o) = self { o[key] } else { nil }
  }
  public subscript(index: Int) -> JSON? {
    if case .array(let a) = self, a.indices.contains(index) { a[index] } else { nil }
  }
  public var string: String? { if case .string(let s) = self { s } else { nil } }
  public var int: Int? { if case .int(let i) = self { i } else { nil } }
  public var bool: Bool? { if case .bool(let b) = self { b } else { nil } }
  public var array: [JSON]? { if case .array(let a) = self { a } else { nil } }
  public var object: JSONObject? { if case .object(let o) = self { o } else { nil } }
  public var isNull: Bool { self == .null }

  /// What the value is, in the words of JSON schema's messages.
  public var typeName: String {
    switch self {
    case .null: "null"
    case .bool: "boolean"
    case .int: "integer"
    case .double: "number"
    case .string: "string"
    case .array: "array"
    case .object: "object"
    }
  }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral, ExpressibleByFloatLiteral
{
  public init(stringLiteral s: String) { self = .string(s) }
  public init(integerLiteral i: Int) { self = .int(i) }
  public init(floatLiteral d: Double) { self = .double(d) }
  public init(booleanLiteral b: Bool) { self = .bool(b) }
  public init(nilLiteral: ()) { self = .null }
  public init(arrayLiteral elements: JSON...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, JSON)...) {
    self = .object(JSONObject(elements.map { (key: $0.0, value: $0.1) }))
  }
}
