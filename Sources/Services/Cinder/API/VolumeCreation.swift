internal import API
internal import CinderModel
internal import Clients
internal import Core
internal import JSON
internal import Store
internal import Work

extension Volumes {
  struct Creation: Draft {
    var size: Whole?
    var name: String?
    var displayName: String?
    var description: String?
    var displayDescription: String?
    var imageRef: String?
    var imageID: String?
    var snapshot: String?
    var source: String?
    var backup: String?
    var type: String?
    var zone: String?
    var metadata: MetadataBody?
    var multiattach: Flag?
    /// Another owner, for services that act for users.
    var project: String?
    static let shape = Shape<Creation>(
      "volume", unknown: .ignored,
      [
        .key("size", \.size), .key("name", \.name, .text(0...255)), .key("display_name", \.displayName, .text(0...255)),
        .key("description", \.description, .text(0...255)),
        .key("display_description", \.displayDescription, .text(0...255)), .key("imageRef", \.imageRef),
        .key("image_id", \.imageID), .key("snapshot_id", \.snapshot), .key("source_volid", \.source),
        .key("backup_id", \.backup, since: "3.47"), .key("volume_type", \.type, .text(0...255)),
        .key("availability_zone", \.zone, .text(0...255)), .key("metadata", \.metadata),
        .key("multiattach", \.multiattach), .key("project_id", \.project),
      ])
  }

  static func create(_ call: Call<Cinder>, _ draft: Creation) async throws -> ChangedVolume {
    let cinder = call.service
    let own = try call.project()
    let project = draft.project ?? own
    try call.require(["project_id": project], else: .forbidden("Policy doesn't allow volume:create to be performed."))
    let image = try await imageFacts(call, draft)
    var volume = Volume()
    volume.id = cinder.world.uuid()
    volume.projectID = project
    volume.userID = call.caller.userID
    volume.name = draft.name ?? draft.displayName ?? ""
    volume.description = draft.description ?? draft.displayDescription
    volume.metadata = draft.metadata?.values ?? [:]
    volume.multiattach = draft.multiattach?.value ?? false
    volume.createdAt = cinder.world.now()
    volume.imageMetadata = image?.metadata
    volume.bootable = image != nil
    let blank = volume
    return try await cinder.store.write { tx in
      var volume = blank
      let source = try await chooseSource(call, draft, image, &volume, in: tx)
      volume.availabilityZone = try await zone(draft.zone, cinder.options, in: tx)
      let type = try await VolumeTypes.choose(draft.type, for: project, cinder.options, in: tx)
      volume.typeID = type.id
      volume.multiattach = volume.multiattach || type.extraSpecs["multiattach"] == "<is> True"
      try await Quota.checkSize(volume.sizeGiB, of: project, cinder.options, in: tx)
      try await Quota.check(project, volumes: 1, gigabytes: volume.sizeGiB, cinder.options, in: tx)
      try await tx.insert(volume)
      let saga = CreateVolume(volume: volume.id, sizeGiB: volume.sizeGiB, source: source, host: volume.host)
      volume = try await Volume.lifecycle.begin(
        saga.move, on: volume, with: saga, in: tx, queue: cinder.queue,
        refusal: .internalError("A new volume could not be begun."))
      return ChangedVolume(detail: VolumeDetail(volume: volume, attachments: [], type: type))
    }
  }

  /// What the volume begins with, and the size that follows from it; both are written into the volume.
  private static func chooseSource(
    _ call: Call<Cinder>, _ draft: Creation, _ image: ImageFacts?, _ volume: inout Volume, in tx: Transaction
  ) async throws -> VolumeSource {
    if let backup = given(draft.backup) { throw Fault.notFound("Backup \(backup) could not be found.") }
    let asked = draft.size?.value
    if let asked, asked <= 0 { throw wrongSize(String(asked)) }
    if let id = given(draft.snapshot) {
      let snapshot = try await readable(Snapshot.self, id, \.projectID, call, Snapshot.missing(id), in: tx)
      guard snapshot.status == "available" else {
        throw Fault.badRequest("Invalid snapshot: Originating snapshot status must be one of 'available' values")
      }
      volume.sizeGiB = asked ?? snapshot.sizeGiB
      guard volume.sizeGiB >= snapshot.sizeGiB else {
        throw Cinder.invalidInput(
          """
          Volume size '\(volume.sizeGiB)'GB cannot be smaller than the snapshot size \(snapshot.sizeGiB)GB. They must \
          be >= original snapshot size.
          """)
      }
      volume.snapshotID = id
      volume.host = snapshot.host
      if let origin = try await tx.get(Volume.self, snapshot.volumeID) { inherit(from: origin, &volume) }
      return .snapshot(id)
    }
    if let id = given(draft.source) {
      let source = try await readable(Volume.self, id, \.projectID, call, Volume.missing(id), in: tx)
      guard source.doing == nil, source.state == .available || source.state == .inUse else {
        throw Cinder.invalidVolume("Source volume status must be one of 'available', 'in-use' values")
      }
      volume.sizeGiB = asked ?? source.sizeGiB
      guard volume.sizeGiB >= source.sizeGiB else {
        throw Cinder.invalidInput(
          """
          Volume size '\(volume.sizeGiB)'GB cannot be smaller than original volume size \(source.sizeGiB)GB. They \
          must be >= original volume size.
          """)
      }
      volume.sourceID = id
      volume.host = source.host
      inherit(from: source, &volume)
      return .volume(id)
    }
    guard let asked else { throw wrongSize("None") }
    volume.sizeGiB = asked
    guard let image else { return .blank }
    try image.checkFits(asked)
    return .image(image.id)
  }

