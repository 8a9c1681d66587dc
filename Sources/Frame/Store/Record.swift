internal import Core

/// A struct that is kept as one row of its table.
///
/// `init()` gives the blank into which a row is read; its values are also the defaults of columns that a later
/// version adds, so it must always give the same.
public protocol Record: Sendable {
  init()
  /// Keep it as a `static let`: it is consulted with every statement.
  static var table: Table<Self> { get }
  /// What the change log calls the record. The key, where that is one column; several are joined with `/`.
  var id: String { get }
  /// Called in the transaction that added, changed or removed a record of a logged table, after it did: keeps the rows
  /// by which the record is found, where one column cannot. What `Transaction.run` changes it is not told.
  /// - Parameters:
  ///   - before: nil for one that was added.
  ///   - after: nil for one that was removed.
  static func hasChanged(from before: Self?, to after: Self?, in transaction: Transaction) async throws
}

extension Record {
  public static func hasChanged(from before: Self?, to after: Self?, in transaction: Transaction) async throws {}
  public var id: String {
    Self.table.key(of: self).map { value in
      switch value {
      case .text(let text): text
      case .int(let number): String(number)
      case .double(let number): String(number)
      case .blob(let bytes): bytes.hex
      case .null: ""
      }
    }.joined(separator: "/")
  }
}

/// A record that several writers may change: every write names the generation that it read, and the store counts it on.
/// Its table must have a column called `generation`.
public protocol Versioned: Record {
  var generation: Int { get set }
}

/// One column of a table and the property it keeps.
public struct Column<R>: Sendable {
  public let name: String
  public let type: ColumnType
  public let nullable: Bool
  public let key: Bool
  public let secret: Bool
  /// The schema version in which the column appeared.
  public let since: Int
  let index: TableIndex?
  let cell: Cell

  /// The value that a record's cell holds.
  func value(in record: R) -> Value { withUnsafePointer(to: record) { cell.get($0) } }
  func set(_ record: inout R, _ value: Value) throws {
    try withUnsafeMutablePointer(to: &record) { try cell.set($0, value) }
  }

  /// - Parameters:
  ///   - key: part of the primary key.
  ///   - since: the schema version in which the column appeared; older stores get it with the value of `R()`.
  ///   - unique: no two rows may hold the same value; a violation is a conflict fault with the code `duplicate`.
  ///   - indexed: rows are looked up by it.
  ///   - secret: the change log shows `***` in its place.
  public static func column<V: ColumnValue>(
    _ name: String, _ path: any WritableKeyPath<R, V> & Sendable, key: Bool = false, since: Int = 1,
    unique: Bool = false, indexed: Bool = false, secret: Bool = false
  ) -> Self {
    precondition(SQL.isIdentifier(name), "the column name '\(name)' must be lower case letters, digits and _")
    let index: TableIndex? =
      unique ? .unique(name, since: since) : indexed ? .index(name, since: since) : nil
    let property = StoredProperty<R, V>(path)
    return Column(
      name: name, type: V.columnType, nullable: V.columnNullable, key: key, secret: secret, since: since, index: index,
      cell: Cell(
        name: name, key: key, secret: secret, get: { property.read($0).columnValue },
        set: { property.write(try V(columnValue: $1), to: $0) }))
  }

  /// The columns of a part that the record stores, as its own.
  public static func part<Part>(
    _ path: any WritableKeyPath<R, Part> & Sendable, _ columns: [Column<Part>]
  ) -> [Self] {
    guard let offset = StoredProperty(path).offset else { preconditionFailure("\(R.self) computes \(Part.self)") }
    return columns.map { column in
      Column(
        name: column.name, type: column.type, nullable: column.nullable, key: column.key, secret: column.secret,
        since: column.since, index: column.index,
        cell: Cell(
          name: column.name, key: column.key, secret: column.secret,
          get: { column.cell.get($0.advanced(by: offset)) },
          set: { try column.cell.set($0.advanced(by: offset), $1) }))
    }
  }
}

/// A column as loops over columns need it: generic over no record, since its functions get the record's address.
struct Cell: Sendable {
  let name: String
  let key: Bool
  let secret: Bool
  let get: @Sendable (UnsafeRawPointer) -> Value
  let set: @Sendable (UnsafeMutableRawPointer, Value) throws -> Void
}

/// An index of a table; a unique one also forbids two rows with the same values (rows with a NULL among them aside).
public struct TableIndex: Sendable, Hashable {
  public let columns: [String]
  public let isUnique: Bool
  public let since: Int
  /// The condition of a partial index, without `WHERE`.
  public let condition: String?

  public static func index(_ columns: String..., since: Int = 1, where condition: String? = nil) -> TableIndex {
    TableIndex(columns: columns, isUnique: false, since: since, condition: condition)
  }
  public static func unique(_ columns: String..., since: Int = 1, where condition: String? = nil) -> TableIndex {
    TableIndex(columns: columns, isUnique: true, since: since, condition: condition)
  }
}
