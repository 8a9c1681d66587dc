internal import API
internal import Core
internal import HTTP
internal import JSON
internal import NeutronModel
internal import Store
internal import Text

struct SubnetPoolBody: ResourceBody {
  var projectID: String?
  var name: Given<String> = .absent
  var description: Given<String> = .absent
  var prefixes: [String]?
  var defaultPrefix: Given<Whole> = .absent
  var minPrefix: Given<Whole> = .absent
  var maxPrefix: Given<Whole> = .absent
  var shared: Given<Flag> = .absent
  var isDefault: Given<Flag> = .absent
  var defaultQuota: Given<Whole?> = .absent
  var addressScopeID: Given<String?> = .absent
  var tags: [String] = []
  static var name: String { "subnetpool" }
  static var lasting: Set<String> { ["shared", "tags"] }
  static var guarded: [String: JSON] { ["shared": false, "is_default": false] }
  static let keys: [Key<SubnetPoolBody>] = [
    .key("tenant_id", \.projectID), .key("project_id", \.projectID), .key("name", \.name, .text(0...255)),
    .key("description", \.description, .text(0...255)), .key("prefixes", \.prefixes),
    .key("default_prefixlen", \.defaultPrefix), .key("min_prefixlen", \.minPrefix),
    .key("max_prefixlen", \.maxPrefix), .key("shared", \.shared), .key("is_default", \.isDefault),
    .key("default_quota", \.defaultQuota), .key("address_scope_id", \.addressScopeID), .key("tags", \.tags),
  ]

  func apply(to pool: inout SubnetPool) throws {
    name.apply(to: &pool.standard.name)
    description.apply(to: &pool.standard.description)
    shared.apply(to: &pool.shared)
    isDefault.apply(to: &pool.isDefault)
    if case .given(let quota) = defaultQuota { pool.defaultQuota = quota?.number }
    if case .given(let scope) = addressScopeID { pool.addressScopeID = scope }
    if let prefixes { try applyPrefixes(prefixes, to: &pool) }
    minPrefix.apply(to: &pool.minPrefix)
    maxPrefix.apply(to: &pool.maxPrefix)
    defaultPrefix.apply(to: &pool.defaultPrefix)
    guard pool.minPrefix <= pool.defaultPrefix, pool.defaultPrefix <= pool.maxPrefix else {
      throw Fault.badRequest(
        "Illegal prefix bounds: default_prefixlen=\(pool.defaultPrefix), min_prefixlen=\(pool.minPrefix), "
          + "max_prefixlen=\(pool.maxPrefix).", code: "IllegalSubnetPoolPrefixBounds")
    }
  }

  private func applyPrefixes(_ prefixes: [String], to pool: inout SubnetPool) throws {
    let blocks = try prefixes.map { text in
      guard let block = CIDR(text) else {
        throw Fault.badRequest("Invalid CIDR \(text) given as IP prefix.", code: "InvalidCIDR")
      }
      return block
    }.sorted()
    guard let first = blocks.first else {
      throw Fault.badRequest("Empty subnet pool prefix list.", code: "EmptySubnetPoolPrefixList")
    }
    guard blocks.allSatisfy({ $0.version == first.version }) else {
      throw Fault.badRequest("Cannot mix IPv4 and IPv6 prefixes in a subnet pool.", code: "PrefixVersionMismatch")
    }
    let old = pool.prefixes.compactMap { CIDR($0) }
    guard old.allSatisfy({ block in blocks.contains { $0.contains(block) } }) else {
      throw Fault.badRequest(
        "Illegal update to prefixes: the new prefixes must contain the old ones.", code: "IllegalSubnetPoolPrefixUpdate"
      )
    }
    if old.isEmpty {
      let isV4 = first.version == .v4
      pool.ipVersion = first.version.rawValue
      (pool.minPrefix, pool.maxPrefix) = isV4 ? (8, 32) : (64, 128)
      pool.defaultPrefix = pool.minPrefix
    }
    pool.prefixes = blocks.map(\.text)
  }
}

