internal import API
internal import Core
internal import GlanceModel
internal import JSON
internal import Store
internal import Work

/// `POST /v2/images/{id}/locations`: an image whose bytes stay elsewhere; a saga reads them once for their hash.
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
    let mayName = try await call.service.store.read { transaction in
      _ = try await ImageAccess.image(call, in: transaction)
      return call.caller.roles.contains("service") || call.service.stores.entries.contains { $0.type == "http" }
    }
    guard mayName else { throw Fault.forbidden("http store must be enabled to use location API by normal user.") }
    let wish = try Wish(body)
    let place = try Locations.place(wish.url, call)
    let (queue, now) = (call.service.queue, call.service.world.now())
    let task = newTask(wish, call)
    try await call.service.store.write { transaction in
      var image = try await ImageAccess.image(call, in: transaction)
      guard image.status == .queued else {
        throw Fault.conflict("It's not allowed to add locations if image status is \(image.status.rawValue).")
      }
      try image.hold(for: task.id)
      image.updatedAt = now
      try await transaction.update(image)
      try await transaction.insert(task)
      let saga = TakeLocation(
        image: image.id, task: task.id, store: place.store, url: place.key, algorithm: wish.algorithm,
        expected: wish.hash?.lowercased())
      _ = try await queue.begin(saga, in: transaction)
    }
    return Nothing()
  }

  private static func newTask(_ wish: Wish, _ call: Call<Glance>) -> ImageTask {
    var task = ImageTask()
    (task.id, task.kind, task.status) = (call.service.world.uuid(), .locationImport, .pending)
    task.owner = call.caller.projectID ?? ""
    task.input = ["image_id": .string(call.id), "loc_url": .string(wish.url)]
    (task.imageID, task.requestID, task.userID) = (call.id, call.requestID, call.caller.userID)
    task.createdAt = call.service.world.now()
    task.updatedAt = task.createdAt
    return task
  }
}
