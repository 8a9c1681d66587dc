internal import Bus
internal import Clients
internal import Core
internal import Hardware
internal import JSON
internal import Log
internal import NovaModel
internal import Store
public import Work

/// What must keep becoming true of compute.
extension Conductor {
  private static var log: Log { Log("nova.reconciler") }

  public func reconcilers() -> [Reconciler] {
    let (attachments, ports, cards, pictures) = (Sightings(), Sightings(), Sightings(), Sightings())
    return [
      Reconciler("nova-attachments", every: .seconds(20)) { try await self.removeStrayAttachments(attachments) },
      Reconciler("nova-ports", every: .seconds(20)) { try await self.removeStrayPorts(ports) },
      Reconciler("nova-cards", every: .seconds(20)) { try await self.removeLostCards(cards) },
      Reconciler("nova-snapshots", every: .seconds(20)) { try await self.removeStraySnapshots(pictures) },
      Reconciler("nova-guests", every: .seconds(30)) { try await self.reconcileGuests() },
      Reconciler("nova-allocations", every: .minutes(2)) { try await self.reconcileAllocations() },
    ]
  }

  /// Guests without a server go; a server whose guest has stopped by itself, or is not there any more, is shown as
  /// stopped, from where it can be started.
  func reconcileGuests() async throws {
    for host in try await store.read({ try await $0.all(ComputeHost.self) }) {
      // The guests are listed before the records are read: a guest never comes before its server's record.
      let asked = world.now()
      guard let found = try? await bus.call(ComputeTopic.agent(host.host), ListGuests()) else { continue }
      let servers = try await store.read { try await $0.all(Server.self, "WHERE host = \(host.host)") }
      let known = Dictionary(servers.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
      for id in Set(found.guests.map(\.id) + found.disks) where known[id] == nil {
        if try await store.read({ try await $0.get(Server.self, id) }) != nil { continue }
        // An empty database that was put before an old host must not cost anybody his guests.
        guard try await !store.changes(of: id, limit: 1).isEmpty else {
          Self.log.error("a guest is none of this database's; look whose it is", ["server": id, "host": host.host])
          continue
        }
        Self.log.warning("a guest without a server is removed", ["server": id, "host": host.host])
        _ = try await bus.call(ComputeTopic.agent(host.host), RemoveGuest(server: id, ports: []))
      }
      let power = Dictionary(found.guests.map { ($0.id, $0.power) }, uniquingKeysWith: { $1 })
      for server in servers where server.hasGuest && server.updatedAt < asked {
        let now = power[server.id]
        guard now == nil || now == .stopped || now == .crashed else { continue }
        Self.log.warning(
          "a server's guest has stopped by itself", ["server": server.id, "power": now?.rawValue ?? "not there"])
        try await change(server.id) { server in
          guard server.hasGuest else { return }
          server.state = .stopped
          server.power = now == nil ? 0 : now == .crashed ? 6 : 4
        }
      }
    }
  }

  /// Allocations of servers that are gone are given back.
  func reconcileAllocations() async throws {
    for host in try await store.read({ try await $0.all(ComputeHost.self) }) {
      // A host that placement has not heard of yet holds nothing.
      guard try await placement.provider(host.id) != nil else { continue }
      let held = try await placement.allocations(ofProvider: host.id)["allocations"]?.object?.keys ?? []
      for consumer in held {
        if try await store.read({ try await $0.get(Server.self, consumer) }) != nil { continue }
        Self.log.warning("an allocation without a server is given back", ["consumer": consumer, "host": host.host])
        try await placement.deleteAllocations(consumer)
      }
    }
  }
}

extension Server {
  /// Whether nothing is done to it, and its guest must be there and be on.
  fileprivate var hasGuest: Bool { doing == nil && [.active, .paused, .suspended].contains(state) }
}
