internal import Core

extension Schema {
  /// The store's own table.
  static let changeLog = Schema("store", tables: [Change.table])
}

/// One version of one service's schema that this store has.
struct SchemaVersion: Record {
  var service = ""
  var version = 0
  var appliedAt = Timestamp(microseconds: 0)

  static let table = Table<SchemaVersion>(
    "schema_versions", logged: false,
    [
      .column("service", \.service, key: true),
      .column("version", \.version, key: true),
      .column("applied_at", \.appliedAt),
    ])
}

/// Brings a store up to date.
struct Migration {
  let store: Store

  /// The version that the store has of each service's tables.
  func newest() async throws -> [String: Int] {
    let dialect = store.dialect
    try await store.write { transaction in
      for statement in SchemaVersion.table.ddl(dialect) {
        let make = "CREATE TABLE"
        _ = try await transaction.run(SQL(stringLiteral: make + " IF NOT EXISTS" + statement.dropFirst(make.count)))
      }
    }
    let applied = try await store.read { try await $0.all(SchemaVersion.self) }
    var newest: [String: Int] = [:]
    for row in applied { newest[row.service] = max(row.version, newest[row.service] ?? 0) }
    return newest
  }

  private func refuseNewer(_ schemas: [Schema], _ newest: [String: Int]) throws {
    for schema in schemas {
      let found = newest[schema.service] ?? 0
      guard found <= schema.version else {
        throw Fault.unavailable(
          "The database was written by a newer version of this program: its tables of \(schema.service) have version "
            + "\(found), this program knows \(schema.version). Start the newer program, or restore a backup.")
      }
    }
  }

  /// - Throws: `unavailable` where anything is not of this program's version.
  func check(_ schemas: [Schema]) async throws {
    let newest = try await newest()
    try refuseNewer(schemas, newest)
    for schema in schemas where newest[schema.service] ?? 0 < schema.version {
      throw Fault.unavailable(
        "The database is of an older version than this program, or of no cloud yet: its tables of \(schema.service) "
          + "have version \(newest[schema.service] ?? 0), not \(schema.version). Start the cloud's own process of this "
          + "release first.")
    }
  }

  func run(_ schemas: [Schema]) async throws {
    let newest = try await newest()
    // All are checked before any is changed.
    try refuseNewer(schemas, newest)
    for schema in schemas {
      let found = newest[schema.service] ?? 0
      for version in stride(from: found + 1, through: schema.version, by: 1) { try await apply(version, schema) }
    }
  }

  private func apply(_ version: Int, _ schema: Schema) async throws {
    let now = store.world.now()
    try await store.write { transaction in
      for statement in schema.statements(to: version, transaction.dialect) { _ = try await transaction.run(statement) }
      var row = SchemaVersion()
      row.service = schema.service
      row.version = version
      row.appliedAt = now
      try await transaction.insert(row)
    }
  }
}
