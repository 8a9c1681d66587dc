public import Core

/// What processes that share a database need of one another.
extension Store {
  /// Takes a name on this database until the store is closed or the process ends.
  /// - Throws: the refusal, where another process has the name and keeps it for 15 s: so long the database may need to
  ///   notice that the process before this one died.
  public func hold(_ name: String, otherwise refusal: Fault) async throws {
    let deadline = world.uptime() + .seconds(15)
    while try await !engine.hold(name) {
      guard world.uptime() < deadline else { throw refusal }
      try await world.sleep(.milliseconds(250))
    }
  }

  /// Looks whether this machine's clock shows what the database's does: by their times processes believe one another
  /// alive.
  /// - Throws: `unavailable` where they are apart by more than `clockTolerance`.
  public func requireClock() async throws {
    let before = world.now()
    guard let found = try await engine.clock() else { return }
    let apart = max(before - found, found - world.now())
    guard apart < Self.clockTolerance else {
      throw Fault.unavailable(
        "The clock of this machine and that of the database are apart by \(apart.milliseconds / 1000) s. Set both "
          + "right (chrony, ntpd), then start again.")
    }
  }
  static let clockTolerance = Duration.seconds(3)
}
