internal import Core

/// One consistent view of the store. Await nothing but the transaction inside its closure.
public protocol ReadTransaction: Sendable {
  var dialect: Dialect { get }
  /// Runs one statement and gives its rows.
  func run(_ sql: SQL) async throws -> [[Value]]
}

extension ReadTransaction {
  /// The records that a piece beginning with `WHERE`, `ORDER BY` or `LIMIT` selects.
  public func all<R: Record>(_ type: R.Type = R.self, _ sql: SQL = "") async throws -> [R] {
    let table = R.table
    return try await run(SQL(parts: [.raw(table.selection)]) + sql).map(table.decode)
  }

  /// The first record that the piece, which has no `LIMIT` of its own, selects.
  public func one<R: Record>(_ type: R.Type = R.self, _ sql: SQL = "") async throws -> R? {
    try await all(type, sql + " LIMIT 1").first
  }

  /// The record with this key; of a composite key, all parts in the order of the columns.
  public func get<R: Record>(_ type: R.Type = R.self, _ key: any ColumnValue...) async throws -> R? {
    guard key.count == R.table.keys.count else {
      throw Fault.internalError("A record was looked up by the wrong key.", detail: "\(R.table.name): \(key)")
    }
    return try await all(type, R.table.whereKey(key.map(\.columnValue))).first
  }

  /// How many records the piece, which begins with `WHERE`, selects.
  public func count<R: Record>(_ type: R.Type = R.self, _ sql: SQL = "") async throws -> Int {
    let rows = try await run("SELECT COUNT(*) FROM \(R.table) \(sql)")
    return try Int(columnValue: rows.first?.first ?? .null)
  }
}

/// A read-only transaction on one connection.
struct Reading: ReadTransaction {
  let session: any Session
  var dialect: Dialect { session.dialect }
  func run(_ sql: SQL) async throws -> [[Value]] { try session.execute(sql, readOnly: true) }
}

/// One connection inside one transaction, used by one task at a time.
protocol Session: Sendable {
  var dialect: Dialect { get }
  func execute(_ sql: SQL, readOnly: Bool) throws -> [[Value]]
}
