/// Statements that change rows, not tables, when a store reaches a version; they run after its tables have changed.
public struct DataMigration: Sendable {
  public let version: Int
  public let statements: [SQL]

  public init(_ version: Int, _ statements: [SQL]) {
    self.version = version
    self.statements = statements
  }
}

/// All tables of one service. Its migrations are derived from the `since:` of tables, columns and indexes: version 1
/// makes what is there since 1, version N adds what is there since N. So nothing is ever taken away or renamed.
public struct Schema: Sendable {
  public let service: String
  public let tables: [any AnyTable]
  public let data: [DataMigration]

  public init(_ service: String, tables: [any AnyTable], data: [DataMigration] = []) {
    self.service = service
    self.tables = tables
    self.data = data
  }

  /// The newest version this program knows.
  public var version: Int { (tables.flatMap(\.versions) + data.map(\.version)).max() ?? 1 }

  /// The statements that bring a store from the version before to this one.
  public func statements(to version: Int, _ dialect: Dialect) -> [SQL] {
    tables.flatMap { $0.statements(of: version, dialect) }.map { SQL(stringLiteral: $0) }
      + data.filter { $0.version == version }.flatMap(\.statements)
  }

  /// The newest version as one text, for golden files.
  public func ddl(_ dialect: Dialect) -> String {
    tables.flatMap { $0.ddl(dialect) }.map { $0 + ";\n" }.joined()
  }
}