  /// A copy can be booted if its original can.
  private static func inherit(from origin: Volume, _ volume: inout Volume) {
    volume.bootable = origin.bootable
    volume.imageMetadata = origin.imageMetadata
  }

  /// A source that the volume's maker may read.
  private static func readable<R: Record>(
    _ type: R.Type, _ id: String, _ owner: KeyPath<R, String>, _ call: Call<Cinder>, _ missing: Fault,
    in tx: Transaction
  ) async throws -> R {
    guard let record = try await tx.get(R.self, id) else { throw missing }
    try call.require(["project_id": record[keyPath: owner]], else: missing)
    return record
  }

  private static func wrongSize(_ size: String) -> Fault {
    Cinder.invalidInput(
      """
      Invalid volume size provided for create request: \(size) (size argument must be an integer (or string \
      representation of an integer) and greater than zero).
      """)
  }

  private static func zone(_ asked: String?, _ options: CinderOptions, in tx: Transaction) async throws -> String {
    guard let asked = given(asked), asked != options.availabilityZone else { return options.availabilityZone }
    guard try await tx.count(VolumeHost.self, "WHERE availability_zone = \(asked)") > 0 else {
      throw Cinder.invalidInput("Availability zone '\(asked)' is invalid.")
    }
    return asked
  }

  /// Clients send an empty text for what they have not.
  private static func given(_ text: String?) -> String? { text.flatMap { $0.isEmpty ? nil : $0 } }
}

/// What must be known of an image before a volume is made from it.
struct ImageFacts: Sendable {
  let id: String
  let sizeBytes: Int
  let minDiskGiB: Int
  /// As `volume_image_metadata` shows it.
  let metadata: [String: String]

  func checkFits(_ sizeGiB: Int) throws {
    let needed = sizeBytes >> 30 + (sizeBytes & ((1 << 30) - 1) == 0 ? 0 : 1)
    if needed > sizeGiB {
      throw Cinder.invalidInput("Size of specified image \(needed)GB is larger than volume size \(sizeGiB)GB.")
    }
    if minDiskGiB > sizeGiB {
      throw Cinder.invalidInput(
        "Volume size \(sizeGiB)GB cannot be smaller than the image minDisk size \(minDiskGiB)GB.")
    }
  }
}

extension Volumes {
  /// The image as the caller sees it; nil when the volume is not made from one.
  fileprivate static func imageFacts(_ call: Call<Cinder>, _ draft: Creation) async throws -> ImageFacts? {
    guard let reference = given(draft.imageRef) ?? given(draft.imageID) else { return nil }
    let sources = [given(draft.snapshot), given(draft.source)].compactMap { $0 }
    guard sources.isEmpty else {
      throw Cinder.invalidInput("A volume is made from an image, a snapshot or another volume; name only one of them.")
    }
    let client = ImageClient(call.service.image.service.with(token: call.caller.token))
    // Older clients send the image's URL.
    let id = reference.split(separator: "/").last.map(String.init) ?? reference
    guard isUUID(id), let image = try await client.show(id) else {
      throw Fault.badRequest("Invalid image identifier or unable to access requested image.")
    }
    guard image["status"]?.string == "active" else { throw Cinder.invalidInput("Image \(id) is not active.") }
    var metadata = ["image_id": id]
    for (key, value) in image.object?.members ?? [] where !Self.hiddenProperties.contains(key) {
      switch value {
      case .string(let text): metadata[key == "name" ? "image_name" : key] = text
      case .int(let number): metadata[key] = String(number)
      default: continue
      }
    }
    return ImageFacts(
      id: id, sizeBytes: image["size"]?.int ?? 0, minDiskGiB: image["min_disk"]?.int ?? 0, metadata: metadata)
  }

  /// What belongs to the image as such and not to what is on the disk.
  private static let hiddenProperties: Set<String> = [
    "id", "self", "file", "schema", "owner", "status", "visibility", "created_at", "updated_at", "direct_url",
    "virtual_size", "stores",
  ]
}
