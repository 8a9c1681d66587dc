internal import CVirt
internal import Core
public import Hardware
internal import Host
internal import Synchronization

/// Choosing a free target and taking it is one act for everybody.
private let choosing = Mutex(())

extension LibvirtHypervisor {
  public func ensureAttached(_ disk: GuestDisk, to id: String) async throws {
    try await link.call { connection in
      try choosing.withLock { _ in
        let domain = try Domain.get(id, on: connection)
        let kept = try domain.description(kept: true)
        let live = domain.isActive ? try domain.description() : kept
        let known = live.disk(disk.serial) ?? kept.disk(disk.serial)
        let taken = live.disks.map(\.target) + kept.disks.map(\.target)
        var disk = disk
        if known == nil, let wanted = disk.target, taken.contains(wanted) { disk.target = nil }
        let target = known?.target ?? DomainXML.targets([disk], taken: taken)[0]
        let xml = DomainXML.disk(disk, target: target)
        try Self.attach(xml, to: domain, live: live.disk(disk.serial) != nil, kept: kept.disk(disk.serial) != nil)
      }
    }
  }

  public func ensureAttached(_ nic: GuestNIC, to id: String) async throws {
    try await link.call { connection in
      let domain = try Domain.get(id, on: connection)
      let kept = try domain.description(kept: true)
      let live = domain.isActive ? try domain.description() : kept
      try Self.attach(
        DomainXML.nic(nic), to: domain, live: live.interface(nic.mac) != nil, kept: kept.interface(nic.mac) != nil)
    }
  }

  public func ensureDetached(disk serial: String, from id: String) async throws {
    try await detach(from: id, what: "disk") { $0.disk(serial)?.xml }
  }

  public func ensureDetached(nic mac: String, from id: String) async throws {
    try await detach(from: id, what: "network interface") { $0.interface(mac) }
  }

  private static func attach(_ xml: String, to domain: Domain, live: Bool, kept: Bool) throws {
    var flags: UInt32 = 0
    if domain.isActive && !live { flags |= VIR_DOMAIN_AFFECT_LIVE.rawValue }
    if !kept { flags |= VIR_DOMAIN_AFFECT_CONFIG.rawValue }
    if flags == 0 { return }
    try check(virDomainAttachDeviceFlags(domain.pointer, xml, flags), "attach the device to the guest")
  }

  /// A running guest gives a device back in its own time: it is asked, and asked again, until the device is gone.
  private func detach(
    from id: String, what: String, element: @escaping @Sendable (DomainDescription) -> String?
  ) async throws {
    let deadline = world.uptime() + .seconds(45)
    var ask = world.uptime()
    while true {
      let asking = world.uptime() >= ask
      let gone = try await link.call { connection in
        guard let domain = try Domain.find(id, on: connection) else { return true }
        if let kept = element(try domain.description(kept: true)) {
          let flag = VIR_DOMAIN_AFFECT_CONFIG.rawValue
          try check(virDomainDetachDeviceFlags(domain.pointer, kept, flag), "take the \(what) out of the guest")
        }
        guard domain.isActive, let live = element(try domain.description()) else { return true }
        // A guest that has already been asked refuses the second request; only the device's going counts.
        if asking { _ = virDomainDetachDeviceFlags(domain.pointer, live, VIR_DOMAIN_AFFECT_LIVE.rawValue) }
        return element(try domain.description()) == nil
      }
      if gone { return }
      if asking { ask = world.uptime() + .seconds(5) }
      guard world.uptime() < deadline else {
        throw Fault(
          .timedOut,
          "The guest does not release the \(what). Unmount it in the guest, or stop the server, and try again.",
          detail: "guest \(id): not released within 45 s")
      }
      try await world.sleep(.milliseconds(200))
    }
  }
}
