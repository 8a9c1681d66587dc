internal import CPostgres
internal import Core

/// One connection to a PostgreSQL server with its prepared statements; its calls block its own thread.
///
/// Unchecked because libpq's handle is a bare pointer: whoever took the connection from the pool uses it, one task at
/// a time.
final class PostgresConnection: Session, @unchecked Sendable {
  private let conninfo: String
  private var handle: OpaquePointer?
  private var prepared: [String: String] = [:]
  private var preparedCount = 0
  private static let preparedLimit = 500
  /// The SQLSTATE of this transaction's first failure.
  private var failed: String?
  private var isCommitting = false

  let dialect = Dialect.postgres

  init(_ conninfo: String) { self.conninfo = conninfo }

  deinit { close() }

  func close() {
    if let handle { PQfinish(handle) }
    handle = nil
    prepared = [:]
  }

  private var isLost: Bool { handle == nil || PQstatus(handle) != CONNECTION_OK }

  /// Whether the transaction failed so that it left nothing behind and may well succeed the next time: it collided
  /// with another, a schema changed under a prepared statement, or the connection broke before the commit was sent.
  var mayRepeat: Bool {
    switch failed {
    case "40001", "40P01", "cached plan": true
    default: isLost && !isCommitting
    }
  }

  /// Connects, or connects again after a loss; nothing when the connection stands.
  func connect() throws {
    guard isLost else { return }
    close()
    let options = [
      "connect_timeout", "10", "client_encoding", "UTF8", "application_name", "martlet", "dbname", conninfo,
    ].map { Array($0.utf8CString) }
    handle = withPointers(options) { pointers in
      let names = stride(from: 0, to: 8, by: 2).map { pointers[$0] } + [nil]
      let values = stride(from: 1, to: 8, by: 2).map { pointers[$0] } + [nil]
      return PQconnectdbParams(names, values, 1)
    }
    guard !isLost else {
      let why = handle.map { String(cString: PQerrorMessage($0)) } ?? "out of memory"
      close()
      throw Fault.unavailable(
        "The database server does not answer. An administrator must check that PostgreSQL runs and that the "
          + "connection in the configuration is right.", detail: why)
    }
    PQsetNoticeProcessor(handle, { _, _ in }, nil)
  }

  func begin(_ text: String) throws {
    try connect()
    failed = nil
    isCommitting = false
    do {
      try control(text)
    } catch {
      // A server that was restarted is noticed only now.
      guard isLost else { throw error }
      try connect()
      failed = nil
      try control(text)
    }
  }

  func commit() throws {
    isCommitting = true
    do {
      try control("COMMIT")
    } catch {
      guard isLost else { throw error }
      throw Fault.unavailable(
        "The database server was lost while it saved the change, so it is unknown whether it did. Look before you "
          + "repeat the request.", detail: "\(error)")
    }
  }

  func rollback() {
    guard !isLost else { return close() }
    if PQtransactionStatus(handle) != PQTRANS_IDLE { try? control("ROLLBACK") }
    if failed == "cached plan" { forgetPrepared() }
  }

  /// Runs a statement without binds or rows: BEGIN, COMMIT.
  func control(_ text: String) throws {
    let result = PQexec(handle, text)
    defer { PQclear(result) }
    _ = try check(result, text)
  }

  func execute(_ sql: SQL, readOnly: Bool) throws -> [[Value]] {
    if let fault = sql.fault { throw fault }
    let (text, binds) = sql.render(.postgres)
    // libpq refuses more by itself, without a code that would tell this from other faults.
    guard binds.count <= Int(UInt16.max) else { throw tooMuch("\(binds.count) parameters, in: \(text.prefix(1000))") }
    let name = try prepare(text, binds)
    let parameters = try binds.map(encode)
    let present = parameters.map { $0 ?? [] }
    let lengths = present.map { Int32($0.count) }
    let formats = binds.map { if case .blob = $0 { Int32(1) } else { Int32(0) } }
    let result = withPointers(present) { pointers in
      let values = zip(pointers, parameters).map { $1 == nil ? nil : $0 }
      return PQexecPrepared(handle, name, Int32(binds.count), values, lengths, formats, 0)
    }
    defer { PQclear(result) }
    return try check(result, text)
  }

  /// The name under which the statement is prepared for these types of binds; prepares it the first time.
  private func prepare(_ text: String, _ binds: [Value]) throws -> String {
    let types = binds.map(\.oid)
    let key = text + "\u{1}" + types.map(String.init).joined(separator: ",")
    if let name = prepared[key] { return name }
    if prepared.count >= Self.preparedLimit { forgetPrepared() }
    preparedCount += 1
    let name = "s\(preparedCount)"
    let result = PQprepare(handle, name, text, Int32(types.count), types)
    defer { PQclear(result) }
    _ = try check(result, text)
    prepared[key] = name
    return name
  }

  private func forgetPrepared() {
    prepared = [:]
    try? control("DEALLOCATE ALL")
  }

  private func check(_ result: OpaquePointer?, _ text: String) throws -> [[Value]] {
    switch PQresultStatus(result) {
    case PGRES_COMMAND_OK: return []
    case PGRES_TUPLES_OK: return rows(of: result)
    default: throw fault(result, text)
    }
  }

  private func fault(_ result: OpaquePointer?, _ text: String) -> Fault {
    func field(_ code: Character) -> String? {
      guard let ascii = code.asciiValue, let text = PQresultErrorField(result, Int32(ascii)) else { return nil }
      return String(cString: text)
    }
    let state = field("C") ?? ""
    let why = field("M") ?? String(cString: PQerrorMessage(handle))
    let detail = "PostgreSQL \(state): \(why)" + (field("D").map { " (\($0))" } ?? "") + ", in: \(text)"
    let known = state == "0A000" && why.contains("cached plan") ? "cached plan" : state
    failed = failed ?? known
    if state == "23505" { return duplicate(detail) }
    if state == "53100" { return diskFull(detail) }
    if known == "40001" || known == "40P01" || known == "cached plan" {
      return .unavailable("Too many requests change the same thing at once. Try again.", detail: detail)
    }
    if isLost || state.hasPrefix("08") || state.hasPrefix("57P") || state.hasPrefix("53") {
      return .unavailable(
        "The database server is not available. Try again; if it lasts, an administrator must look after PostgreSQL.",
        detail: detail)
    }
    // Class 54, program limit exceeded: too many arguments, a statement too complex.
    if state.hasPrefix("54") { return tooMuch(detail) }
    return .internalError("The server used its database in a wrong way.", detail: detail)
  }
}
