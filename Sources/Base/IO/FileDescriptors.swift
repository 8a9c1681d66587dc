internal import CLinux
public import Core

/// The C library's `errno`, which as a macro Swift does not see. Glibc's module has it, but its types clash with those
/// that CLinux declares with _GNU_SOURCE, so that no file may import both.
var systemError: Int32 { __errno_location().pointee }

extension Fault {
  /// What the kernel refused, in its own words.
  /// - Parameter what: completes "Could not …".
  public static func system(_ what: String, _ code: Int32) -> Fault {
    let reason = strerror(code).map { String(cString: $0) } ?? "error \(code)"
    let kind: Kind =
      switch code {
      case ENOENT: .notFound
      case ENOSPC, EDQUOT: .outOfSpace
      case EACCES, EPERM: .forbidden
      case EEXIST, EADDRINUSE: .conflict
      default: .unavailable
      }
    return Fault(kind, "Could not \(what): \(reason).", detail: "errno \(code)")
  }
}

/// Reads, writes and settings of raw descriptors; interrupted calls are repeated.
public enum Descriptor {
  /// What a read or write on a non-blocking descriptor came to.
  public enum Outcome: Sendable, Equatable {
    case bytes(Int)
    case wouldBlock
    /// The end of the file, or of what the peer sends.
    case end
  }

  /// Makes calls on the descriptor return at once rather than wait.
  public static func setNonBlocking(_ fd: Int32) throws {
    guard clinux_set_nonblocking(fd) == 0 else { throw Fault.system("prepare a descriptor", systemError) }
  }

  /// Closes, ignoring what close reports: the descriptor is gone either way.
  public static func close(_ fd: Int32) {
    _ = CLinux.close(fd)
  }

  /// Reads once into `buffer`.
  public static func read(_ fd: Int32, into buffer: UnsafeMutableRawBufferPointer) throws -> Outcome {
    while true {
      let count = CLinux.read(fd, buffer.baseAddress, buffer.count)
      if count > 0 { return .bytes(count) }
      if count == 0 { return .end }
      if systemError == EAGAIN { return .wouldBlock }
      if systemError != EINTR { throw Fault.system("read", systemError) }
    }
  }

  /// Writes once from `buffer`.
  public static func write(_ fd: Int32, from buffer: UnsafeRawBufferPointer) throws -> Outcome {
    while true {
      let count = CLinux.write(fd, buffer.baseAddress, buffer.count)
      if count >= 0 { return .bytes(count) }
      if systemError == EAGAIN { return .wouldBlock }
      if systemError != EINTR { throw Fault.system("write", systemError) }
    }
  }
}

extension EventLoop {
  /// Up to `limit` bytes from a non-blocking descriptor, waiting for the first of them; nil at the end.
  public func read(_ fd: Int32, limit: Int = 65_536) async throws -> [UInt8]? {
    while true {
      var outcome = Descriptor.Outcome.wouldBlock
      let bytes = try [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
        outcome = try Descriptor.read(fd, into: UnsafeMutableRawBufferPointer(buffer))
        if case .bytes(let n) = outcome { count = n }
      }
      switch outcome {
      case .bytes: return bytes
      case .end: return nil
      case .wouldBlock: try await wait(for: fd, .readable)
      }
    }
  }

  /// All of `bytes` to a non-blocking descriptor, waiting as often as it must.
  public func write(_ fd: Int32, _ bytes: [UInt8]) async throws {
    var sent = 0
    while sent < bytes.count {
      let outcome = try bytes.withUnsafeBytes {
        try Descriptor.write(fd, from: UnsafeRawBufferPointer(rebasing: $0[sent...]))
      }
      if case .bytes(let n) = outcome { sent += n } else { try await wait(for: fd, .writable) }
    }
  }
}
