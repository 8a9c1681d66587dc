internal import API
internal import Clients
internal import Core
internal import JSON
internal import NovaModel

/// From what a new server boots, and what other volumes it gets.
struct RequestedDisks: Sendable {
  /// nil when it boots from a volume.
  var imageID: String?
  var volumes: [RequestedVolume] = []
  /// The image that the root volume is made from, whose demands hold as well.
  var sourceImage: String?

  private static let badBoot = Fault.badRequest(
    "Block Device Mapping is Invalid: Boot sequence for the instance and image/block device mapping combination "
      + "is not valid."
  )

  init(_ draft: NewServer) throws {
    imageID = draft.imageRef.flatMap { $0.isEmpty ? nil : $0 }
    if draft.legacyVolumes != nil, draft.volumes != nil {
      throw Fault.badRequest("Using different block_device_mapping syntaxes is not allowed in the same request.")
    }
    for row in try Self.rows(draft.legacyVolumes, "block_device_mapping") { try addLegacy(row) }
    for row in try Self.rows(draft.volumes, "block_device_mapping_v2") { try add(row) }
    let roots = volumes.filter { $0.bootIndex == 0 }
    guard roots.count <= 1 else { throw Self.badBoot }
    if let root = roots.first {
      if root.source == .image { sourceImage = root.sourceID }
      imageID = nil
    } else if let imageID {
      guard isUUID(imageID) else { throw Fault.badRequest("Invalid imageRef provided.") }
      sourceImage = imageID
    } else if volumes.isEmpty {
      throw Fault.badRequest("Invalid imageRef provided.")
    } else {
      throw Self.badBoot
    }
  }

  /// Takes what an image names to boot from, where the request does not say otherwise for the same place.
  mutating func adopt(_ image: JSON) throws {
    guard let text = image["block_device_mapping"]?.string, let id = imageID else { return }
    guard let rows = try? JSON(parsing: text).array else {
      throw Fault.badRequest("The block_device_mapping of the image \(id) cannot be read. Use another image.")
    }
    let given = Set(volumes.compactMap(\.bootIndex))
    for row in rows where row["destination_type"]?.string == "volume" {
      if let index = row["boot_index"]?.int, given.contains(index) { continue }
      try add(row)
    }
    guard volumes.contains(where: { $0.bootIndex == 0 }) else { return }
    imageID = nil
    sourceImage = nil
  }

  private static func rows(_ value: JSON?, _ key: String) throws -> [JSON] {
    guard let value, !value.isNull else { return [] }
    guard let rows = value.array, rows.allSatisfy({ $0.object != nil }) else {
      throw Fault.badRequest("Invalid input for field/attribute \(key). It is a list of objects.")
    }
    return rows
  }

  private mutating func addLegacy(_ row: JSON) throws {
    guard let volume = row["volume_id"]?.string ?? row["snapshot_id"]?.string else {
      throw Fault.badRequest("Block Device Mapping is Invalid: a mapping needs a volume_id or a snapshot_id.")
    }
    let isRoot = ["vda", "/dev/vda"].contains(row["device_name"]?.string ?? "") && imageID == nil
    let fromSnapshot = row["volume_id"]?.string == nil
    volumes.append(
      RequestedVolume(
        source: fromSnapshot ? .snapshot : nil, sourceID: fromSnapshot ? volume : nil,
        volume: fromSnapshot ? nil : volume,
        sizeGiB: try row["volume_size"].flatMap { try Self.size($0) }, bootIndex: isRoot ? 0 : nil,
        deleteOnTermination: try row["delete_on_termination"].map { try boolean($0, "delete_on_termination") } ?? false)
    )
  }

  private mutating func add(_ row: JSON) throws {
    let source = row["source_type"]?.string ?? (row["volume_id"] != nil ? "volume" : "")
    guard ["volume", "image", "snapshot", "blank"].contains(source) else {
      throw Fault.badRequest("Invalid input for field/attribute source_type. Value: \(source).")
    }
    let target = row["destination_type"]?.string ?? (source == "image" || source == "blank" ? "local" : "volume")
    let id = row["uuid"]?.string ?? row["\(source)_id"]?.string
    let index = try bootIndex(row["boot_index"])
    if source == "image", target == "local" {
      guard index == 0, let id, imageID == nil || imageID == id else { throw Self.badBoot }
      imageID = id
      return
    }
    guard target == "volume" else {
      throw Fault.badRequest(
        "Local \(source) disks come with the flavor here. Choose a flavor with ephemeral disk or swap, or use a volume."
      )
    }
    if source != "blank", id.map({ isUUID($0) }) != true {
      throw Fault.badRequest("Block Device Mapping is Invalid: failed to get \(source) \(id ?? "").")
    }
    let size = try row["volume_size"].flatMap { try Self.size($0) }
    if size == nil, source == "image" || source == "blank" {
      throw Fault.badRequest("Blank volumes and volumes made from images need a size: set volume_size (\(source)).")
    }
    let kind: RequestedVolume.Source? =
      switch source {
      case "image": .image
      case "snapshot": .snapshot
      case "blank": .blank
      default: nil
      }
    volumes.append(
      RequestedVolume(
        source: kind, sourceID: kind == nil ? nil : id, volume: kind == nil ? id : nil, sizeGiB: size, bootIndex: index,
        deleteOnTermination: try row["delete_on_termination"].map { try boolean($0, "delete_on_termination") } ?? false)
    )
  }

