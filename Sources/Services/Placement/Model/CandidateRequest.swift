/// What a scheduler looks for: groups of resources and conditions on who gives them.
public struct CandidateRequest: Sendable {
  /// One group: its resources, and the conditions on their providers.
  public struct Group: Sendable {
    /// Empty for the group whose resources may come from several providers; any other from one alone.
    public var suffix = ""
    public var resources: [(name: String, amount: Int)] = []
    /// Of each set at least one trait.
    public var required: [Set<String>] = []
    public var forbidden: Set<String> = []
    /// Of each set at least one aggregate.
    public var memberOf: [Set<String>] = []
    public var notMemberOf: Set<String> = []
    /// Any provider of the tree that is looked for.
    public var inTree: String?
    public init() {}
  }
  public var groups: [Group] = []
  /// Whether groups with a suffix must each have a provider of their own.
  public var isolate = false
  public var limit: Int?
  public var rootRequired: Set<String> = []
  public var rootForbidden: Set<String> = []
  /// Sets of suffixes whose providers must be below one of them.
  public var sameSubtree: [Set<String>] = []
  public init() {}

  public var traits: Set<String> {
    groups.reduce(into: rootRequired.union(rootForbidden)) { all, group in
      all.formUnion(group.forbidden)
      for set in group.required { all.formUnion(set) }
    }
  }
  public var classes: Set<String> { Set(groups.flatMap { $0.resources.map(\.name) }) }
}
