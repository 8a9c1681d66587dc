internal import API
internal import Core
internal import HTTP
internal import JSON
internal import PlacementModel
internal import Store

/// `/allocation_candidates`
enum AllocationCandidates {
  static let routes = Routes(
    rules: "placement:allocation_candidates:", of: Placement.self,
    [.get("/allocation_candidates", "list", list, allow: .service, since: "1.10")])

  static func list(_ call: Call<Placement>, _: Nothing) async throws -> Response {
    let request = try CandidateQuery(call).read()
    let known = call.service.known
    let snapshot = try await call.service.store.read { transaction in
      for name in request.classes.sorted() where !(try await ResourceClass.exists(name, in: transaction)) {
        throw Fault.badRequest("Invalid resource class in resources parameter: No such resource class \(name).")
      }
      let unknown = try await Trait.unknown(request.traits, in: transaction)
      guard unknown.isEmpty else {
        throw Fault.badRequest("No such trait(s): \(unknown.sorted().joined(separator: ", ")).")
      }
      return try await CandidateSnapshot.take(in: transaction, known: known)
    }
    let candidates = CandidateSearch(request, in: snapshot).candidates()
    let form = Form(call.version)
    return call.answer([
      "allocation_requests": .array(candidates.map { show($0, form) }),
      "provider_summaries": summaries(candidates, snapshot, request, form),
    ])
  }

  /// How the version shows candidates, found out once an answer.
  private struct Form {
    let isKeyed, hasTraits, hasEveryClass, hasTrees, hasMappings: Bool
    init(_ version: Microversion) {
      isKeyed = version >= "1.12"
      hasTraits = version >= "1.17"
      hasEveryClass = version >= "1.27"
      hasTrees = version >= "1.29"
      hasMappings = version >= "1.34"
    }
  }

  private static func show(_ candidate: Candidate, _ form: Form) -> JSON {
    let resources = candidate.resources.sorted { $0.key < $1.key }.map { (id: $0.key, taken: show($0.value)) }
    guard form.isKeyed else {
      return [
        "allocations": .array(resources.map { ["resource_provider": ["uuid": .string($0.id)], "resources": $0.taken] })
      ]
    }
    var object: JSONObject = [
      "allocations": .object(JSONObject(resources.map { (key: $0.id, value: ["resources": $0.taken]) }))
    ]
    if form.hasMappings {
      let mappings = candidate.mappings.sorted { $0.key < $1.key }
      object.append(
        "mappings",
        .object(JSONObject(mappings.map { (key: $0.key, value: .array($0.value.map { .string($0) })) })))
    }
    return .object(object)
  }
  private static func show(_ amounts: [String: Int]) -> JSON {
    .object(JSONObject(amounts.sorted { $0.key < $1.key }.map { (key: $0.key, value: .int($0.value)) }))
  }

  /// What schedulers weigh candidates by. Since 1.29 whole trees are summed up, also where only a part serves.
  private static func summaries(
    _ candidates: [Candidate], _ snapshot: CandidateSnapshot, _ request: CandidateRequest, _ form: Form
  ) -> JSON {
    let serving = candidates.reduce(into: Set<String>()) { $0.formUnion($1.resources.keys) }
    let roots = Set(serving.compactMap { snapshot.entries[$0]?.provider.rootID })
    let classes = request.classes
    var object = JSONObject()
    for tree in snapshot.trees where roots.contains(tree.root) {
      for entry in tree.members where form.hasTrees || serving.contains(entry.provider.id) {
        object.append(entry.provider.id, summary(entry, classes, form))
      }
    }
    return .object(object)
  }

  private static func summary(_ entry: CandidateSnapshot.Entry, _ classes: Set<String>, _ form: Form) -> JSON {
    let shown = entry.facts.inventories.filter { form.hasEveryClass || classes.contains($0.resourceClass) }
    let resources = shown.map { inventory in
      (
        key: inventory.resourceClass,
        value: ["capacity": .int(inventory.capacity), "used": .int(entry.used[inventory.resourceClass] ?? 0)] as JSON
      )
    }
    var object: JSONObject = ["resources": .object(JSONObject(resources))]
    if form.hasTraits { object.append("traits", .array(entry.traits.sorted().map { .string($0) })) }
    if form.hasTrees {
      object.append("parent_provider_uuid", entry.provider.parentID.map { .string($0) } ?? .null)
      object.append("root_provider_uuid", .string(entry.provider.rootID))
    }
    return .object(object)
  }
}
