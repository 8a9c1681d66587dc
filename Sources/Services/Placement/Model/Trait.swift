public import Store
internal import Core

/// A trait of the operator's own; the standard ones are code.
public struct CustomTrait: Record {
  public var name = ""
  public init() {}
  public static let table = Table<CustomTrait>("placement_traits", [.column("name", \.name, key: true)])
}

/// That a provider has a trait.
public struct ProviderTrait: Record {
  public var providerID = ""
  public var trait = ""
  public init() {}
  public init(_ provider: String, _ trait: String) {
    providerID = provider
    self.trait = trait
  }
  public static let table = Table<ProviderTrait>(
    "placement_provider_traits",
    [.column("provider_id", \.providerID, key: true), .column("trait", \.trait, key: true, indexed: true)])
}

/// The names of traits: what a provider is or can, without a quantity.
public enum Trait {
  public static var standard: Set<String> { StandardTraits.all }
  /// On a provider whose inventories serve all members of its aggregates.
  public static let sharing = "MISC_SHARES_VIA_AGGREGATE"

  /// Those of the names that no trait has.
  public static func unknown(_ names: Set<String>, in transaction: some ReadTransaction) async throws -> Set<String> {
    let rest = names.subtracting(standard)
    guard !rest.isEmpty else { return [] }
    let known = try await transaction.all(CustomTrait.self, "WHERE name IN (\(list: rest.sorted()))")
    return rest.subtracting(known.map(\.name))
  }

  /// All names, standard and custom, in order.
  public static func all(in transaction: some ReadTransaction) async throws -> [String] {
    (standard + (try await transaction.all(CustomTrait.self)).map(\.name)).sorted()
  }

  public static func of(_ provider: String, in transaction: some ReadTransaction) async throws -> [String] {
    try await transaction.all(ProviderTrait.self, "WHERE provider_id = \(provider) ORDER BY trait").map(\.trait)
  }

  /// Makes these the provider's only traits; leaves what stays untouched.
  public static func replace(of provider: String, with names: Set<String>, in transaction: Transaction) async throws {
    let old = Set(try await of(provider, in: transaction))
    for name in old.subtracting(names).sorted() { try await transaction.delete(ProviderTrait(provider, name)) }
    for name in names.subtracting(old).sorted() { try await transaction.insert(ProviderTrait(provider, name)) }
  }
}

/// Whether a name is one that operators may give: `CUSTOM_` and then capitals, digits and underscores.
public func isCustomName(_ name: String) -> Bool {
  name.hasPrefix("CUSTOM_") && name.utf8.count > 7 && name.utf8.count <= 255 && isSymbol(name)
}

/// Whether a name has only capitals, digits and underscores.
public func isSymbol(_ name: String) -> Bool {
  !name.isEmpty && name.utf8.allSatisfy { (65...90).contains($0) || (48...57).contains($0) || $0 == 95 }
}
