internal import Core
internal import Crypto
internal import JSON
internal import KeystoneModel
internal import Store

extension Keystone {
  /// Brings a cloud's identity to what every cloud has, and changes nothing that is there already but the endpoints'
  /// URLs, which follow the configuration, and the services' passwords, which follow the state directory's secrets.
  /// - Parameters:
  ///   - adminPassword: of the user `admin`, who is admin of the project `admin` and of the system; used when there is
  ///     no such user yet.
  ///   - demoPassword: of the user `demo`, a member of the project `demo`; nil for a cloud without them.
  ///   - services: the users of the services (`nova`, ...), admin and service on the project `service`.
  ///   - catalog: type, name and URL template (`http://host:8774/v2.1`) of each service; one endpoint an interface.
  public func bootstrap(
    adminPassword: String, demoPassword: String?, services: [(name: String, password: String)],
    catalog: [(type: String, name: String, url: String)], region: String = "RegionOne"
  ) async throws {
    var people = [
      Newcomer(name: "admin", password: adminPassword, project: "admin", roles: ["admin"], isService: false)
    ]
    people[0].isSystemAdmin = true
    people += services.map {
      Newcomer(name: $0.name, password: $0.password, project: "service", roles: ["admin", "service"], isService: true)
    }
    if let demoPassword {
      people.append(
        Newcomer(name: "demo", password: demoPassword, project: "demo", roles: ["member"], isService: false))
    }
    try await hashPasswords(of: &people)
    let newcomers = people
    let domain = options.defaultDomainID
    let ids = (0..<(16 + newcomers.count * 2 + catalog.count * 4)).map { _ in world.hexID() }
    try await change { transaction in
      var hand = BootstrapHand(transaction: transaction, domain: domain, ids: ids)
      try await hand.ensureDomain()
      try await hand.ensureRoles()
      for person in newcomers { try await hand.ensure(person) }
      try await hand.ensureCatalog(catalog, region: region)
    }
  }

  /// Only the hashes that are needed: of users who are not there, and of services whose password is another now.
  private func hashPasswords(of people: inout [Newcomer]) async throws {
    let domain = options.defaultDomainID
    for (i, person) in people.enumerated() {
      let known = try await store.read { try await $0.user(named: person.name, in: domain) }
      if let known {
        guard person.isService else { continue }
        if let hash = known.passwordHash, try await hasher.verify(person.password, hash) { continue }
      }
      // Slow hashes protect weak passwords; a generated secret needs none, and a first start should not wait for eight.
      let isGenerated = person.password.utf8.count >= 24
      let hasher = isGenerated ? hasher.with(cost: 5) : hasher
      people[i].hash = try await hasher.hash(person.password)
    }
  }
}

/// A user whom every cloud has.
private struct Newcomer: Sendable {
  let name: String
  let password: String
  let project: String
  let roles: [String]
  let isService: Bool
  var isSystemAdmin = false
  var hash: String?
}

/// What bootstrapping does within its transaction. A body may run twice, so its ids are drawn before.
private struct BootstrapHand {
  let transaction: Transaction
  let domain: String
  var ids: [String]

  mutating func nextID() -> String { ids.removeFirst() }

  func ensureDomain() async throws {
    var project = Project()
    project.id = domain
    project.name = "Default"
    project.isDomain = true
    project.details = "The default domain"
    _ = try await transaction.insertUnlessPresent(project)
  }

  mutating func ensureRoles() async throws {
    let chain = ["admin", "manager", "member", "reader"]
    var idsOfRoles: [String: String] = [:]
    for name in chain + ["service"] { idsOfRoles[name] = try await ensureRole(name) }
    for (prior, implied) in zip(chain, chain.dropFirst()) {
      guard let prior = idsOfRoles[prior], let implied = idsOfRoles[implied] else { continue }
      _ = try await transaction.insertUnlessPresent(ImpliedRole(prior: prior, implied: implied))
    }
  }

  private mutating func ensureRole(_ name: String) async throws -> String {
    if let role = try await transaction.role(named: name) { return role.id }
    var role = Role()
    role.id = nextID()
    role.name = name
    role.options = ["immutable": true]
    try await transaction.insert(role)
    return role.id
  }

  mutating func ensure(_ person: Newcomer) async throws {
    let project = try await ensureProject(person.project)
    let user = try await ensureUser(person, project)
    for name in person.roles {
      guard let role = try await transaction.role(named: name) else { continue }
      _ = try await transaction.insertUnlessPresent(Assignment(role.id, to: .user, user, on: .project, project))
      if person.isSystemAdmin {
        _ = try await transaction.insertUnlessPresent(Assignment(role.id, to: .user, user, on: .system))
      }
    }
  }

  private mutating func ensureProject(_ name: String) async throws -> String {
    if let known = try await transaction.project(named: name, in: domain) { return known.id }
    var project = Project()
    project.id = nextID()
    project.name = name
    project.domainID = domain
    project.parentID = domain
    project.details = name == "admin" ? "Bootstrap project for initializing the cloud." : ""
    try await transaction.insert(project)
    return project.id
  }

  private mutating func ensureUser(_ person: Newcomer, _ project: String) async throws -> String {
    if var known = try await transaction.user(named: person.name, in: domain) {
      if let hash = person.hash {
        known.passwordHash = hash
        try await transaction.update(known)
      }
      return known.id
    }
    var user = User()
    user.id = nextID()
    user.name = person.name
    user.domainID = domain
    user.passwordHash = person.hash
    if !person.isService { user.defaultProjectID = project }
    try await transaction.insert(user)
    return user.id
  }

  mutating func ensureCatalog(_ catalog: [(type: String, name: String, url: String)], region: String) async throws {
    var place = Region()
    place.id = region
    _ = try await transaction.insertUnlessPresent(place)
    for entry in catalog {
      let known = try await transaction.one(
        CatalogService.self, "WHERE type = \(entry.type) AND name = \(entry.name) ORDER BY id")
      var service = known ?? CatalogService()
      if known == nil {
        service.id = nextID()
        service.type = entry.type
        service.name = entry.name
        try await transaction.insert(service)
      }
      for interface in CatalogEndpoint.Interface.allCases {
        try await ensureEndpoint(of: service.id, interface, entry.url, region)
      }
    }
  }

  private mutating func ensureEndpoint(
    of service: String, _ interface: CatalogEndpoint.Interface, _ url: String, _ region: String
  ) async throws {
    let known = try await transaction.one(
      CatalogEndpoint.self,
      "WHERE service_id = \(service) AND interface = \(interface) AND region_id = \(region) ORDER BY id")
    if var known {
      guard known.url != url else { return }
      known.url = url
      try await transaction.update(known)
      return
    }
    var endpoint = CatalogEndpoint()
    endpoint.id = nextID()
    endpoint.serviceID = service
    endpoint.interface = interface
    endpoint.regionID = region
    endpoint.url = url
    try await transaction.insert(endpoint)
  }
}
