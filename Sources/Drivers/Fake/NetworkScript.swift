// The network's fakes: what a switch, DHCP, routers and a firewall would have done, kept in memory. They are the
// drivers of `martlet serve --set network.switch=fake` as well as a test's: they obey the same contract as the real
// ones, and a script makes them fail, dawdle or forget at a given call.

public import Core
internal import Synchronization

/// What a fake shall do other than well, and what it was asked so far.
public final class NetworkScript: Sendable {
  private struct State {
    var calls: [String] = []
    var counts: [String: Int] = [:]
    var failures: [String: [Int: Fault]] = [:]
    var forgotten: [String: Set<Int>] = [:]
    var delays: [String: Duration] = [:]
  }
  private let state = Mutex(State())
  private let world: World
  private let weather: FakeScript.Weather?

  public init(world: World = .real, weather: FakeScript.Weather? = nil) {
    self.world = world
    self.weather = weather
  }

  /// Every call so far, in order: the method and the id it was for, `ensurePlugged 6a1f…`.
  public var calls: [String] { state.withLock { $0.calls } }

  /// Makes a call of the method throw and have no effect; calls are counted from this moment, the next being 1.
  public func fail(_ method: String, call: Int = 1, with fault: Fault = .internalError("The fake was told to fail.")) {
    state.withLock { $0.failures[method, default: [:]][call + $0.counts[method, default: 0]] = fault }
  }
  /// Makes a call of the method seem to succeed and have no effect; counted as for `fail`.
  public func forget(_ method: String, call: Int = 1) {
    _ = state.withLock { $0.forgotten[method, default: []].insert(call + $0.counts[method, default: 0]) }
  }
  /// Makes every call of the method take that long; nil makes it quick again.
  public func slow(_ method: String, by delay: Duration?) { state.withLock { $0.delays[method] = delay } }

  /// Notes a call and does what the script wants.
  /// - Returns: false if the call shall have no effect.
  func enter(_ method: String, _ id: String = "") async throws -> Bool {
    let (delay, failure, forgotten) = state.withLock { state in
      state.calls.append(id.isEmpty ? method : "\(method) \(id)")
      let count = state.counts[method, default: 0] + 1
      state.counts[method] = count
      return (
        state.delays[method], state.failures[method]?[count], state.forgotten[method]?.contains(count) ?? false
      )
    }
    if let delay { try await world.sleep(delay) }
    if let failure { throw failure }
    try await weather?(method, id)
    return !forgotten
  }
}
