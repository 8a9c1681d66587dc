public import JSON
public import Store

/// Rules that make a user of this cloud out of what an identity provider says of somebody: see `MappingEngine`.
public struct Mapping: Versioned {
  public var id = ""
  /// An array of rules, each with `local` and `remote`.
  public var rules = JSON.array([])
  public var schemaVersion = MappingVersion.first
  public var generation = 0

  public init() {}

  public static let table = Table<Mapping>(
    "keystone_mappings", since: 3,
    [
      .column("id", \.id, key: true),
      .column("rules", \.rules),
      .column("schema_version", \.schemaVersion),
      .column("generation", \.generation),
    ])
}

/// The languages of mappings, each with what the one before has.
public enum MappingVersion: String, ColumnValue, Comparable, CaseIterable {
  case first = "1.0"
  /// Projects may have domains, and a rule's domain is the default of its user and projects.
  case withDomains = "2.0"
  /// Projects may come out of an attribute as JSON, and roles that are named no more are taken away.
  case withProjectsAsJSON = "3.0"

  public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}
