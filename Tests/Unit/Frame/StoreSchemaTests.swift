import Core
import Store
import Testing

/// A table as it was in version 1, and as it is in version 3.
private struct Old: Record {
  var id = ""
  var name = ""
  static let table = Table<Old>("grow_servers", [.column("id", \.id, key: true), .column("name", \.name)])
}
private struct Grown: Record, Equatable {
  var id = ""
  var name = ""
  var description: String?
  var vcpus = 1
  // The second quote and its accent are one character, and end a constant all the same.
  var note = "it's '\u{301}"
  static let table = Table<Grown>(
    "grow_servers",
    [
      .column("id", \.id, key: true),
      .column("description", \.description, since: 2),
      .column("name", \.name),
      .column("vcpus", \.vcpus, since: 3, indexed: true),
      .column("note", \.note, since: 3),
    ], indexes: [.unique("name", "vcpus", since: 3, where: "vcpus > 0")])
}
private struct Added: Record {
  var id = ""
  static let table = Table<Added>("grow_ports", since: 2, [.column("id", \.id, key: true)])
}
private let old = Schema("grow", tables: [Old.table])
private let grown = Schema(
  "grow", tables: [Grown.table, Added.table],
  data: [DataMigration(3, ["UPDATE grow_servers SET description = name WHERE description IS NULL"])])

@Suite("Store: schemas") struct StoreSchemaTests {
  @Test func theSchemaIsOneText() {
    #expect(grown.version == 3)
    #expect(
      grown.ddl(.postgres) == """
        CREATE TABLE grow_servers (
          id TEXT COLLATE "C" NOT NULL,
          name TEXT COLLATE "C" NOT NULL,
          description TEXT COLLATE "C",
          vcpus BIGINT NOT NULL DEFAULT 1,
          note TEXT COLLATE "C" NOT NULL DEFAULT 'it''s ''\u{301}',
          PRIMARY KEY (id)
        );
        CREATE INDEX grow_servers_vcpus_idx ON grow_servers (vcpus);
        CREATE UNIQUE INDEX grow_servers_name_vcpus_key ON grow_servers (name, vcpus) WHERE vcpus > 0;
        CREATE TABLE grow_ports (
          id TEXT COLLATE "C" NOT NULL,
          PRIMARY KEY (id)
        );

        """)
    #expect(
      grown.statements(to: 2, .sqlite).map { $0.render(.sqlite).text }
        == [
          "ALTER TABLE grow_servers ADD COLUMN description TEXT",
          "CREATE TABLE grow_ports (\n  id TEXT NOT NULL,\n  PRIMARY KEY (id)\n)",
        ])
  }

  @Test(arguments: Home.all) func anOldStoreGrowsAndKeepsItsRows(home: Home) async throws {
    let store = try await home.open().store
    try await store.migrate([old])
    let row = Old(id: "1", name: "web")
    try await store.write { try await $0.insert(row) }
    try await store.migrate([grown])
    try await store.migrate([grown])
    let server = try await store.read { try await $0.get(Grown.self, "1") }
    #expect(server == Grown(id: "1", name: "web", description: "web", vcpus: 1, note: "it's '\u{301}"))
    let versions = try await store.read {
      try await $0.run("SELECT version FROM schema_versions WHERE service = \("grow") ORDER BY version")
    }
    #expect(versions == [[.int(1)], [.int(2)], [.int(3)]])
    await store.close()
  }

  @Test(arguments: Home.all) func aFreshStoreIsLikeOneThatGrewAndLikeTheText(home: Home) async throws {
    let grewUp = try await home.open().store
    try await grewUp.migrate([old])
    try await grewUp.migrate([grown])
    let fresh = try await home.open().store
    try await fresh.migrate([grown])
    let written = try await home.open().store
    try await written.write { transaction in
      for statement in grown.ddl(transaction.dialect).split(separator: ";") where statement.contains("CREATE") {
        _ = try await transaction.run(SQL(stringLiteral: String(statement)))
      }
    }
    let expected = try await Self.columns(written)
    #expect(expected.count == 6)
    #expect(try await Self.columns(fresh) == expected)
    #expect(try await Self.columns(grewUp) == expected)
    for store in [grewUp, fresh, written] { await store.close() }
  }

  /// What the engine itself says of the tables' columns.
  private static func columns(_ store: Store) async throws -> [[Value]] {
    try await store.read { transaction in
      switch transaction.dialect {
      case .sqlite:
        try await transaction.run(
          """
          SELECT m.name, c.name, c.type, c."notnull", c.dflt_value FROM sqlite_master m, pragma_table_info(m.name) c
          WHERE m.type = 'table' AND m.name LIKE 'grow_%' ORDER BY m.name, c.cid
          """)
      case .postgres:
        try await transaction.run(
          """
          SELECT table_name::text, column_name::text, data_type::text, is_nullable::text, column_default::text
          FROM information_schema.columns
          WHERE table_schema = current_schema() AND table_name LIKE 'grow_%' ORDER BY table_name, ordinal_position
          """)
      }
    }
  }

  @Test(arguments: Home.all) func aStoreNewerThanTheProgramIsRefused(home: Home) async throws {
    let store = try await home.open().store
    try await store.migrate([grown])
    let fault = await #expect(throws: Fault.self) { try await store.migrate([old]) }
    #expect(fault?.kind == .unavailable)
    #expect(fault?.message.contains("newer version") == true)
    #expect(fault?.message.contains("grow") == true)
    await store.close()
  }

  @Test(arguments: Home.all.filter { $0 == .postgres }) func processesMayMigrateAtOnce(home: Home) async throws {
    let opened = try await home.open()
    let reopen = try #require(opened.reopen)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask {
          let store = try await reopen()
          try await store.migrate([grown])
          await store.close()
        }
      }
      try await group.waitForAll()
    }
    await opened.store.close()
  }
}
