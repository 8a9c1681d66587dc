import CinderModel
import CinderWork
import JSON
import SmallCloud

/// Block storage by itself.
enum StorageScenarios {
  static let all: [Scenario] = [
    .of(
      CreateVolume.self, "blank", in: \.volumeWork, prepare: { _ in [:] },
      begin: { cloud, _ in _ = try await make(cloud, [:]) }, again: deleteAll, isAllowed: isGone),
    .of(
      CreateVolume.self, "of an image", in: \.volumeWork, prepare: { try await $0.scene() },
      begin: { cloud, cast in _ = try await make(cloud, ["imageRef": cast["image"].json]) }, again: deleteAll,
      isAllowed: isGone),
    .of(
      DeleteVolume.self, "that is free", in: \.volumeWork, prepare: withVolume, begin: delete, again: delete,
      isAllowed: { _ in false }),
    .of(
      ExtendVolume.self, "by a GiB", in: \.volumeWork, prepare: withVolume, begin: extend, again: extend,
      isAllowed: { _ in false }),
    .of(
      UploadVolume.self, "to an image", in: \.volumeWork, prepare: withVolume,
      begin: { cloud, cast in
        try await cloud.act(
          on: cast["volume"], ["os-volume_upload_image": ["image_name": "copy", "disk_format": "qcow2"]])
      }),
    .of(
      CreateSnapshot.self, "of a volume", in: \.volumeWork, prepare: withVolume, begin: snapshot,
      again: deleteSnapshots,
      isAllowed: isGone),
    .of(
      DeleteSnapshot.self, "of a volume", in: \.volumeWork,
      prepare: { cloud in
        let cast = try await withVolume(cloud)
        try await snapshot(cloud, cast)
        return cast
      }, begin: deleteSnapshots, again: deleteSnapshots, isAllowed: { _ in false }),
  ]

  /// A volume that could not be made stays to be seen; once deleted, nothing is left of it.
  @Sendable private static func isGone(_ end: End) -> Bool { end.things == end.before }

  @Sendable private static func withVolume(_ cloud: SmallCloud) async throws -> Scenario.Cast {
    ["volume": try await cloud.volume()]
  }
  private static func make(_ cloud: SmallCloud, _ more: JSONObject) async throws -> String {
    var body: JSONObject = ["name": "data", "size": 1]
    for member in more.members { body[member.key] = member.value }
    return try await cloud.made("cinder", "/v3/p-demo/volumes", "volume", .object(body))
  }
  @Sendable private static func delete(_ cloud: SmallCloud, _ cast: Scenario.Cast) async throws {
    try await cloud.must("cinder", "DELETE", "/v3/p-demo/volumes/\(cast["volume"] ?? "")")
  }
  @Sendable private static func deleteAll(_ cloud: SmallCloud, _: Scenario.Cast) async throws {
    try await deleteEach("volumes", cloud)
  }
  @Sendable private static func deleteSnapshots(_ cloud: SmallCloud, _: Scenario.Cast) async throws {
    try await deleteEach("snapshots", cloud)
  }
  private static func deleteEach(_ what: String, _ cloud: SmallCloud) async throws {
    for item in try await cloud.must("cinder", "GET", "/v3/p-demo/\(what)")[what]?.array ?? [] {
      try await cloud.must("cinder", "DELETE", "/v3/p-demo/\(what)/\(item["id"]?.string ?? "")")
    }
  }
  @Sendable private static func extend(_ cloud: SmallCloud, _ cast: Scenario.Cast) async throws {
    try await cloud.act(on: cast["volume"], ["os-extend": ["new_size": 2]])
  }
  @Sendable private static func snapshot(_ cloud: SmallCloud, _ cast: Scenario.Cast) async throws {
    _ = try await cloud.made("cinder", "/v3/p-demo/snapshots", "snapshot", ["volume_id": cast["volume"].json])
  }
}
