internal import CLinux
internal import CWebsockets

/// What libwebsockets is told of the protocols; it keeps pointers into this, so that it must outlive the context.
final class ProtocolTable {
  static let guestName = "guest"

  let protocols: UnsafeMutablePointer<lws_protocols>
  let interface: UnsafeMutablePointer<CChar>?
  let server: UnsafeMutablePointer<CChar>?
  private let names: [UnsafeMutablePointer<CChar>?]

  /// The first protocol serves plain HTTP and browsers, also those that name no subprotocol, as noVNC since 1.0; older
  /// ones ask for `binary`.
  init(interface: String?) {
    self.interface = interface.flatMap { strdup($0) }
    server = strdup("martlet")
    names = [strdup("binary"), strdup(Self.guestName)]
    protocols = .allocate(capacity: names.count + 1)
    protocols.initialize(repeating: lws_protocols(), count: names.count + 1)
    for (i, name) in names.enumerated() {
      protocols[i].name = name.map { UnsafePointer($0) }
      protocols[i].rx_buffer_size = ConsoleLoop.piece
    }
    protocols[0].callback = { wsi, reason, _, bytes, count in
      guard let wsi, let loop = ConsoleLoop.of(wsi) else { return 0 }
      return loop.browser(wsi, reason, UnsafeRawBufferPointer(start: bytes, count: bytes == nil ? 0 : count))
    }
    protocols[1].callback = { wsi, reason, _, bytes, count in
      guard let wsi, let loop = ConsoleLoop.of(wsi) else { return 0 }
      return loop.guest(wsi, reason, UnsafeRawBufferPointer(start: bytes, count: bytes == nil ? 0 : count))
    }
  }

  deinit {
    protocols.deallocate()
    for name in names + [interface, server] { free(name) }
  }
}

extension ConsoleLoop {
  /// The loop a connection belongs to.
  static func of(_ wsi: OpaquePointer) -> ConsoleLoop? {
    lws_context_user(lws_get_context(wsi)).map { Unmanaged<ConsoleLoop>.fromOpaque($0).takeUnretainedValue() }
  }
}
