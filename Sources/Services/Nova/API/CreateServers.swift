internal import API
internal import Core
internal import HTTP
internal import JSON
internal import NovaModel
internal import Store
internal import Work

/// `POST /servers`: everything that can be known now is checked now, then rows and sagas are written in one
/// transaction.
enum CreateServers {
  static func create(_ call: Call<Nova>, _ draft: NewServer) async throws -> Response {
    try draft.check(call.version)
    let count = try draft.count()
    let project = try call.project()
    var wanted = try RequestedDisks(draft)
    let checks = DiskChecks(call: call)
    var image: JSON?
    if let id = wanted.imageID {
      let shown = try await checks.image(id)
      try wanted.adopt(shown)
      image = shown
    }
    let disks = wanted
    var plan = Plan(draft: draft, project: project)
    plan.flavor = try await flavor(draft, call)
    plan.key = try await key(draft, call)
    plan.disks = disks
    if count.most > 1, disks.volumes.contains(where: { $0.volume != nil }) {
      throw Fault.badRequest("Cannot attach one or more volumes to multiple instances")
    }
    try zone(draft, call, &plan)
    try await checks.check(disks, plan.flavor, known: image)
    let networks = NetworkChecks(call)
    plan.groups = try draft.groups()
    try await networks.checkGroups(plan.groups)
    plan.networks = try await networks.resolve(draft.networks, servers: count.most)
    plan.reservation = "r-" + call.nova.world.random(4).hex
    plan.password = draft.adminPass ?? Passwords.make(call.nova.world)
    plan.group = try await ServerGroups.hinted(call)
    let made = try await write(plan, count, call)
    return try answer(plan, made, call)
  }

  /// What all servers of the request have in common.
  struct Plan: Sendable {
    var draft: NewServer
    var project: String
    var flavor = Flavor()
    var key: KeyPair?
    var disks: RequestedDisks?
    var groups: [String] = []
    var networks: [RequestedNetwork] = []
    var hints = SchedulingHints()
    var pinnedZone: String?
    var reservation = ""
    var password = ""
    var group: String?
    init(draft: NewServer, project: String) {
      self.draft = draft
      self.project = project
    }
  }

  // MARK: Checks

  private static func flavor(_ draft: NewServer, _ call: Call<Nova>) async throws -> Flavor {
    let id = try draft.flavorID()
    do {
      let flavor = try await call.nova.store.read { try await Flavors.visible(id, to: call, in: $0) }
      guard !flavor.disabled else { throw Refusals.noFlavor(id) }
      return flavor
    } catch let fault as Fault where fault.kind == .notFound { throw Fault.badRequest(fault.message) }
  }

  private static func key(_ draft: NewServer, _ call: Call<Nova>) async throws -> KeyPair? {
    guard let name = draft.keyName else { return nil }
    let user = call.caller.userID
    let key = try await call.nova.store.read {
      try await $0.one(KeyPair.self, "WHERE user_id = \(user) AND name = \(name)")
    }
    guard let key else { throw Fault.badRequest("Invalid key_name provided.") }
    return key
  }

  /// `ZONE`, or `ZONE:HOST` from administrators; since 2.74 the host has a key of its own.
  private static func zone(_ draft: NewServer, _ call: Call<Nova>, _ plan: inout Plan) throws {
    var parts = (draft.zone ?? "").split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    if parts.count > 3 { throw Fault.badRequest("Unable to parse availability_zone \(draft.zone ?? "")") }
    let named = parts.isEmpty ? "" : parts.removeFirst()
    var host = parts.first { !$0.isEmpty }
    if let given = draft.host ?? draft.hypervisor {
      if host != nil { throw Fault.badRequest("The host is given twice: in availability_zone and as host.") }
      host = given
    }
    if host != nil, !call.caller.isAdmin {
      throw Fault.forbidden("Policy doesn't allow os_compute_api:servers:create:forced_host to be performed.")
    }
    plan.hints = SchedulingHints(availabilityZone: named.isEmpty ? nil : named, host: host)
    plan.pinnedZone = plan.hints.availabilityZone
  }

  /// Zones and hosts that nobody has are refused before anything is written.
  private static func known(_ hints: SchedulingHints, in tx: Transaction) async throws {
    if let zone = hints.availabilityZone {
      let known = try await Zones.all(in: tx).keys
      guard known.contains(zone) else { throw Fault.badRequest("The requested availability zone is not available") }
    }
    if let host = hints.host {
      guard try await tx.one(ComputeHost.self, "WHERE host = \(host)") != nil else {
        throw Fault.badRequest("Compute host \(host) could not be found.")
      }
    }
  }

