internal import CCurl
internal import Core
internal import IO

/// libcurl's multi handle driven by an event loop: libcurl names the sockets and the time it waits for, the loop
/// tells it when they come.
///
/// Unchecked because it wraps a libcurl multi handle, which belongs to the loop's thread, as all its fields do.
final class CurlEngine: @unchecked Sendable {
  let loop: EventLoop
  let limits: ClientLimits
  /// Reads the files that are sent as bodies.
  let files: BlockingThreads
  private let multi: UnsafeMutableRawPointer
  private var live: [UnsafeMutableRawPointer: CurlTransfer] = [:]
  private var timer: TimerID?
  private var checking = false
  private var closed = false
  private static let started = curl_global_init(Int(CURL_GLOBAL_ALL))

  init(loop: EventLoop, limits: ClientLimits) throws {
    guard Self.started == CURLE_OK, let multi = curl_multi_init() else {
      throw Fault.unavailable("Could not start the HTTP client: libcurl refused.")
    }
    self.loop = loop
    self.limits = limits
    self.multi = multi
    files = try BlockingThreads(name: "http-files", count: 1)
    let owner = Unmanaged.passUnretained(self).toOpaque()
    ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, limits.kept)
    ccurl_multi_set_socket(
      multi,
      { _, socket, what, owner, _ in
        if let owner { Unmanaged<CurlEngine>.fromOpaque(owner).takeUnretainedValue().watch(socket, what) }
        return 0
      }, owner)
    ccurl_multi_set_timer(
      multi,
      { _, milliseconds, owner in
        if let owner { Unmanaged<CurlEngine>.fromOpaque(owner).takeUnretainedValue().setTimer(milliseconds) }
        return 0
      }, owner)
  }

  /// Aborts what still runs and closes the kept connections.
  func close() {
    loop.execute {
      self.closed = true
      for transfer in self.live.values { transfer.finish(CURLE_ABORTED_BY_CALLBACK) }
      curl_multi_cleanup(self.multi)
      if let timer = self.timer { self.loop.cancel(timer) }
    }
  }

  func add(_ easy: UnsafeMutableRawPointer, _ transfer: CurlTransfer) {
    guard !closed else { return transfer.finish(CURLE_ABORTED_BY_CALLBACK) }
    live[easy] = transfer
    curl_multi_add_handle(multi, easy)
  }

  /// Takes the handle out and frees it.
  func remove(_ easy: UnsafeMutableRawPointer) {
    if live.removeValue(forKey: easy) != nil { curl_multi_remove_handle(multi, easy) }
    curl_easy_cleanup(easy)
  }

  private func watch(_ socket: curl_socket_t, _ what: Int32) {
    if what == CURL_POLL_REMOVE { return loop.unwatch(socket) }
    var events: FileEvents = []
    if what & CURL_POLL_IN != 0 { events.insert(.readable) }
    if what & CURL_POLL_OUT != 0 { events.insert(.writable) }
    // A socket that cannot be watched ends in libcurl's own time-out.
    try? loop.watch(socket, events) { happened in
      var mask: Int32 = 0
      if !happened.isDisjoint(with: [.readable, .hangup]) { mask |= CURL_CSELECT_IN }
      if happened.contains(.writable) { mask |= CURL_CSELECT_OUT }
      if happened.contains(.failed) { mask |= CURL_CSELECT_ERR }
      self.act(socket, mask)
    }
  }

  private func setTimer(_ milliseconds: Int) {
    if let timer { loop.cancel(timer) }
    timer = nil
    guard milliseconds >= 0 else { return }
    // Never at once: libcurl must not be called from its own callback.
    timer = loop.schedule(after: .milliseconds(milliseconds)) {
      self.timer = nil
      self.act(CURL_SOCKET_BAD, 0)
    }
  }

  private func act(_ socket: curl_socket_t, _ mask: Int32) {
    guard !closed else { return }
    var running: Int32 = 0
    curl_multi_socket_action(multi, socket, mask, &running)
    check()
  }

  private func check() {
    var left: Int32 = 0
    while !closed, let message = curl_multi_info_read(multi, &left) {
      guard message.pointee.msg == CURLMSG_DONE, let easy = ccurl_message_easy(message) else { continue }
      live[easy]?.finish(ccurl_message_result(message))
    }
  }
}
