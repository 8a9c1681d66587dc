/// One way to meet a request: what to take of whom.
public struct Candidate: Sendable, Hashable {
  /// By provider and class.
  public var resources: [String: [String: Int]] = [:]
  /// Which providers serve each group, by suffix.
  public var mappings: [String: [String]] = [:]
  public init() {}
}

/// Finds the candidates tree by tree. Pure: the same snapshot and request give the same answer.
///
/// Every group is solved alone, the solutions are combined, and what does not fit together is dropped.
public struct CandidateSearch: Sendable {
  let snapshot: CandidateSnapshot
  let request: CandidateRequest
  /// How many combinations of one tree are looked at; wide trees have more than anyone could use.
  static let breadth = 1000

  public init(_ request: CandidateRequest, in snapshot: CandidateSnapshot) {
    self.request = request
    self.snapshot = snapshot
  }

  public func candidates() -> [Candidate] {
    var found: [Candidate] = []
    // Trees have different candidates unless they share providers.
    var seen: Set<Candidate> = []
    let limit = request.limit ?? Int.max
    for tree in snapshot.trees where found.count < limit {
      guard let root = snapshot.entries[tree.root], request.rootRequired.isSubset(of: root.traits),
        request.rootForbidden.isDisjoint(with: root.traits)
      else { continue }
      for candidate in candidates(in: tree.members) where found.count < limit {
        if snapshot.sharers.isEmpty || seen.insert(candidate).inserted { found.append(candidate) }
      }
    }
    return found
  }

  private func candidates(in members: [CandidateSnapshot.Entry]) -> [Candidate] {
    let reach = members + sharers(with: members)
    var partial = [Candidate()]
    for group in request.groups {
      let solutions = group.suffix.isEmpty ? spread(group, over: reach) : single(group, of: reach)
      var next: [Candidate] = []
      for candidate in partial {
        for solution in solutions where next.count < Self.breadth {
          if let both = combine(candidate, solution, suffix: group.suffix) { next.append(both) }
        }
      }
      partial = next
      if partial.isEmpty { return [] }
    }
    return partial.filter { fits($0) && isSubtree($0) }
  }

  /// The providers outside the tree whose inventories serve it through an aggregate.
  private func sharers(with members: [CandidateSnapshot.Entry]) -> [CandidateSnapshot.Entry] {
    guard !snapshot.sharers.isEmpty else { return [] }
    let aggregates = members.reduce(into: Set<String>()) { $0.formUnion($1.aggregates) }
    return snapshot.sharers.filter { sharer in
      !members.contains { $0 === sharer } && !sharer.aggregates.isDisjoint(with: aggregates)
    }
  }

  /// Whether the provider may serve the group at all, its required traits aside.
  private func isEligible(_ entry: CandidateSnapshot.Entry, for group: CandidateRequest.Group) -> Bool {
    guard group.forbidden.isDisjoint(with: entry.traits) else { return false }
    if let wanted = group.inTree, snapshot.entries[wanted]?.provider.rootID != entry.provider.rootID { return false }
    if group.memberOf.isEmpty, group.notMemberOf.isEmpty { return true }
    // An aggregate of the root holds for the whole tree, but for groups that name one provider.
    var aggregates = entry.aggregates
    if group.suffix.isEmpty, let root = snapshot.entries[entry.provider.rootID] {
      aggregates.formUnion(root.aggregates)
    }
    return group.memberOf.allSatisfy { !$0.isDisjoint(with: aggregates) }
      && group.notMemberOf.isDisjoint(with: aggregates)
  }

  /// The ways to take each class of the group from any provider; together they have the required traits.
  private func spread(_ group: CandidateRequest.Group, over reach: [CandidateSnapshot.Entry]) -> [Candidate] {
    // Where there is but one provider, as on most hosts, there is nothing to spread.
    if reach.count == 1, !group.resources.isEmpty { return single(group, of: reach) }
    let eligible = reach.filter { isEligible($0, for: group) }
    var partial = [Candidate()]
    for (name, amount) in group.resources {
      let givers = eligible.filter { $0.hasRoom(amount, of: name) }
      var next: [Candidate] = []
      for candidate in partial {
        for giver in givers where next.count < Self.breadth {
          var more = candidate
          more.resources[giver.provider.id, default: [:]][name, default: 0] += amount
          next.append(more)
        }
      }
      partial = next
    }
    return partial.compactMap { candidate in
      let traits = candidate.resources.keys.reduce(into: Set<String>()) {
        $0.formUnion(snapshot.entries[$1]?.traits ?? [])
      }
      guard group.required.allSatisfy({ !$0.isDisjoint(with: traits) }) else { return nil }
      var mapped = candidate
      mapped.mappings[group.suffix] = candidate.resources.keys.sorted()
      return mapped
    }
  }

  /// The providers that can serve the whole group alone.
  private func single(_ group: CandidateRequest.Group, of reach: [CandidateSnapshot.Entry]) -> [Candidate] {
    reach.compactMap { entry in
      guard isEligible(entry, for: group),
        group.required.allSatisfy({ !$0.isDisjoint(with: entry.traits) }),
        group.resources.allSatisfy({ entry.hasRoom($0.amount, of: $0.name) })
      else { return nil }
      var candidate = Candidate()
      let id = entry.provider.id
      if !group.resources.isEmpty {
        candidate.resources[id] = Dictionary(group.resources.map { ($0.name, $0.amount) }, uniquingKeysWith: +)
      }
      candidate.mappings[group.suffix] = [id]
      return candidate
    }
  }

  private func combine(_ a: Candidate, _ b: Candidate, suffix: String) -> Candidate? {
    if request.isolate, !suffix.isEmpty, !b.resources.isEmpty {
      let others = a.mappings.filter { !$0.key.isEmpty && isCounted($0.key) }.values.joined()
      if others.contains(where: { b.resources[$0] != nil }) { return nil }
    }
    if a.resources.isEmpty, a.mappings.isEmpty { return b }
    var both = a
    for (provider, amounts) in b.resources {
      both.resources[provider, default: [:]].merge(amounts, uniquingKeysWith: +)
    }
    both.mappings.merge(b.mappings) { $1 }
    return both
  }

  private func isCounted(_ suffix: String) -> Bool {
    request.groups.contains { $0.suffix == suffix && !$0.resources.isEmpty }
  }

  /// Whether what several groups take of one provider together is still there; of one group it was asked before.
  private func fits(_ candidate: Candidate) -> Bool {
    guard request.groups.count > 1 else { return !candidate.resources.isEmpty }
    return !candidate.resources.isEmpty
      && candidate.resources.allSatisfy { id, amounts in
        guard let entry = snapshot.entries[id] else { return false }
        return amounts.allSatisfy { name, amount in
          guard let inventory = entry.facts.inventory(of: name) else { return false }
          return amount <= inventory.maxUnit && Double((entry.used[name] ?? 0) + amount) <= inventory.room
        }
      }
  }

  private func isSubtree(_ candidate: Candidate) -> Bool {
    request.sameSubtree.allSatisfy { suffixes in
      let ids = Set(suffixes.flatMap { candidate.mappings[$0] ?? [] })
      return ids.contains { top in ids.allSatisfy { isBelow($0, top) } }
    }
  }

  private func isBelow(_ id: String, _ top: String) -> Bool {
    var current: String? = id
    while let here = current {
      if here == top { return true }
      current = snapshot.entries[here]?.provider.parentID
    }
    return false
  }
}
