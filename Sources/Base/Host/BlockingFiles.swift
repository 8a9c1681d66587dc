internal import CLinux
internal import Glibc
internal import Core

/// The file calls themselves, for code that is on a thread which may block; everyone else uses `Host`.
public enum BlockingFiles {
  public static func read(_ path: String, limit: Int) throws -> [UInt8] {
    let handle = try open(path, O_RDONLY)
    let bytes = try collect(handle, count: limit + 1, path)
    guard bytes.count <= limit else {
      throw Fault(.tooLarge, "A file on the host is larger than expected.", detail: "\(path): over \(limit) bytes")
    }
    return bytes
  }

  static func head(_ path: String, count: Int) throws -> [UInt8] {
    try collect(try open(path, O_RDONLY), count: count, path)
  }

  static func tail(_ path: String, count: Int) throws -> [UInt8] {
    let handle = try open(path, O_RDONLY)
    let size = lseek(handle.number, 0, SEEK_END)
    lseek(handle.number, max(0, size - off_t(count)), SEEK_SET)
    return try collect(handle, count: count, path)
  }

  static func part(_ path: String, at offset: Int, count: Int) throws -> [UInt8] {
    let handle = try open(path, O_RDONLY)
    return try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let n = pread(handle.number, buffer.baseAddress?.advanced(by: filled), count - filled, off_t(offset + filled))
        if n < 0 && errno == EINTR { continue }
        guard n >= 0 else { throw systemFault("read a file", path) }
        if n == 0 { return }
        filled += n
      }
    }
  }

  private static func collect(_ handle: Descriptor, count: Int, _ path: String) throws -> [UInt8] {
    var bytes: [UInt8] = []
    try withUnsafeTemporaryAllocation(byteCount: 65536, alignment: 16) { buffer in
      while bytes.count < count {
        let n = Glibc.read(handle.number, buffer.baseAddress, min(buffer.count, count - bytes.count))
        if n < 0 && errno == EINTR { continue }
        guard n >= 0 else { throw systemFault("read a file", path) }
        if n == 0 { return }
        bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[..<n]))
      }
    }
    return bytes
  }

  public static func replace(_ path: String, _ bytes: [UInt8], mode: Int) throws {
    var template = Array((path + ".XXXXXX").utf8CString)
    let handle = Descriptor(mkostemp(&template, O_CLOEXEC))
    guard handle.number >= 0 else { throw systemFault("write a file", path) }
    let beside = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    do {
      try write(handle, bytes, path)
      guard fchmod(handle.number, mode_t(mode)) == 0, fsync(handle.number) == 0,
        Glibc.rename(beside, path) == 0
      else { throw systemFault("write a file", path) }
      try syncDirectory(of: path)
    } catch {
      unlink(beside)
      throw error
    }
  }

  public static func append(_ path: String, _ bytes: [UInt8], mode: Int) throws {
    try write(try open(path, O_WRONLY | O_APPEND | O_CREAT, mode: mode), bytes, path)
  }

  static func create(_ path: String, mode: Int) throws { _ = try open(path, O_WRONLY | O_CREAT | O_EXCL, mode: mode) }

  /// What is zero in whole blocks of 64 KiB is not written; the file has no bytes there yet.
  static func writeSparse(_ path: String, _ bytes: [UInt8], at offset: Int) throws {
    let handle = try open(path, O_WRONLY, mode: 0)
    try bytes.withUnsafeBytes { all in
      var at = 0
      while at < all.count {
        let start = at
        while at < all.count, !isZero(all, at) { at = min(all.count, at + holeSize) }
        var done = start
        while done < at {
          let n = pwrite(handle.number, all.baseAddress?.advanced(by: done), at - done, off_t(offset + done))
          if n < 0 && errno == EINTR { continue }
          guard n > 0 else { throw systemFault("write a file", path) }
          done += n
        }
        if at < all.count { at = min(all.count, at + holeSize) }
      }
    }
  }
  private static let holeSize = 65_536
  private static func isZero(_ all: UnsafeRawBufferPointer, _ at: Int) -> Bool {
    let count = min(holeSize, all.count - at)
    guard let base = all.baseAddress?.advanced(by: at), all[at] == 0 else { return false }
    // Zero first, and every byte the same as the one before it.
    return count == 1 || memcmp(base, base.advanced(by: 1), count - 1) == 0
  }

  private static func write(_ handle: Descriptor, _ bytes: [UInt8], _ path: String) throws {
    var done = 0
    while done < bytes.count {
      let n = bytes.withUnsafeBytes {
        Glibc.write(handle.number, $0.baseAddress?.advanced(by: done), bytes.count - done)
      }
      if n < 0 && errno == EINTR { continue }
      guard n > 0 else { throw systemFault("write a file", path) }
      done += n
    }
  }

  /// - Throws: `outOfSpace` when the disk is full, and a fault when the source is shorter than it should be.
  static func copy(_ from: String, offset: Int, length: Int, to: String) throws {
    let source = try open(from, O_RDONLY)
    let target = try open(to, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
    var at = off_t(offset)
    var left = length
    while left > 0 {
      let moved = sendfile(target.number, source.number, &at, min(left, 1 << 30))
      if moved < 0, errno == EINTR { continue }
      guard moved > 0 else { throw systemFault("copy \(left) more bytes to \(to)", from) }
      left -= moved
    }
  }

  /// The mode is what was asked for, whatever the process's umask would take from it.
  static func makeDirectory(_ path: String, mode: Int) throws {
    if mkdir(path, mode_t(mode)) == 0 { return try setMode(path, mode) }
    if errno == EEXIST, try status(path)?.kind != .file { return }
    if errno == ENOENT, let parent = parent(of: path) {
      try makeDirectory(parent, mode: mode)
      if mkdir(path, mode_t(mode)) == 0 { return try setMode(path, mode) }
      if errno == EEXIST { return }
    }
    throw systemFault("make a directory", path)
  }
  static func setMode(_ path: String, _ mode: Int) throws {
    guard chmod(path, mode_t(mode)) == 0 else { throw systemFault("change the rights of a file", path) }
  }

  public static func remove(_ path: String) throws {
    if unlink(path) == 0 || errno == ENOENT { return }
    guard errno == EISDIR || errno == EPERM else { throw systemFault("remove a file", path) }
    for name in try list(path) { try remove(path + "/" + name) }
    guard rmdir(path) == 0 || errno == ENOENT else { throw systemFault("remove a directory", path) }
  }

  public static func list(_ path: String) throws -> [String] {
    guard let directory = opendir(path) else {
      if errno == ENOENT { return [] }
      throw systemFault("list a directory", path)
    }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  static func status(_ path: String) throws -> FileStatus? {
    var facts = stat()
    guard lstat(path, &facts) == 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw systemFault("look at a file", path)
    }
    let kind: FileStatus.Kind =
      switch facts.st_mode & S_IFMT {
      case S_IFREG: .file
      case S_IFDIR: .directory
      case S_IFLNK: .symlink
      default: .other
      }
    return FileStatus(
      kind: kind, size: Int(facts.st_size), allocated: Int(facts.st_blocks) * 512, mode: Int(facts.st_mode & 0o7777),
      modified: Timestamp(
        microseconds: Int64(facts.st_mtim.tv_sec) * 1_000_000 + Int64(facts.st_mtim.tv_nsec) / 1000))
  }

  /// False when the two paths are on different file systems.
  static func rename(_ from: String, _ to: String) throws -> Bool {
    if Glibc.rename(from, to) == 0 {
      try syncDirectory(of: to)
      return true
    }
    if errno == EXDEV { return false }
    throw systemFault("move a file", "rename \(from) to \(to)")
  }

  static func symlink(_ target: String, _ path: String) throws {
    let beside = path + ".link"
    unlink(beside)
    guard Glibc.symlink(target, beside) == 0, Glibc.rename(beside, path) == 0 else {
      throw systemFault("make a symbolic link", path)
    }
  }

  private static func syncDirectory(of path: String) throws {
    let handle = try open(parent(of: path) ?? ".", O_RDONLY | O_DIRECTORY)
    fsync(handle.number)
  }

  private static func parent(of path: String) -> String? {
    guard let slash = path.lastIndex(of: "/") else { return nil }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  private static func open(_ path: String, _ flags: Int32, mode: Int = 0) throws -> Descriptor {
    let handle = Descriptor(clinux_open(path, flags | O_CLOEXEC, mode_t(mode)))
    guard handle.number >= 0 else { throw systemFault("open a file", path) }
    return handle
  }
}
