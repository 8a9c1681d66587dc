internal import CVirt
internal import Core
internal import Host

/// Keeps one connection to libvirt and opens it anew when it broke; starts the daemon where nothing else does.
actor Link {
  private let uri: String
  private let host: Host
  private let world: World
  /// libvirt's calls block, some for seconds, so they have threads of their own.
  private let threads = Threads(limit: 8)
  private var opening: Task<Connection, any Error>?

  private let daemons: Daemons

  init(uri: String, host: Host, world: World, daemons: Daemons) {
    self.uri = uri
    self.daemons = daemons
    self.host = host
    self.world = world
  }

  /// Runs `body` on a blocking thread with an open connection; when that turns out broken (the daemon was
  /// restarted) `body` runs once more on a new one, so it must bear repetition.
  nonisolated func call<T: Sendable>(_ body: @escaping @Sendable (Connection) throws -> T) async throws -> T {
    let first = try await connection()
    do {
      return try await threads.run { try body(first) }
    } catch {
      guard !first.isAlive else { throw error }
      await drop()
    }
    let second = try await connection()
    return try await threads.run { try body(second) }
  }

  private func drop() { opening = nil }

  /// Lets the connection go and ends the daemons that were started from here.
  func endDaemons() async throws {
    drop()
    try await daemons.end()
  }

  private func connection() async throws -> Connection {
    if let opening { return try await opening.value }
    let task = Task { try await open() }
    opening = task
    do {
      return try await task.value
    } catch {
      opening = nil
      throw error
    }
  }

  private nonisolated func open() async throws -> Connection {
    let uri = uri
    if uri.hasPrefix("qemu:///system") { await openKVMToLibvirt() }
    do {
      return try await threads.run { try Connection(uri: uri) }
    } catch  where uri.hasPrefix("qemu:///system") {
      try await daemons.start()
    }
    let deadline = world.uptime() + .seconds(60)
    while true {
      do {
        return try await threads.run { try Connection(uri: uri) }
      } catch {
        if world.uptime() > deadline { throw error }
        try await world.sleep(.milliseconds(200))
      }
    }
  }

  /// Gives /dev/kvm the group and mode that udev would. Where it belongs to root alone, libvirt finds at every single
  /// use that what it knows of QEMU is out of date and asks all its programs anew: a start took 70 s (measured).
  private nonisolated func openKVMToLibvirt() async {
    guard let status = try? await host.status("/dev/kvm"), status.mode == 0o600 else { return }
    // Without such a group there is no libvirt to please either; and who may not do this is not the one to mend it.
    _ = try? await host.runOK("chgrp", ["kvm", "/dev/kvm"])
    try? await host.setMode("/dev/kvm", 0o660)
  }
}
