internal import CLinux
internal import CMicrohttpd
internal import Core
internal import IO

/// One listening socket on one loop: a libmicrohttpd daemon in external epoll mode, driven by the loop.
///
/// Unchecked because it wraps a libmicrohttpd daemon, which belongs to the loop's thread, as all its fields do.
final class LoopListener: @unchecked Sendable {
  let loop: EventLoop
  let handler: Handler
  private var daemon: OpaquePointer?
  private var live: [ObjectIdentifier: Exchange] = [:]
  private var scheduled = false
  private var timer: (id: TimerID, due: Duration)?
  private var idle: [UnsafeContinuation<Void, Never>] = []
  private(set) var draining = false
  private var stopping = false

  /// Takes over the listening socket, also when it throws.
  init(socket: Int32, loop: EventLoop, limits: ServerLimits, handler: @escaping Handler) throws {
    self.loop = loop
    self.handler = handler
    daemon = startDaemon(socket, limits, Unmanaged.passUnretained(self).toOpaque())
    guard daemon != nil else {
      Descriptor.close(socket)
      throw Fault.unavailable("Could not start an HTTP server: libmicrohttpd refused the socket.")
    }
    loop.execute { self.activate() }
  }

  private func activate() {
    guard let daemon else { return }
    try? loop.watch(cmhd_epoll_fd(daemon), .readable) { _ in self.turn() }
    turn()
  }

  /// Has the daemon run soon, on the loop's thread: something changed that its epoll set does not show.
  func wake() {
    guard !scheduled else { return }
    scheduled = true
    loop.later { self.turn() }
  }

  private func turn() {
    scheduled = false
    guard let daemon else { return }
    MHD_run(daemon)
    var milliseconds: UInt64 = 0
    guard MHD_get_timeout(daemon, &milliseconds) == .YES else { return }
    if milliseconds == 0 { return wake() }
    // Each request moves the deadline; a timer that fires early costs less than one reset at each request.
    let due = World.real.uptime() + .milliseconds(Int(milliseconds))
    if let timer, timer.due <= due { return }
    if let timer { loop.cancel(timer.id) }
    let id = loop.schedule(after: .milliseconds(Int(milliseconds))) {
      self.timer = nil
      self.turn()
    }
    timer = (id, due)
  }

  // MARK: stopping

  /// Takes no more connections, lets running requests finish within the time given, then ends all.
  func drain(within limit: Duration) async {
    await loop.run { await drainOnLoop(within: limit) }
  }

  private func drainOnLoop(within limit: Duration) async {
    await withUnsafeContinuation { (done: UnsafeContinuation<Void, Never>) in
      loop.later { self.quiesce(within: limit, done) }
    }
    await withUnsafeContinuation { (done: UnsafeContinuation<Void, Never>) in
      loop.later {
        self.stop()
        done.resume()
      }
    }
  }

  private func quiesce(within limit: Duration, _ done: UnsafeContinuation<Void, Never>) {
    guard let daemon else { return done.resume() }
    if !draining {
      draining = true
      // Who has already been let in by the kernel is served.
      MHD_run(daemon)
      let socket = MHD_quiesce_daemon(daemon)
      if socket >= 0 { Descriptor.close(socket) }
    }
    if live.isEmpty || limit <= .zero { return done.resume() }
    idle.append(done)
    loop.schedule(after: limit) { self.releaseIdle() }
  }

  private func releaseIdle() {
    let waiting = idle
    idle = []
    for continuation in waiting { continuation.resume() }
  }

  private func stop() {
    guard let daemon else { return }
    loop.unwatch(cmhd_epoll_fd(daemon))
    if let timer { loop.cancel(timer.id) }
    // libmicrohttpd must not be stopped with a connection suspended, nor may one suspend itself in this last run.
    stopping = true
    for exchange in live.values { exchange.abort() }
    MHD_run(daemon)
    self.daemon = nil
    MHD_stop_daemon(daemon)
    live = [:]
  }

  // MARK: what connections ask

  func descriptor(_ connection: OpaquePointer) -> Int32 { cmhd_connection_fd(connection) }

  func peer(_ connection: OpaquePointer) -> String {
    guard let address = cmhd_client_address(connection) else { return "" }
    return SocketAddress.text(address)
  }

