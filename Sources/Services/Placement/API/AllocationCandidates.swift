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
    let snapshot = try await call.service.store.read { transaction in
      for name in request.classes.sorted() where !(try await ResourceClass.exists(name, in: transaction)) {
        throw Fault.badRequest("Invalid resource class in resources parameter: No such resource class \(name).")
      }
      let unknown = try await Trait.unknown(request.traits, in: transaction)
      guard unknown.isEmpty else {
        throw Fault.badRequest("No such trait(s): \(unknown.sorted().joined(separator: ", ")).")
      }
      return try await CandidateSnapshot.take(in: transaction)
    }
    let candidates = CandidateSearch(request, in: snapshot).candidates()
    return call.answer([
      "allocation_requests": .array(candidates.map { show($0, call) }),
      "provider_summaries": summaries(candidates, snapshot, request, call),
    ])
  }

  private static func show(_ candidate: Candidate, _ call: Call<Placement>) -> JSON {
    let resources = candidate.resources.sorted { $0.key < $1.key }
    guard call.version >= "1.12" else {
      return [
        "allocations": .array(
          resources.map { ["resource_provider": ["uuid": .string($0.key)], "resources": $0.value.json] })
      ]
    }
    var object: JSONObject = [
      "allocations": .object(JSONObject(resources.map { (key: $0.key, value: ["resources": $0.value.json]) }))
    ]
    if call.version >= "1.34" { object.append("mappings", candidate.mappings.json) }
    return .object(object)
  }

  /// What schedulers weigh candidates by. Since 1.29 whole trees are summed up, also where only a part serves.
  private static func summaries(
    _ candidates: [Candidate], _ snapshot: CandidateSnapshot, _ request: CandidateRequest, _ call: Call<Placement>
  ) -> JSON {
    let serving = candidates.reduce(into: Set<String>()) { $0.formUnion($1.resources.keys) }
    let roots = Set(serving.compactMap { snapshot.entries[$0]?.provider.rootID })
    var object = JSONObject()
    for tree in snapshot.trees where roots.contains(tree.root) {
      for id in tree.members where call.version >= "1.29" || serving.contains(id) {
        guard let entry = snapshot.entries[id] else { continue }
        object.append(id, summary(entry, request, call))
      }
    }
    return .object(object)
  }

  private static func summary(
    _ entry: CandidateSnapshot.Entry, _ request: CandidateRequest, _ call: Call<Placement>
  ) -> JSON {
    let shown = entry.inventories.values.sorted { $0.resourceClass < $1.resourceClass }
      .filter { call.version >= "1.27" || request.classes.contains($0.resourceClass) }
    let resources = shown.map { inventory in
      (
        key: inventory.resourceClass,
        value: ["capacity": .int(inventory.capacity), "used": .int(entry.used[inventory.resourceClass] ?? 0)] as JSON
      )
    }
    var object: JSONObject = ["resources": .object(JSONObject(resources))]
    if call.version >= "1.17" { object.append("traits", entry.traits.sorted().json) }
    if call.version >= "1.29" {
      object.append("parent_provider_uuid", entry.provider.parentID.json)
      object.append("root_provider_uuid", .string(entry.provider.rootID))
    }
    return .object(object)
  }
}
