internal import Core
internal import Store

/// A node that carries out sagas, where several share a store: by its signs of life the others know whether what is
/// its alone will be done.
struct WorkNode: Record {
  var name = ""
  var seenAt = Timestamp(seconds: 0)

  static let table = Table<WorkNode>(
    "work_nodes", since: 2, logged: false,
    [
      .column("name", \.name, key: true, since: 2), .column("seen_at", \.seenAt, since: 2),
    ])

  /// How long a node that says nothing is waited for: longer than a machine takes to start again.
  static let patience = Duration.minutes(10)

  /// The nodes whose work is not taken up by others.
  static func living(_ now: Timestamp) -> SQL { "SELECT name FROM \(table) WHERE seen_at > \(now - patience)" }
}

extension SagaQueue {
  /// Says that this node lives.
  func giveSign() async throws {
    let sign = WorkNode(name: node, seenAt: world.now())
    try await store.write { try await $0.put(sign) }
  }
}
