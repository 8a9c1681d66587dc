internal import CLinux
internal import Clients
internal import Config
internal import Core
internal import HTTP
internal import JSON
internal import Wiring

/// `keystone-manage bootstrap`: what a cloud's own start makes, and then what upstream's options ask for beyond it.
///
/// The latter is asked of the API v3 in this process, with a token that nobody else has: so nothing is made here that a
/// user could not have made, nor otherwise.
enum KeystoneBootstrap {
  static let options: [ArgumentTable.Row] = [
    .value("bootstrap-username", "NAME", "The first user; admin."),
    .value("bootstrap-password", "PASSWORD", "His password; needed, here or as OS_BOOTSTRAP_PASSWORD."),
    .value("bootstrap-project-name", "NAME", "His project; admin."),
    .value("bootstrap-role-name", "NAME", "His role there and on the system; admin."),
    .value("bootstrap-service-name", "NAME", "The identity service's name in the catalogue; keystone."),
    .value("bootstrap-admin-url", "URL", "Its admin endpoint."),
    .value("bootstrap-public-url", "URL", "Its public endpoint."),
    .value("bootstrap-internal-url", "URL", "Its internal endpoint."),
    .value("bootstrap-region-id", "ID", "The region of these."),
    .flag("immutable-roles", "Is taken: the roles that every cloud has are immutable."),
    .flag("no-immutable-roles", "Makes them such that they can be changed."),
  ]

  static func run(_ context: Command.Context, _ arguments: Arguments) async throws {
    func said(_ name: String, _ otherwise: String? = nil) -> String? {
      environment("OS_" + name.uppercased().replacing("-", with: "_")) ?? arguments.value(name) ?? otherwise
    }
    guard let password = said("bootstrap-password") else {
      throw Fault.badRequest("Either --bootstrap-password argument or OS_BOOTSTRAP_PASSWORD must be set.")
    }
    var settings = context.settings
    settings.adminToken = World.real.hexID() + World.real.hexID()
    // The services are only asked, so nothing of this machine is touched.
    settings.hypervisor = .fake
    settings.networkSwitch = .fake
    settings.volumeBackend = .fake
    let isServed = StateDirectory.isServed(context.stateDirectory)
    let state = try await IdentityState.directory(context, making: true)
    let user = said("bootstrap-username", "admin") ?? ""
    let cloud = try await Cloud.open(settings, state: state, world: .real)
    if !isServed { try await cloud.bootstrap() }
    let token = settings.adminToken
    var hand = Hand(
      v3: ServiceClient("identity", over: LocalTransport(cloud.ports[0].handler), prefix: "/v3") { token })
    try await hand.ensureUser(user, password)
    try await hand.ensureProject(said("bootstrap-project-name", "admin") ?? "")
    try await hand.ensureRole(said("bootstrap-role-name", "admin") ?? "")
    if arguments.flag("no-immutable-roles") { try await hand.freeRoles() }
    let urls = [("admin", "admin"), ("public", "public"), ("internal", "internal")].compactMap { interface, name in
      said("bootstrap-\(name)-url").map { (interface: interface, url: $0) }
    }
    try await hand.ensureEndpoints(
      urls, service: said("bootstrap-service-name", "keystone") ?? "", region: said("bootstrap-region-id"))
    // The files that clients read must go on saying what is so.
    if user == "admin" { try await state.remember(adminPassword: password) }
  }

  private static func environment(_ name: String) -> String? {
    guard let value = getenv(name) else { return nil }
    let text = String(cString: value)
    return text.isEmpty ? nil : text
  }
}

/// Makes what is missing, and says so.
private struct Hand {
  let v3: ServiceClient
  var user = ""
  var project = ""

  init(v3: ServiceClient) { self.v3 = v3 }

  private func find(_ names: String, _ name: String, _ query: [(name: String, value: String)] = []) async throws
    -> JSON?
  {
    try await v3.call("GET", "/" + names, query: [(name: "name", value: name)] + query)[names]?[0]
  }
  private func make(_ names: String, _ name: String, _ body: JSON) async throws -> String {
    try await v3.call("POST", "/" + names, [name: body])[name]?["id"]?.string ?? ""
  }
  private static let domain = [(name: "domain_id", value: "default")]

  /// Upstream sets the password also of a user who is there: it is how a lost one is replaced.
  mutating func ensureUser(_ name: String, _ password: String) async throws {
    if let known = try await find("users", name, Self.domain)?["id"]?.string {
      user = known
      _ = try await v3.call("PATCH", "/users/" + known, ["user": ["password": .string(password), "enabled": true]])
      return Output.say("user \(name): there already; the password is set")
    }
    user = try await make(
      "users", "user", ["name": .string(name), "password": .string(password), "domain_id": "default"])
    Output.say("user \(name): made")
  }

  mutating func ensureProject(_ name: String) async throws {
    if let known = try await find("projects", name, Self.domain)?["id"]?.string {
      project = known
      return Output.say("project \(name): there already")
    }
    project = try await make(
      "projects", "project",
      [
        "name": .string(name), "domain_id": "default",
        "description": "Bootstrap project for initializing the cloud.",
      ])
    Output.say("project \(name): made")
  }

  func ensureRole(_ name: String) async throws {
    var role = try await find("roles", name)?["id"]?.string ?? ""
    let isNew = role.isEmpty
    if isNew { role = try await make("roles", "role", ["name": .string(name)]) }
    _ = try await v3.call("PUT", "/projects/\(project)/users/\(user)/roles/\(role)")
    _ = try await v3.call("PUT", "/system/users/\(user)/roles/\(role)")
    Output.say("role \(name): \(isNew ? "made and " : "")granted on the project and on the system")
  }

  func freeRoles() async throws {
    for name in ["admin", "manager", "member", "reader", "service"] {
      guard let role = try await find("roles", name)?["id"]?.string else { continue }
      _ = try await v3.call("PATCH", "/roles/" + role, ["role": ["options": ["immutable": false]]])
    }
    Output.say("roles: can be changed")
  }

  func ensureEndpoints(_ urls: [(interface: String, url: String)], service name: String, region: String?) async throws {
    if urls.isEmpty { return }
    let type = [(name: "type", value: "identity")]
    var service = try await find("services", name, type)?["id"]?.string ?? ""
    if service.isEmpty { service = try await make("services", "service", ["name": .string(name), "type": "identity"]) }
    for (interface, url) in urls {
      var query = [(name: "service_id", value: service), (name: "interface", value: interface)]
      if let region { query.append((name: "region_id", value: region)) }
      let known = try await v3.call("GET", "/endpoints", query: query)["endpoints"]?[0]
      if let id = known?["id"]?.string {
        _ = try await v3.call("PATCH", "/endpoints/" + id, ["endpoint": ["url": .string(url)]])
        Output.say("endpoint \(interface): \(url)")
        continue
      }
      var endpoint: JSONObject = [
        "service_id": .string(service), "interface": .string(interface), "url": .string(url),
      ]
      if let region { endpoint.append("region", .string(region)) }
      _ = try await make("endpoints", "endpoint", .object(endpoint))
      Output.say("endpoint \(interface): \(url)")
    }
  }
}
