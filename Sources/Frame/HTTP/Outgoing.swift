internal import CLinux
internal import CMicrohttpd
internal import Core

/// A streamed response between the task that makes it and the connection that sends it: one piece at a time.
struct Outgoing {
  private var piece: [UInt8] = []
  private var sent = 0
  private var ended = false
  private var failed = false
  private var abandoned = false
  /// The connection has sent all it had.
  private var hungry = false
  private var producer: UnsafeContinuation<Bool, Never>?

  /// Resumes with true once the connection wants a piece, with false when it never will.
  mutating func awaitDemand(_ continuation: UnsafeContinuation<Bool, Never>) {
    if abandoned || hungry { return continuation.resume(returning: !abandoned) }
    producer = continuation
  }

  mutating func supply(_ next: Result<[UInt8]?, any Error>) {
    switch next {
    case .success(let bytes?):
      piece = bytes
      sent = 0
      hungry = bytes.isEmpty
    case .success(nil): ended = true
    case .failure: failed = true
    }
  }

  mutating func abandon() {
    abandoned = true
    piece = []
    producer?.resume(returning: false)
    producer = nil
  }

  /// Copies what there is; 0 when the producer must be waited for, or one of libmicrohttpd's two ends.
  mutating func fill(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
    if sent < piece.count {
      let count = min(buffer.count, piece.count - sent)
      piece.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[sent..<sent + count])) }
      sent += count
      if sent == piece.count {
        piece = []
        sent = 0
        ask()
      }
      return count
    }
    if failed || abandoned { return -2 }
    if ended { return -1 }
    ask()
    return 0
  }

  private mutating func ask() {
    hungry = true
    guard let producer else { return }
    self.producer = nil
    hungry = false
    producer.resume(returning: true)
  }
}

/// libmicrohttpd's form of a response, to be queued and then destroyed by the caller; nil where it cannot be made.
func makeResponse(_ response: Response, for exchange: Exchange, isHead: Bool, closing: Bool) -> OpaquePointer? {
  guard let made = makeBody(response, exchange, isHead) else { return nil }
  for field in response.headers.fields where isSendable(field) {
    MHD_add_response_header(made, field.name, field.value)
  }
  if closing { MHD_add_response_header(made, "Connection", "close") }
  return made
}

/// Framing is the server's business, and a line break would let a value forge headers.
func isSendable(_ field: (name: String, value: String)) -> Bool {
  !Headers.same(field.name, "Content-Length") && !Headers.same(field.name, "Transfer-Encoding")
    && !field.value.utf8.contains { $0 == 13 || $0 == 10 || $0 == 0 }
}

private func makeBody(_ response: Response, _ exchange: Exchange, _ isHead: Bool) -> OpaquePointer? {
  switch response.body {
  case .empty:
    // A HEAD may tell the length of the body that the GET would have.
    if isHead, let length = response.headers["Content-Length"].flatMap(UInt64.init) {
      return streamed(length, exchange)
    }
    return MHD_create_response_from_buffer(0, nil, .RESPMEM_PERSISTENT)
  case .bytes(let bytes):
    return bytes.withUnsafeBytes {
      MHD_create_response_from_buffer(
        $0.count, UnsafeMutableRawPointer(mutating: $0.baseAddress), .RESPMEM_MUST_COPY)
    }
  case .stream(let stream):
    return streamed(stream.length.map(UInt64.init) ?? .max, exchange)
  case .file(let path, let offset, let length):
    let fd = clinux_open(path, O_RDONLY | O_CLOEXEC, 0)
    guard fd >= 0 else { return nil }
    let made = MHD_create_response_from_fd_at_offset64(UInt64(length), fd, UInt64(offset))
    if made == nil { close(fd) }
    return made
  }
}

/// - Parameter length: `UInt64.max` (MHD_SIZE_UNKNOWN) for chunks.
private func streamed(_ length: UInt64, _ exchange: Exchange) -> OpaquePointer? {
  MHD_create_response_from_callback(
    length, 65_536,
    { raw, _, buffer, limit in
      guard let raw, let buffer else { return -2 }
      return Unmanaged<Exchange>.fromOpaque(raw).takeUnretainedValue().fill(buffer, limit)
    }, Unmanaged.passRetained(exchange).toOpaque(),
    { raw in
      if let raw { Unmanaged<Exchange>.fromOpaque(raw).release() }
    })
}
