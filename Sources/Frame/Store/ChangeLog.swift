public import Core

/// How changes are numbered, so that a reader who asks for what came after the last one he saw never misses any.
///
/// On SQLite writers come one after another and so do their numbers. On PostgreSQL a sequence's numbers become visible
/// out of order; so the number is made of the transaction's own (upper bits) and a count, and readers see only
/// transactions older than the oldest one that still runs. Numbers restart if a PostgreSQL dump is loaded elsewhere.
enum ChangeLog {
  /// Bits of the number that count changes within one transaction.
  static let shift = 20

  static func append(_ change: Change, _ n: Int, _ dialect: Dialect) throws -> SQL {
    guard n < 1 << shift else {
      throw Fault(.tooLarge, "One request may change at most \(1 << shift) records. Ask for less at once.")
    }
    let columns = Change.table.columns.dropFirst()
    let names = columns.map(\.name).joined(separator: ", ")
    var sql = SQL()
    switch dialect {
    case .sqlite: sql.parts = [.raw("INSERT INTO changes (\(names)) VALUES (")]
    case .postgres:
      sql.parts = [
        .raw("INSERT INTO changes (seq, \(names)) VALUES ("),
        .raw("(pg_current_xact_id()::text::bigint << \(shift)) + "), .bind(.int(n)), .raw(", "),
      ]
    }
    for (i, column) in columns.enumerated() {
      if i > 0 { sql.parts.append(.raw(", ")) }
      sql.parts.append(.bind(column.value(in: change)))
    }
    sql.parts.append(.raw(")"))
    return sql
  }

  static func settled(_ dialect: Dialect) -> SQL {
    switch dialect {
    case .sqlite: SQL()
    case .postgres:
      SQL(stringLiteral: " AND seq < (pg_snapshot_xmin(pg_current_snapshot())::text::bigint << \(shift))")
    }
  }
}

extension Store {
  /// The changes after that number, oldest first, at most `limit`; the last one's `seq` is where to go on.
  public func changes(after seq: Int, limit: Int = 100) async throws -> [Change] {
    try await read { transaction in
      try await transaction.all(
        Change.self,
        "WHERE seq > \(seq)\(ChangeLog.settled(transaction.dialect)) ORDER BY seq LIMIT \(limit)")
    }
  }

  /// The newest changes of one record, oldest first, at most `limit`.
  public func changes(of recordID: String, limit: Int = 1000) async throws -> [Change] {
    try await read { transaction in
      try await transaction.all(
        Change.self, "WHERE record_id = \(recordID) ORDER BY seq DESC LIMIT \(limit)"
      ).reversed()
    }
  }

  /// Forgets the changes before that instant, but for the newest one, which keeps the numbers rising; says how many.
  @discardableResult
  public func trim(before instant: Timestamp) async throws -> Int {
    try await write { transaction in
      try await transaction.deleteAll(
        Change.self, "WHERE at < \(instant) AND seq < (SELECT MAX(seq) FROM changes)")
    }
  }
}