  fileprivate func access(
    _ connection: OpaquePointer, _ url: UnsafePointer<CChar>, _ method: UnsafePointer<CChar>,
    _ version: UnsafePointer<CChar>, _ data: UnsafePointer<CChar>?, _ count: inout Int,
    _ context: inout UnsafeMutableRawPointer?
  ) -> MHD_Result {
    let target = RawTarget(context)
    if target == nil, let context {
      return Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue().proceed(data, &count)
    }
    context = nil
    guard !stopping else { return .NO }
    let exchange = Exchange(self, connection)
    context = Unmanaged.passRetained(exchange).toOpaque()
    live[ObjectIdentifier(exchange)] = exchange
    return exchange.begin(RequestHead(connection, method: method, url: url, version: version, target: target))
  }

  fileprivate func completed(_ context: inout UnsafeMutableRawPointer?) {
    guard let raw = context, RawTarget(raw) == nil else { return }
    context = nil
    let exchange = Unmanaged<Exchange>.fromOpaque(raw).takeRetainedValue()
    exchange.finished()
    live[ObjectIdentifier(exchange)] = nil
    if draining, live.isEmpty { releaseIdle() }
  }
}

private typealias Completed =
  @convention(c) (
    UnsafeMutableRawPointer?, OpaquePointer?, UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
    MHD_RequestTerminationCode
  ) -> Void
private typealias SeeTarget =
  @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<CChar>?, OpaquePointer?) -> UnsafeMutableRawPointer?
private typealias Unescape =
  @convention(c) (UnsafeMutableRawPointer?, OpaquePointer?, UnsafeMutablePointer<CChar>?) -> Int

/// Starts a daemon whose callbacks go to the listener at `owner`.
private func startDaemon(_ socket: Int32, _ limits: ServerLimits, _ owner: UnsafeMutableRawPointer) -> OpaquePointer? {
  let completed: Completed = { owner, _, context, _ in
    guard let owner, let context else { return }
    Unmanaged<LoopListener>.fromOpaque(owner).takeUnretainedValue().completed(&context.pointee)
  }
  // Identity: `%2F` and `//` reach the router as they were sent.
  let unescape: Unescape = { _, _, text in text.map { strlen($0) } ?? 0 }
  // It is handed out as constant, and written to by the next line of its caller.
  let seeTarget: SeeTarget = { _, text, _ in
    text.flatMap { RawTarget(UnsafeMutablePointer(mutating: $0)).context }
  }
  func option(_ option: MHD_OPTION, _ value: Int, _ pointer: UnsafeMutableRawPointer? = nil) -> MHD_OptionItem {
    MHD_OptionItem(option: option, value: value, ptr_value: pointer)
  }
  var options = [
    option(.LISTEN_SOCKET, Int(socket)),
    // Else files are sent by pread and send in pieces of 4 KiB (measured: eleven times the CPU of sendfile).
    option(.SIGPIPE_HANDLED_BY_APP, 1),
    option(.STRICT_FOR_CLIENT, 1),
    option(.CONNECTION_MEMORY_LIMIT, limits.headerBytes),
    option(.CONNECTION_LIMIT, limits.connections),
    option(.CONNECTION_TIMEOUT, Int(max(1, limits.idle.components.seconds))),
    option(.NOTIFY_COMPLETED, unsafeBitCast(completed, to: Int.self), owner),
    option(.URI_LOG_CALLBACK, unsafeBitCast(seeTarget, to: Int.self)),
    option(.UNESCAPE_CALLBACK, unsafeBitCast(unescape, to: Int.self), owner),
    option(.END, 0),
  ]
  let flags = MHD_USE_EPOLL.rawValue | MHD_ALLOW_SUSPEND_RESUME.rawValue
  return options.withUnsafeMutableBufferPointer { items in
    guard let first = items.baseAddress else { return nil }
    return withVaList([Int32(bitPattern: MHD_OPTION.ARRAY.rawValue), first, Int32(bitPattern: MHD_OPTION.END.rawValue)])
    {
      MHD_start_daemon_va(
        flags, 0, nil, nil,
        { owner, connection, url, method, version, data, count, context in
          guard let owner, let connection, let url, let method, let version, let count, let context else {
            return .NO
          }
          return Unmanaged<LoopListener>.fromOpaque(owner).takeUnretainedValue()
            .access(connection, url, method, version, data, &count.pointee, &context.pointee)
        }, owner, $0)
    }
  }
}
