internal import CSQLite
internal import Core

/// One SQLite connection with its prepared statements.
///
/// Unchecked because SQLite's handle is a bare pointer: whoever took the connection from its pool, or the one writer,
/// uses it, one task at a time.
final class SQLiteConnection: Session, @unchecked Sendable {
  enum Role { case memory, writer, reader }

  private var handle: OpaquePointer?
  private var prepared: [String: OpaquePointer] = [:]
  /// Statements kept prepared; beyond it all are forgotten, since a process repeats a few hundred.
  private static let preparedLimit = 500

  let dialect = Dialect.sqlite

  init(path: String, _ role: Role) throws {
    let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
    guard sqlite3_open_v2(path, &handle, flags, nil) == SQLITE_OK else {
      let why = handle.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
      close()
      throw Fault.unavailable(
        "The database \(path) cannot be opened: \(why). Check that its directory exists and belongs to the user who "
          + "runs the server.")
    }
    sqlite3_extended_result_codes(handle, 1)
    sqlite3_busy_timeout(handle, 10_000)
    do {
      // Texts match by case as PostgreSQL has it.
      try control("PRAGMA case_sensitive_like = ON")
      if role != .memory {
        try control("PRAGMA journal_mode = WAL")
        try control("PRAGMA synchronous = FULL")
        try control("PRAGMA journal_size_limit = 67108864")
      }
      if role == .reader { try control("PRAGMA query_only = ON") }
    } catch {
      close()
      throw error
    }
  }

  deinit { close() }

  func close() {
    for statement in prepared.values { sqlite3_finalize(statement) }
    prepared = [:]
    sqlite3_close_v2(handle)
    handle = nil
  }

  /// The failure that made SQLite end the transaction by itself, if that is how it ended.
  private(set) var undoing: Fault?

  /// Whether a transaction is open; SQLite ends it by itself when the disk is full or fails.
  /// How many rows were ever changed on this connection.
  var changes: Int64 { sqlite3_total_changes64(handle) }
  var isInTransaction: Bool { handle != nil && sqlite3_get_autocommit(handle) == 0 }

  /// Runs a statement without binds: COMMIT, SAVEPOINT, PRAGMA.
  func control(_ text: String) throws { _ = try run(text, [], readOnly: false) }

  func begin(_ text: String) throws {
    undoing = nil
    try control(text)
  }

  func execute(_ sql: SQL, readOnly: Bool) throws -> [[Value]] {
    if let fault = sql.fault { throw fault }
    let (text, binds) = sql.render(.sqlite)
    return try run(text, binds, readOnly: readOnly)
  }

  private func run(_ text: String, _ binds: [Value], readOnly: Bool) throws -> [[Value]] {
    let wasInTransaction = isInTransaction
    do {
      return try step(text, binds, readOnly: readOnly)
    } catch {
      if wasInTransaction, !isInTransaction { undoing = Fault(wrapping: error) }
      throw error
    }
  }

  private func step(_ text: String, _ binds: [Value], readOnly: Bool) throws -> [[Value]] {
    let statement = try statement(text)
    if readOnly, sqlite3_stmt_readonly(statement) == 0 {
      throw Fault.internalError("The server tried to write where it may only read.", detail: text)
    }
    defer {
      sqlite3_reset(statement)
      sqlite3_clear_bindings(statement)
    }
    for (i, value) in binds.enumerated() {
      guard try bind(value, Int32(i + 1), statement) == SQLITE_OK else { throw fault(text) }
    }
    var rows: [[Value]] = []
    let width = sqlite3_column_count(statement)
    while true {
      switch sqlite3_step(statement) {
      case SQLITE_ROW: rows.append((0..<width).map { cell(statement, $0) })
      case SQLITE_DONE: return rows
      default: throw fault(text)
      }
    }
  }

  private func statement(_ text: String) throws -> OpaquePointer? {
    if let known = prepared[text] { return known }
    if prepared.count >= Self.preparedLimit {
      for statement in prepared.values { sqlite3_finalize(statement) }
      prepared = [:]
    }
    var statement: OpaquePointer?
    guard sqlite3_prepare_v3(handle, text, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil) == SQLITE_OK else {
      throw fault(text)
    }
    prepared[text] = statement
    return statement
  }

