public import JSON

/// What a schema needs to know of a table, whatever its records.
public protocol AnyTable: Sendable {
  var name: String { get }
  /// The schema version in which the table appeared.
  var since: Int { get }
  /// The schema versions in which something of the table appeared.
  var versions: Set<Int> { get }
  /// The statements that bring the table from the version before to this one.
  func statements(of version: Int, _ dialect: Dialect) -> [String]
  /// The statements that make the whole table at once.
  func ddl(_ dialect: Dialect) -> [String]
  /// Every record by its id as the change log would show it; nil for a table whose changes are not logged.
  func shown(in transaction: any ReadTransaction) async throws -> [String: JSON]?
}

/// How records of one kind are kept: schema, row mapping and insert at once.
public struct Table<R: Record>: AnyTable {
  public let name: String
  public let since: Int
  public let columns: [Column<R>]
  public let indexes: [TableIndex]
  /// Whether changes of its records go into the change log.
  public let logged: Bool

  let keys: [Column<R>]
  let generation: Column<R>?
  /// The columns' names with commas between them.
  let names: String
  let selection: String
  private let cells: [Cell]

  /// - Parameters:
  ///   - name: the service's name, an underscore, and the plural: `nova_servers`.
  ///   - since: the schema version in which the table appeared.
  ///   - logged: false for what changes all the time and means nothing to a user: leases, sagas.
  public init(
    _ name: String, since: Int = 1, logged: Bool = true, _ columns: [Column<R>], indexes: [TableIndex] = []
  ) {
    precondition(SQL.isIdentifier(name), "the table name '\(name)' must be lower case letters, digits and _")
    self.name = name
    self.since = since
    self.columns = columns
    self.logged = logged
    self.indexes = columns.compactMap(\.index) + indexes
    keys = columns.filter(\.key)
    cells = columns.map(\.cell)
    generation = R.self is any Versioned.Type ? columns.first { $0.name == "generation" } : nil
    names = columns.map(\.name).joined(separator: ", ")
    selection = "SELECT \(names) FROM \(name) "
    precondition(!keys.isEmpty, "the table \(name) needs a column with key: true")
    precondition(
      generation != nil || !(R.self is any Versioned.Type), "the versioned table \(name) needs a column generation")
    let known = Set(columns.map(\.name))
    for index in self.indexes {
      precondition(known.isSuperset(of: index.columns), "an index of \(name) names a column that is not there")
    }
  }

  /// The record in a row read with the table's own selection.
  func decode(_ row: [Value]) throws -> R {
    var record = R()
    try withUnsafeMutablePointer(to: &record) { record in
      for i in 0..<min(cells.count, row.count) { try cells[i].set(record, row[i]) }
    }
    return record
  }
  func insert(_ record: R) -> SQL {
    var parts: [SQL.Part] = [.raw("INSERT INTO \(name) (\(names)) VALUES (")]
    parts.reserveCapacity(2 * cells.count + 1)
    withUnsafePointer(to: record) { record in
      for cell in cells {
        if parts.count > 1 { parts.append(.raw(", ")) }
        parts.append(.bind(cell.get(record)))
      }
    }
    parts.append(.raw(")"))
    return SQL(parts: parts)
  }
  func update(_ record: R) -> SQL {
    var parts: [SQL.Part] = [.raw("UPDATE \(name) SET ")]
    withUnsafePointer(to: record) { record in
      for cell in cells where !cell.key {
        parts.append(.raw((parts.count > 1 ? ", " : "") + cell.name + " = "))
        parts.append(.bind(cell.get(record)))
      }
    }
    return SQL(parts: parts + [.raw(" ")]) + whereKey(key(of: record))
  }
  func key(of record: R) -> [Value] {
    withUnsafePointer(to: record) { record in cells.filter { $0.key }.map { $0.get(record) } }
  }
  /// Whether all columns of both are alike.
  func same(_ a: R, _ b: R) -> Bool {
    withUnsafePointer(to: a) { a in
      withUnsafePointer(to: b) { b in cells.allSatisfy { $0.get(a) == $0.get(b) } }
    }
  }
  /// The columns as the change log shows them; with `against`, only those that differ from that record.
  func shown(_ record: R, against other: R?) -> JSON {
    guard let other else { return withUnsafePointer(to: record) { shown($0, against: nil) } }
    return withUnsafePointer(to: record) { record in
      withUnsafePointer(to: other) { shown(record, against: $0) }
    }
  }
  private func shown(_ record: UnsafeRawPointer, against other: UnsafeRawPointer?) -> JSON {
    var object = JSONObject()
    for cell in cells {
      let value = cell.get(record)
      if let other, cell.get(other) == value { continue }
      object.append(cell.name, cell.secret && value != .null ? "***" : value.shown)
    }
    return .object(object)
  }
  func whereKey(_ values: [Value]) -> SQL {
    var parts: [SQL.Part] = []
    for cell in cells where cell.key && parts.count < 2 * values.count {
      parts.append(.raw((parts.isEmpty ? "WHERE " : " AND ") + cell.name + " = "))
      parts.append(.bind(values[parts.count / 2]))
    }
    return SQL(parts: parts)
  }
}

extension Table {
  public var versions: Set<Int> {
    Set([since] + columns.map { max($0.since, since) } + indexes.map { max($0.since, since) })
  }

  public func statements(of version: Int, _ dialect: Dialect) -> [String] {
    var statements: [String] = []
    if version == since {
      statements.append(creation(dialect, columns.filter { $0.since <= version }))
    } else {
      for column in columns where column.since == version && version > since {
        statements.append("ALTER TABLE \(name) ADD COLUMN " + declaration(column, dialect))
      }
    }
    return statements + indexes.filter { max($0.since, since) == version }.map(creation)
  }

  public func ddl(_ dialect: Dialect) -> [String] {
    // Columns stand in the order in which an old store got them, so that the text is that of a migrated one.
    let ordered = columns.enumerated().sorted {
      (max($0.element.since, since), $0.offset) < (max($1.element.since, since), $1.offset)
    }.map(\.element)
    return [creation(dialect, ordered)] + indexes.map(creation)
  }

  private func creation(_ dialect: Dialect, _ columns: [Column<R>]) -> String {
    let lines = columns.map { "  " + declaration($0, dialect) }
    let key = "  PRIMARY KEY (" + keys.map(\.name).joined(separator: ", ") + ")"
    return "CREATE TABLE \(name) (\n" + (lines + [key]).joined(separator: ",\n") + "\n)"
  }
  private func declaration(_ column: Column<R>, _ dialect: Dialect) -> String {
    var text = "\(column.name) \(dialect.name(of: column.type))"
    if !column.nullable { text += " NOT NULL" }
    if column.since > since, !column.nullable { text += " DEFAULT " + dialect.literal(column.value(in: R())) }
    return text
  }
  private func creation(_ index: TableIndex) -> String {
    "CREATE \(index.isUnique ? "UNIQUE " : "")INDEX \(indexName(index)) ON \(name) ("
      + index.columns.joined(separator: ", ") + ")" + (index.condition.map { " WHERE " + $0 } ?? "")
  }
  /// A name too long for PostgreSQL keeps its beginning, and a hash of the whole keeps it apart from others (FNV-1a).
  private func indexName(_ index: TableIndex) -> String {
    let whole = ([name] + index.columns + [index.isUnique ? "key" : "idx"]).joined(separator: "_")
    guard whole.utf8.count > 63 else { return whole }
    let hash = whole.utf8.reduce(0x811c_9dc5 as UInt32) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
    return whole.prefix(54) + "_" + String(hash, radix: 16)
  }
}
