#if RBD
  internal import CRBD
  internal import Core
  internal import Glibc

  /// A connection to a Ceph cluster and one pool of it. Its calls block.
  ///
  /// Unchecked because it wraps handles of librados, which any thread may use at any time.
  final class CephPool: @unchecked Sendable {
    /// The code of faults after which a new connection is needed.
    static let shutOut = "ceph_shut_out"
    private let cluster: rados_t
    private let pool: rados_ioctx_t
    let place: RBDImages.Place

    private init(_ place: RBDImages.Place, _ cluster: rados_t, _ pool: rados_ioctx_t) {
      self.place = place
      self.cluster = cluster
      self.pool = pool
    }
    deinit {
      rados_ioctx_destroy(pool)
      rados_shutdown(cluster)
    }

    /// Objects pass through many threads, ours and Ceph's, and by default glibc keeps for each what it let go: 250 MB
    /// after a single image (measured), 70 MB where large blocks are given back at once.
    private static let givesBlocksBack: Void = { mallopt(M_MMAP_THRESHOLD, 1 << 20) }()

    static func connect(_ place: RBDImages.Place) throws -> CephPool {
      givesBlocksBack
      var made: rados_t?
      let user = "client." + (place.user.isEmpty ? "admin" : place.user)
      try check(rados_create2(&made, "ceph", user, 0), "begin as \(user)", place)
      guard let cluster = made else { throw Fault.unavailable("There is no memory left. Try again.") }
      do {
        try configure(cluster, place)
        let result = rados_connect(cluster)
        guard result == 0 else { throw Fault.refused(result, user, place) }
        var opened: rados_ioctx_t?
        let found = rados_ioctx_create(cluster, place.pool, &opened)
        guard found == 0, let pool = opened else { throw Fault.poolMissing(found, place) }
        return CephPool(place, cluster, pool)
      } catch {
        rados_shutdown(cluster)
        throw error
      }
    }

    private static func configure(_ cluster: rados_t, _ place: RBDImages.Place) throws {
      let read = rados_conf_read_file(cluster, place.configuration.isEmpty ? nil : place.configuration)
      guard read == 0 else { throw Fault.configurationMissing(read, place) }
      rados_conf_set(cluster, "client_mount_timeout", String(place.timeout.milliseconds / 1000))
      // By default Ceph waits for ever. Where its own file says for how long, that holds.
      for (name, seconds) in [("rados_mon_op_timeout", "30"), ("rados_osd_op_timeout", "30")] {
        var value = [CChar](repeating: 0, count: 64)
        let isKnown = rados_conf_get(cluster, name, &value, value.count) == 0
        let isUnset = value.allSatisfy { [0, 46, 48].contains($0) }
        if isKnown, isUnset { rados_conf_set(cluster, name, seconds) }
      }
    }

    /// The cluster's; empty where it cannot be had.
    var id: String {
      var text = [CChar](repeating: 0, count: 64)
      guard rados_cluster_fsid(cluster, &text, text.count) > 0 else { return "" }
      return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    func check(_ result: Int32, _ what: String) throws { try Self.check(result, what, place) }
    private static func check(_ result: Int32, _ what: String, _ place: RBDImages.Place) throws {
      guard result >= 0 else { throw Fault.ceph(result, what, place) }
    }

    /// - Parameter chunkBits: of the size of its objects.
    func create(_ name: String, chunkBits: Int) throws {
      var options: rbd_image_options_t?
      rbd_image_options_create(&options)
      defer { rbd_image_options_destroy(options) }
      rbd_image_options_set_uint64(options, Int32(RBD_IMAGE_OPTION_ORDER), UInt64(chunkBits))
      try check(rbd_create4(pool, name, 0, options), "create \(name)")
    }

    /// Opens an image for writing.
    func image(_ name: String) throws -> RBDImage {
      var opened: rbd_image_t?
      try check(rbd_open(pool, name, &opened, nil), "open \(name)")
      guard let opened else { throw Fault.ceph(-EIO, "open \(name)", place) }
      return RBDImage(opened, name, self)
    }

    /// Opens the snapshot of an image; nil when there is none. It is watched while it is open, which who would remove
    /// it can see; what is opened for reading alone is not.
    func snapshot(_ name: String) throws -> RBDImage? {
      var opened: rbd_image_t?
      let result = rbd_open(pool, name, &opened, RBDImage.snapshot)
      if result == -ENOENT { return nil }
      try check(result, "open \(name)@\(RBDImage.snapshot)")
      return opened.map { RBDImage($0, name, self) }
    }

    func rename(_ name: String, to other: String) throws {
      try check(rbd_rename(pool, name, other), "rename \(name) to \(other)")
    }

    /// When anybody wrote to it last, or, where a removal was broken off, long ago.
    func changed(_ name: String) throws -> Timestamp {
      var opened: rbd_image_t?
      let result = rbd_open_read_only(pool, name, &opened, nil)
      guard result != -ENOENT else { return Timestamp(microseconds: 0) }
      try check(result, "open \(name)")
      guard let opened else { return Timestamp(microseconds: 0) }
      let image = RBDImage(opened, name, self)
      defer { image.close() }
      return try image.changed()
    }

    /// Removes an image with its snapshot; one that is not there already is no failure.
    /// - Throws: `conflict` while somebody reads it or was cloned from it.
    func erase(_ name: String) throws {
      var opened: rbd_image_t?
      let found = rbd_open(pool, name, &opened, nil)
      // Of a removal that was broken off the name may be left alone, which the next one finds.
      if found != -ENOENT { try check(found, "open \(name)") }
      if let opened {
        let image = RBDImage(opened, name, self)
        defer { image.close() }
        // Ours is one.
        guard try image.watchers() <= 1 else { throw Fault.ceph(-EBUSY, "remove \(name): others have it open", place) }
        try image.thaw()
      }
      let result = rbd_remove(pool, name)
      if result != -ENOENT { try check(result, "remove \(name)") }
    }

    func names() throws -> [String] {
      var count = 1024
      while true {
        var specs = [rbd_image_spec_t](repeating: rbd_image_spec_t(), count: count)
        let result = rbd_list2(pool, &specs, &count)
        if result == -ERANGE { continue }
        try check(result, "list the pool")
        defer { rbd_image_spec_list_cleanup(&specs, count) }
        return specs.prefix(count).compactMap { $0.name.map { String(cString: $0) } }
      }
    }

    /// Of the whole cluster, which stores what is in it several times over.
    func space() throws -> (free: Int, total: Int) {
      var found = rados_cluster_stat_t()
      try check(rados_cluster_stat(cluster, &found), "ask for the cluster's space")
      // Its managers count; where none runs, nobody does.
      guard found.kb > 0 else { return (.max, .max) }
      return (Int(found.kb_avail) << 10, Int(found.kb) << 10)
    }
  }
#endif
