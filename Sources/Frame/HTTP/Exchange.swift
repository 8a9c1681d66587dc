internal import CLinux
internal import CMicrohttpd
internal import Core
internal import IO

/// One request and its response: carries libmicrohttpd's callbacks to a task and the task's answer back.
///
/// ```
/// new -> refused                             a malformed head: 400, the handler never runs
/// new -> awaitingEnd -------------------\    no body
/// new -> gathering (small body) --------- > complete -> replied
/// new -> undecided -> receiving --------/    large or chunked body: the handler runs while it arrives
///            |                 \-> cutShort   answered in the middle of a long body: see `sendNow`
///            |-> cutShort                     answered before a long body was asked for
///            \-> replied (closing)           the same, and the client waits for `100 Continue` or the answer is long
/// ```
/// libmicrohttpd takes an answer only in `undecided` (and then closes the connection) or in `complete`.
///
/// Unchecked because it wraps a libmicrohttpd connection, which belongs to one loop's thread, as all its fields do.
final class Exchange: @unchecked Sendable {
  private enum Phase { case new, awaitingEnd, gathering, undecided, receiving, cutShort, complete, replied }

  /// Bodies up to this size are gathered before the handler starts: no suspension, no hop.
  private static let small = 65_536
  /// How much of an unread body is read and dropped. Most clients look for the answer only when they have sent all, so
  /// that images of this size, refused, are refused with words and not with a broken connection.
  private static let discardable = 1_073_741_824
  /// What is left of an unread body is read to its end when it is no more than this, so that the connection lives on.
  private static let briefRest = 1_048_576

  private let listener: LoopListener
  private var connection: OpaquePointer
  private var phase = Phase.new
  private var request: Request?
  private var isHead = false
  private var expectsContinue = false
  /// How much of the body is still to come; nil when it comes in chunks.
  private var left: Int?
  private var upload = Upload()
  private var discarded = 0
  private var reply: Response?
  private var suspended = false
  /// libmicrohttpd repeats its first call, without data, once a connection that slept in it is resumed.
  private var repeatsFirstCall = false
  private var watched = false
  private var peerGone = false
  private var over = false
  private var aborted = false
  private var task: Task<Void, Never>?
  var outgoing = Outgoing()

  init(_ listener: LoopListener, _ connection: OpaquePointer) {
    self.listener = listener
    self.connection = connection
  }

  // MARK: what libmicrohttpd says

  /// The first call, with the head of the request.
  func begin(_ head: RequestHead) -> MHD_Result {
    if let refusal = head.refusal {
      phase = .replied
      return queue(.refusal(400, "The request is malformed and was refused: \(refusal)"), closing: true)
    }
    var request = Request(head.method, head.path, query: head.query, headers: head.headers)
    request.peer = listener.peer(connection)
    isHead = head.method == "HEAD"
    expectsContinue = head.expectsContinue && head.isHTTP11
    left = head.bodyLength
    if head.bodyLength == 0 {
      phase = .awaitingEnd
      self.request = request
      return .YES
    }
    request.body = .stream(
      BodyStream(length: head.bodyLength) { [self] in
        try await withUnsafeThrowingContinuation { continuation in
          listener.loop.execute { self.pull(continuation) }
        }
      })
    self.request = request
    if let length = head.bodyLength, length <= Self.small, !expectsContinue {
      phase = .gathering
      return .YES
    }
    phase = .undecided
    start()
    return settle()
  }

  /// Every further call: `count` bytes of the body, or none at its end or after a resume.
  func proceed(_ data: UnsafePointer<CChar>?, _ count: inout Int) -> MHD_Result {
    if aborted { return .NO }
    let isRepeated = repeatsFirstCall
    repeatsFirstCall = false
    switch phase {
    case .awaitingEnd:
      phase = .complete
      start()
    case .gathering, .receiving, .cutShort:
      if let data, count > 0 { return accept(data, &count) }
      if phase == .cutShort { return isRepeated ? .YES : .NO }
      upload.end()
      let gathered = phase == .gathering
      phase = .complete
      if gathered { start() }
    case .new, .undecided, .complete, .replied: break
    }
    return settle()
  }

  private func accept(_ data: UnsafePointer<CChar>, _ count: inout Int) -> MHD_Result {
    if reply != nil {
      discarded += count
      left = left.map { $0 - count }
      count = 0
      return discarded > Self.discardable ? .NO : .YES
    }
    if upload.isFull {
      suspend()
      return .YES
    }
    data.withMemoryRebound(to: UInt8.self, capacity: count) {
      upload.append(UnsafeBufferPointer(start: $0, count: count))
    }
    left = left.map { $0 - count }
    count = 0
    return .YES
  }

  /// The request is over, for good or ill; the connection may not be used any more.
  func finished() {
    over = true
    if watched { listener.loop.unwatch(listener.descriptor(connection)) }
    upload.fail(Fault(.badRequest, "The client went away before it had sent the whole body."))
    outgoing.abandon()
    task?.cancel()
    reply = nil
  }

  /// Ends the request whatever its handler does, since the server stops.
  func abort() {
    aborted = true
    outgoing.abandon()
    task?.cancel()
    resume()
  }

