// GlanceWork: how the long work on images is carried out: imports and copies between stores.
//
// A place is named in the image's record before bytes are put there, and bytes go only when no record names them, so a
// step may stop anywhere and begin again. The image's property `os_glance_import_task` says which import holds it: a
// step of an import that lost the image, because it was deleted, finds that out at its next write and is undone.

public import Core
internal import Crypto
public import GlanceModel
public import Hardware
public import Host
internal import Log
public import Store
internal import Synchronization
public import Work

/// What the steps of images' sagas have at hand.
public struct ImageWork: Sendable {
  public let store: Store
  public let world: World
  public let stores: ImageStores
  public let bytes: ImageBytes
  public let inspector: any ImageInspector
  public let host: Host
  public let web: any WebSource
  public let source: any ImageSource
  /// Where tools write; emptied at the start.
  public let scratch: String
  public let certificates: any CertificateSource
  public let options: GlanceOptions
  /// nil where images are not cached on this host.
  public let cache: ImageCache?
  static let log = Log("glance.work")

  /// - Parameter scratch: a directory of its own, made when it is needed.
  public init(
    store: Store, world: World, stores: ImageStores, bytes: ImageBytes, inspector: any ImageInspector, host: Host,
    web: any WebSource, source: any ImageSource = NoImageSource(), scratch: String,
    certificates: any CertificateSource = NoCertificates(),
    options: GlanceOptions = GlanceOptions(), cache: ImageCache? = nil
  ) {
    self.cache = cache
    self.store = store
    self.world = world
    self.stores = stores
    self.bytes = bytes
    self.inspector = inspector
    self.host = host
    self.web = web
    self.source = source
    self.scratch = scratch
    self.certificates = certificates
    self.options = options
  }

  /// Lets the queue carry out every saga of images here.
  public func register(on queue: SagaQueue) {
    queue.register(ImportImage.self, self)
    queue.register(CopyImage.self, self)
    queue.register(CacheImage.self, self)
    queue.register(TakeLocation.self, self)
  }

  /// Removes what tools left behind in an earlier process.
  public func start() async throws { try await host.remove(scratch) }

  // MARK: the record

  /// The image, as long as the import holds it.
  /// - Throws: `gone` when it was deleted, or another import has it.
  func image(_ id: String, heldBy task: String) async throws -> Image {
    try Self.check(try await store.read { try await $0.get(Image.self, id) }, id, task)
  }

  /// Says that the task's work has begun.
  func begin(_ task: String) async throws {
    let now = world.now()
    try await store.write { try await ImageTask.begin(task, in: $0, now: now) }
  }

  func change(
    _ id: String, heldBy task: String, _ body: @escaping @Sendable (inout Image) throws -> Void
  ) async throws {
    let now = world.now()
    try await store.write { transaction in
      var image = try Self.check(try await transaction.get(Image.self, id), id, task)
      try body(&image)
      image.updatedAt = now
      try await transaction.update(image)
    }
  }

  private static func check(_ image: Image?, _ id: String, _ task: String) throws -> Image {
    guard let image, image.importTask == task else {
      throw Fault(.gone, "Image \(id) was deleted while its data was imported.")
    }
    return image
  }

  /// Takes the image out of a store again, as if it had never been put there; what is gone already is fine.
  func withdraw(_ id: String, heldBy task: String, from store: String) async throws {
    try await withdraw(id, task) { $0.store == store }
  }

  /// The same for one place whose bytes did not come: whoever fails long after another process went on in its stead
  /// must not take away what that one has put into the store.
  private func withdraw(_ id: String, heldBy task: String, unready place: ImageLocation) async throws {
    try await withdraw(id, task) { !$0.isReady && $0.store == place.store && $0.key == place.key }
  }

  private func withdraw(
    _ id: String, _ task: String, _ isMeant: @escaping @Sendable (ImageLocation) -> Bool
  ) async throws {
    let now = world.now()
    let places = try await store.write { transaction -> [ImageLocation] in
      guard var image = try await transaction.get(Image.self, id), image.importTask == task else { return [] }
      let places = image.allLocations.filter(isMeant)
      image.put(image.allLocations.filter { !isMeant($0) })
      image.updatedAt = now
      try await transaction.update(image)
      return places
    }
    for place in places { try await bytes.release(place) }
  }

  // MARK: bytes

  /// The content piece by piece.
  func pieces(of content: ImageContent) async throws -> ImagePieces {
    switch content {
    case .bytes(let bytes):
      let rest = Mutex<[UInt8]?>(bytes)
      return { rest.withLock { $0.take() } }
    case .file(let path, let size):
      let host = host
      let at = Mutex(0)
      return {
        let offset = at.withLock { at in
          defer { at = min(size, at + Self.pieceSize) }
          return at
        }
        return offset < size
          ? try await host.readPart(path, at: offset, count: min(Self.pieceSize, size - offset)) : nil
      }
    case .remote(let size, let read): return try await read(0..<size)
    }
  }
  private static let pieceSize = 1 << 20
  /// How often a task says how far it is.
  private static let tellingTime = Duration.seconds(5)

