internal import Bus
internal import Clients
internal import Core
internal import Hardware
internal import JSON
internal import NovaModel
internal import Store

/// Compute hosts: what their agents report, kept here and in placement.
extension Conductor {
  /// Answers what agents say on their own.
  public func serve() {
    bus.serve(ComputeTopic.conductor, [.on(ReportHost.self) { try await self.record($0) }])
  }

  /// Writes a report down, and tells placement what the host has when that is new.
  func record(_ report: ReportHost) async throws -> Done {
    let now = world.now()
    let newID = world.uuid()
    let caps = report.capabilities
    let written = try await store.write { tx -> Written in
      let old = try await tx.one(ComputeHost.self, "WHERE host = \(report.host)")
      var row = old ?? ComputeHost()
      if old == nil {
        row.id = newID
        row.host = report.host
        row.createdAt = now
      }
      row.hypervisorType = caps.hypervisorType
      row.hypervisorVersion = caps.hypervisorVersion
      row.vcpus = caps.vcpus
      row.memoryMiB = caps.memoryMiB
      row.diskGiB = caps.diskGiB
      row.architecture = caps.architecture
      row.cpuModel = caps.cpuModel
      let changed =
        old.map { ($0.vcpus, $0.memoryMiB, $0.diskGiB) != (row.vcpus, row.memoryMiB, row.diskGiB) } ?? true
      row.lastSeen = now
      if old == nil {
        try await tx.insert(row)
        return Written(host: row, changed: true)
      }
      return Written(host: try await tx.update(row), changed: changed)
    }
    let known = try await placement.provider(written.host.id)
    if written.changed || known == nil { try await describe(written.host, known) }
    return Done()
  }

  /// A host's row, and whether placement must hear of it.
  private struct Written {
    let host: ComputeHost
    let changed: Bool
  }

  private func describe(_ host: ComputeHost, _ known: JSON?) async throws {
    var provider = known
    if provider == nil {
      _ = try await placement.createProvider(host.id, name: host.host)
      provider = try await placement.provider(host.id)
    }
    func inventory(_ total: Int, reserved: Int, ratio: Double) -> JSON {
      [
        "total": .int(max(1, total)), "reserved": .int(reserved), "min_unit": 1, "max_unit": .int(max(1, total)),
        "step_size": 1, "allocation_ratio": .double(ratio),
      ]
    }
    try await placement.setInventories(
      host.id, generation: provider?["generation"]?.int ?? 0,
      [
        "VCPU": inventory(host.vcpus, reserved: 0, ratio: options.cpuAllocationRatio),
        "MEMORY_MB": inventory(
          host.memoryMiB, reserved: min(options.reservedMemoryMiB, host.memoryMiB / 2),
          ratio: options.memoryAllocationRatio),
        "DISK_GB": inventory(host.diskGiB, reserved: 0, ratio: options.diskAllocationRatio),
      ])
  }

  /// The zone of a host.
  func zone(of host: String?) async throws -> String? {
    guard let host else { return nil }
    return try await store.read { try await $0.one(ComputeHost.self, "WHERE host = \(host)")?.availabilityZone }
  }

  /// Every host with what placement has left on it: the scheduler's whole knowledge.
  func snapshots() async throws -> [HostSnapshot] {
    let hosts = try await store.read { try await $0.all(ComputeHost.self, "ORDER BY host") }
    let now = world.now()
    var all: [HostSnapshot] = []
    for host in hosts {
      all.append(
        HostSnapshot(
          host: host.host, provider: host.id, availabilityZone: host.availabilityZone, up: host.isUp(at: now),
          disabled: host.disabled, free: try await free(host.id)))
    }
    return all
  }

  private func free(_ provider: String) async throws -> [String: Int] {
    let inventories = try await placement.inventories(provider)["inventories"]?.object ?? [:]
    let usages = try await placement.usages(provider)["usages"] ?? .null
    var free: [String: Int] = [:]
    for (name, inventory) in inventories.members {
      let ratio = (try? Double(json: inventory["allocation_ratio"] ?? 1)) ?? 1
      let total = (inventory["total"]?.int ?? 0) - (inventory["reserved"]?.int ?? 0)
      let room = Int(Double(total) * ratio) - (usages[name]?.int ?? 0)
      free[name] = min(room, inventory["max_unit"]?.int ?? room)
    }
    return free
  }
}
