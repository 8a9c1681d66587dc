import Core
@testable import Store
import Synchronization

extension FuzzTarget {
  /// Values are bound and never pasted: each comes back from SQLite as it was, in every form of interpolation, and the
  /// statement's text does not depend on them. What is no identifier stops the statement.
  static let sql = FuzzTarget("sql", length: 1024) { bytes in
    var pieces = Pieces(bytes)
    let identifier = pieces.text()
    var values: [Value] = []
    while !pieces.isEmpty, values.count < 8 { values.append(value(&pieces)) }
    try database.withLock { held in
      let connection = try held ?? Connection()
      held = connection
      try connection.check(values)
      try connection.check(identifier: identifier)
    }
  }

  private static let database = Mutex<Connection?>(nil)

  private static func value(_ pieces: inout Pieces) -> Value {
    switch pieces.below(5) {
    case 0: return .int(pieces.number())
    case 1:
      let number = Double(bitPattern: UInt64(bitPattern: Int64(pieces.number())))
      // SQLite has no such number and keeps NULL; none can come in, since JSON has none either.
      return .double(number.isNaN ? 0 : number)
    case 2: return .blob(pieces.bytes())
    case 3: return .null
    default: return .text(pieces.text())
    }
  }
}

/// A database in memory with one table, which is empty between inputs.
private final class Connection: Sendable {
  private let connection: SQLiteConnection

  init() throws {
    connection = try SQLiteConnection(path: ":memory:", .memory)
    _ = try connection.execute("CREATE TABLE kept (id INTEGER, cell)", readOnly: false)
  }

  private func run(_ sql: SQL) throws -> [[Value]]? {
    try accepted { try connection.execute(sql, readOnly: false) }
  }

  func check(_ values: [Value]) throws {
    for value in values {
      let sql: SQL = "SELECT \(value), typeof(\(value))"
      try hold(same(sql.render(.sqlite).text, "SELECT ?1, typeof(?2)"), "the value is part of the text")
      try hold(same(sql.render(.postgres).text, "SELECT $1, typeof($2)"), "the value is part of the text")
      guard let rows = try run(sql) else {
        try hold(hasNUL(value), "\(value) was refused")
        continue
      }
      try hold(rows.count == 1 && equal(rows[0][0], value), "\(value) came back as \(rows)")
      let constant = SQL(parts: [.raw("SELECT " + Dialect.sqlite.literal(value))])
      guard case .double = value else {
        let rows = try run(constant)
        try hold(rows.map { $0.count == 1 && equal($0[0][0], value) } ?? false, "\(value) as constant: \(rows ?? [])")
        continue
      }
    }
    try keep(values.filter { !hasNUL($0) })
  }

  /// Inserts all, finds each by itself, finds them by a list, deletes all.
  private func keep(_ values: [Value]) throws {
    for (i, value) in values.enumerated() { _ = try run("INSERT INTO kept VALUES (\(i), \(value))") }
    for (i, value) in values.enumerated() where value != .null {
      let found = try run("SELECT id, cell FROM kept WHERE cell = \(value) ORDER BY id") ?? []
      try hold(found.contains { $0[0] == .int(i) && equal($0[1], value) }, "\(value) is not found")
    }
    let texts = values.compactMap { if case .text(let text) = $0 { text } else { nil } }
    let count = try run("SELECT COUNT(*) FROM kept WHERE typeof(cell) = 'text' AND cell IN (\(list: texts))")
    try hold(count == [[.int(texts.count)]], "\(texts.count) texts, of which a list finds \(count ?? [])")
    _ = try run("DELETE FROM kept")
  }

  func check(identifier: String) throws {
    let isName =
      !identifier.isEmpty && identifier.utf8.count <= 63
      && identifier.utf8.enumerated().allSatisfy { i, c in
        c == 95 || (97...122).contains(c) || (i > 0 && (48...57).contains(c))
      }
    let sql: SQL = "SELECT 1 AS \(identifier: identifier)"
    try hold((sql.fault == nil) == isName, "'\(identifier)' as an identifier: \(String(describing: sql.fault))")
    let inner: SQL = "\(SQL.joined(["a", sql], " AND "))"
    try hold((inner.fault == nil) == isName, "the refusal of '\(identifier)' was lost on the way")
    if !isName { try hold(try run(sql) == nil, "'\(identifier)' ran") }
  }

  private func hasNUL(_ value: Value) -> Bool {
    if case .text(let text) = value { text.utf8.contains(0) } else { false }
  }
  private func equal(_ a: Value, _ b: Value) -> Bool {
    if case (.text(let a), .text(let b)) = (a, b) { return same(a, b) }
    return a == b
  }
}
