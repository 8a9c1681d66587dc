// FakeHardware: hardware that is only imagined, for trials, simulations and a cloud without a hypervisor.
//
// The fakes pass the same contract suites as the drivers. They are products, chosen by configuration
// (`compute.hypervisor=fake`): they keep no promise of their own beyond the protocols, but they can be told to fail,
// to be slow and to forget, and those given a directory remember their guests and disks beyond the process, as
// real hardware does.

public import Core
internal import Synchronization

/// What a fake shall do wrong, told by tests; shared by as many fakes as wanted.
///
/// A method is named as in its protocol, without its labels: `ensureRunning`.
public final class FakeScript: Sendable {
  private struct State {
    var calls: [String] = []
    var counts: [String: Int] = [:]
    var faults: [String: [Int: Fault]] = [:]
    var always: [String: Fault] = [:]
    var forgotten: [String: Set<Int>] = [:]
    var delays: [String: Duration] = [:]
  }
  private let state = Mutex(State())
  private let world: World
  private let weather: Weather?

  /// What befalls a call before it does anything: the call with its id may be delayed or made to throw.
  public typealias Weather = @Sendable (_ method: String, _ id: String) async throws -> Void

  /// - Parameter weather: asked at every call, after what tests have told; nil for none.
  public init(world: World = .real, weather: Weather? = nil) {
    self.world = world
    self.weather = weather
  }

  /// Lets the `nth` call of `method` from now on fail, before it does anything; 1 is the next one.
  public func fail(_ method: String, on nth: Int = 1, with fault: Fault = .internalError("The fake was told to fail."))
  {
    state.withLock { $0.faults[method, default: [:]][($0.counts[method] ?? 0) + nth] = fault }
  }
  /// Lets the `nth` call of `method` from now on seem to succeed and do nothing.
  public func forget(_ method: String, on nth: Int = 1) {
    _ = state.withLock { $0.forgotten[method, default: []].insert(($0.counts[method] ?? 0) + nth) }
  }
  /// Lets every call of `method` fail until `mend`.
  public func failAlways(_ method: String, with fault: Fault = .internalError("The fake was told to fail.")) {
    state.withLock { $0.always[method] = fault }
  }
  public func slow(_ method: String, by delay: Duration) { state.withLock { $0.delays[method] = delay } }
  /// No more failures and delays.
  public func mend() {
    state.withLock { state in
      state.faults = [:]
      state.always = [:]
      state.forgotten = [:]
      state.delays = [:]
    }
  }
  /// Every call so far as `method id`, in order.
  public var calls: [String] { state.withLock { $0.calls } }

  /// Called by a fake at the start of each method.
  /// - Returns: false where the call shall do nothing and say that it did.
  @discardableResult
  public func enter(_ method: String, _ id: String = "") async throws -> Bool {
    let (delay, fault, isForgotten) = state.withLock { state in
      state.calls.append(id.isEmpty ? method : method + " " + id)
      let count = (state.counts[method] ?? 0) + 1
      state.counts[method] = count
      return (
        state.delays[method], state.faults[method]?.removeValue(forKey: count) ?? state.always[method],
        state.forgotten[method]?.remove(count) != nil
      )
    }
    if let delay { try await world.sleep(delay) }
    if let fault { throw fault }
    try await weather?(method, id)
    return !isForgotten
  }
}
