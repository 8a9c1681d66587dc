import Core
import Store
import Synchronization
import Testing

@testable import Work

/// A record with a life, for sagas to work on.
struct Lamp: Stateful, Equatable {
  enum State: String, ColumnValue { case building, lit, error }
  enum Doing: String, ColumnValue { case assembling, scrapping }
  enum MoveName: String { case build, scrap }

  var id = ""
  var state = State.building
  var doing: Doing?
  var saga: String?
  var fault: String?
  var generation = 0

  static let table = Table<Lamp>(
    "lamps",
    [
      .column("id", \.id, key: true), .column("state", \.state), .column("doing", \.doing), .column("saga", \.saga),
      .column("fault", \.fault), .column("generation", \.generation),
    ])
  static let schema = Schema("lamps", tables: [table])
  static let lifecycle = Lifecycle<Lamp>([
    .move(.build, from: [.building], doing: .assembling, to: .lit, onFailure: .error, by: BuildLamp.self),
    .move(.scrap, from: [.building, .lit, .error], doing: .scrapping, to: nil, preempts: true, by: ScrapLamp.self),
  ])
}

/// Hands that remember what was asked of them, fail on demand and wait at gates.
final class Bench: Sendable {
  struct State {
    var log: [String] = []
    var held: Set<String> = []
    /// What a verb throws, as many times.
    var failures: [String: [any Error]] = [:]
    var closed: Set<String> = []
    var isDeaf = false
    var busy = 0
    var mostBusy = 0
    var traces: [String] = []
  }
  let state = Mutex(State())

  var log: [String] { state.withLock { $0.log } }
  var held: [String] { state.withLock { $0.held.sorted() } }
  func fail(_ verb: String, _ times: Int, _ error: any Error) {
    state.withLock { $0.failures[verb] = Array(repeating: error, count: times) }
  }
  func close(_ verb: String) { state.withLock { _ = $0.closed.insert(verb) } }
  func open(_ verb: String) { state.withLock { _ = $0.closed.remove(verb) } }

  func work(_ part: String, _ lamp: String) async throws {
    try await enter(part)
    state.withLock { _ = $0.held.insert("\(lamp) \(part)") }
  }
  func undo(_ part: String, _ lamp: String) async throws {
    try await enter("-" + part)
    state.withLock { _ = $0.held.remove("\(lamp) \(part)") }
  }
  func scrap(_ lamp: String) async throws {
    try await enter("scrap")
    state.withLock { $0.held = $0.held.filter { !$0.hasPrefix(lamp + " ") } }
  }

  private func enter(_ verb: String) async throws {
    state.withLock { state in
      state.log.append(verb)
      state.busy += 1
      state.mostBusy = max(state.mostBusy, state.busy)
      state.traces.append(Trace.current?.requestID ?? "")
    }
    defer { state.withLock { $0.busy -= 1 } }
    while state.withLock({ $0.closed.contains(verb) }) {
      if state.withLock({ $0.isDeaf }) { await Task.yield() } else { try await Task.sleep(for: .milliseconds(1)) }
    }
    if !state.withLock({ $0.isDeaf }) { try Task.checkCancellation() }
    let failure = state.withLock { state in
      state.failures[verb]?.isEmpty == false ? state.failures[verb]?.removeFirst() : nil
    }
    if let failure { throw failure }
  }

  func waitFor(_ verb: String, times: Int = 1) async throws {
    try await eventually { self.log.filter { $0 == verb }.count >= times }
  }
}

struct BuildLamp: Saga {
  static let name = "lamp.build"
  let lamp: String
  var done: [String] = []
  var subject: String { lamp }

