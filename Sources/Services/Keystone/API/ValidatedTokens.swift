internal import API
internal import Core
internal import JSON
internal import KeystoneModel
internal import Synchronization

/// A token that was good when it was looked at, with everything that is said of it.
struct ValidToken: Sendable {
  let payload: TokenPayload
  let caller: Caller
  /// Whether it is good for some requests only, so that only who looks at those may be told of it.
  let hasAccessRules: Bool
  /// When the trust or the application credential behind it ends; nil where it has no end of its own.
  let ends: Timestamp?
  /// The answers to a validation, ready to be sent; trees of JSON would take several times their room.
  let bytes: [UInt8]
  let bytesWithoutCatalog: [UInt8]

  /// - Parameters:
  ///   - shown: the `token` object without the catalogue.
  ///   - catalog: nil for tokens without a scope.
  init(
    payload: TokenPayload, caller: Caller, shown: JSONObject, catalog: JSON?, hasAccessRules: Bool = false,
    ends: Timestamp? = nil
  ) {
    self.ends = ends
    self.hasAccessRules = hasAccessRules
    self.payload = payload
    self.caller = caller
    bytesWithoutCatalog = JSON.object(["token": .object(shown)]).bytes
    guard let catalog else {
      bytes = bytesWithoutCatalog
      return
    }
    var whole = shown
    whole.append("catalog", catalog)
    bytes = JSON.object(["token": .object(whole)]).bytes
  }
}

/// The tokens that were found valid a moment ago.
final class ValidatedTokens: Sendable {
  private struct Entry {
    let token: ValidToken
    let until: Duration
  }
  private struct State {
    var epoch = 0
    var entries: [String: Entry] = [:]
  }
  /// Some ten kilobytes each; more than are asked for within their second is rare.
  private static let limit = 2_000
  private let state = Mutex(State())

  /// Counts the changes; an answer computed from what was read before a change must not be kept after it.
  var epoch: Int { state.withLock { $0.epoch } }

  func find(_ token: String, now: Duration) -> ValidToken? {
    state.withLock { state in
      guard let entry = state.entries[token], now < entry.until else { return nil }
      return entry.token
    }
  }
  func keep(_ valid: ValidToken, for token: String, now: Duration, lifetime: Duration, epoch: Int) {
    let until = now + lifetime
    state.withLock { state in
      guard state.epoch == epoch else { return }
      if state.entries.count >= Self.limit {
        state.entries = state.entries.filter { now < $0.value.until }
        if state.entries.count >= Self.limit { state.entries.removeAll(keepingCapacity: true) }
      }
      state.entries[token] = Entry(token: valid, until: until)
    }
  }
  func removeAll() {
    state.withLock { state in
      state.epoch += 1
      state.entries.removeAll(keepingCapacity: true)
    }
  }
}
