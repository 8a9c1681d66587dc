internal import Core
internal import Log
internal import Store

/// A node that carries out sagas, where several share a store: by its signs of life the others know whether what is
/// its alone will be done.
struct WorkNode: Record {
  var name = ""
  /// The process that said so last.
  var owner = ""
  var seenAt = Timestamp(seconds: 0)

  static let table = Table<WorkNode>(
    "work_nodes", since: 2, logged: false,
    [
      .column("name", \.name, key: true, since: 2), .column("owner", \.owner, since: 2),
      .column("seen_at", \.seenAt, since: 2),
    ])

  /// How long a node that says nothing is waited for: longer than a restart takes.
  static let patience = Duration.minutes(2)

  /// The nodes whose work is not taken up by others.
  static func living(_ now: Timestamp) -> SQL { "SELECT name FROM \(table) WHERE seen_at > \(now - patience)" }
}

extension SagaQueue {
  /// Says that this node lives. A process that finds another's word in place of its own is not the only one of its
  /// name, which nobody but an operator can mend.
  func giveSign(isFirst: Bool) async throws {
    var sign = WorkNode()
    (sign.name, sign.owner, sign.seenAt) = (node, owner, world.now())
    let mine = sign
    let before = try await store.write { tx -> WorkNode? in
      if try await tx.insertUnlessPresent(mine) { return nil }
      let before = try await tx.get(WorkNode.self, mine.name)
      try await tx.update(mine)
      return before
    }
    guard !isFirst, let before, before.owner != owner else { return }
    log.error(
      "another process of this cloud has the same name, and takes this one's work: give each its own compute.host",
      ["node": node, "owner": owner, "other": before.owner])
  }
}
