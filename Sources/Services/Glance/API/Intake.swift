internal import API
internal import Core
internal import Crypto
internal import GlanceModel
internal import HTTP
internal import Hardware
internal import Log
internal import Store

/// One upload from its first byte to its end: hashed on the way, looked into when whole, kept, and only then active.
/// Whatever goes wrong, the image waits for data again and no byte stays.
struct Intake {
  private let call: Call<Glance>
  private let service: Glance
  private let id: String
  private let body: Body
  private let isStaging: Bool
  private let store: String
  private let backend: any ImageBackend
  private let checksum: String?
  /// How many bytes the client said that there are.
  private let size: Int?

  /// - Parameters:
  ///   - store: which takes the bytes; nil where they are staged.
  ///   - checksum: the MD5 that was promised; nil where none was.
  /// - Throws: `badRequest` for a size that is none.
  init(_ call: Call<Glance>, _ image: Image, into store: ImageStores.Entry?, promised checksum: String? = nil) throws {
    size = try Allowance.promised(call)
    self.call = call
    self.checksum = checksum
    service = call.service
    id = image.id
    body = call.request.body
    isStaging = store == nil
    self.store = store?.id ?? ImageLocation.staging
    backend = store?.backend ?? call.service.stores.staging
  }

  func run() async throws {
    let (allowance, announced) = (try await Allowance(call), try Allowance.announced(call))
    let upload = try await ImageUpload.begin(
      id, isStaging: isStaging, store: service.store, world: service.world, node: service.node
    ) { try await allowance.admit($0, announced: announced, in: $1) }
    let (image, signature, writer): (Image, ImageSignature?, any ImageWriter)
    do {
      image = upload.image
      guard isStaging || (image.diskFormat != nil && image.containerFormat != nil) else {
        throw Fault.badRequest("Properties disk_format, container_format must be set prior to saving data.")
      }
      signature = isStaging ? nil : try ImageSignature(image.properties)
      writer = try await backend.begin(for: id)
    } catch {
      try await upload.abandon()
      throw refused(error)
    }
    do {
      try await upload.held {
        let taken = try await take(into: writer, upload, signature.map { [$0.algorithm] } ?? [])
        try require(taken)
        if let signature {
          try await signature.verify(
            taken.digests[signature.algorithm] ?? "", with: service.certificates, at: service.world.now())
        }
        let virtualSize = isStaging ? nil : try await Inspection(service).virtualSize(image, writer.file(), taken)
        try await keep(taken, virtualSize, writer, upload)
      }
    } catch {
      await writer.abandon()
      let fault = refused(error)
      service.log.warning(
        "image data was refused", ["image": id, "reason": fault.message, "detail": fault.detail ?? ""])
      try await upload.abandon()
      throw fault
    }
  }

  private func require(_ taken: ImageIntake.Taken) throws {
    // What is staged may be changed before it is kept, and may be less.
    if let size, taken.size > size || (taken.size < size && !isStaging) {
      throw Fault.badRequest(
        "Size mismatch: expected \(size) bytes, got \(taken.size) bytes. The image waits for its data again.")
    }
    let found = taken.checksum
    guard let checksum, checksum.lowercased() != found else { return }
    throw Fault.badRequest(
      "Supplied checksum (\(checksum)) and checksum generated from uploaded image (\(found)) did not match. The image "
        + "waits for its data again.")
  }

  private func keep(
    _ taken: ImageIntake.Taken, _ virtualSize: Int?, _ writer: any ImageWriter, _ upload: ImageUpload
  ) async throws {
    let place = ImageLocation(store: store, key: writer.key(of: taken.hash), isReady: false)
    try await upload.refer(to: place)
    do {
      try await writer.finish(as: place.key)
      try await upload.finish(
        ImageUpload.Facts(size: taken.size, virtualSize: virtualSize, checksum: taken.checksum, hash: taken.hash),
        at: place)
    } catch {
      // The image is gone or waits for data again, so perhaps nobody wants its bytes.
      try? await upload.abandon()
      try? await service.bytes.release(place)
      throw error
    }
  }

  /// The bytes into the writer.
  private func take(
    into writer: any ImageWriter, _ upload: ImageUpload, _ digests: [Hash.Algorithm]
  ) async throws -> ImageIntake.Taken {
    let quota = isStaging ? 0 : service.options.userStorageQuota
    let room = quota == 0 ? nil : try await service.store.read { try await upload.image.room(within: quota, in: $0) }
    var intake = try ImageIntake(
      into: writer, limit: service.options.imageSizeCap, room: room,
      declared: isStaging ? nil : upload.image.inspectedFormat, mustMatch: service.options.requiresFormatMatch,
      digests: digests)
    do {
      try await feed(&intake, upload)
      return try await intake.end()
    } catch {
      await intake.stop()
      throw error
    }
  }

  private func feed(_ intake: inout ImageIntake, _ upload: ImageUpload) async throws {
    switch body {
    case .empty: break
    case .bytes(let bytes): try await intake.add(bytes)
    case .stream(let stream):
      var looked = service.world.uptime()
      var size = 0
      while let piece = try await stream.next() {
        size += piece.count
        try await intake.add(piece)
        if service.world.uptime() - looked >= .seconds(1) {
          looked = service.world.uptime()
          try await upload.look()
        }
      }
      if let length = stream.length, length != size {
        throw Fault.badRequest("The upload ended after \(size) of \(length) bytes. Upload the image again.")
      }
    case .file: throw Fault.internalError("A file body is for sending only.")
    }
  }

  private func refused(_ error: any Error) -> Fault {
    var fault = Fault(wrapping: error)
    if fault.kind == .outOfSpace {
      fault.message =
        "Image storage media is full: there is no room for the data of the image \(id). An administrator must "
        + "free space; then upload it again."
      fault.kind = .tooLarge
    }
    return fault
  }
}

/// How large the disk in whole bytes is, and whether tools read them as we do.
struct Inspection {
  private let service: Glance
  init(_ service: Glance) { self.service = service }

  /// - Parameter file: where the bytes are; nil where they are in no file, and their header alone is known.
  /// - Throws: `unsupportedMedia` for an image that is not of its format, or names other files.
  func virtualSize(_ image: Image, _ file: String?, _ taken: ImageIntake.Taken) async throws -> Int? {
    guard taken.size > 0, let format = image.inspectedFormat, taken.header.isOf(format) else { return nil }
    guard let file else { return taken.header.virtualSize ?? (taken.header.isPlain ? taken.size : nil) }
    do {
      let facts = try await service.inspector.inspect(file, declared: format)
      if image.minDisk > 0, facts.virtualSize > image.minDisk << 30 {
        service.log.info(
          "an image is larger than its min_disk says", ["image": image.id, "virtual_size": facts.virtualSize])
      }
      return facts.virtualSize
    } catch let fault as Fault where fault.kind == .badRequest {
      throw Image.unlike(fault)
    }
  }
}
