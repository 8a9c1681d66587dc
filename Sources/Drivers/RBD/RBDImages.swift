// RBD: the bytes of images as block devices in a pool of a Ceph cluster, through librbd.
//
// Each upload is an RBD image of its own, named for the glance image and a few letters more. While bytes come in its
// name ends in `.upload`; then it gets its size and a protected snapshot `snap`, as upstream's store makes it, so that
// disks can be cloned from it, and only then the name under which it is found. What is removed must have neither
// clones nor readers: Ceph reads zeros, and no error, where something was removed meanwhile.
//
// librbd's calls block, so they have threads of their own, and every wait has an end. All of this is compiled with the
// package trait RBD alone: without it nobody needs Ceph's libraries.
#if RBD
  public import Core
  public import Hardware
  internal import IO
  internal import Log
  internal import Synchronization

  /// Images in a pool of a Ceph cluster.
  public final class RBDImages: ImageBackend {
    /// Where the pool is, and who we are there.
    public struct Place: Sendable {
      public var pool: String
      /// `glance` for `client.glance`; empty for `client.admin`.
      public var user = ""
      /// Ceph's configuration file; empty for where Ceph itself looks for it.
      public var configuration = ""
      /// Bytes of one object, in which images are written and read; rounded down to a power of two.
      public var chunkSize = 8 << 20
      /// For how long an answer is waited for when connecting.
      public var timeout = Duration.seconds(10)
      /// A few letters of the cloud's own, in the names of what it keeps: others may keep theirs in the same pool.
      public var mark = ""
      public init(pool: String) { self.pool = pool }

      var chunkBits: Int { Int.bitWidth - 1 - max(chunkSize, 4096).leadingZeroBitCount }
    }
    private struct State {
      var pool: CephPool?
      /// That nobody answered a moment ago: a hundred requests must not each wait for it, one after another.
      var outage: (fault: Fault, until: Duration)?
    }

    /// What the name of an upload ends in that is not whole yet.
    static let unfinished = ".upload"
    private static let log = Log("rbd")

    let place: Place
    private let keys: UploadKeys
    private let world: World
    private let threads: BlockingThreads
    private let state = Mutex(State())
    /// The cluster's id, known after the first connection; apart, since a connection is made under the lock.
    private let cluster = Mutex("")

    /// Connects to nobody yet.
    /// - Throws: `unavailable` when the kernel gives no thread.
    public init(_ place: Place, world: World = .real) throws {
      self.place = place
      keys = UploadKeys(mark: place.mark)
      self.world = world
      threads = try BlockingThreads(name: "rbd", count: 8)
    }

    /// Runs a body that may block with the pool.
    func run<T: Sendable>(_ body: @escaping @Sendable (CephPool) throws -> T) async throws -> T {
      try await threads.run { [self] in
        do { return try body(try connected()) } catch let fault as Fault where fault.code == CephPool.shutOut {
          // The cluster has done with this client, which must come as another.
          state.withLock { $0.pool = nil }
          throw fault
        }
      }
    }

    /// Closes an image, for which no connection is made.
    func close(_ image: RBDImage) async { try? await threads.run { image.close() } }

    /// Who comes while somebody connects waits for him.
    private func connected() throws -> CephPool {
      try state.withLock { state in
        if let pool = state.pool { return pool }
        if let (fault, until) = state.outage, world.uptime() < until { throw fault }
        do {
          let pool = try CephPool.connect(place)
          state = State(pool: pool)
          cluster.withLock { $0 = pool.id }
          return pool
        } catch let fault as Fault {
          state.outage = (fault, world.uptime() + .seconds(2))
          Self.log.error(fault.message, ["pool": place.pool, "detail": fault.detail ?? ""])
          throw fault
        }
      }
    }

    public func begin(for image: String) async throws -> any ImageWriter {
      let key = keys.make(image, world)
      let bits = place.chunkBits
      let image = try await run { pool in
        try pool.create(key + Self.unfinished, chunkBits: bits)
        let image = try pool.image(key + Self.unfinished)
        // librbd's cache holds back nothing before it has seen that its user knows how to flush.
        try image.flush()
        return image
      }
      return RBDWriter(store: self, image: image, key: key)
    }

    public func content(_ key: String) async throws -> ImageContent? {
      let size = try await run { pool in
        try pool.snapshot(key).map { image in
          defer { image.close() }
          return try image.size()
        }
      }
      guard let size else { return nil }
      return .remote(size: size) { range in
        if range.isEmpty { return { nil } }
        guard let image = try await self.run({ try $0.snapshot(key) }) else {
          throw Fault.notFound("The image's bytes were removed from their store meanwhile.")
        }
        let reader = RBDReader(store: self, image: image, range: range)
        return { try await reader.next() }
      }
    }

    public func remove(_ key: String, unless isWanted: @Sendable () async throws -> Bool) async throws {
      // No two uploads share a key, so nobody can come to want it after this.
      if try await isWanted() { return }
      try await run { try $0.erase(key) }
    }

    public func list() async throws -> [String] {
      try await run { try $0.names() }.filter(keys.isOwn)
    }

    public func removeStrays() async throws {
      let oldest = world.strayTime
      try await run { [keys] pool in
        for name in try pool.names() where name.hasSuffix(Self.unfinished) {
          guard keys.isOwn(name.dropLast(Self.unfinished.count)), try pool.changed(name) < oldest else { continue }
          try pool.erase(name)
        }
      }
    }

    public func space() async throws -> (free: Int, total: Int) { try await run { try $0.space() } }

    public func url(of key: String) -> String? {
      let cluster = cluster.withLock { $0 }
      return cluster.isEmpty ? nil : "rbd://\(cluster)/\(place.pool)/\(key)/\(RBDImage.snapshot)"
    }
  }

  /// One download on its way; one task uses it.
  private final class RBDReader: Sendable {
    private let store: RBDImages
    private let image: RBDImage
    private let end: Int
    private let offset: Mutex<Int>

    init(store: RBDImages, image: RBDImage, range: Range<Int>) {
      self.store = store
      self.image = image
      end = range.upperBound
      offset = Mutex(range.lowerBound)
    }
    deinit {
      // Whoever lets go of it is no thread that may block.
      let (store, image) = (store, image)
      Task { await store.close(image) }
    }

    /// The next piece, to the end of an object at most.
    func next() async throws -> [UInt8]? {
      let size = 1 << store.place.chunkBits
      let piece = offset.withLock { offset in
        defer { offset = min(end, (offset / size + 1) * size) }
        return offset..<min(end, (offset / size + 1) * size)
      }
      guard !piece.isEmpty else { return nil }
      return try await store.run { [image, end] _ in
        let bytes = try image.read(piece)
        // Whoever has it all may remove it at once.
        if piece.upperBound == end { image.close() }
        return bytes
      }
    }
  }
#endif
