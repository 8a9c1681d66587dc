internal import CVirt
internal import Core
internal import Hardware
internal import Host

extension LibvirtHypervisor {
  /// Copies by a mirror job that is ended when it has caught up, so that the copy is the disk at the instant of the
  /// end; where a guest agent answers, the guest's file systems are frozen for that instant. The copy has no backing
  /// file. One hour at most.
  public func copyDisk(_ serial: String, of id: String, to path: String) async throws {
    let source = try await link.call { connection in
      let domain = try Domain.get(id, on: connection)
      let active = domain.isActive
      guard let disk = try domain.description(kept: !active).disk(serial), let path = disk.path else {
        throw Fault.notFound("The guest has no disk \(serial).")
      }
      return Source(target: disk.target, path: path, format: disk.format, active: active)
    }
    try await host.remove(path)
    do {
      if source.active {
        try await mirror(source.target, of: id, to: path)
      } else {
        try await host.runOK(
          "qemu-img", ["convert", "-f", source.format, "-O", "qcow2", source.path, path], timeout: .hours(1))
      }
      try await host.sync(path)
    } catch {
      try? await host.remove(path)
      throw error
    }
  }

  private struct Source: Sendable {
    var target: String
    var path: String
    var format: String
    var active: Bool
  }

  private func mirror(_ target: String, of id: String, to path: String) async throws {
    let destination =
      "<disk type='file'><source file='\(escaped(path))'><seclabel model='dac' relabel='no'/></source>"
      + "<driver name='qemu' type='qcow2'/></disk>"
    try await link.call { connection in
      let domain = try Domain.get(id, on: connection)
      // A job that a crash of ours left behind would stand in the way.
      _ = virDomainBlockJobAbort(domain.pointer, target, 0)
      let flags = VIR_DOMAIN_BLOCK_COPY_TRANSIENT_JOB.rawValue
      try check(virDomainBlockCopy(domain.pointer, target, destination, nil, 0, flags), "begin to copy the disk")
    }
    do {
      try await untilCaughtUp(target, of: id)
      try await link.call { connection in
        let domain = try Domain.get(id, on: connection)
        let frozen = virDomainFSFreeze(domain.pointer, nil, 0, 0) > 0
        defer { if frozen { virDomainFSThaw(domain.pointer, nil, 0, 0) } }
        try check(virDomainBlockJobAbort(domain.pointer, target, 0), "end the copy of the disk")
      }
    } catch {
      try? await link.call { connection in
        _ = virDomainBlockJobAbort(try Domain.get(id, on: connection).pointer, target, 0)
      }
      throw error
    }
  }

  private func untilCaughtUp(_ target: String, of id: String) async throws {
    let deadline = world.uptime() + .hours(1)
    while true {
      let ready = try await link.call { connection in
        let domain = try Domain.get(id, on: connection)
        var info = virDomainBlockJobInfo()
        let found = virDomainGetBlockJobInfo(domain.pointer, target, &info, 0)
        try check(found, "watch the copy of the disk")
        guard found == 1 else {
          throw Fault.internalError(
            "The copy of the disk was broken off. Try again; if it fails again, an administrator finds the "
              + "hypervisor's reason in its log.", detail: "block job of \(target) of guest \(id) vanished")
        }
        let mirrored = try domain.description().disks.first { $0.target == target }?.hasReadyMirror == true
        return mirrored && info.cur == info.end
      }
      if ready { return }
      guard world.uptime() < deadline else {
        throw Fault(.timedOut, "Copying the disk took over an hour and was stopped. Try again while the guest is idle.")
      }
      try await world.sleep(.milliseconds(100))
    }
  }
}