  private static func size(_ value: JSON) throws -> Int? {
    if value.isNull || value.string == "" { return nil }
    return try wholeNumber(value, "volume_size", 1...Int(Int32.max))
  }
  /// nil for disks that are not booted from: absent, null and negative ones.
  private func bootIndex(_ value: JSON?) throws -> Int? {
    guard let value, !value.isNull else { return nil }
    guard let index = value.int ?? value.string.flatMap({ Int($0) }) else {
      throw Fault.badRequest("Invalid input for field/attribute boot_index. Value: \(value.text).")
    }
    return index < 0 ? nil : index
  }
}

/// Whether what a server boots from exists, is ready, and fits its flavor; in upstream's words.
struct DiskChecks: Sendable {
  let call: Call<Nova>

  /// - Parameter known: an image that was shown already, which is not asked for again.
  /// - Returns: the image that the root disk is made from, if any.
  @discardableResult
  func check(_ disks: RequestedDisks, _ flavor: Flavor, known: JSON? = nil) async throws -> JSON? {
    var image: JSON?
    if let id = disks.sourceImage {
      let shown = if let known, known["id"]?.string == id { known } else { try await self.image(id) }
      let root = disks.imageID == nil ? disks.volumes.first { $0.bootIndex == 0 }?.sizeGiB : nil
      try fits(shown, id, flavor, volumeGiB: root)
      image = shown
    }
    for volume in disks.volumes { try await check(volume) }
    return image
  }

  /// The image, which must be active.
  func image(_ id: String) async throws -> JSON {
    let images = ImageClient(call.nova.image.service.with(token: call.caller.token))
    guard isUUID(id), let image = try await images.show(id) else {
      throw Fault.badRequest("Image \(id) could not be found.")
    }
    guard image["status"]?.string == "active" else { throw Fault.badRequest("Image \(id) is not active.") }
    return image
  }

  /// - Parameter volumeGiB: the root volume's size where the server does not boot from the flavor's own disk.
  func fits(_ image: JSON, _ id: String, _ flavor: Flavor, volumeGiB: Int? = nil) throws {
    if (image["min_ram"]?.int ?? 0) > flavor.memoryMiB {
      throw Fault.badRequest("Flavor's memory is too small for requested image.")
    }
    let gib = 1 << 30
    // No image wants more than there can be.
    let (size, least) = (image["size"]?.int ?? 0, min(image["min_disk"]?.int ?? 0, Int(Int32.max)) * gib)
    if let volumeGiB {
      if volumeGiB * gib < least {
        throw Fault.badRequest(
          "Volume is smaller than the minimum size specified in image metadata. "
            + "Volume size is \(volumeGiB * gib) bytes, minimum size is \(least) bytes.")
      }
      return
    }
    // A flavor without a disk takes the image's own size.
    guard flavor.diskGiB > 0 else { return }
    let disk = flavor.diskGiB * gib
    if size > disk {
      throw Fault.badRequest(
        "Flavor's disk is too small for requested image. Flavor disk is \(disk) bytes, image is \(size) bytes.")
    }
    if least > disk {
      throw Fault.badRequest(
        "Flavor's disk is smaller than the minimum size specified in image metadata. "
          + "Flavor disk is \(disk) bytes, minimum size is \(least) bytes.")
    }
  }

  private func check(_ wanted: RequestedVolume) async throws {
    guard let id = wanted.volume else { return }
    let volumes = VolumeClient(call.nova.volume.service.with(token: call.caller.token))
    guard let volume = try await volumes.volume(id) else {
      throw Fault.badRequest("Block Device Mapping is Invalid: failed to get volume \(id).")
    }
    let status = volume["status"]?.string ?? ""
    guard status == "available" || (status == "in-use" && volume["multiattach"]?.bool == true) else {
      throw Fault.badRequest(
        "Invalid volume: Volume \(id) status must be available to be attached, but it is \(status).")
    }
    if wanted.bootIndex == 0, let bootable = volume["bootable"], bootable.string == "false" || bootable.bool == false {
      throw Fault.badRequest("Block Device \(id) is not bootable.")
    }
  }
}
