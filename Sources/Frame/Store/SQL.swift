internal import Core

/// A statement, or a piece of one, whose interpolations are bound and never pasted.
///
///     "WHERE \(Server.table).project_id = \(project) AND state IN (\(list: states)) LIMIT \(limit)"
///
/// One text serves both engines. A bind that is nil has no type for PostgreSQL, so add `x = \(y)` only where there is
/// a y, rather than `(\(y) IS NULL OR x = \(y))`. What differs between them (`ILIKE`, `STRFTIME`, ...) stays out of
/// it; `LIKE` heeds case and texts compare by bytes on both.
public struct SQL: Sendable, ExpressibleByStringInterpolation {
  enum Part: Sendable {
    case raw(String)
    case bind(Value)
  }
  var parts: [Part]
  /// Why the statement must not run: an identifier that is none. Thrown by whatever would run it.
  var fault: Fault?

  public init(stringLiteral text: String) { parts = text.isEmpty ? [] : [.raw(text)] }
  public init(stringInterpolation text: Interpolation) {
    parts = text.parts
    fault = text.fault
  }
  /// The empty statement, which adds nothing.
  public init() { parts = [] }
  init(parts: [Part]) { self.parts = parts }

  /// The pieces of an interpolated statement; see `SQL`.
  public struct Interpolation: StringInterpolationProtocol {
    var parts: [Part] = []
    var fault: Fault?

    public init(literalCapacity: Int, interpolationCount: Int) { parts.reserveCapacity(interpolationCount * 2 + 1) }
    public mutating func appendLiteral(_ text: String) {
      if !text.isEmpty { parts.append(.raw(text)) }
    }
    /// A bind.
    public mutating func appendInterpolation(_ value: some ColumnValue) { parts.append(.bind(value.columnValue)) }
    /// A bind.
    public mutating func appendInterpolation<V: ColumnValue>(_ value: V?) {
      parts.append(.bind(value?.columnValue ?? .null))
    }
    public mutating func appendInterpolation(_ value: Value) { parts.append(.bind(value)) }
    /// The table's name.
    public mutating func appendInterpolation<R: Record>(_ table: Table<R>) { parts.append(.raw(table.name)) }
    /// Another piece with its binds.
    public mutating func appendInterpolation(_ sql: SQL) {
      parts += sql.parts
      fault = fault ?? sql.fault
    }
    /// Binds with commas between them, for `IN (...)`; an empty list is a list that holds nothing.
    public mutating func appendInterpolation<V: ColumnValue>(list: [V]) {
      if list.isEmpty {
        // `IN ()` is no SQL in PostgreSQL, and `NOT IN (NULL)` would hide every row.
        let type =
          switch V.columnType {
          case .integer: "BIGINT"
          case .double: "DOUBLE PRECISION"
          case .text: "TEXT"
          case .blob: "BYTEA"
          }
        parts.append(.raw("SELECT CAST(NULL AS \(type)) WHERE 1 = 0"))
      }
      for (i, value) in list.enumerated() {
        if i > 0 { parts.append(.raw(", ")) }
        parts.append(.bind(value.columnValue))
      }
    }
    /// A column's or table's name that is only known at run time: `[a-z_][a-z0-9_]*`, else the statement will not run.
    public mutating func appendInterpolation(identifier: String) {
      if SQL.isIdentifier(identifier) {
        parts.append(.raw(identifier))
      } else {
        fault = fault ?? .badRequest("'\(identifier.prefix(64))' cannot be used to sort or select.", code: "identifier")
      }
    }
  }

  /// The pieces with a text between them: `SQL.joined(conditions, " AND ")`.
  public static func joined(_ pieces: [SQL], _ separator: String) -> SQL {
    var all = SQL()
    for (i, piece) in pieces.enumerated() {
      if i > 0 { all.parts.append(.raw(separator)) }
      all += piece
    }
    return all
  }
  /// `WHERE` and the conditions with `AND` between them; nothing when there are none.
  public static func allOf(_ conditions: [SQL]) -> SQL {
    conditions.isEmpty ? SQL() : "WHERE " + joined(conditions.map { "(\($0))" }, " AND ")
  }
  public static func + (a: SQL, b: SQL) -> SQL {
    var both = a
    both += b
    return both
  }
  public static func += (a: inout SQL, b: SQL) {
    a.parts += b.parts
    a.fault = a.fault ?? b.fault
  }

  /// A text to be bound in `LIKE … ESCAPE '\'`, with the signs that LIKE reads otherwise made plain.
  ///
  /// By scalars and not by characters: behind an accent, `%` is another character and a sign all the same.
  public static func plain(inLike text: String) -> String {
    var plain = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if scalar == "%" || scalar == "_" || scalar == "\\" { plain.append("\\") }
      plain.append(scalar)
    }
    return String(plain)
  }

  /// The text for one engine and its binds in order.
  public func render(_ dialect: Dialect) -> (text: String, binds: [Value]) {
    var text = ""
    var binds: [Value] = []
    for part in parts {
      switch part {
      case .raw(let piece): text += piece
      case .bind(let value):
        binds.append(value)
        text += dialect.placeholder(binds.count)
      }
    }
    return (text, binds)
  }

  static func isIdentifier(_ text: String) -> Bool {
    guard let first = text.utf8.first, text.utf8.count <= 63, first == 95 || (97...122).contains(first) else {
      return false
    }
    return text.utf8.allSatisfy { $0 == 95 || (97...122).contains($0) || (48...57).contains($0) }
  }
}
