internal import CLinux
internal import Glibc
public import Core

/// What a path is, of itself: a symbolic link is not followed.
public struct FileStatus: Sendable, Equatable {
  public enum Kind: Sendable { case file, directory, symlink, other }
  public var kind: Kind
  public var size: Int
  /// What it takes on the disk, in bytes; less than `size` for a sparse file.
  public var allocated: Int
  /// The permission bits.
  public var mode: Int
  public var modified: Timestamp
}

extension Host {
  /// The content of a file of at most `limit` bytes.
  /// - Throws: `notFound`, or `tooLarge` beyond the limit.
  public func readFile(_ path: String, limit: Int = 16 << 20) async throws -> [UInt8] {
    try await files.run { try BlockingFiles.read(path, limit: limit) }
  }
  /// The last `count` bytes of a file.
  public func readTail(_ path: String, count: Int) async throws -> [UInt8] {
    try await files.run { try BlockingFiles.tail(path, count: count) }
  }
  /// The first `count` bytes of a file, fewer if it is shorter.
  public func readHead(_ path: String, count: Int) async throws -> [UInt8] {
    try await files.run { try BlockingFiles.head(path, count: count) }
  }
  /// `count` bytes of a file from `offset`, fewer at its end.
  public func readPart(_ path: String, at offset: Int, count: Int) async throws -> [UInt8] {
    try await files.run { try BlockingFiles.part(path, at: offset, count: count) }
  }
  /// Replaces a file at once and for good: written beside it, synced, renamed.
  public func writeFile(_ path: String, _ bytes: [UInt8], mode: Int = 0o600) async throws {
    try await files.run { try BlockingFiles.replace(path, bytes, mode: mode) }
  }
  public func appendFile(_ path: String, _ bytes: [UInt8], mode: Int = 0o600) async throws {
    try await files.run { try BlockingFiles.append(path, bytes, mode: mode) }
  }
  /// Makes an empty file.
  /// - Throws: a fault when there is one.
  public func create(_ path: String, mode: Int = 0o600) async throws {
    try await files.run { try BlockingFiles.create(path, mode: mode) }
  }
  /// Writes into a file at `offset`; blocks of zeros are left as holes, so that a file which ends in zeros needs its
  /// length said by `allocate`.
  /// - Throws: a fault when there is no such file: one that went away is not to come back with holes.
  public func writeSparse(_ path: String, _ bytes: [UInt8], at offset: Int) async throws {
    try await files.run { try BlockingFiles.writeSparse(path, bytes, at: offset) }
  }
  /// Makes a directory and those above it; one that exists is left as it is.
  public func makeDirectory(_ path: String, mode: Int = 0o700) async throws {
    try await files.run { try BlockingFiles.makeDirectory(path, mode: mode) }
  }
  /// Removes a file or a whole tree, never following links; what does not exist is already removed.
  public func remove(_ path: String) async throws {
    try await files.run { try BlockingFiles.remove(path) }
  }
  /// The names in a directory, sorted; none when it does not exist.
  public func list(_ path: String) async throws -> [String] {
    try await files.run { try BlockingFiles.list(path) }
  }
  /// nil when nothing is there.
  public func status(_ path: String) async throws -> FileStatus? {
    try await files.run { try BlockingFiles.status(path) }
  }
  public func exists(_ path: String) async throws -> Bool { try await status(path) != nil }

  /// Renames within a file system, replacing what is there; between two it copies, syncs and removes.
  public func move(_ from: String, to: String) async throws {
    let moved = try await files.run { try BlockingFiles.rename(from, to) }
    if moved { return }
    let beside = to + ".moving"
    try await runOK("cp", ["--sparse=always", "--", from, beside], timeout: .hours(1))
    try await sync(beside)
    try await files.run { _ = try BlockingFiles.rename(beside, to) }
    try await remove(from)
  }
  /// Writes `length` bytes of a file from `offset` into a new file; the kernel moves them.
  public func copy(_ from: String, offset: Int, length: Int, to: String) async throws {
    try await files.run { try BlockingFiles.copy(from, offset: offset, length: length, to: to) }
  }
  /// Makes or replaces the symbolic link at `path`.
  public func symlink(_ target: String, at path: String) async throws {
    try await files.run { try BlockingFiles.symlink(target, path) }
  }
  /// - Throws: `conflict` when `path` exists.
  public func hardlink(_ from: String, at path: String) async throws {
    try await files.run {
      if link(from, path) == 0 { return }
      if errno == EEXIST { throw Fault.conflict("'\(path)' exists already.") }
      throw systemFault("link \(path)", "link")
    }
  }
  /// Makes a sparse file of that size, or grows or shrinks the one that is there.
  public func allocate(_ path: String, size: Int, mode: Int = 0o600) async throws {
    try await files.run {
      let handle = Descriptor(clinux_open(path, O_RDWR | O_CREAT | O_CLOEXEC, mode_t(mode)))
      guard handle.number >= 0, ftruncate(handle.number, off_t(size)) == 0 else {
        throw systemFault("make a file of \(size) bytes", path)
      }
    }
  }
  public func setMode(_ path: String, _ mode: Int) async throws {
    try await files.run { try BlockingFiles.setMode(path, mode) }
  }
  /// Waits until a file's content is on the disk.
  public func sync(_ path: String) async throws {
    try await files.run {
      let handle = Descriptor(clinux_open(path, O_RDONLY | O_CLOEXEC, 0))
      guard handle.number >= 0, fsync(handle.number) == 0 else { throw systemFault("sync a file", path) }
    }
  }
  /// Bytes free to us and in all, of the file system that holds `path`.
  public func space(_ path: String) async throws -> (free: Int, total: Int) {
    try await files.run {
      var facts = Glibc.statvfs()
      guard statvfs(path, &facts) == 0 else { throw systemFault("measure the free space", path) }
      return (Int(facts.f_bavail) * Int(facts.f_frsize), Int(facts.f_blocks) * Int(facts.f_frsize))
    }
  }
}
