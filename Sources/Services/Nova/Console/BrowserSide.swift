internal import CWebsockets

/// What browsers ask for and send.
extension ConsoleLoop {
  /// What libwebsockets calls for a browser's connection.
  /// - Returns: anything but 0 to have it closed.
  func browser(_ wsi: OpaquePointer, _ reason: lws_callback_reasons, _ bytes: UnsafeRawBufferPointer) -> Int32 {
    switch reason {
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED: readMailbox()
    case LWS_CALLBACK_HTTP: return page(wsi, String(decoding: bytes, as: UTF8.self))
    case LWS_CALLBACK_HTTP_FILE_COMPLETION: return lws_http_transaction_completed(wsi)
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION: return admit(wsi)
    case LWS_CALLBACK_ESTABLISHED:
      guard let token = ConsoleRequest.token(wsi) else { return -1 }
      begin(wsi, token: token)
    case LWS_CALLBACK_RECEIVE: return receive(wsi, bytes)
    case LWS_CALLBACK_SERVER_WRITEABLE: return writeToBrowser(wsi)
    case LWS_CALLBACK_CLOSED: browserClosed(wsi)
    default: break
    }
    return 0
  }

  /// Before the WebSocket is opened; what is wrong with it so far is still answered in HTTP.
  private func admit(_ wsi: OpaquePointer) -> Int32 {
    let answer: (status: UInt32, words: String)? =
      if !ConsoleRequest.isWelcome(wsi, allowed: settings.allowedOrigins) {
        (403, "This page comes from another host than the console proxy. Open the console by its own URL.")
      } else if ConsoleRequest.token(wsi) == nil {
        (403, "The URL has no console token. Ask for a console URL of the server, and open that.")
      } else if sessions.count >= Self.sessionLimit {
        (503, "Too many consoles are open. Close one, or try again later.")
      } else { nil }
    guard let answer else { return 0 }
    lws_return_http_status(wsi, answer.status, answer.words)
    return 1
  }

  private func page(_ wsi: OpaquePointer, _ path: String) -> Int32 {
    guard lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) > 0 else {
      return finish(wsi, 405, "Only GET is served here.")
    }
    switch ConsolePages.answer(path, root: settings.root) {
    case .missing: return finish(wsi, 404, "There is no such page.")
    case .notInstalled:
      return finish(
        wsi, 503,
        "The console page needs noVNC, which is not in \(settings.root). Install Debian's package: apt install novnc")
    case .file(let file, let type):
      var extra = "cache-control: no-cache\r\nx-content-type-options: nosniff\r\nreferrer-policy: no-referrer\r\n"
      // Pages that were given the token alone, as older clients have it, hand it on by this cookie.
      if let token = ConsoleRequest.queryToken(wsi) {
        extra += "set-cookie: token=\(token); path=/; httponly; samesite=strict\r\n"
      }
      let sent = lws_serve_http_file(wsi, file, type, extra, Int32(extra.utf8.count))
      if sent < 0 { return -1 }
      // Positive: all of it is sent already, and the connection may be used again.
      return sent > 0 ? lws_http_transaction_completed(wsi) : 0
    }
  }

  private func finish(_ wsi: OpaquePointer, _ status: UInt32, _ words: String) -> Int32 {
    lws_return_http_status(wsi, status, words) < 0 ? -1 : lws_http_transaction_completed(wsi)
  }

  private func receive(_ wsi: OpaquePointer, _ bytes: UnsafeRawBufferPointer) -> Int32 {
    guard let session = browsers[wsi], session.refusal == nil else { return 0 }
    guard lws_frame_is_binary(wsi) != 0 else { return close(wsi, .notBinary) }
    session.toGuest.put(bytes)
    if session.toGuest.isFull, !session.browserWaits {
      session.browserWaits = true
      lws_rx_flow_control(wsi, 0)
    }
    if let guest = session.guest { lws_callback_on_writable(guest) }
    return 0
  }

  private func writeToBrowser(_ wsi: OpaquePointer) -> Int32 {
    guard let session = browsers[wsi] else { return 0 }
    if session.toBrowser.isEmpty { return session.refusal.map { close(wsi, $0) } ?? 0 }
    guard send(from: &session.toBrowser, to: wsi, LWS_WRITE_BINARY) else { return -1 }
    if session.guestWaits, session.toBrowser.count <= ByteQueue.low, let guest = session.guest {
      session.guestWaits = false
      lws_rx_flow_control(guest, 1)
    }
    if !session.toBrowser.isEmpty || session.refusal != nil { lws_callback_on_writable(wsi) }
    return 0
  }

  /// One piece of the queue, after the room for a frame's header; libwebsockets keeps what the socket does not take,
  /// and asks for no more before that is sent.
  func send(from queue: inout ByteQueue, to wsi: OpaquePointer, _ kind: lws_write_protocol) -> Bool {
    let room = UnsafeMutableRawBufferPointer(rebasing: scratch[Int(cws_padding())...])
    let count = queue.take(into: room)
    guard count > 0, let start = room.baseAddress else { return true }
    return lws_write(wsi, start.assumingMemoryBound(to: UInt8.self), count, kind) >= 0
  }

  private func close(_ wsi: OpaquePointer, _ refusal: Refusal) -> Int32 {
    var words = Array(refusal.reason.utf8.prefix(123))
    lws_close_reason(wsi, lws_close_status(UInt32(refusal.code)), &words, words.count)
    return -1
  }

  private func browserClosed(_ wsi: OpaquePointer) {
    guard let session = browsers.removeValue(forKey: wsi) else { return }
    session.browser = nil
    session.check?.cancel()
    // The guest still gets what the browser had sent: its turn to be written to also closes it.
    if let guest = session.guest { lws_callback_on_writable(guest) }
    forget(session)
  }
}
