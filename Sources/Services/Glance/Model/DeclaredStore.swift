internal import Core
public import Store

/// A store as the cloud's own process has it. Whoever joins must have the same: what one calls by another name or finds
/// in another place it would take for unwanted, and remove.
public struct DeclaredStore: Record, Hashable {
  public var id = ""
  public var type = ""
  /// Where its bytes are, in words that two processes share.
  public var place = ""
  public var isDefault = false
  public init() {}

  public static let table = Table<DeclaredStore>(
    "glance_stores", since: 2, logged: false,
    [
      .column("id", \.id, key: true, since: 2), .column("type", \.type, since: 2),
      .column("place", \.place, since: 2), .column("is_default", \.isDefault, since: 2),
    ])

  /// Says which stores the cloud has.
  public static func declare(_ stores: [DeclaredStore], in store: Store) async throws {
    try await store.write { transaction in
      try await transaction.deleteAll(DeclaredStore.self, "")
      for one in stores { try await transaction.insert(one) }
    }
  }

  /// - Throws: `badRequest` that names the first store that the cloud has otherwise.
  public static func requireSame(_ stores: [DeclaredStore], as store: Store) async throws {
    let all = try await store.read { try await $0.all(DeclaredStore.self, "ORDER BY id") }
    guard !all.isEmpty else {
      throw Fault.badRequest("No cloud has declared its image stores in this database. Start the cloud itself first.")
    }
    let (here, there) = (Set(stores), Set(all))
    guard let odd = here.symmetricDifference(there).min(by: { $0.id < $1.id }) else { return }
    func words(_ list: [DeclaredStore]) -> String {
      guard let one = list.first(where: { $0.id == odd.id }) else { return "there is none" }
      return "\(one.place)\(one.isDefault ? ", the default" : "")"
    }
    throw Fault.badRequest(
      "The image store '\(odd.id)' is not the same here as in the rest of the cloud. Here: \(words(stores)). There: "
        + "\(words(all)). Give all processes the same image.enabled_backends, image.default_backend and stores.")
  }
}
