internal import API
internal import Core
internal import HTTP
internal import PlacementModel

/// Reads the request for candidates from the query, as each microversion has it.
struct CandidateQuery {
  private let incoming: Incoming
  private var version: Microversion { incoming.version }

  init(_ call: Call<Placement>) { incoming = call.incoming }

  func read() throws -> CandidateRequest {
    var request = CandidateRequest()
    var suffixes: [String] = []
    for (name, value) in incoming.request.query {
      switch name {
      case "limit" where version >= "1.16":
        guard let limit = Int(value), limit >= 1, String(limit) == value else {
          throw bad("'\(value)' does not match '^[1-9][0-9]*$' (limit)")
        }
        request.limit = limit
      case "group_policy" where version >= "1.25":
        guard value == "none" || value == "isolate" else { throw bad("'\(value)' is not one of ['none', 'isolate']") }
        request.isolate = value == "isolate"
      case "root_required" where version >= "1.35": try readRoot(into: &request)
      case "same_subtree" where version >= "1.36":
        let names = value.split(separator: ",", omittingEmptySubsequences: false).map { String($0) }
        guard !names.contains("") else {
          throw bad("Empty string (unsuffixed group) can not be specified in `same_subtree`.")
        }
        request.sameSubtree.append(Set(names))
      default:
        guard let suffix = suffix(of: name) else {
          throw bad("Additional properties are not allowed ('\(name)' was unexpected)")
        }
        if !suffixes.contains(suffix) { suffixes.append(suffix) }
      }
    }
    request.groups = try suffixes.map(group)
    try check(request)
    return request
  }

  private func bad(_ why: String) -> Fault { .badRequest("Invalid query string parameters: \(why)") }

  /// The suffix of a group's parameter; nil for what is none in this version.
  private func suffix(of name: String) -> String? {
    let since: [(String, Microversion)] = [
      ("resources", "1.10"), ("required", "1.17"), ("member_of", "1.21"), ("in_tree", "1.31"),
    ]
    guard let prefix = since.first(where: { version >= $0.1 && name.hasPrefix($0.0) })?.0 else { return nil }
    let suffix = name.dropFirst(prefix.count)
    if suffix.isEmpty { return "" }
    if version >= "1.33" {
      let isWord = suffix.utf8.allSatisfy {
        (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 95 || $0 == 45
      }
      return isWord && suffix.utf8.count <= 64 ? String(suffix) : nil
    }
    let isNumber = suffix.first != "0" && suffix.utf8.allSatisfy { (48...57).contains($0) }
    return version >= "1.25" && isNumber ? String(suffix) : nil
  }

  private func readRoot(into request: inout CandidateRequest) throws {
    let values = incoming.queries("root_required")
    guard values.count == 1 else {
      throw Fault.badRequest("Query parameter 'root_required' may be specified only once.")
    }
    // Any-traits are not a part of this parameter's language in any version.
    let traits = try QueryText.traits(values[0], version: "1.38")
    try QueryText.refuseContradiction(traits, "root_required")
    request.rootRequired = traits.required.reduce(into: []) { $0.formUnion($1) }
    request.rootForbidden = traits.forbidden
  }

  private func group(_ suffix: String) throws -> CandidateRequest.Group {
    var group = CandidateRequest.Group()
    group.suffix = suffix
    if let text = incoming.queries("resources" + suffix).last { group.resources = try QueryText.resources(text) }
    let traits = try QueryText.traits(incoming, "required" + suffix)
    try QueryText.refuseContradiction(traits, "required" + suffix)
    group.required = traits.required
    group.forbidden = traits.forbidden
    let members = try QueryText.memberOf(incoming, suffix: suffix)
    group.memberOf = members.required
    group.notMemberOf = members.forbidden
    if let text = incoming.queries("in_tree" + suffix).last {
      guard let id = dashed(text) else {
        throw bad("Expected 'in_tree' parameter to be a format of uuid. Got: \(text)")
      }
      group.inTree = id
    }
    return group
  }

  private func check(_ request: CandidateRequest) throws {
    let groups = request.groups
    guard groups.contains(where: { !$0.resources.isEmpty }) else {
      throw Fault.badRequest(
        version >= "1.36"
          ? "There must be at least one resources or resources[$S] parameter."
          : "All request groups must specify resources. At least one request group (`resources` or "
            + "`resources{$S}`) is required.",
        code: version >= "1.36" ? "placement.query.missing_value" : nil)
    }
    let inSubtree = request.sameSubtree.reduce(into: Set<String>()) { $0.formUnion($1) }
    for group in groups where group.resources.isEmpty && !inSubtree.contains(group.suffix) {
      throw Fault.badRequest(
        version >= "1.36"
          ? "Resourceless suffixed group request should be specified in `same_subtree` query param: bad group(s) - "
            + "['\(group.suffix)']."
          : "All traits parameters must be associated with resources.  Found the following orphaned traits keys: "
            + "required\(group.suffix)", code: version >= "1.36" ? "placement.query.bad_value" : nil)
    }
    let names = Set(groups.map(\.suffix))
    guard inSubtree.isSubset(of: names) else {
      throw Fault.badRequest(
        "Real suffixes should be specified in `same_subtree`: \(inSubtree.subtracting(names).sorted()) not found in "
          + "\(names.sorted()).", code: "placement.query.bad_value")
    }
    guard groups.filter({ !$0.suffix.isEmpty }).count < 2 || incoming.query("group_policy") != nil else {
      throw Fault.badRequest(
        "The \"group_policy\" parameter is required when specifying more than one \"resources{N}\" parameter.")
    }
  }
}
