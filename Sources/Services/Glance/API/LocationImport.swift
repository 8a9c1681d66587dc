internal import API
internal import Core
internal import Crypto
internal import GlanceModel
internal import Hardware
internal import JSON
internal import Log
internal import Store

/// `POST /v2/images/{id}/locations`: an image whose bytes stay elsewhere, read once for their hash.
enum LocationImport {
  private static let lengths = ["sha256": 32, "sha512": 64, "md5": 16, "sha1": 20]

  struct Wish: Sendable {
    let url: String
    let algorithm: String
    let hash: String?

    init(_ body: JSON) throws {
      guard let url = body["url"]?.string else {
        throw Fault.badRequest("Provided object does not match schema 'location': 'url' is a required property")
      }
      self.url = url
      let data = body["validation_data"]?.object ?? [:]
      hash = data["os_hash_value"]?.string
      guard let name = data["os_hash_algo"]?.string else {
        algorithm = "sha512"
        guard hash == nil else {
          throw Fault.badRequest("Provided object does not match schema 'location': 'os_hash_algo' is missing")
        }
        return
      }
      algorithm = name
      guard let length = lengths[name] else { throw Fault.badRequest("os_hash_algo \(name) is not known.") }
      guard let hash else {
        throw Fault.badRequest("Provided object does not match schema 'location': 'os_hash_value' is missing")
      }
      guard hash.allSatisfy(\.isHexDigit), hash.utf8.count.isMultiple(of: 2) else {
        throw Fault.badRequest("os_hash_value (\(hash)) is not a valid hexadecimal value")
      }
      guard hash.utf8.count == 2 * length else {
        throw Fault.badRequest(
          "os_hash_value: (\(hash)) is not the correct size for (\(name)) (should be (\(length)) bytes)")
      }
    }
  }

  static func add(_ call: Call<Glance>, _ body: JSON) async throws -> Nothing {
    let wish = try Wish(body)
    guard call.caller.roles.contains("service") || call.service.stores.entries.contains(where: { $0.type == "http" })
    else { throw Fault.forbidden("http store must be enabled to use location API by normal user.") }
    let place = try Locations.place(wish.url, call)
    let task = try await begin(wish, call)
    do {
      let content = try await Locations.content(of: wish.url, call)
      let facts = call.service.options.hashesLocations ? try await read(content, wish.algorithm) : nil
      if let facts, let hash = wish.hash, facts.hash != hash.lowercased() {
        throw Fault.badRequest("The hash of the data at \(wish.url) is \(facts.hash), not \(hash).")
      }
      try await end(task, call) { image in
        image.stay(at: place)
        image.size = content.size
        image.checksum = facts?.checksum
        image.hashValue = facts?.hash ?? wish.hash
        image.hashAlgorithm = image.hashValue == nil || wish.algorithm == "sha512" ? nil : wish.algorithm
        image.status = .active
      }
    } catch {
      // The request was taken; how it ended is told by the task.
      let reason = Fault(wrapping: error).message
      call.service.log.warning("a location was not taken", ["image": call.id, "reason": reason])
      let (id, now) = (task.id, call.service.world.now())
      try await call.service.store.write { try await ImageTask.end(id, in: $0, now: now, failure: reason) }
    }
    return Nothing()
  }

  private static func begin(_ wish: Wish, _ call: Call<Glance>) async throws -> ImageTask {
    var task = ImageTask()
    (task.id, task.kind, task.status) = (call.service.world.uuid(), .locationImport, .processing)
    task.owner = call.caller.projectID ?? ""
    task.input = ["image_id": .string(call.id), "loc_url": .string(wish.url)]
    (task.imageID, task.requestID, task.userID) = (call.id, call.requestID, call.caller.userID)
    task.createdAt = call.service.world.now()
    task.updatedAt = task.createdAt
    let row = task
    try await call.service.store.write { transaction in
      let image = try await ImageAccess.image(call, in: transaction)
      guard image.status == .queued else {
        throw Fault.conflict("It's not allowed to add locations if image status is \(image.status.rawValue).")
      }
      try await transaction.insert(row)
    }
    return task
  }

  private static func end(
    _ task: ImageTask, _ call: Call<Glance>, _ change: @escaping @Sendable (inout Image) -> Void
  ) async throws {
    let (id, now) = (call.id, call.service.world.now())
    try await call.service.store.write { transaction in
      guard var image = try await transaction.get(Image.self, id), image.status == .queued else {
        throw Fault.conflict("The image \(id) was filled or deleted in the meantime.")
      }
      change(&image)
      image.updatedAt = now
      try await transaction.update(image)
      try await ImageTask.end(task.id, in: transaction, now: now)
    }
  }

  private static func read(_ content: ImageContent, _ name: String) async throws -> (checksum: String, hash: String) {
    let algorithm = Hash.Algorithm(rawValue: name) ?? .sha512
    let (md5, other) = (try Hash(.md5), try Hash(algorithm))
    switch content {
    case .bytes(let bytes):
      md5.update(bytes)
      other.update(bytes)
    case .remote(let size, let read):
      let pieces = try await read(0..<size)
      while let piece = try await pieces() {
        md5.update(piece)
        other.update(piece)
      }
    case .file: throw Fault.internalError("A location on the web is no file.")
    }
    return (md5.hex, other.hex)
  }

  /// Ends what a process that died had begun.
  static func endStale(in store: Store, now: Timestamp) async throws {
    try await store.write { transaction in
      let stale = try await transaction.all(
        ImageTask.self, "WHERE type = 'location_import' AND status = 'processing'")
      for task in stale {
        try await ImageTask.end(
          task.id, in: transaction, now: now, failure: "The service was stopped in between. Name the location again.")
      }
    }
  }
}
