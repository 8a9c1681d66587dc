internal import API
internal import CinderModel
internal import Core
internal import HTTP
internal import JSON
internal import Store

/// A volume with what is shown of it and kept elsewhere.
struct VolumeDetail: Viewed {
  let volume: Volume
  let attachments: [Attachment]
  let type: VolumeType?

  static let view = View<VolumeDetail>("volume", fields + extended)

  fileprivate static let fields: [Field<VolumeDetail>] =
    [
      .field("id", \.volume.id),
      .computed("status") { detail, _ in .string(detail.volume.status) },
      .field("size", \.volume.sizeGiB),
      .field("availability_zone", \.volume.availabilityZone),
      .computed("created_at") { detail, _ in .string(detail.volume.createdAt.isoMicroseconds) },
      .computed("updated_at") { detail, _ in (detail.volume.updatedAt?.isoMicroseconds).json },
      .field("name", \.volume.name), .field("description", \.volume.description),
      .computed("volume_type") { detail, _ in (detail.type?.name ?? detail.volume.typeID).json },
      .field("snapshot_id", \.volume.snapshotID), .field("source_volid", \.volume.sourceID),
      .computed("metadata") { detail, _ in detail.volume.shownMetadata.json },
      .computed("links") { Call<Cinder>.links($1, "volumes", $0.volume.id) },
      .field("user_id", \.volume.userID),
      .computed("bootable") { detail, _ in detail.volume.bootable ? "true" : "false" },
      .computed("encrypted") { _, _ in false },
      .computed("replication_status") { _, _ in .null },
      .computed("consistencygroup_id") { _, _ in .null },
      .field("multiattach", \.volume.multiattach),
      .computed("attachments") { detail, incoming in detail.shownAttachments(to: incoming) },
      .computed("migration_status", onlyFor: "admin") { _, _ in .null },
      .computed("group_id", since: "3.13") { _, _ in .null },
      .computed("provider_id", since: "3.21", onlyFor: "admin") { _, _ in .null },
      .computed("shared_targets", since: "3.48") { _, _ in false },
      .computed("service_uuid", since: "3.48") { _, _ in .null },
      .computed("cluster_name", since: "3.61", onlyFor: "admin") { _, _ in .null },
      .field("volume_type_id", \.volume.typeID, since: "3.63"),
      .computed("consumes_quota", since: "3.65") { _, _ in true },
    ]

  /// What upstream's extensions add where a volume is read.
  private static let extended: [Field<VolumeDetail>] =
    [
      .computed("volume_image_metadata") { detail, _ in detail.volume.imageMetadata?.json },
      .field("os-vol-tenant-attr:tenant_id", \.volume.projectID),
      .computed("os-vol-host-attr:host", onlyFor: "admin") { detail, _ in
        detail.volume.host.map { .string("\($0)#\(Services.pool(of: $0))") } ?? .null
      },
      .computed("os-vol-mig-status-attr:migstat", onlyFor: "admin") { _, _ in .null },
      .computed("os-vol-mig-status-attr:name_id", onlyFor: "admin") { _, _ in .null },
    ]

  static let summary = View<VolumeDetail>(
    "volume",
    [
      .field("id", \.volume.id), .field("name", \.volume.name),
      .computed("links") { Call<Cinder>.links($1, "volumes", $0.volume.id) },
    ])

  /// Only what a server really has; reservations are seen by their own resource.
  private func shownAttachments(to incoming: Incoming) -> JSON {
    let seesHosts = incoming.caller.isAdmin || incoming.caller.roles.contains("service")
    return .array(
      attachments.filter { $0.state == .attached || $0.state == .detaching }.map { row in
        [
          "id": .string(row.volumeID), "attachment_id": .string(row.id), "volume_id": .string(row.volumeID),
          "server_id": row.serverID.json, "host_name": seesHosts ? row.host.json : .null,
          "device": row.mountpoint.json, "attached_at": (row.attachedAt?.isoMicroseconds).json,
        ]
      })
  }

  /// The volumes with everything that belongs to them, in their order.
  static func load(_ volumes: [Volume], in tx: some ReadTransaction) async throws -> [VolumeDetail] {
    guard !volumes.isEmpty else { return [] }
    let rows = try await tx.all(
      Attachment.self, "WHERE volume_id IN (\(list: volumes.map(\.id))) ORDER BY created_at, id")
    let attachments = Dictionary(grouping: rows, by: \.volumeID)
    let used = Set(volumes.compactMap(\.typeID)).sorted()
    let types = try await tx.all(VolumeType.self, "WHERE id IN (\(list: used))")
    let byID = Dictionary(types.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
    return volumes.map {
      VolumeDetail(volume: $0, attachments: attachments[$0.id] ?? [], type: $0.typeID.flatMap { byID[$0] })
    }
  }
  static func load(_ volume: Volume, in tx: some ReadTransaction) async throws -> VolumeDetail {
    try await load([volume], in: tx).first ?? VolumeDetail(volume: volume, attachments: [], type: nil)
  }
}

extension Volume {
  /// The user's metadata, and whether the volume is read only, which clients look for there.
  var shownMetadata: [String: String] { isReadOnly ? metadata.merging(["readonly": "True"]) { $1 } : metadata }
}

/// The answer to a request that makes or changes a volume: what upstream's extensions add is not in it.
struct ChangedVolume: Viewed {
  let detail: VolumeDetail
  static let view = View<ChangedVolume>("volume", Field.part(\.detail, VolumeDetail.fields))
}
