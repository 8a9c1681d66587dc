internal import CWebsockets

/// What guests' VNC servers send.
extension ConsoleLoop {
  /// What libwebsockets calls for a guest's connection.
  /// - Returns: anything but 0 to have it closed.
  func guest(_ wsi: OpaquePointer, _ reason: lws_callback_reasons, _ bytes: UnsafeRawBufferPointer) -> Int32 {
    switch reason {
    case LWS_CALLBACK_RAW_RX: return receiveFromGuest(wsi, bytes)
    case LWS_CALLBACK_RAW_WRITEABLE: return writeToGuest(wsi)
    case LWS_CALLBACK_RAW_CLOSE: guestClosed(wsi)
    default: break
    }
    return 0
  }

  private func receiveFromGuest(_ wsi: OpaquePointer, _ bytes: UnsafeRawBufferPointer) -> Int32 {
    guard let session = guests[wsi] else { return -1 }
    guard let browser = session.browser else { return 0 }
    session.toBrowser.put(bytes)
    if session.toBrowser.isFull, !session.guestWaits {
      session.guestWaits = true
      lws_rx_flow_control(wsi, 0)
    }
    lws_callback_on_writable(browser)
    return 0
  }

  private func writeToGuest(_ wsi: OpaquePointer) -> Int32 {
    guard let session = guests[wsi] else { return -1 }
    if session.toGuest.isEmpty { return session.browser == nil ? -1 : 0 }
    guard send(from: &session.toGuest, to: wsi, cws_write_raw()) else { return -1 }
    if session.browserWaits, session.toGuest.count <= ByteQueue.low, let browser = session.browser {
      session.browserWaits = false
      lws_rx_flow_control(browser, 1)
    }
    if !session.toGuest.isEmpty || session.browser == nil { lws_callback_on_writable(wsi) }
    return 0
  }

  private func guestClosed(_ wsi: OpaquePointer) {
    guard let session = guests.removeValue(forKey: wsi) else { return }
    session.guest = nil
    dismiss(session.id, .guestClosed)
    forget(session)
  }
}
