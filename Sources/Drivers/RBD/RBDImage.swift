#if RBD
  internal import CRBD
  internal import Core
  internal import Glibc
  internal import Synchronization

  /// An RBD image that is open. Its calls block, and `close` is one of them.
  ///
  /// Unchecked because it wraps librbd's handle, which any thread may use until it is closed.
  final class RBDImage: @unchecked Sendable {
    /// The snapshot by which an image is read and cloned, as upstream's store calls it.
    static let snapshot = "snap"
    private let handle: rbd_image_t
    private let name: String
    /// Its connection must live longer.
    private let pool: CephPool
    private let isClosed = Atomic(false)

    init(_ handle: rbd_image_t, _ name: String, _ pool: CephPool) {
      self.handle = handle
      self.name = name
      self.pool = pool
    }
    deinit { close() }

    /// Nothing else may be asked of it afterwards.
    func close() {
      if !isClosed.exchange(true, ordering: .acquiringAndReleasing) { rbd_close(handle) }
    }

    func size() throws -> Int {
      var size: UInt64 = 0
      try check(rbd_get_size(handle, &size), "measure")
      return Int(size)
    }
    func resize(_ size: Int) throws { try check(rbd_resize(handle, UInt64(size)), "resize") }
    func flush() throws { try check(rbd_flush(handle), "flush") }

    func read(_ range: Range<Int>) throws -> [UInt8] {
      var result = 0
      let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
        result = rbd_read(handle, UInt64(range.lowerBound), range.count, buffer.baseAddress)
        count = max(0, result)
      }
      try check(Int32(clamping: result), "read")
      guard result == range.count else {
        throw Fault.ceph(-EIO, "read \(name): \(result) bytes of \(range)", pool.place)
      }
      return bytes
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
      let result = rbd_write(handle, UInt64(offset), bytes.count, bytes.baseAddress)
      try check(Int32(clamping: result), "write")
      guard result == bytes.count else { throw Fault.ceph(-EIO, "write \(name): \(result) bytes", pool.place) }
    }

    /// Makes the snapshot and protects it, as clones of the first kind want it.
    func freeze() throws {
      try check(rbd_snap_create(handle, Self.snapshot), "make the snapshot")
      try check(rbd_snap_protect(handle, Self.snapshot), "protect the snapshot")
    }

    /// Removes the snapshot, where it is.
    func thaw() throws {
      let open = rbd_snap_unprotect(handle, Self.snapshot)
      // It is not protected.
      if open != -EINVAL, open != -ENOENT { try check(open, "unprotect the snapshot") }
      let removed = rbd_snap_remove(handle, Self.snapshot)
      if removed != -ENOENT { try check(removed, "remove the snapshot") }
    }

    /// How many have it open, ourselves among them.
    func watchers() throws -> Int {
      var count = 8
      while true {
        var list = [rbd_image_watcher_t](repeating: rbd_image_watcher_t(), count: count)
        let result = rbd_watchers_list(handle, &list, &count)
        if result == -ERANGE { continue }
        try check(result, "list the watchers")
        rbd_watchers_list_cleanup(&list, count)
        return count
      }
    }

    func changed() throws -> Timestamp {
      var time = timespec()
      try check(rbd_get_modify_timestamp(handle, &time), "ask for the time")
      return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }

    private func check(_ result: Int32, _ what: String) throws { try pool.check(result, "\(what) of \(name)") }
  }
#endif
