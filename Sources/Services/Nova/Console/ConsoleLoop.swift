internal import CWebsockets
internal import Core
internal import Hardware
internal import IO
internal import Log

struct ConsoleSettings: Sendable {
  var host: String
  var port: Int
  var root: String
  var allowedOrigins: [String]
}

/// libwebsockets' context and the sessions in it.
///
/// Unchecked because libwebsockets' handles belong to one thread: `open`, `serve` and everything that `serve` calls run
/// on the proxy's thread, and other threads only reach the mailbox, which has a lock.
final class ConsoleLoop: @unchecked Sendable {
  /// Bytes handed to libwebsockets at a time.
  static let piece = 65_536
  /// Browsers at once; further ones are answered 503. Each takes two descriptors.
  static let sessionLimit = 500

  let settings: ConsoleSettings
  let mailbox = Mailbox()
  private let authorise: ConsoleProxy.Authorise
  private let log = Log("nova.console")
  private var connectors: BlockingThreads?

  private var context: OpaquePointer?
  private var protocols: ProtocolTable?
  private var isStopping = false
  private var lastID: UInt64 = 0
  private(set) var sessions: [UInt64: Session] = [:]
  var browsers: [OpaquePointer: Session] = [:]
  var guests: [OpaquePointer: Session] = [:]
  /// Room for one piece, with the space before it that libwebsockets writes frame headers into.
  let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(cws_padding()) + piece, alignment: 16)

  init(_ settings: ConsoleSettings, authorise: @escaping ConsoleProxy.Authorise) {
    self.settings = settings
    self.authorise = authorise
  }
  deinit { scratch.deallocate() }

  /// Listens; gives the port back.
  func open() throws -> Int {
    connectors = try BlockingThreads(name: "console-guest", count: 4)
    isStopping = false
    lws_set_log_level(Int32(LLL_ERR | LLL_WARN), noteLibraryLine)
    let table = ProtocolTable(interface: settings.host == "0.0.0.0" ? nil : settings.host)
    var info = lws_context_creation_info()
    info.port = Int32(settings.port)
    info.iface = table.interface.map { UnsafePointer($0) }
    info.protocols = UnsafePointer(table.protocols)
    info.server_string = table.server.map { UnsafePointer($0) }
    info.options = UInt64(LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND)
    if !settings.host.contains(":") { info.options |= UInt64(LWS_SERVER_OPTION_DISABLE_IPV6) }
    info.user = Unmanaged.passUnretained(self).toOpaque()
    info.pt_serv_buf_size = UInt32(Self.piece)
    info.fd_limit_per_thread = UInt32(Self.sessionLimit * 2 + 64)
    // A browser whose machine has gone without a word is noticed after two minutes.
    info.ka_time = 60
    info.ka_interval = 10
    info.ka_probes = 6
    guard let context = lws_create_context(&info) else { throw cannotListen() }
    guard let vhost = lws_get_vhost_by_name(context, "default") else {
      lws_context_destroy(context)
      throw cannotListen()
    }
    self.context = context
    protocols = table
    mailbox.open(waking: UInt(bitPattern: context))
    return Int(lws_get_vhost_listen_port(vhost))
  }

  private func cannotListen() -> Fault {
    let port = settings.port
    return Fault(
      .conflict,
      "Cannot serve consoles on \(settings.host):\(port). Stop whoever listens there (`ss -ltnp 'sport = :\(port)'` "
        + "names it), or configure an address that `ip address` shows and a port that is free.")
  }

  /// Serves until told to stop, then closes everything.
  func serve() {
    while !isStopping, let context { if lws_service(context, 0) < 0 { break } }
    mailbox.close()
    for session in sessions.values { session.check?.cancel() }
    if let context { lws_context_destroy(context) }
    context = nil
    protocols = nil
    connectors = nil
    sessions = [:]
    browsers = [:]
    guests = [:]
  }

  func readMailbox() {
    for letter in mailbox.take() {
      switch letter {
      case .connected(let id, let fd): connect(id, fd)
      case .refused(let id, let refusal): dismiss(id, refusal)
      case .stop: isStopping = true
      }
    }
  }

  /// Begins a session: the token is checked and the guest called outside the loop.
  func begin(_ browser: OpaquePointer, token: String) {
    guard let connectors else { return }
    lastID += 1
    let session = Session(id: lastID, browser: browser)
    sessions[session.id] = session
    browsers[browser] = session
    session.check = Self.check(session.id, token, authorise, connectors, mailbox, log)
  }

  /// A static function, so that nothing of the loop is carried into the task.
  private static func check(
    _ id: UInt64, _ token: String, _ authorise: @escaping ConsoleProxy.Authorise, _ connectors: BlockingThreads,
    _ mailbox: Mailbox, _ log: Log
  ) -> Task<Void, Never> {
    Task {
      let target: ConsoleAddress?
      do { target = try await authorise(token) } catch {
        log.error("A console token could not be checked", ["error": "\(error)"])
        return mailbox.post(.refused(session: id, .failed))
      }
      guard let target else { return mailbox.post(.refused(session: id, .badToken)) }
      do {
        let fd = try await connectors.run { try GuestConnection.open(target) }
        mailbox.post(.connected(session: id, fd: fd))
      } catch {
        log.warning("A console cannot be reached", ["error": "\(error)"])
        mailbox.post(.refused(session: id, .noGuest))
      }
    }
  }

  private func connect(_ id: UInt64, _ fd: Int32) {
    guard let session = sessions[id], let browser = session.browser, let vhost = lws_get_vhost(browser) else {
      return Descriptor.close(fd)
    }
    // libwebsockets closes the descriptor itself when it does not take it.
    guard let guest = cws_adopt_raw(vhost, fd, ProtocolTable.guestName) else { return dismiss(id, .noGuest) }
    session.check = nil
    session.guest = guest
    guests[guest] = session
    if !session.toGuest.isEmpty { lws_callback_on_writable(guest) }
  }

  /// Sends the browser away once it has what is on its way to it.
  func dismiss(_ id: UInt64, _ refusal: Refusal) {
    guard let session = sessions[id], let browser = session.browser else { return }
    if session.refusal == nil { session.refusal = refusal }
    lws_callback_on_writable(browser)
  }

  /// Forgets a session both of whose sides are gone.
  func forget(_ session: Session) {
    guard session.browser == nil, session.guest == nil else { return }
    sessions[session.id] = nil
  }
}

/// libwebsockets' own warnings.
private func noteLibraryLine(_ level: Int32, _ line: UnsafePointer<CChar>?) {
  guard let line else { return }
  let words = String(cString: line).split(whereSeparator: \.isNewline).first ?? ""
  Log("nova.console").warning("libwebsockets reports", ["line": String(words)])
}
