// NeutronAPI: the networking API, and what agents ask of it.
//
// One file a resource: its view, its body, its filters, its routes and its handlers. What all resources have in common
// (paging, filters, tags, bulk bodies) stands in `Listing`, `Bodies` and `Tags`. A handler does its work in one write
// transaction, in which addresses are chosen, quotas counted and whatever goes along (a DHCP port with the first DHCP
// subnet) is made; after the commit the hosts' agents are told to fetch their plan, which follows from the rows.
// It must not touch a host: that is the agent's.

public import API
public import Bus
public import Core
public import NeutronModel
public import Store

/// The networking service of one process.
public struct Neutron: Sendable {
  let store: Store
  let world: World
  let options: NeutronOptions
  let bus: Bus
  let known = KnownPlanRows()

  public init(store: Store, world: World, options: NeutronOptions = NeutronOptions(), bus: Bus) {
    self.store = store
    self.world = world
    self.options = options
    self.bus = bus
  }

  /// The service's API, to be given to an `Endpoint`.
  public func api() -> APIService {
    let tables: [Routes<Neutron>] = [
      Networks.routes, Subnets.routes, Ports.routes, RoutersAPI.routes, FloatingIPs.routes, SecurityGroups.routes,
      SecurityGroupRules.routes, Quotas.routes, Tags.routes, SubnetPools.routes, AddressScopes.routes, Agents.routes,
      Availability.routes, Extensions.routes,
    ]
    return APIService(
      "neutron", faults: .neutron, selectsFields: true,
      routes: Versions.routes.bound(to: self, at: [""]) + tables.flatMap { $0.bound(to: self, at: ["/v2.0"]) })
  }

  /// Runs a transaction, and afterwards tells every agent that its plan may have changed.
  /// - Parameter wakes: false where no host can be concerned.
  func write<T: Sendable>(
    wakes: Bool = true, _ body: @escaping @Sendable (Transaction) async throws -> T
  ) async throws -> T {
    let result = try await store.write(body)
    if wakes { await wakeAgents() }
    return result
  }

  /// A wake that is lost with the process costs an agent's next comparison, never a change.
  private func wakeAgents() async {
    let hosts = (try? await store.read { try await $0.all(AgentRecord.self).map(\.host) }) ?? []
    for host in hosts { await bus.cast(NeutronTopic.agent(host), PlanChanged()) }
  }

  func read<T: Sendable>(_ body: @escaping @Sendable (any ReadTransaction) async throws -> T) async throws -> T {
    try await store.read(body)
  }
}

extension Incoming {
  /// Administrators, and services that act for users: they may bind ports and see bindings.
  var isPrivileged: Bool { caller.isAdmin || caller.roles.contains("service") }
  /// Seen in the lists of the caller beside what is shared.
  var ownProject: SQL {
    permitsEveryProject ? "1 = 1" : "project_id = \(caller.projectID ?? "") AND project_id <> ''"
  }
  /// The project of a new resource.
  /// - Throws: upstream's 400 for another project's by anyone but an administrator.
  func owner(_ given: String?) throws -> String {
    let own = caller.projectID ?? ""
    guard let given, !given.isEmpty, given != own else {
      if own.isEmpty {
        throw Fault.badRequest(
          "Running without keystone AuthN requires that tenant_id is specified. Use a token that is "
            + "scoped to a project.")
      }
      return own
    }
    guard isPrivileged else {
      throw Fault.badRequest(
        "Specifying 'project_id' or 'tenant_id' other than the authenticated project in request requires admin "
          + "privileges", code: "HTTPBadRequest")
    }
    return given
  }
}