  // MARK: what the handler does

  private func start() {
    guard let request else { return }
    self.request = nil
    let handler = listener.handler
    let loop = listener.loop
    task = Task.immediate(executorPreference: loop) { [self] in
      let response = await handler(request)
      loop.execute { self.answer(response) }
      if case .stream(let stream) = response.body { await pump(stream) }
    }
  }

  private func answer(_ response: Response) {
    guard !over else { return }
    reply = response
    upload.close(.internalError("The request's body was read after the request had been answered."))
    let isSending = phase == .receiving || (phase == .undecided && !expectsContinue)
    if isSending, left.map({ $0 > Self.briefRest }) ?? true, sendNow(response) { phase = .cutShort }
    resume()
  }

  private func pull(_ continuation: UnsafeContinuation<[UInt8]?, any Error>) {
    upload.pull(continuation)
    if phase == .undecided || phase == .receiving { resume() }
  }

  private func pump(_ stream: BodyStream) async {
    while await withUnsafeContinuation({ continuation in
      listener.loop.execute { self.outgoing.awaitDemand(continuation) }
    }) {
      let piece: Result<[UInt8]?, any Error>
      do { piece = .success(try await stream.next()) } catch { piece = .failure(error) }
      listener.loop.execute {
        self.outgoing.supply(piece)
        self.resume()
      }
      if case .success(.some) = piece { continue }
      return
    }
  }

  /// libmicrohttpd wants bytes of a streamed response; with none at hand the connection sleeps until there are.
  func fill(_ buffer: UnsafeMutablePointer<CChar>, _ limit: Int) -> Int {
    let count = outgoing.fill(UnsafeMutableRawBufferPointer(start: buffer, count: limit))
    if count == 0 { suspend() }
    return count
  }

  // MARK: between the two

  private func settle() -> MHD_Result {
    switch phase {
    case .undecided:
      if let reply {
        if let left, left <= Self.briefRest, !expectsContinue {
          phase = .receiving
          return .YES
        }
        phase = .replied
        return queue(reply, closing: true)
      }
      if upload.wanted {
        phase = .receiving
        return .YES
      }
      repeatsFirstCall = true
      suspend()
    case .complete:
      if let reply {
        phase = .replied
        return queue(reply, closing: listener.draining)
      }
      suspend()
    case .new, .awaitingEnd, .gathering, .receiving, .cutShort, .replied: break
    }
    return .YES
  }

  private func queue(_ response: Response, closing: Bool) -> MHD_Result {
    guard let made = makeResponse(response, for: self, isHead: isHead, closing: closing) else {
      guard case .file = response.body else { return .NO }
      return queue(
        .refusal(500, "The file to send cannot be opened. The administrator should look for it."), closing: true)
    }
    defer { MHD_destroy_response(made) }
    let status = (200...599).contains(response.status) ? UInt32(response.status) : 500
    return MHD_queue_response(connection, status, made)
  }

  /// Answers past libmicrohttpd, which takes no answer in the middle of a body: the sender of gigabytes learns at once
  /// that they are refused, if he listens. What he still sends is dropped, for a connection that is closed with bytes
  /// unread takes the answer with it.
  private func sendNow(_ response: Response) -> Bool {
    guard !isHead, case .bytes(let body) = response.body, body.count <= 16_384 else { return false }
    let reason = MHD_get_reason_phrase_for(UInt32(clamping: response.status)).map { String(cString: $0) } ?? ""
    var head = "HTTP/1.1 \(response.status) \(reason)\r\nConnection: close\r\nContent-Length: \(body.count)\r\n"
    for field in response.headers.fields where isSendable(field) { head += "\(field.name): \(field.value)\r\n" }
    let bytes = Array((head + "\r\n").utf8) + body
    let descriptor = listener.descriptor(connection)
    guard send(descriptor, bytes, bytes.count, Int32(MSG_DONTWAIT)) == bytes.count else { return false }
    shutdown(descriptor, Int32(SHUT_WR))
    return true
  }

  private func suspend() {
    guard !suspended else { return }
    suspended = true
    MHD_suspend_connection(connection)
    if peerGone { return peerLeft() }
    guard !watched else { return }
    watched = true
    // libmicrohttpd does not look at a suspended connection, so that a client's leaving would go unseen.
    try? listener.loop.watch(listener.descriptor(connection), [.peerGone, .edgeTriggered]) { [weak self] _ in
      self?.peerLeft()
    }
  }

  private func peerLeft() {
    peerGone = true
    // While the body arrives libmicrohttpd notices by itself, and the end of the body may still be on its way.
    if phase == .complete || phase == .replied { task?.cancel() }
  }

  private func resume() {
    guard suspended, !over else { return }
    suspended = false
    MHD_resume_connection(connection)
    listener.wake()
  }
}

extension Response {
  /// An answer given before any handler is asked.
  static func refusal(_ status: Int, _ why: String) -> Response {
    Response(
      status: status, headers: ["Content-Type": "text/plain; charset=utf-8"], body: .bytes(Array((why + "\n").utf8)))
  }
}
