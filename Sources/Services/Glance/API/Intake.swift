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
  private let service: Glance
  private let image: Image
  private let body: Body
  private let isStaging: Bool

  init(_ call: Call<Glance>, _ image: Image, isStaging: Bool) {
    service = call.service
    self.image = image
    body = call.request.body
    self.isStaging = isStaging
  }

  func run() async throws {
    guard isStaging || (image.diskFormat != nil && image.containerFormat != nil) else {
      throw Fault.badRequest("Properties disk_format, container_format must be set prior to saving data.")
    }
    let upload = try await ImageUpload.begin(
      image.id, isStaging: isStaging, store: service.store, world: service.world, node: service.node)
    let writer: any ImageWriter
    do { writer = try await service.backend.begin() } catch {
      try await upload.abandon()
      throw refused(error)
    }
    do {
      let (size, checksum, hash) = try await take(into: writer, upload)
      let facts = isStaging ? nil : try await Inspection(service).inspect(image, file: writer.file(), size: size)
      try await upload.refer(to: hash)
      try await writer.finish(as: hash)
      do {
        try await upload.finish(
          ImageUpload.Facts(size: size, virtualSize: facts?.virtualSize, checksum: checksum, hash: hash))
      } catch {
        // The image is gone, so perhaps nobody wants its bytes.
        try? await service.bytes.release(hash)
        throw error
      }
    } catch {
      await writer.abandon()
      let fault = refused(error)
      service.log.warning(
        "image data was refused", ["image": image.id, "reason": fault.message, "detail": fault.detail ?? ""])
      try await upload.abandon()
      throw fault
    }
  }

  /// The bytes into the writer; their number, MD5 and SHA-512.
  private func take(
    into writer: any ImageWriter, _ upload: ImageUpload
  ) async throws -> (size: Int, checksum: String, hash: String) {
    let (md5, sha512) = (try Hash(.md5), try Hash(.sha512))
    var size = 0
    var alive = service.world.uptime()
    func add(_ piece: [UInt8]) async throws {
      size += piece.count
      guard size <= service.options.imageSizeCap else {
        throw Fault(
          .tooLarge, "The incoming image is too large: the limit is \(service.options.imageSizeCap) bytes.")
      }
      md5.update(piece)
      sha512.update(piece)
      try await writer.write(piece)
    }
    switch body {
    case .empty: break
    case .bytes(let bytes): try await add(bytes)
    case .stream(let stream):
      while let piece = try await stream.next() {
        try await add(piece)
        if service.world.uptime() - alive > .minutes(1) {
          alive = service.world.uptime()
          try await upload.renew()
        }
      }
      if let length = stream.length, length != size {
        throw Fault.badRequest("The upload ended after \(size) of \(length) bytes. Upload the image again.")
      }
    case .file: throw Fault.internalError("A file body is for sending only.")
    }
    return (size, md5.hex, sha512.hex)
  }

  private func refused(_ error: any Error) -> Fault {
    var fault = Fault(wrapping: error)
    if fault.kind == .outOfSpace {
      fault.message =
        "Image storage media is full: there is no room for the data of the image \(image.id). An administrator must "
        + "free space; then upload it again."
      fault.kind = .tooLarge
    }
    return fault
  }
}

/// Whether whole bytes are what the image says they are, and how large the disk in them is.
struct Inspection {
  private let service: Glance
  init(_ service: Glance) { self.service = service }

  /// - Parameter file: where the bytes are; nil where they are in no file and cannot be looked into.
  /// - Throws: `unsupportedMedia` for an image that is not of its format, or names other files.
  func inspect(_ image: Image, file: String?, size: Int) async throws -> ImageFacts? {
    // What is packed is looked into by whoever unpacks it.
    guard let file, let format = image.diskFormat, image.containerFormat == "bare" else { return nil }
    do {
      let facts = try await service.inspector.inspect(file, declared: format)
      if image.minDisk > 0, facts.virtualSize > image.minDisk << 30 {
        service.log.info(
          "an image is larger than its min_disk says", ["image": image.id, "virtual_size": facts.virtualSize])
      }
      return facts
    } catch let fault as Fault where fault.kind == .badRequest {
      throw Fault(.unsupportedMedia, "Image content does not match disk_format: \(fault.message)", detail: fault.detail)
    }
  }
}