  static let steps: [Step<BuildLamp>] = [part("foot"), part("bulb", tries: 3), part("wire")]
  static func part(_ name: String, tries: Int = 1) -> Step<BuildLamp> {
    .step(
      name,
      { saga, bench in
        try await bench.work(name, saga.lamp)
        saga.done.append(name)
      }, undo: { saga, bench in try await bench.undo(name, saga.lamp) }, tries: tries)
  }
  func succeed(_ end: Ending, _ bench: Bench) async throws {
    try await Lamp.lifecycle.end(.build, lamp, saga: end.saga, failed: false, in: end.tx)
    if let failure = bench.state.withLock({ $0.failures["succeed"]?.popLast() }) { throw failure }
  }
  func fail(_ fault: Fault, _ end: Ending, _ bench: Bench) async throws {
    try await Lamp.lifecycle.end(.build, lamp, saga: end.saga, failed: true, in: end.tx) { $0.fault = fault.message }
  }
}

struct ScrapLamp: Saga {
  static let name = "lamp.scrap"
  let lamp: String
  var subject: String { lamp }
  static let steps: [Step<ScrapLamp>] = [.step("scrap", { try await $1.scrap($0.lamp) }, tries: 3)]
  func succeed(_ end: Ending, _ bench: Bench) async throws {
    guard let lamp = try await end.tx.get(Lamp.self, lamp), lamp.saga == end.saga else { return }
    try await end.tx.delete(lamp)
  }
  func fail(_ fault: Fault, _ end: Ending, _ bench: Bench) async throws {
    try await Lamp.lifecycle.end(.scrap, lamp, saga: end.saga, failed: true, in: end.tx) { $0.fault = fault.message }
  }
}

/// A store, hands, and queues that can be started, stopped and killed; its clock can be set forward.
final class Workshop: Sendable {
  let store: Store
  let bench = Bench()
  let world: World
  private let ahead: Ahead

  private final class Ahead: Sendable {
    let by = Mutex(Duration.zero)
  }

  init(_ home: Home = .memory) async throws {
    let ahead = Ahead()
    self.ahead = ahead
    let real = World.real
    // Pauses are cut, so that retries cost no time.
    world = World(
      now: { real.now() + ahead.by.withLock { $0 } }, uptime: { real.uptime() + ahead.by.withLock { $0 } },
      sleep: { try await real.sleep(min($0, .milliseconds(3))) }, random: real.random)
    store = try await home.open().store
    try await store.migrate([Lamp.schema, SagaRow.schema])
  }

  func advance(_ by: Duration) { ahead.by.withLock { $0 += by } }

  func queue(
    _ node: String = "n1", width: Int = 64, isShared: Bool = false, isStarted: Bool = true
  ) async throws -> SagaQueue {
    let queue = SagaQueue(store: store, world: world, node: node, width: width, isShared: isShared)
    queue.register(BuildLamp.self, bench)
    queue.register(ScrapLamp.self, bench)
    if isStarted { try await queue.start() }
    return queue
  }

  @discardableResult func build(_ queue: SagaQueue, _ id: String = "l") async throws -> Lamp {
    try await store.write { tx in
      var lamp = Lamp()
      lamp.id = id
      try await tx.insert(lamp)
      return try await Lamp.lifecycle.begin(
        .build, on: lamp, with: BuildLamp(lamp: id), in: tx, queue: queue, refusal: .conflict("not now"))
    }
  }
  @discardableResult func scrap(_ queue: SagaQueue, _ id: String = "l") async throws -> Lamp {
    try await store.write { tx in
      guard let lamp = try await tx.get(Lamp.self, id) else { throw Fault.notFound("no lamp \(id)") }
      return try await Lamp.lifecycle.begin(
        .scrap, on: lamp, with: ScrapLamp(lamp: id), in: tx, queue: queue, refusal: .conflict("not now"))
    }
  }
  func lamp(_ id: String = "l") async throws -> Lamp? { try await store.read { try await $0.get(Lamp.self, id) } }
  func sagas() async throws -> [SagaRow] {
    try await store.read { try await $0.all(SagaRow.self, "ORDER BY created_at") }
  }
  func run(_ sql: SQL) async throws { _ = try await store.write { try await $0.run(sql) } }
}

struct NeverHappened: Error {}

/// Waits until it is so, five seconds at most.
func eventually(_ what: @Sendable () async throws -> Bool) async throws {
  for _ in 0..<2500 {
    if try await what() { return }
    try await Task.sleep(for: .milliseconds(2))
  }
  throw NeverHappened()
}
