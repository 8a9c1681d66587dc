internal import Core
internal import Store

/// That definitions were loaded which come with the program, so that they are loaded once.
struct MetadefLoading: Record {
  var name = ""
  var loadedAt = Timestamp(microseconds: 0)
  init() {}

  static let usual = "usual"

  static let table = Table<MetadefLoading>(
    "glance_metadef_loadings", since: 2, logged: false,
    [.column("name", \.name, key: true, since: 2), .column("loaded_at", \.loadedAt, since: 2)])

  static func note(in transaction: Transaction, at time: Timestamp) async throws {
    var row = MetadefLoading()
    (row.name, row.loadedAt) = (usual, time)
    _ = try await transaction.insertUnlessPresent(row)
  }
}