  /// Puts bytes into one store, which the record names first.
  /// - Parameters:
  ///   - expected: what the bytes must be known by; nil where nobody ever hashed them.
  ///   - isStaged: whether we staged them, and hashed them on their way; a hash that somebody else said gives nobody
  ///     the bytes that have it.
  func put(
    _ content: ImageContent, _ expected: Fingerprint?, of id: String, heldBy task: String, into store: String,
    isStaged: Bool
  ) async throws {
    let entry = try stores.writable(store)
    var place = ImageLocation(store: store, key: expected?.hex ?? "", isReady: false)
    do {
      if isStaged, entry.id == stores.stagingTwin, try await entry.backend.content(place.key) != nil {
        // They are in this store already.
        try await refer(id, task, place)
      } else if isStaged, case .file(let path, _) = content, try await link(path, place, id, task, entry) {
        // Kept without being moved.
      } else {
        try await copy(content, expected, of: id, heldBy: task, into: entry, &place)
      }
      let there = place
      try await change(id, heldBy: task) { image in
        try image.settle(there)
        image.endImport(in: store, failed: false)
      }
    } catch {
      try? await withdraw(id, heldBy: task, unready: place)
      throw error
    }
  }

  private func refer(_ id: String, _ task: String, _ place: ImageLocation) async throws {
    try await change(id, heldBy: task) { $0.refer(to: place) }
  }

  private func link(
    _ file: String, _ place: ImageLocation, _ id: String, _ task: String, _ entry: ImageStores.Entry
  ) async throws -> Bool {
    try await refer(id, task, place)
    return try await entry.backend.link(file, as: place.key) != nil
  }

  private func copy(
    _ content: ImageContent, _ expected: Fingerprint?, of id: String, heldBy task: String,
    into entry: ImageStores.Entry, _ place: inout ImageLocation
  ) async throws {
    let writer = try await entry.backend.begin(for: id)
    do {
      let other = expected?.algorithm ?? .sha512
      let check = try ParallelHashes(other == .sha512 ? [.sha512] : [.sha512, other])
      let pieces = try await watched(try await pieces(of: content), id, task)
      while let piece = try await pieces() {
        try await check.update(piece)
        try await writer.write(piece)
      }
      guard expected.map({ check.hex($0.algorithm) == $0.hex }) ?? true else {
        throw Fault.internalError(
          "The data of the image \(id) is damaged where it is now. An administrator must look for it; upload it again.")
      }
      // Whatever the image is known by, stores of files call their content by this one.
      place.key = writer.key(of: check.hex(.sha512))
      try await refer(id, task, place)
      try await writer.finish(as: place.key)
    } catch {
      await writer.abandon()
      // Perhaps it was finished, and the image is gone.
      try? await bytes.release(place)
      throw error
    }
  }

  /// The same pieces, as long as the image is there: what nobody wants any more is not carried to its end.
  private func watched(_ pieces: @escaping ImagePieces, _ id: String, _ task: String) async throws -> ImagePieces {
    let start = world.uptime()
    let state = Mutex((looked: start, told: start, size: 0))
    return {
      let now = world.uptime()
      let (looks, tells, size) = state.withLock { state in
        let (looks, tells) = (now - state.looked >= .seconds(1), now - state.told >= Self.tellingTime)
        if looks { state.looked = now }
        if tells { state.told = now }
        return (looks, tells, state.size)
      }
      if looks { _ = try await image(id, heldBy: task) }
      if tells {
        let time = world.now()
        try await store.write { try await ImageTask.tell(task, "Copied \(size >> 20) MiB", in: $0, now: time) }
      }
      let piece = try await pieces()
      state.withLock { $0.size += piece?.count ?? 0 }
      return piece
    }
  }

  /// Puts bytes into the staging area besides those that are there: these are needed again when the step is repeated,
  /// and go as soon as the saga has written down which are used next.
  func stage(_ id: String, heldBy task: String, _ pieces: @escaping ImagePieces) async throws -> (
    key: String, ImportImage.Facts
  ) {
    let room = try await room(for: id)
    let writer = try await stores.staging.begin(for: id)
    var place: ImageLocation?
    var intake = try ImageIntake(into: writer, limit: options.imageSizeCap, room: room, declared: nil)
    do {
      let pieces = try await watched(pieces, id, task)
      while let piece = try await pieces() { try await intake.add(piece) }
      let taken = try await intake.end()
      let key = writer.key(of: taken.hash)
      place = ImageLocation(store: ImageLocation.staging, key: key, isReady: false)
      try await change(id, heldBy: task) { $0.stage(key, isReady: false) }
      try await writer.finish(as: key)
      try await change(id, heldBy: task) { $0.stage(key, isReady: true) }
      return (key, ImportImage.Facts(size: taken.size, checksum: taken.checksum, hash: taken.hash))
    } catch {
      await intake.stop()
      await writer.abandon()
      // Perhaps they were finished, and the image is gone.
      if let place { try? await bytes.release(place) }
      throw error
    }
  }

  /// Gives up what was staged for steps that are over.
  func clearAway(besides key: String?, of id: String, heldBy task: String) async throws {
    let isUsedUp = { @Sendable (place: ImageLocation) in place.store == ImageLocation.staging && place.key != key }
    guard let key, try await image(id, heldBy: task).allLocations.contains(where: isUsedUp) else { return }
    let places = try await store.write { transaction -> [ImageLocation] in
      var image = try Self.check(try await transaction.get(Image.self, id), id, task)
      let places = image.allLocations.filter(isUsedUp)
      image.put(image.allLocations.filter { !isUsedUp($0) })
      try await transaction.update(image)
      return places
    }
    Self.log.debug("staged bytes were used up", ["image": id, "staged": key])
    await bytes.release(all: places, of: id)
  }
}
