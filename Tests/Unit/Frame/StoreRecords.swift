import Core
import JSON
import Store

/// One property of every kind that a column can keep.
struct Sample: Record, Equatable {
  enum State: String, ColumnValue { case new, old }
  struct Link: JSONColumn, Equatable {
    var to = ""
    init(_ to: String) { self.to = to }
    init(json: JSON) throws { to = try String(json: json["to"] ?? .null) }
    var json: JSON { ["to": .string(to)] }
  }

  var id = ""
  var count = 0
  var maybeCount: Int?
  var isOn = false
  var share = 0.0
  var at = Timestamp(microseconds: 0)
  var maybeAt: Timestamp?
  var bytes: [UInt8] = []
  var maybeBytes: [UInt8]?
  var name: String?
  var state = State.new
  var maybeState: State?
  var document: JSON = .null
  var tags: [String] = []
  var metadata: [String: String] = [:]
  var link: Link?
  var links: [Link] = []

  static let table = Table<Sample>(
    "test_samples",
    [
      .column("id", \.id, key: true),
      .column("count", \.count),
      .column("maybe_count", \.maybeCount),
      .column("is_on", \.isOn),
      .column("share", \.share),
      .column("at", \.at, indexed: true),
      .column("maybe_at", \.maybeAt),
      .column("bytes", \.bytes),
      .column("maybe_bytes", \.maybeBytes),
      .column("name", \.name, unique: true),
      .column("state", \.state),
      .column("maybe_state", \.maybeState),
      .column("document", \.document),
      .column("tags", \.tags),
      .column("metadata", \.metadata),
      .column("link", \.link),
      .column("links", \.links),
    ])
}

/// A record that several change.
struct Thing: Versioned, Equatable {
  var id = ""
  var generation = 0
  var name = ""
  var total = 0
  var password: String?

  static let table = Table<Thing>(
    "test_things",
    [
      .column("id", \.id, key: true),
      .column("generation", \.generation),
      .column("name", \.name, unique: true),
      .column("total", \.total),
      .column("password", \.password, secret: true),
    ])

  init() {}
  init(_ id: String, name: String? = nil) {
    self.id = id
    self.name = name ?? id
  }
}

/// A record with a key of two parts that nobody cares to log.
struct Lease: Record, Equatable {
  var network = ""
  var address = 0
  var owner = ""

  static let table = Table<Lease>(
    "test_leases", logged: false,
    [.column("network", \.network, key: true), .column("address", \.address, key: true), .column("owner", \.owner)])

  init() {}
  init(_ network: String, _ address: Int, _ owner: String = "") {
    self.network = network
    self.address = address
    self.owner = owner
  }
}

let testSchema = Schema("test", tables: [Sample.table, Thing.table, Lease.table])

extension Home {
  /// An empty store that has the tests' tables.
  func openMigrated() async throws -> OpenedStore {
    let opened = try await open()
    try await opened.store.migrate([testSchema])
    return opened
  }
}
