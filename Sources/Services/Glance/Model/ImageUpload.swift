public import Core
public import Store

/// The moves of an image while bytes come in. Each is one transaction, and names the upload that makes it.
public struct ImageUpload: Sendable {
  /// The image as it was when the upload began: what is said of it later goes for other data.
  public let image: Image
  public let uploadID: String
  /// Whether the bytes are only put aside for an import.
  public let isStaging: Bool
  private let store: Store
  private let world: World
  private let check: Check

  /// Asked in the transactions in which the upload begins and ends, of the image as it is written there: it throws
  /// where that is not allowed.
  public typealias Check = @Sendable (_ image: Image, _ transaction: Transaction) async throws -> Void

  /// How long an upload is believed to be alive without a sign of life.
  public static let lease = Duration.minutes(5)

  private init(
    _ image: Image, uploadID: String, isStaging: Bool, store: Store, world: World, check: @escaping Check
  ) {
    self.check = check
    self.image = image
    self.uploadID = uploadID
    self.isStaging = isStaging
    self.store = store
    self.world = world
  }

  /// What is known of bytes when they are whole.
  public struct Facts: Sendable {
    public var size: Int
    public var virtualSize: Int?
    public var checksum: String
    public var hash: String
    public init(size: Int, virtualSize: Int?, checksum: String, hash: String) {
      self.size = size
      self.virtualSize = virtualSize
      self.checksum = checksum
      self.hash = hash
    }
  }

  /// queued -> saving, or uploading where they are staged.
  /// - Parameter node: whose process takes the bytes; when it starts anew, its uploads of before are dead.
  /// - Throws: a conflict when the image has bytes, or another upload is on its way.
  public static func begin(
    _ id: String, isStaging: Bool, store: Store, world: World, node: String = "local",
    check: @escaping Check = { _, _ in }
  ) async throws -> ImageUpload {
    let (upload, now) = ("\(node)/\(world.uuid())", world.now())
    let image = try await store.write { transaction in
      guard var image = try await transaction.get(Image.self, id) else { throw Image.missing(id) }
      guard image.status == .queued else {
        let to = isStaging ? "uploading" : "saving"
        throw Fault.conflict(
          "Image status transition from \(image.status.rawValue) to \(to) is not allowed. An image takes data once, "
            + "while it is queued; create another image for other data.")
      }
      image.startAnew()
      image.status = isStaging ? .uploading : .saving
      image.uploadID = upload
      image.uploadUntil = now + lease
      let begun = try await transaction.update(image)
      try await check(begun, transaction)
      return begun
    }
    return ImageUpload(
      image, uploadID: upload, isStaging: isStaging, store: store, world: world, check: check)
  }

  /// Says that the upload goes on for as long as the body runs, whatever that waits for.
  public func held<T>(_ body: () async throws -> T) async throws -> T {
    let renewing = Task {
      while !Task.isCancelled {
        try await world.sleep(Self.lease / 5)
        // A store that does not answer now may do so before the lease is over.
        try? await renew()
      }
    }
    defer { renewing.cancel() }
    return try await body()
  }

  private func renew() async throws {
    let until = world.now() + Self.lease
    let (id, upload) = (image.id, uploadID)
    try await store.write { transaction in
      _ = try await transaction.run(
        """
        UPDATE \(Image.table) SET upload_until = \(until) \
        WHERE id = \(id) AND upload_id = \(upload) AND upload_until IS NOT NULL
        """)
    }
  }

  /// Looks whether anybody still wants the data.
  /// - Throws: `gone` when the image was deleted, or waits for other data.
  public func look() async throws {
    let id = image.id
    guard try await store.read({ try await $0.get(Image.self, id) })?.uploadID == uploadID else { throw gone }
  }

  private var gone: Fault {
    Fault(
      .gone,
      "Image \(image.id) could not be found after upload. The image may have been deleted during the upload, cleaning "
        + "up the chunks uploaded.")
  }

  /// Names the place before the bytes are put there, so that nobody removes them as unwanted.
  public func refer(to location: ImageLocation) async throws {
    try await change { $0.refer(to: location) }
  }

  /// saving -> active; staged bytes keep the image where it is.
  public func finish(_ facts: Facts, in store: String) async throws {
    let now = world.now()
    let isStaging = isStaging
    try await change(check) { image in
      image.size = facts.size
      image.virtualSize = facts.virtualSize
      image.checksum = facts.checksum
      image.hashValue = facts.hash
      image.settle(in: store)
      image.uploadUntil = nil
      image.updatedAt = now
      guard !isStaging else { return }
      image.uploadID = nil
      image.status = .active
    }
  }

  /// Back to queued, as if nothing had come; an image that was deleted meanwhile stays deleted.
  public func abandon() async throws {
    let (id, upload, now) = (image.id, uploadID, world.now())
    try await store.write { transaction in
      guard var image = try await transaction.get(Image.self, id), image.uploadID == upload else { return }
      image.requeue(now)
      try await transaction.update(image)
    }
  }

  private func change(
    _ check: @escaping Check = { _, _ in }, _ body: @escaping @Sendable (inout Image) -> Void
  ) async throws {
    let (id, upload, gone) = (image.id, uploadID, gone)
    try await store.write { transaction in
      guard var image = try await transaction.get(Image.self, id), image.uploadID == upload else { throw gone }
      body(&image)
      try await check(try await transaction.update(image), transaction)
    }
  }
}

extension Image {
  /// The node that took the data in which is being uploaded, or waits for its import.
  public var uploadNode: String? {
    uploadID.flatMap { id in id.lastIndex(of: "/").map { String(id[..<$0]) } }
  }

  /// Forgets all that an upload said of it.
  public mutating func requeue(_ now: Timestamp) {
    status = .queued
    size = nil
    virtualSize = nil
    checksum = nil
    hashValue = nil
    hashAlgorithm = nil
    put([])
    uploadID = nil
    uploadUntil = nil
    updatedAt = now
  }
}