  // MARK: Writing

  private static func write(
    _ plan: Plan, _ count: (least: Int, most: Int), _ call: Call<Nova>
  ) async throws -> [Server] {
    let nova = call.nova
    // Ids are drawn outside: the transaction may run more than once.
    let ids = (0..<min(count.most, 1000)).map { _ in nova.world.uuid() }
    let now = nova.world.now()
    return try await nova.store.write { tx in
      try await known(plan.hints, in: tx)
      let usage = try await Usage.of(project: plan.project, options: nova.options, in: tx)
      let allowed = try QuotaCheck.servers(plan.flavor, count.least, count.most, usage)
      try QuotaCheck.metadata(plan.draft.metadata?.count ?? 0, usage)
      var hints = plan.hints
      if let group = plan.group { hints = try await ServerGroups.hints(group, hints, in: tx) }
      var made: [Server] = []
      for index in 0..<min(allowed, ids.count) {
        var server = server(plan, ids[index], index, of: allowed, call, now)
        try await tx.insert(server)
        let saga = CreateServer(
          server: server.id, networks: plan.networks, securityGroups: plan.groups,
          volumes: plan.disks?.volumes ?? [], hints: hints)
        server = try await ServerMoves.begin(.create, "create", saga, on: server, call, in: tx)
        if let group = plan.group {
          try await ServerGroups.join(group, server.id, usage, in: tx)
        }
        made.append(server)
      }
      return made
    }
  }

  private static func server(
    _ plan: Plan, _ id: String, _ index: Int, of count: Int, _ call: Call<Nova>, _ now: Timestamp
  ) -> Server {
    let draft = plan.draft
    var server = Server()
    server.id = id
    server.projectID = plan.project
    server.userID = call.caller.userID
    server.name = count > 1 ? "\(draft.name.trimmed)-\(index + 1)" : draft.name.trimmed
    server.hostname =
      draft.hostname.map { count > 1 ? "\($0)-\(index + 1)" : $0 }
      ?? ServerChecks.hostname(from: server.name, id: id)
    server.description = call.version >= "2.19" ? draft.description : server.name
    server.flavor = plan.flavor.snapshot
    server.imageID = plan.disks?.imageID
    server.keyName = plan.key?.name
    server.keyPublic = plan.key?.publicKey
    server.userData = draft.userData.flatMap { $0.isEmpty ? nil : $0 }
    server.metadata = draft.metadata ?? [:]
    server.tags = (draft.tags ?? []).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    server.configDrive = (try? boolean(draft.configDrive ?? false, "config_drive")) ?? false
    server.accessIPv4 = draft.accessIPv4
    server.accessIPv6 = draft.accessIPv6
    server.availabilityZone = nil
    server.pinnedZone = plan.pinnedZone
    server.reservationID = plan.reservation
    server.launchIndex = index
    server.createdAt = now
    server.updatedAt = now
    return server
  }

  // MARK: Answering

  private static func answer(_ plan: Plan, _ made: [Server], _ call: Call<Nova>) throws -> Response {
    let wantsReservation = try plan.draft.returnsReservation.map { try boolean($0, "return_reservation_id") } ?? false
    if wantsReservation {
      return JSON.object(["reservation_id": .string(plan.reservation)]).response(to: call.incoming, status: 202)
    }
    guard let first = made.first else { throw Fault.internalError("A request for servers made none.") }
    let groups = plan.groups.isEmpty ? ["default"] : plan.groups
    let body: JSON = [
      "server": [
        "id": .string(first.id), "links": call.incoming.links("servers", first.id),
        "OS-DCF:diskConfig": .string(plan.draft.diskConfig ?? "MANUAL"),
        "security_groups": .array(groups.map { ["name": .string($0)] }), "adminPass": .string(plan.password),
      ]
    ]
    var response = body.response(to: call.incoming, status: 202)
    response.headers["Location"] = "\(call.baseURL)\(call.mount)/servers/\(first.id)"
    return response
  }
}

/// Passwords for the guests' administrators.
enum Passwords {
  /// Without signs that look alike.
  private static let letters = Array("23456789abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ")

  /// 12 signs; so few bytes fall outside the even range that drawing again is cheap.
  static func make(_ world: World) -> String {
    let fair = 256 / letters.count * letters.count
    var text = ""
    while text.count < 12 {
      for byte in world.random(16) where Int(byte) < fair && text.count < 12 {
        text.append(letters[Int(byte) % letters.count])
      }
    }
    return text
  }
}
