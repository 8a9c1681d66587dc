internal import CCurl
internal import CLinux
internal import Core
internal import IO

/// One request on its way through libcurl, and its response on the way back.
///
/// Unchecked because it wraps a libcurl easy handle, which belongs to the loop's thread, as all its fields do.
final class CurlTransfer: @unchecked Sendable {
  private let engine: CurlEngine
  private let request: Request
  private let baseURL: String
  private let address: String?
  private var easy: UnsafeMutableRawPointer?
  private var lines: UnsafeMutablePointer<curl_slist>?
  private var route: UnsafeMutablePointer<curl_slist>?
  private var waiting: UnsafeContinuation<Response, any Error>?
  private var head = Response(status: 0)
  private var answered = false
  private var cancelled = false
  private var download = Upload()
  private var downloadPaused = false
  private var outgoing = Outgoing()
  private var uploadPaused = false
  private var pump: Task<Void, Never>?

  init(engine: CurlEngine, request: Request, baseURL: String, address: String? = nil) {
    self.engine = engine
    self.request = request
    self.baseURL = baseURL
    self.address = address
  }

  func run() async throws -> Response {
    try await withTaskCancellationHandler {
      try await withUnsafeThrowingContinuation { continuation in
        engine.loop.execute { self.start(continuation) }
      }
    } onCancel: {
      cancel()
    }
  }

  /// Aborts; harmless once all has come. Never at once: the last copy of a response may be let go within one of
  /// libcurl's own callbacks, in which its handle must not be freed.
  func cancel() {
    engine.loop.later {
      self.cancelled = true
      self.finish(CURLE_ABORTED_BY_CALLBACK)
    }
  }

  private func start(_ continuation: UnsafeContinuation<Response, any Error>) {
    guard !cancelled else { return continuation.resume(throwing: CancellationError()) }
    guard let easy = curl_easy_init() else {
      return continuation.resume(throwing: Fault.unavailable("The HTTP client is out of memory."))
    }
    waiting = continuation
    self.easy = easy
    configure(easy)
    engine.add(easy, self)
    if case .stream(let stream) = request.body { startPump(stream) }
    if case .file(let path, let offset, let length) = request.body {
      startPump(engine.files.stream(path: path, offset: offset, length: length))
    }
  }

  // MARK: the request

  private func configure(_ easy: UnsafeMutableRawPointer) {
    var url = baseURL + request.path
    if !request.query.isEmpty { url += "?" + writeQuery(request.query) }
    ccurl_set_string(easy, CURLOPT_URL, url)
    ccurl_set_string(easy, CURLOPT_PROTOCOLS_STR, "http,https")
    // Services call one another directly, whatever proxy the environment names for people.
    ccurl_set_string(easy, CURLOPT_NOPROXY, "*")
    ccurl_set_long(easy, CURLOPT_PATH_AS_IS, 1)
    ccurl_set_long(easy, CURLOPT_NOSIGNAL, 1)
    ccurl_set_long(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
    ccurl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, Int(engine.limits.connect.milliseconds))
    ccurl_set_long(easy, CURLOPT_LOW_SPEED_LIMIT, engine.limits.slowest)
    ccurl_set_long(easy, CURLOPT_LOW_SPEED_TIME, Int(max(1, engine.limits.idle.components.seconds)))
    ccurl_set_long(easy, CURLOPT_BUFFERSIZE, 65_536)
    if let address {
      // Every host and port of this one request, there being no redirects: only the address is another.
      route = curl_slist_append(nil, "::\(address.contains(":") ? "[\(address)]" : address):")
      ccurl_set_list(easy, CURLOPT_CONNECT_TO, route)
    }
    if let file = engine.limits.caFile { ccurl_set_string(easy, CURLOPT_CAINFO, file) }
    configureBody(easy)
    configureHeaders(easy)
    let owner = Unmanaged.passUnretained(self).toOpaque()
    ccurl_set_pointer(easy, CURLOPT_HEADERDATA, owner)
    ccurl_set_pointer(easy, CURLOPT_WRITEDATA, owner)
    ccurl_set_pointer(easy, CURLOPT_READDATA, owner)
    ccurl_set_data_callback(easy, CURLOPT_HEADERFUNCTION) { data, size, count, owner in
      guard let data, let owner else { return 0 }
      Unmanaged<CurlTransfer>.fromOpaque(owner).takeUnretainedValue().header(data, size * count)
      return size * count
    }
    ccurl_set_data_callback(easy, CURLOPT_WRITEFUNCTION) { data, size, count, owner in
      guard let data, let owner else { return 0 }
      return Unmanaged<CurlTransfer>.fromOpaque(owner).takeUnretainedValue().receive(data, size * count)
    }
    ccurl_set_data_callback(easy, CURLOPT_READFUNCTION) { buffer, size, count, owner in
      guard let buffer, let owner else { return Int(CURL_READFUNC_ABORT) }
      return Unmanaged<CurlTransfer>.fromOpaque(owner).takeUnretainedValue().supply(buffer, size * count)
    }
  }

