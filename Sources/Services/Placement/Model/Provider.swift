public import Core
public import Store

/// Something that has resources to give: a compute node, a NUMA cell in one, a shared disk pool.
public struct Provider: Record {
  public var id = ""
  public var name = ""
  /// Counted on with every change of its inventories, traits, aggregates or allocations.
  public var generation = 0
  /// The top of the tree it belongs to; itself where it stands alone.
  public var rootID = ""
  public var parentID: String?
  public var createdAt = Timestamp(microseconds: 0)
  public var updatedAt = Timestamp(microseconds: 0)
  public init() {}

  public static let table = Table<Provider>(
    "placement_resource_providers",
    [
      .column("id", \.id, key: true),
      .column("name", \.name, unique: true),
      .column("generation", \.generation),
      .column("root_id", \.rootID, indexed: true),
      .column("parent_id", \.parentID, indexed: true),
      .column("created_at", \.createdAt),
      .column("updated_at", \.updatedAt),
    ])

  /// - Throws: `notFound` when there is none.
  public static func find(_ id: String, in transaction: some ReadTransaction) async throws -> Provider {
    guard let provider = try await transaction.get(Provider.self, id) else {
      throw Fault.notFound("No resource provider with uuid \(id) found", code: "placement.resource_provider.not_found")
    }
    return provider
  }

  /// Refuses a change that was thought out on another generation than the present one.
  public func require(generation read: Int) throws {
    guard generation == read else {
      throw Fault.conflict(
        "Resource provider's generation already changed. Please update the generation and try again. "
          + "(resource provider generation conflict: actual \(generation), given \(read))",
        code: "placement.concurrent_update")
    }
  }

  /// Counts the generation on.
  @discardableResult
  public func advanced(in transaction: Transaction, now: Timestamp) async throws -> Provider {
    var next = self
    next.generation += 1
    next.updatedAt = now
    return try await transaction.update(next)
  }
}

extension Provider {
  /// Adds a provider to the tree of its parent, or as a tree of its own.
  /// - Throws: `badRequest` for a parent that does not exist or is itself, a conflict for a name or id that is taken.
  public static func create(
    id: String, name: String, parent: String?, in transaction: Transaction, now: Timestamp
  ) async throws -> Provider {
    var taken: [String] = []
    if try await transaction.get(Provider.self, id) != nil { taken.append("uuid: \(id)") }
    if try await transaction.count(Provider.self, "WHERE name = \(name)") > 0 { taken.append("name: \(name)") }
    guard taken.isEmpty else {
      throw Fault.conflict(
        "Conflicting resource provider \(taken.joined(separator: ", ")) already exists.",
        code: "placement.duplicate_name")
    }
    var provider = Provider()
    provider.id = id
    provider.name = name
    provider.rootID = id
    if let parent {
      guard parent != id else {
        throw refusal("create", name, id, "parent provider UUID cannot be same as UUID. Name another parent, or none.")
      }
      guard let above = try await transaction.get(Provider.self, parent) else {
        throw refusal("create", name, id, "parent provider UUID does not exist.")
      }
      provider.parentID = parent
      provider.rootID = above.rootID
    }
    provider.createdAt = now
    provider.updatedAt = now
    try await transaction.insert(provider)
    return provider
  }

  /// Renames a provider, and moves it with everything below it.
  /// - Parameter parent: the new parent, nil inside to stand alone; nil to leave it where it is.
  /// - Parameter movable: whether one that has a parent may get another or none (since 1.37).
  public func changed(
    name: String, parent: String??, movable: Bool, in transaction: Transaction, now: Timestamp
  ) async throws -> Provider {
    if name != self.name, try await transaction.count(Provider.self, "WHERE name = \(name)") > 0 {
      throw Fault.conflict(
        "Conflicting resource provider \(name) already exists.", code: "placement.duplicate_name")
    }
    var provider = self
    provider.name = name
    if let parent, parent != parentID {
      guard parentID == nil || movable else {
        throw Self.refusal(
          "save", name, id,
          "un-parenting a provider is not currently allowed. (re-parenting a provider is not currently allowed; "
            + "use microversion 1.37 or later.)")
      }
      let tree = try await transaction.all(Provider.self, "WHERE root_id = \(rootID)")
      let below = Self.descendants(of: id, in: tree)
      var root = id
      if let parent {
        guard let above = try await transaction.get(Provider.self, parent) else {
          throw Self.refusal("save", name, id, "parent provider UUID does not exist.")
        }
        guard parent != id, !below.contains(where: { $0.id == parent }) else {
          throw Self.refusal("save", name, id, "creating loop in the provider tree is not allowed.")
        }
        root = above.rootID
      }
      provider.parentID = parent
      provider.rootID = root
      for var child in below where child.rootID != root {
        child.rootID = root
        try await transaction.update(child)
      }
    }
    provider.updatedAt = now
    return try await transaction.update(provider)
  }

  static func descendants(of id: String, in tree: [Provider]) -> [Provider] {
    let children = tree.filter { $0.parentID == id }
    return children + children.flatMap { descendants(of: $0.id, in: tree) }
  }

  /// Removes the provider with its inventories, traits and aggregates.
  /// - Throws: a conflict while others are below it or consumers hold something of it.
  public func remove(in transaction: Transaction) async throws {
    guard try await transaction.count(Provider.self, "WHERE parent_id = \(id)") == 0 else {
      throw Fault.conflict(
        "Unable to delete parent resource provider \(id): It has child resource providers.",
        code: "placement.resource_provider.cannot_delete_parent")
    }
    guard try await transaction.count(Allocation.self, "WHERE provider_id = \(id)") == 0 else {
      throw Fault.conflict(
        "Unable to delete resource provider \(id): Resource provider has allocations.",
        code: "placement.resource_provider.inuse")
    }
    try await transaction.deleteAll(Inventory.self, "WHERE provider_id = \(id)")
    try await transaction.deleteAll(ProviderTrait.self, "WHERE provider_id = \(id)")
    try await transaction.deleteAll(ProviderAggregate.self, "WHERE provider_id = \(id)")
    try await transaction.delete(self)
  }

  private static func refusal(_ action: String, _ name: String, _ id: String, _ reason: String) -> Fault {
    .badRequest(
      "Unable to \(action) resource provider \"\(name)\", \(id): Object action \(action) failed because: \(reason)")
  }
}
