/// One browser at one guest's console.
///
///   checking ──connected──▶ open ──either side closes──▶ ending ──what was on its way is delivered──▶ gone
///       └────refused──────────────────────────────────────┘
///
/// Used by the console loop's thread alone.
final class Session {
  let id: UInt64
  /// libwebsockets' handles; nil once that side is gone (or not there yet).
  var browser: OpaquePointer?
  var guest: OpaquePointer?
  var toGuest = ByteQueue()
  var toBrowser = ByteQueue()
  /// Whether that side has been asked to wait.
  var browserWaits = false
  var guestWaits = false
  /// Set when the browser is to be sent away, once `toBrowser` is delivered.
  var refusal: Refusal?
  /// The task that checks the token and connects.
  var check: Task<Void, Never>?

  init(id: UInt64, browser: OpaquePointer) {
    self.id = id
    self.browser = browser
  }
}
