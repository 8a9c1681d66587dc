internal import CLinux
internal import Core
internal import IO
internal import Synchronization

extension BlockingThreads {
  /// `length` bytes of a file from `offset`, read piece by piece on these threads.
  func stream(path: String, offset: Int, length: Int) -> BodyStream {
    let file = OpenFile(path: path)
    let sent = Mutex(0)
    return BodyStream(length: length) {
      let at = sent.withLock { $0 }
      guard at < length else { return nil }
      let piece = try await self.run { try file.read(at: offset + at, count: min(262_144, length - at)) }
      guard !piece.isEmpty else {
        throw Fault.internalError("The file \(path) ended \(length - at) bytes before the length announced for it.")
      }
      sent.withLock { $0 += piece.count }
      return piece
    }
  }
}

/// A file opened at the first read and closed with the last reference.
private final class OpenFile: Sendable {
  private let path: String
  private let descriptor = Mutex<Int32>(-1)

  init(path: String) { self.path = path }
  deinit {
    descriptor.withLock { if $0 >= 0 { Descriptor.close($0) } }
  }

  func read(at offset: Int, count: Int) throws -> [UInt8] {
    let fd = try descriptor.withLock { fd in
      if fd < 0 { fd = clinux_open(path, O_RDONLY | O_CLOEXEC, 0) }
      guard fd >= 0 else { throw Fault.system("open \(path)", __errno_location().pointee) }
      return fd
    }
    return try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      let got = pread(fd, buffer.baseAddress, count, offset)
      guard got >= 0 else { throw Fault.system("read \(path)", __errno_location().pointee) }
      filled = got
    }
  }
}