  private func configureBody(_ easy: UnsafeMutableRawPointer) {
    switch request.body {
    case .empty where !["POST", "PUT", "PATCH"].contains(request.method):
      ccurl_set_long(easy, request.method == "HEAD" ? CURLOPT_NOBODY : CURLOPT_HTTPGET, 1)
    case .empty: post(easy, [])
    case .bytes(let bytes): post(easy, bytes)
    case .stream(let stream): upload(easy, stream.length)
    case .file(_, _, let length): upload(easy, length)
    }
    ccurl_set_string(easy, CURLOPT_CUSTOMREQUEST, request.method)
  }

  /// Held by libcurl, which so can send it again when a kept connection turns out to be dead.
  private func post(_ easy: UnsafeMutableRawPointer, _ bytes: [UInt8]) {
    ccurl_set_long(easy, CURLOPT_POST, 1)
    ccurl_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count))
    var copy = bytes + [0]
    copy.withUnsafeMutableBytes { _ = ccurl_set_pointer(easy, CURLOPT_COPYPOSTFIELDS, $0.baseAddress) }
  }

  private func upload(_ easy: UnsafeMutableRawPointer, _ length: Int?) {
    ccurl_set_long(easy, CURLOPT_UPLOAD, 1)
    ccurl_set_long(easy, CURLOPT_UPLOAD_BUFFERSIZE, 262_144)
    ccurl_set_offset(easy, CURLOPT_INFILESIZE_LARGE, curl_off_t(length ?? -1))
  }

  private func configureHeaders(_ easy: UnsafeMutableRawPointer) {
    // libcurl's own additions are taken away unless asked for; a stream keeps its Expect, so that it can be refused
    // before it is sent.
    var defaults: Set<String> = ["accept", "content-type"]
    if case .bytes = request.body { defaults.insert("expect") }
    for field in request.headers.fields {
      if Headers.same(field.name, "Content-Length") || Headers.same(field.name, "Transfer-Encoding") { continue }
      if (field.name + field.value).utf8.contains(where: { $0 == 13 || $0 == 10 || $0 == 0 }) { continue }
      defaults.remove(field.name.lowercased())
      lines = curl_slist_append(lines, field.value.isEmpty ? field.name + ";" : "\(field.name): \(field.value)")
    }
    for name in defaults { lines = curl_slist_append(lines, name + ":") }
    ccurl_set_list(easy, CURLOPT_HTTPHEADER, lines)
  }

  private func supply(_ buffer: UnsafeMutablePointer<CChar>, _ limit: Int) -> Int {
    switch outgoing.fill(UnsafeMutableRawBufferPointer(start: buffer, count: limit)) {
    case 0:
      uploadPaused = true
      return Int(CURL_READFUNC_PAUSE)
    case -1: return 0
    case -2: return Int(CURL_READFUNC_ABORT)
    case let count: return count
    }
  }

  private func startPump(_ stream: BodyStream) {
    let loop = engine.loop
    pump = Task(executorPreference: loop) { [self] in
      while await withUnsafeContinuation({ continuation in
        loop.execute { self.outgoing.awaitDemand(continuation) }
      }) {
        let piece: Result<[UInt8]?, any Error>
        do { piece = .success(try await stream.next()) } catch { piece = .failure(error) }
        loop.execute { self.supplied(piece) }
        if case .success(.some) = piece { continue }
        return
      }
    }
  }

  private func supplied(_ piece: Result<[UInt8]?, any Error>) {
    outgoing.supply(piece)
    guard let easy, uploadPaused else { return }
    uploadPaused = false
    curl_easy_pause(easy, downloadPaused ? CURLPAUSE_RECV : CURLPAUSE_CONT)
  }

  // MARK: the response

  private func header(_ data: UnsafeMutablePointer<CChar>, _ count: Int) {
    guard !answered else { return }
    var line = String(decoding: UnsafeRawBufferPointer(start: data, count: count), as: UTF8.self)[...]
    while line.utf8.last == 10 || line.utf8.last == 13 { line.unicodeScalars.removeLast() }
    if line.isEmpty { return headersComplete() }
    if head.status == 0 || line.hasPrefix("HTTP/") {
      head = Response(status: line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0)
      return
    }
    guard let colon = line.firstIndex(of: ":") else { return }
    let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
    head.headers.append(String(line[..<colon]), String(value))
  }

  private func headersComplete() {
    guard head.status >= 200 else { return }
    answered = true
    let length = head.headers["Content-Length"].flatMap { Int($0) }
    if request.method != "HEAD", ![204, 304].contains(head.status), length != 0 {
      let reader = CurlReader(self)
      head.body = .stream(BodyStream(length: length) { try await reader.next() })
    }
    waiting?.resume(returning: head)
    waiting = nil
    head.body = .empty
  }

  private func receive(_ data: UnsafeMutablePointer<CChar>, _ count: Int) -> Int {
    if download.isFull {
      downloadPaused = true
      return Int(CURL_WRITEFUNC_PAUSE)
    }
    data.withMemoryRebound(to: UInt8.self, capacity: count) {
      download.append(UnsafeBufferPointer(start: $0, count: count))
    }
    return count
  }

  fileprivate func next() async throws -> [UInt8]? {
    try await withTaskCancellationHandler {
      try await withUnsafeThrowingContinuation { continuation in
        engine.loop.execute { self.pull(continuation) }
      }
    } onCancel: {
      cancel()
    }
  }

  private func pull(_ continuation: UnsafeContinuation<[UInt8]?, any Error>) {
    download.pull(continuation)
    guard let easy, downloadPaused else { return }
    downloadPaused = false
    curl_easy_pause(easy, uploadPaused ? CURLPAUSE_SEND : CURLPAUSE_CONT)
  }

  // MARK: the end

  func finish(_ result: CURLcode) {
    guard let easy else { return }
    self.easy = nil
    var connected = 0
    ccurl_get_long(easy, CURLINFO_REQUEST_SIZE, &connected)
    engine.remove(easy)
    curl_slist_free_all(lines)
    curl_slist_free_all(route)
    (lines, route) = (nil, nil)
    outgoing.abandon()
    pump?.cancel()
    if result == CURLE_OK { return download.end() }
    let error: any Error = cancelled ? CancellationError() : fault(result, connected: connected > 0)
    download.fail(error)
    waiting?.resume(throwing: error)
    waiting = nil
  }

  private func fault(_ result: CURLcode, connected: Bool) -> Fault {
    let reason = String(cString: curl_easy_strerror(result))
    let detail = "\(request.method) \(request.path): \(reason)"
    if !connected {
      return .unavailable(
        "Nothing answers at \(baseURL). The cloud's administrator should see that the service runs there; then try "
          + "again.", detail: detail)
    }
    if result == CURLE_OPERATION_TIMEDOUT {
      let seconds = engine.limits.idle.components.seconds
      return Fault(
        .timedOut, "\(baseURL) sent nothing for \(seconds) seconds. Try again; if it lasts, its log tells why.",
        detail: detail)
    }
    return .unavailable("The connection to \(baseURL) broke before the answer was complete. Try again.", detail: detail)
  }
}

/// Held by a response's body: when the last copy is let go, what has not been read of it is not fetched either.
private final class CurlReader: Sendable {
  private let transfer: CurlTransfer
  init(_ transfer: CurlTransfer) { self.transfer = transfer }
  deinit { transfer.cancel() }
  func next() async throws -> [UInt8]? { try await transfer.next() }
}