enum SubnetPools {
  static let view = View<SubnetPool>(
    "subnetpool",
    StandardFields.head(id: \.id, \.standard) + [
      .field("prefixes", \.prefixes), .field("ip_version", \.ipVersion),
      .computed("default_prefixlen") { pool, _ in .string(String(pool.defaultPrefix)) },
      .computed("min_prefixlen") { pool, _ in .string(String(pool.minPrefix)) },
      .computed("max_prefixlen") { pool, _ in .string(String(pool.maxPrefix)) },
      .field("shared", \.shared), .field("is_default", \.isDefault), .field("default_quota", \.defaultQuota),
      .field("address_scope_id", \.addressScopeID),
    ] + StandardFields.tail(\.standard, \.generation))

  static let listing = Listing<SubnetPool>([
    "ip_version": .number("ip_version"), "shared": .flag("shared"), "is_default": .flag("is_default"),
    "address_scope_id": .optional("address_scope_id"), "default_prefixlen": .number("default_prefixlen"),
    "min_prefixlen": .number("min_prefixlen"), "max_prefixlen": .number("max_prefixlen"),
  ])

  static let routes = Routes(
    rules: "", of: Neutron.self, shows: view,
    [
      .get("/subnetpools", "get_subnetpool", list, allow: .reader, query: listing.keys),
      .post("/subnetpools", "create_subnetpool", create, allow: .member),
      .get("/subnetpools/{id}", "get_subnetpool", show, allow: .reader),
      .put("/subnetpools/{id}", "update_subnetpool", update, allow: .member),
      .delete("/subnetpools/{id}", "delete_subnetpool", delete, allow: .member),
    ])

  static func list(_ call: Call<Neutron>, _: Nothing) async throws -> Page<SubnetPool> {
    try await call.service.read { tx in
      let visible: SQL = "\(call.incoming.ownProject) OR shared = \(true)"
      let (pools, next) = try await listing.page(call.incoming, visible: visible, in: tx)
      return Page(pools, as: view, next: next)
    }
  }
  static func show(_ call: Call<Neutron>, _: Nothing) async throws -> Shown<SubnetPool> {
    try await call.service.read { tx in Shown(try await find(call.id, call, tx), as: view) }
  }

  private static func find(_ id: String, _ call: Call<Neutron>, _ tx: some ReadTransaction) async throws -> SubnetPool {
    guard let pool = try await tx.get(SubnetPool.self, id) else { throw Fault.missing(.subnetPool, id) }
    if pool.shared, call.request.method != "PUT", call.request.method != "DELETE" { return pool }
    try call.require(["project_id": pool.projectID], else: .missing(.subnetPool, id))
    return pool
  }

  static func create(_ call: Call<Neutron>, _ posted: Posted<SubnetPoolBody>) async throws -> Made<SubnetPool> {
    try await call.service.write(wakes: false) { tx in
      var made: [SubnetPool] = []
      for draft in posted.drafts {
        let project = try call.incoming.owner(draft.projectID)
        try await Quotas.check(.subnetpool, project, call.service, tx)
        var pool = SubnetPool()
        pool.id = call.service.world.uuid()
        pool.standard = Standard(projectID: project, at: call.service.world.now())
        pool.standard.tags = try Tags.checked(draft.tags)
        var draft = draft
        draft.prefixes = draft.prefixes ?? []
        try draft.apply(to: &pool)
        try await checkScope(pool, call, tx)
        try await tx.insert(pool)
        made.append(pool)
      }
      return Made(items: made, view: view, isBulk: posted.isBulk)
    }
  }

  static func update(_ call: Call<Neutron>, _ body: Changed<SubnetPoolBody>) async throws -> Shown<SubnetPool> {
    try await call.service.write(wakes: false) { tx in
      var pool = try await find(call.id, call, tx)
      try body.draft.apply(to: &pool)
      try await checkScope(pool, call, tx)
      return Shown(try await tx.save(pool, call.service.world), as: view)
    }
  }

