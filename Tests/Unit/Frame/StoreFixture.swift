import Core
import Glibc
import Store
import TestSupport
import Testing

/// The three ways in which a store can live; every test of records runs on all of them.
enum Home: String, CaseIterable, Sendable, CustomTestStringConvertible {
  case memory, file, postgres

  var testDescription: String { rawValue }

  /// PostgreSQL's tests may be left out knowingly, never by accident.
  static var all: [Home] {
    getenv("MARTLET_SKIP_POSTGRES") == nil ? allCases : [.memory, .file]
  }

  /// An empty store of its own, and how to open it once more.
  func open() async throws -> OpenedStore {
    switch self {
    case .memory: return OpenedStore(try Store.sqlite(path: nil, world: .real), reopening: nil)
    case .file:
      let path = try temporaryDirectory() + "/store.db"
      return OpenedStore(try Store.sqlite(path: path, world: .real)) { try Store.sqlite(path: path, world: .real) }
    case .postgres:
      let open = try await TestStore.postgres()
      return OpenedStore(try await open(), reopening: open)
    }
  }
}

struct OpenedStore: Sendable {
  let store: Store
  let reopen: (@Sendable () async throws -> Store)?
  init(_ store: Store, reopening reopen: (@Sendable () async throws -> Store)?) {
    self.store = store
    self.reopen = reopen
  }
}
