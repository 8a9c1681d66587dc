internal import Bus
internal import Clients
public import Core
internal import JSON
public import NovaModel
public import Work

extension SnapshotServer: Saga {
  public static let steps: [Step<SnapshotServer>] = [.step("upload", upload, undo: removeImage)]

  private static func upload(_ saga: inout SnapshotServer, _ c: Conductor) async throws {
    let server = try await c.server(saga.server)
    // The bytes may have arrived before a crash; an image that is active has them all.
    let image = try await c.image.show(saga.image)
    if image?["status"]?.string == "active" { return }
    if server.imageID == nil {
      return try await c.nameVolumes(of: server, in: saga.image, image?["name"]?.string ?? "")
    }
    _ = try await c.bus.call(try c.agent(of: server), UploadSnapshot(server: server.id, image: saga.image))
  }
  private static func removeImage(_ saga: inout SnapshotServer, _ c: Conductor) async throws {
    try await c.removeSnapshots(for: saga.image)
    try await c.image.delete(saga.image)
  }
  public func succeed(_ end: Ending, _ context: Conductor) async throws { try await done(end, fault: nil) }
  public func fail(_ fault: Fault, _ end: Ending, _ context: Conductor) async throws {
    try await done(end, fault: fault)
  }

  /// A snapshot leaves the server's state and power as they were.
  private func done(_ end: Ending, fault: Fault?) async throws {
    let record = try await Server.lifecycle.end(.snapshot, server, saga: end.saga, failed: fault != nil, in: end.tx)
    try await InstanceAction.finish(saga: end.saga, host: record?.host, fault: fault, at: end.now, in: end.tx)
  }
}

extension RebuildServer: Saga {
  public static let steps: [Step<RebuildServer>] = [
    .step("remove", remove, tries: 3),
    .step(
      "image",
      { saga, c in
        let image = saga.image
        try await c.change(saga.server) { $0.imageID = image }
      }),
    .step("run", { saga, c in try await c.run(try await c.server(saga.server)) }, tries: 2),
  ]
  private static func remove(_ saga: inout RebuildServer, _ c: Conductor) async throws {
    let server = try await c.server(saga.server)
    _ = try await c.bus.call(
      try c.agent(of: server), RemoveGuest(server: server.id, ports: server.nics.map(\.port)))
  }
  public func succeed(_ end: Ending, _ context: Conductor) async throws {
    try await finish(.rebuild, end, fault: nil, power: 1)
  }
  public func fail(_ fault: Fault, _ end: Ending, _ context: Conductor) async throws {
    try await finish(.rebuild, end, fault: fault, power: 0)
  }
}