  private func bind(_ value: Value, _ at: Int32, _ statement: OpaquePointer?) throws -> Int32 {
    switch value {
    case .null: return sqlite3_bind_null(statement, at)
    case .int(let number): return sqlite3_bind_int64(statement, at, Int64(number))
    case .double(let number): return sqlite3_bind_double(statement, at, number)
    case .text(var text):
      try refuseNUL(text)
      if text.isEmpty { return csqlite_bind_text(statement, at, "", 0) }
      return text.withUTF8 { bytes in
        bytes.withMemoryRebound(to: CChar.self) {
          csqlite_bind_text(statement, at, $0.baseAddress, Int32($0.count))
        }
      }
    case .blob(let bytes): return csqlite_bind_blob(statement, at, bytes, Int32(bytes.count))
    }
  }

  private func cell(_ statement: OpaquePointer?, _ at: Int32) -> Value {
    switch sqlite3_column_type(statement, at) {
    case SQLITE_INTEGER: return .int(Int(sqlite3_column_int64(statement, at)))
    case SQLITE_FLOAT: return .double(sqlite3_column_double(statement, at))
    case SQLITE_TEXT:
      let start = sqlite3_column_text(statement, at)
      let bytes = UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, at)))
      return .text(String(decoding: bytes, as: UTF8.self))
    case SQLITE_BLOB:
      let start = sqlite3_column_blob(statement, at)
      return .blob(Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, at)))))
    default: return .null
    }
  }

  /// How SQLite says that a statement is beyond its limits (sqlite.org/limits.html), for which it has no code.
  private static let limits = [
    "too many SQL variables", "variable number must be", "Expression tree is too large", "parser stack overflow",
    "LIKE or GLOB pattern too complex", "too many terms",
  ]

  private func fault(_ text: String) -> Fault {
    let code = sqlite3_extended_errcode(handle)
    let why = String(cString: sqlite3_errmsg(handle))
    let detail = "SQLite \(code): \(why), in: \(text)"
    switch code {
    // SQLITE_CONSTRAINT_UNIQUE, _PRIMARYKEY and _ROWID, whose macros Swift does not import.
    case 2067, 1555, 2579: return duplicate(detail)
    default: break
    }
    switch code & 0xff {
    case SQLITE_FULL: return diskFull(detail)
    case SQLITE_BUSY, SQLITE_LOCKED:
      return .unavailable("The database is in use by another program. Stop that one, or try again.", detail: detail)
    case SQLITE_IOERR, SQLITE_CANTOPEN, SQLITE_READONLY, SQLITE_PERM:
      return .unavailable(
        "The database cannot be read or written. An administrator must check the disk and the permissions of the "
          + "state directory.", detail: detail)
    case SQLITE_TOOBIG: return tooMuch(detail)
    case SQLITE_ERROR where Self.limits.contains(where: { why.hasPrefix($0) }): return tooMuch(detail)
    case SQLITE_CORRUPT, SQLITE_NOTADB:
      return .internalError(
        "The database is damaged. An administrator must stop the server and restore a backup.", detail: detail)
    default: return .internalError("The server used its database in a wrong way.", detail: detail)
    }
  }
}

/// A unique column's value, or a key, that another record has already.
func duplicate(_ detail: String) -> Fault {
  Fault(.conflict, "A record with the same unique values exists already.", detail: detail, code: "duplicate")
}
func diskFull(_ detail: String) -> Fault {
  Fault(
    .outOfSpace,
    "The database's disk is full, so nothing can be changed. An administrator must free space; then try again.",
    detail: detail)
}
/// What only a request with thousands of conditions can bring about.
func tooMuch(_ detail: String) -> Fault {
  Fault(
    .badRequest, "The request asks for more at once than the database bears. Ask for less, or in several requests.",
    detail: detail)
}
/// PostgreSQL's texts cannot hold the character NUL, so none may.
func refuseNUL(_ text: String) throws {
  guard !text.utf8.contains(0) else { throw Fault.badRequest("A text must not contain the character NUL.") }
}