  private static func checkScope(_ pool: SubnetPool, _ call: Call<Neutron>, _ tx: Transaction) async throws {
    guard let id = pool.addressScopeID else { return }
    let scope = try await AddressScopes.find(id, call, tx)
    guard scope.ipVersion == pool.ipVersion else {
      throw Fault.badRequest(
        "Illegal subnetpool association: subnetpool \(pool.id) cannot associate with address scope \(id) because "
          + "subnetpool ip_version is not \(scope.ipVersion).",
        code: "IllegalSubnetPoolIpVersionAssociationToAddressScope")
    }
    let blocks = pool.prefixes.compactMap { CIDR($0) }
    for other in try await tx.all(SubnetPool.self, "WHERE address_scope_id = \(id) AND id <> \(pool.id)") {
      guard !other.prefixes.compactMap({ CIDR($0) }).contains(where: { a in blocks.contains { $0.overlaps(a) } }) else {
        throw Fault.conflict(
          "Failed to associate address scope: subnetpools within an address scope must have unique prefixes.",
          code: "AddressScopePrefixConflict")
      }
    }
  }

  static func delete(_ call: Call<Neutron>, _: Nothing) async throws -> Nothing {
    try await call.service.write(wakes: false) { tx in
      let pool = try await find(call.id, call, tx)
      guard try await tx.count(Subnet.self, "WHERE subnetpool_id = \(pool.id)") == 0 else {
        throw Fault.badRequest(
          "Unable to delete subnet pool: Subnet pool has existing allocations.", code: "SubnetPoolDeleteError")
      }
      try await tx.delete(pool)
      return Nothing()
    }
  }

  /// The pool a new subnet is cut from; nil for one that brings its own addresses.
  static func pool(
    of draft: SubnetBody, version: Int, _ call: Call<Neutron>, _ tx: Transaction
  ) async throws -> SubnetPool? {
    if let id = draft.subnetPoolID { return try await find(id, call, tx) }
    guard draft.useDefaultPool?.on ?? false else { return nil }
    guard let pool = try await tx.one(SubnetPool.self, "WHERE is_default = \(true) AND ip_version = \(version)") else {
      throw Fault.bad("subnets", "No default subnetpool found for IPv\(version)")
    }
    return pool
  }

  /// The first free block of the wanted length in the pool, or the one that the subnet names.
  static func cut(
    _ draft: SubnetBody, from pool: SubnetPool, project: String, _ tx: Transaction
  ) async throws -> CIDR {
    let siblings = try await tx.all(Subnet.self, "WHERE subnetpool_id = \(pool.id)")
    let taken = siblings.compactMap(\.block)
    if let text = draft.cidr, let block = CIDR(text) {
      guard pool.prefixes.compactMap({ CIDR($0) }).contains(where: { $0.contains(block) }),
        !taken.contains(where: { $0.overlaps(block) })
      else { throw exhausted("Cannot allocate requested subnet from the available set of prefixes") }
      return block
    }
    let length = draft.prefixLength?.number ?? pool.defaultPrefix
    guard length >= pool.minPrefix else {
      throw Fault.badRequest(
        "Unable to allocate subnet with prefix length \(length), minimum allowed prefix is \(pool.minPrefix).",
        code: "MinPrefixSubnetAllocationError")
    }
    guard length <= pool.maxPrefix else {
      throw Fault.badRequest(
        "Unable to allocate subnet with prefix length \(length), maximum allowed prefix is \(pool.maxPrefix).",
        code: "MaxPrefixSubnetAllocationError")
    }
    try checkQuota(pool, siblings.filter { $0.projectID == project }, adding: length)
    guard let block = SubnetPoolCutting.next(length, from: pool.prefixes.compactMap { CIDR($0) }, taken: taken) else {
      throw exhausted("Insufficient prefix space to allocate subnet size /\(length)")
    }
    return block
  }

  /// How many addresses one project's subnets may cover.
  private static func checkQuota(_ pool: SubnetPool, _ held: [Subnet], adding length: Int) throws {
    guard let quota = pool.defaultQuota, let first = pool.prefixes.first.flatMap({ CIDR($0) }) else { return }
    let covered = held.compactMap(\.block).reduce(UInt128(0)) { $0 + $1.range.count }
    let wanted = CIDR(first.network, prefix: length)?.range.count ?? 0
    guard covered + wanted <= UInt128(max(quota, 0)) else {
      throw Fault(.overQuota, "Per-project subnet pool prefix quota exceeded.", code: "SubnetPoolQuotaExceeded")
    }
  }

  private static func exhausted(_ why: String) -> Fault {
    Fault(.unavailable, "Failed to allocate subnet: \(why).", code: "SubnetAllocationError")
  }
}
