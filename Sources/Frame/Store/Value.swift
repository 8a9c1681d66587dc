// Store: how records are kept, on SQLite in one process and on PostgreSQL at scale.
//
// A `Table` is schema, row mapping and insert at once; a statement is an interpolated `SQL` in which every value is
// a bind and whose text is the same for both engines. Writes are closures: SQLite's run one after another on one
// thread, and everything queued shares one durable commit; PostgreSQL's are serializable and repeated by the store
// when two of them collide. Both append to the change log in the same transaction. So a body must have no effect
// outside its transaction: what is to happen afterwards goes into `afterCommit`.
//
// It must not know any service: tables come with `migrate`.

internal import Core

/// What a cell of either engine holds.
public enum Value: Sendable, Hashable {
  case null
  case int(Int)
  case double(Double)
  case text(String)
  case blob([UInt8])
}

/// What a column is declared as: INTEGER or BIGINT, REAL or DOUBLE PRECISION, TEXT, BLOB or BYTEA.
public enum ColumnType: Sendable, Hashable {
  case integer, double, text, blob
}

/// The two engines, where their texts must differ: placeholders and the names of types.
public enum Dialect: String, Sendable, CaseIterable {
  case sqlite, postgres

  func placeholder(_ n: Int) -> String { self == .sqlite ? "?\(n)" : "$\(n)" }

  /// Texts compare byte by byte on both, so that a page ends at the same row whatever the server's locale.
  func name(of type: ColumnType) -> String {
    switch (type, self) {
    case (.integer, .sqlite): "INTEGER"
    case (.integer, .postgres): "BIGINT"
    case (.double, .sqlite): "REAL"
    case (.double, .postgres): "DOUBLE PRECISION"
    case (.text, .sqlite): "TEXT"
    case (.text, .postgres): "TEXT COLLATE \"C\""
    case (.blob, .sqlite): "BLOB"
    case (.blob, .postgres): "BYTEA"
    }
  }

  /// A constant as it stands in a schema; statements bind instead.
  func literal(_ value: Value) -> String {
    switch value {
    case .null: "NULL"
    case .int(let i): String(i)
    case .double(let d): String(d)
    // By bytes: behind an accent, a quote is another character and ends the constant all the same.
    case .text(let s):
      "'" + String(decoding: s.utf8.flatMap { $0 == UInt8(ascii: "'") ? [$0, $0] : [$0] }, as: UTF8.self) + "'"
    case .blob(let b): self == .sqlite ? "X'\(b.hex)'" : "'\\x\(b.hex)'"
    }
  }
}
