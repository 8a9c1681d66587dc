package import Core
package import Store

extension Store {
  /// Opens the database that the settings name; without a name the one in the state directory.
  package static func open(_ settings: Settings, in path: String, world: World) async throws -> Store {
    settings.isShared
      ? try await .postgres(settings.database, world: world)
      : try .sqlite(path: StateDirectory.database(path), world: world)
  }

  /// Joins the processes that share this database, before anything in it is believed or changed.
  /// - Throws: `conflict` where another process has this one's place; `unavailable` where clocks differ.
  func join(_ settings: Settings) async throws {
    if settings.roles == .all {
      try await hold(
        "whole cloud",
        otherwise: .conflict(
          "Another cloud runs on this database. Stop it, or give this one a database of its own; beside a cloud there "
            + "may be further image services alone (cloud.roles = image)."))
    }
    try await hold(
      "node \(settings.node)",
      otherwise: .conflict(
        "Another process of this cloud is called '\(settings.node)'. Stop it, or give this one another name by "
          + "compute.host."))
    try await requireClock()
  }
}
