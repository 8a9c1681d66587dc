public import Core
internal import Crypto
public import GlanceModel
internal import Hardware
internal import Log
internal import Store
public import Work

extension TakeLocation: Saga {
  public static let steps: [Step<TakeLocation>] = [
    .step("find", find),
    .step("refer", refer),
    .step("read", read),
  ]

  private static func find(_ saga: inout TakeLocation, _ c: ImageWork) async throws {
    try await c.begin(saga.task)
    let size = try c.options.capped(try await c.content(at: saga).size)
    if let room = try await c.room(for: saga.image), size > room { throw Image.beyond(room, size) }
    saga.size = size
  }

  /// What is there is used at once where there is nothing to compare it with.
  private static func refer(_ saga: inout TakeLocation, _ c: ImageWork) async throws {
    let work = saga
    try await c.change(saga.image, heldBy: saga.task) { image in
      image.put([work.place(isReady: true)])
      image.size = work.size
      image.hashAlgorithm = work.algorithm
      image.status = work.expected == nil ? .active : .importing
    }
  }

  private static func read(_ saga: inout TakeLocation, _ c: ImageWork) async throws {
    guard c.options.hashesLocations else {
      saga.hash = saga.expected
      return
    }
    do {
      (saga.checksum, saga.hash) = try await c.hashes(of: saga)
    } catch let fault as Fault where saga.expected == nil && fault.kind != .gone {
      // The image is in use already, and stays so.
      ImageWork.log.warning("a location could not be hashed", ["image": saga.image, "reason": fault.message])
      return
    }
    guard let expected = saga.expected, let hash = saga.hash, hash != expected else { return }
    throw Fault.badRequest("os_hash_value: (\(expected)) not matched with actual os_hash_value: (\(hash))")
  }

  func place(isReady: Bool) -> ImageLocation { ImageLocation(store: store, key: url, isReady: isReady) }

  public func succeed(_ end: Ending, _ context: ImageWork) async throws {
    try await ImageTask.end(task, in: end.tx, now: end.now)
    guard var image = try await end.tx.get(Image.self, image), image.importTask == task else { return }
    image.status = .active
    image.checksum = checksum
    image.hashValue = hash
    if hash == nil { image.hashAlgorithm = nil }
    image.updatedAt = end.now
    image.letGo()
    try await end.tx.update(image)
  }

  /// The place stays named, as upstream has it, until there is other data; nothing is read from it.
  public func fail(_ fault: Fault, _ end: Ending, _ context: ImageWork) async throws {
    try await ImageTask.end(task, in: end.tx, now: end.now, failure: fault.message)
    guard var image = try await end.tx.get(Image.self, image), image.importTask == task else { return }
    let wasNamed = !image.locations.isEmpty
    image.requeue(end.now)
    if wasNamed { image.locations = [place(isReady: false)] }
    image.letGo()
    try await end.tx.update(image)
  }
}

extension ImageWork {
  func content(at saga: TakeLocation) async throws -> ImageContent {
    do {
      if let content = try await stores.backend(of: saga.place(isReady: true))?.content(saga.url) { return content }
    } catch let fault as Fault where fault.kind != .badRequest {
      throw Fault.badRequest("The location \(saga.url) cannot be read: \(fault.message)", code: fault.code)
    }
    throw Fault.badRequest("Image location was not found: \(saga.url)")
  }

  /// Reads what is at a location, as long as the image is there.
  func hashes(of saga: TakeLocation) async throws -> (checksum: String, hash: String) {
    let algorithm = Hash.Algorithm(rawValue: saga.algorithm) ?? .sha512
    let hashes = try ParallelHashes(algorithm == .md5 ? [.md5] : [.md5, algorithm])
    let pieces = try await pieces(of: content(at: saga))
    var looked = world.now()
    while let piece = try await pieces() {
      try await hashes.update(piece)
      let now = world.now()
      guard now >= looked + .seconds(1) else { continue }
      looked = now
      _ = try await image(saga.image, heldBy: saga.task)
    }
    return (hashes.hex(.md5), hashes.hex(algorithm))
  }
}
