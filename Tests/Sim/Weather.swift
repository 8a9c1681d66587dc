import Bus
import Core
import HTTP
import Host
import Synchronization

/// What goes wrong between the parts of a cloud and on its hardware, as the script has it.
final class Weather: Sendable {
  enum Place: Hashable { case hardware, bus, link }

  private struct State {
    var calls: [Place: Int] = [:]
    var troubles: [Place: [Int: Event.Trouble]] = [:]
  }
  private let state = Mutex(State())
  private let world: World
  /// Told of each trouble as it befalls somebody.
  private let tell: @Sendable (String) -> Void

  init(world: World, tell: @escaping @Sendable (String) -> Void) {
    self.world = world
    self.tell = tell
  }

  /// Lets trouble befall the call that comes so many calls after the next.
  func arm(_ place: Place, _ trouble: Event.Trouble, after: Int) {
    state.withLock { state in
      state.troubles[place, default: [:]][(state.calls[place] ?? 0) + after] = trouble
    }
  }

  /// No more of it.
  func clear() { state.withLock { $0.troubles = [:] } }

  /// What befalls the call that is made now.
  private func next(_ place: Place, _ what: @autoclosure () -> String) -> Event.Trouble? {
    let trouble = state.withLock { state -> Event.Trouble? in
      let call = state.calls[place, default: 0]
      state.calls[place] = call + 1
      return state.troubles[place]?.removeValue(forKey: call)
    }
    if let trouble { tell("\(place) \(what()) \(trouble.rawValue)") }
    return trouble
  }

  static let slow = Duration.seconds(3)
  static let hang = Duration.minutes(4)

  /// Before a call of a fake; hardware that deceives only fails, since its call is not ours to make.
  func hardware(_ method: String, _ id: String) async throws {
    switch next(.hardware, "\(method) \(id)") {
    case nil, .doubles: return
    case .fails, .deceives: throw Fault.internalError("The simulated hardware fails: \(method).")
    case .isSlow: try await world.sleep(Self.slow)
    case .hangs: try await world.sleep(Self.hang)
    }
  }

  /// A call from one part to another, with whatever befalls it.
  func call<T: Sendable>(
    _ place: Place, _ what: @autoclosure () -> String, _ body: @escaping @Sendable () async throws -> T
  ) async throws -> T {
    let lost = Fault.unavailable("The simulated connection is lost.")
    switch next(place, what()) {
    case nil: return try await body()
    case .fails: throw lost
    case .deceives:
      _ = try await body()
      throw lost
    case .isSlow: try await world.sleep(Self.slow)
    case .hangs: try await world.sleep(Self.hang)
    case .doubles:
      async let second = body()
      let first = try await body()
      _ = try? await second
      return first
    }
    return try await body()
  }
}

/// The bus of one process, in this weather: messages are lost, late, doubled, and so overtake one another.
struct RoughCarrier: Carrier {
  let inner = LocalCarrier()
  let weather: Weather
  let world: World

  func call(_ topic: String, _ verb: String, _ body: [UInt8]) async throws -> [UInt8] {
    try await weather.call(.bus, "\(topic) \(verb)") { try await inner.call(topic, verb, body) }
  }
  func cast(_ topic: String, _ verb: String, _ body: [UInt8]) async {
    Task {
      try? await weather.call(.bus, "\(topic) \(verb)") { await inner.cast(topic, verb, body) }
    }
  }
  func serve(_ topic: String, _ handler: @escaping @Sendable (String, [UInt8]) async throws -> [UInt8]) {
    inner.serve(topic, handler)
  }
}

/// Requests from one service to another, in this weather.
struct RoughTransport: Transport {
  let inner: any Transport
  let weather: Weather

  func send(_ request: Request) async throws -> Response {
    let request = try Self.whole(request)
    // What reads a body once cannot be asked twice; over a socket neither.
    return try await weather.call(.link, "\(request.method) \(request.path)") { try await inner.send(request) }
  }

  /// Files are read here and now: the usual way takes threads.
  private static func whole(_ request: Request) throws -> Request {
    guard case .file(let path, let offset, let length) = request.body else { return request }
    var request = request
    request.body = .bytes(Array(try BlockingFiles.read(path, limit: 1 << 26)[offset..<(offset + length)]))
    return request
  }
}
