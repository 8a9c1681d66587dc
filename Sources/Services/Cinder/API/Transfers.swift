internal import API
internal import CinderModel
internal import Core
internal import Crypto
internal import JSON
internal import Store

/// Handing a volume to another project (API reference: block storage v3, "Volume transfer").
enum Transfers {
  static let routes = Routes(rules: "volume:", of: Cinder.self, shows: view, rows("os-volume-transfer") + newer)
  private static let newer = rows("volume-transfers", since: "3.55")

  /// The same rows under the old path and the new one.
  private static func rows(_ name: String, since: Microversion? = nil) -> [Route<Cinder>] {
    [
      .get("/\(name)", "get_all_transfers", listBriefly, allow: .reader, since: since, shows: summary.many),
      .get("/\(name)/detail", "get_all_transfers", list, allow: .reader, since: since),
      .post("/\(name)", "create_transfer", create, allow: .member, since: since, status: 202),
      .get("/\(name)/{id}", "get_transfer", show, allow: .reader, since: since),
      .post("/\(name)/{id}/accept", "accept_transfer", accept, allow: .anyone, since: since, status: 202),
      .delete("/\(name)/{id}", "delete_transfer", delete, allow: .member, since: since, status: 202),
    ]
  }

  private static let briefly: [Field<Transfer>] = [
    .field("id", \.id), .field("volume_id", \.volumeID), .field("name", \.name),
    .computed("links") { Call<Cinder>.links($1, "os-volume-transfer", $0.id) },
  ]
  private static let summary = View<Transfer>("transfer", briefly)
  private static let view = View<Transfer>(
    "transfer",
    briefly + [
      .computed("created_at") { row, _ in .string(row.createdAt.isoMicroseconds) },
      .field("no_snapshots", \.withoutSnapshots, since: "3.55"),
      .field("source_project_id", \.projectID, since: "3.57"),
      .computed("destination_project_id", since: "3.57") { _, _ in .null },
      .computed("accepted", since: "3.57") { _, _ in false },
    ])

  private static func missing(_ id: String) -> Fault { .notFound("Transfer \(id) could not be found.") }
  private static func hash(_ key: String) -> String { Hash.sha256(Array(key.utf8)).hex }

  static func list(_ call: Call<Cinder>, _: Nothing) async throws -> Page<Transfer> { try await list(call, as: view) }
  static func listBriefly(_ call: Call<Cinder>, _: Nothing) async throws -> Page<Transfer> {
    try await list(call, as: summary)
  }
  private static func list(_ call: Call<Cinder>, as view: View<Transfer>) async throws -> Page<Transfer> {
    let page = try PageRequest(call.incoming, sortable: ["id": "id", "name": "name", "created_at": "created_at"])
    let scope = try call.scope()
    return try await call.service.store.read { tx in
      let (rows, next) = try await page.fetch(Transfer.self, where: scope, in: tx)
      return Page(rows, as: view, next: next)
    }
  }

  private static func find(_ call: Call<Cinder>, in tx: some ReadTransaction) async throws -> Transfer {
    guard let row = try await tx.get(Transfer.self, call.id) else { throw missing(call.id) }
    try call.require(["project_id": row.projectID], else: missing(call.id))
    return row
  }
  static func show(_ call: Call<Cinder>, _: Nothing) async throws -> Shown<Transfer> {
    Shown(try await call.service.store.read { try await find(call, in: $0) }, as: view)
  }

  struct Creation: Draft {
    var volume = ""
    var name: String?
    var withoutSnapshots: Flag?
    static let shape = Shape<Creation>(
      "transfer",
      [
        .key("volume_id", \.volume, .uuid, required: true), .key("name", \.name, .text(0...255)),
        .key("no_snapshots", \.withoutSnapshots, since: "3.55"),
      ])
  }

  static func create(_ call: Call<Cinder>, _ draft: Creation) async throws -> JSON {
    let world = call.service.world
    let key = world.random(8).hex
    let (id, now) = (world.uuid(), world.now())
    let row = try await call.service.store.write { tx -> Transfer in
      var volume = try await call.volume(draft.volume, in: tx)
      guard volume.status == "available" else { throw Cinder.invalidVolume("status must be available") }
      var row = Transfer()
      row.id = id
      row.volumeID = volume.id
      row.name = draft.name ?? ""
      row.projectID = volume.projectID
      row.keyHash = hash(key)
      row.withoutSnapshots = draft.withoutSnapshots?.value ?? false
      row.createdAt = now
      try await tx.insert(row)
      volume.state = .awaitingTransfer
      volume.updatedAt = now
      try await tx.update(volume)
      return row
    }
    guard case .object(var shown) = view.render(row, for: call.incoming) else { return .null }
    shown["auth_key"] = .string(key)
    return ["transfer": .object(shown)]
  }

  static func accept(_ call: Call<Cinder>, _ body: JSON) async throws -> JSON {
    guard let key = body["accept"]?["auth_key"]?.string else {
      throw Fault.badRequest("'auth_key' is a required property")
    }
    let (project, user, now, options) = (
      try call.project(), call.caller.userID, call.service.world.now(), call.service.options
    )
    let row = try await call.service.store.write { tx -> Transfer in
      guard let row = try await tx.get(Transfer.self, call.id) else { throw missing(call.id) }
      guard row.keyHash == hash(key) else {
        throw Fault.badRequest("Invalid auth key: Attempt to transfer \(row.id) with invalid auth key.")
      }
      guard var volume = try await tx.get(Volume.self, row.volumeID), volume.state == .awaitingTransfer else {
        throw Cinder.invalidVolume("The transferred volume is not awaiting a transfer any more.")
      }
      let snapshots = try await tx.all(Snapshot.self, "WHERE volume_id = \(volume.id)")
      if row.withoutSnapshots, !snapshots.isEmpty {
        throw Cinder.invalidVolume("The volume has snapshots, which the transfer was to leave out. Delete them first.")
      }
      try await Quota.check(
        project, volumes: 1, snapshots: snapshots.count,
        gigabytes: volume.sizeGiB + snapshots.reduce(0) { $0 + $1.sizeGiB }, options, in: tx)
      volume.projectID = project
      volume.userID = user
      volume.state = .available
      volume.updatedAt = now
      try await tx.update(volume)
      for var snapshot in snapshots {
        snapshot.projectID = project
        snapshot.userID = user
        try await tx.update(snapshot)
      }
      try await tx.delete(row)
      return row
    }
    return ["transfer": summary.render(row, for: call.incoming)]
  }

  static func delete(_ call: Call<Cinder>, _: Nothing) async throws -> Nothing {
    let now = call.service.world.now()
    try await call.service.store.write { tx in
      let row = try await find(call, in: tx)
      try await tx.delete(row)
      guard var volume = try await tx.get(Volume.self, row.volumeID), volume.state == .awaitingTransfer else { return }
      volume.state = .available
      volume.updatedAt = now
      try await tx.update(volume)
    }
    return Nothing()
  }
}
