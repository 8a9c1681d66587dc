import Bus
import Clients
import Core
import Crypto
import FakeHardware
import Hardware
import Host
import JSON
import Log
import Store
import Synchronization
import Wiring
import Work

/// One run: a cloud from its first start to the day on which everything in it has been deleted.
final class Run {
  struct Report: Sendable {
    /// What is wrong at the end; empty for a good run.
    var wrong: [String] = []
    /// What happened, a line each.
    var trace: [String] = []
    /// A number that stands for every byte of the run: its trace, its change log, the jobs that ran.
    var digest: UInt64 = 0
  }

  private let script: Script
  private let schedule = Schedule.shared
  private let weather: Weather
  private let hands: SimHands
  private let keys: Fernet
  private let secrets: Secrets
  private let notes = Notes()
  private var store: Store
  private var cloud: Cloud?
  private var sessions: [Session] = []

  /// Lines that anybody may add.
  private final class Notes: Sendable {
    private let state = Mutex<(lines: [String], pending: Int, answered: Int)>((lines: [], pending: 0, answered: 0))
    func add(_ line: String) {
      let at = Double(Schedule.shared.elapsed / 1000) / 1000
      state.withLock { $0.lines.append("\(at) s  \(line)") }
    }
    var lines: [String] { state.withLock { $0.lines } }
  }

  /// Requests of users that are under way in one process.
  private final class Pending: Sendable {
    private let count = Mutex(0)
    func begin() { count.withLock { $0 += 1 } }
    func end() { count.withLock { $0 -= 1 } }
    var isEmpty: Bool { count.withLock { $0 == 0 } }
  }
  private var pending = Pending()

  init(seed: UInt64, script: Script, scratch: String) throws {
    self.script = script
    schedule.reset(seed: seed)
    let world = schedule.world
    weather = Weather(world: world) { [notes] in notes.add("  befalls " + $0) }
    hands = SimHands(scratch: scratch, world: world, weather: weather)
    try hands.clearScratch()
    keys = Fernet(keys: [FernetKey(world: world)])
    var secrets = Secrets()
    secrets.admin = "admin"
    secrets.demo = "demo"
    secrets.metadata = "metadata"
    for name in Secrets.services { secrets.service[name] = name }
    self.secrets = secrets
    store = try Store.sqlite(path: nil, world: world, executor: schedule)
  }

  func play() -> Report {
    var report = Report()
    do {
      try startProcess()
      try perform { session in
        for choice: UInt64 in [11, 22] {
          _ = try await User(session: session, choice: choice).createNetwork()
          _ = try await User(session: session, choice: choice).createImage()
        }
      }
      for (i, event) in script.events.enumerated() { try happen(event, i) }
      try rest()
      report.wrong = try check("at rest")
      if report.wrong.isEmpty {
        try deleteEverything()
        try rest()
        report.wrong = try check("after everything was deleted") + (try leftovers())
      }
    } catch {
      report.wrong.append("the run comes to its end: \(error)")
    }
    report.trace = notes.lines
    report.digest = (try? digest()) ?? 0
    return report
  }

  // MARK: Processes

  /// Starts the cloud; a process that cannot start ends, and its operator starts it again.
  private func startProcess() throws {
    for _ in 0..<5 {
      do { return try tryToStart() } catch {
        notes.add("it does not start: \(error)")
        try endProcess()
        advance(by: .seconds(1))
      }
    }
    try tryToStart()
  }

  /// What kill -9 does, and what it leaves.
  private func endProcess() throws {
    schedule.dropEverything()
    cloud = nil
    store = try store.afterCrash(executor: schedule)
  }

  private func tryToStart() throws {
    pending = Pending()
    try hands.clearScratch()
    let (store, world, weather, hands, keys, secrets) = (store, schedule.world, weather, hands, keys, secrets)
    let started = try schedule.run(within: .minutes(10)) { () -> (Cloud, [Session]) in
      try await store.migrate(Cloud.schemas)
      let ground = Ground(
        world: world, store: store, bus: Bus(RoughCarrier(weather: weather, world: world)), host: SimHands.host,
        node: "node1",
        hands: hands.hands, secrets: secrets, tokenKeys: { keys }, credentialKeys: { keys },
        hasher: PasswordHasher(cost: 4, world: world, isOnThreads: false)
      ) { RoughTransport(inner: $0, weather: weather) }
      let cloud = try await Cloud(Self.settings, on: ground)
      try await cloud.bootstrap()
      try await cloud.start(nil)
      return (
        cloud,
        [
          try await Session(cloud, user: "demo", password: secrets.demo),
          try await Session(cloud, user: "admin", password: secrets.admin),
        ]
      )
    }
    cloud = started.0
    sessions = started.1
  }

  private static var settings: Settings {
    var settings = Settings()
    settings.listen = "127.0.0.1"
    settings.publicHost = "127.0.0.1"
    settings.tokenLifetime = .hours(1000)
    settings.publicCIDR = "172.24.4.0/24"
    settings.cpuRatio = 4
    settings.memoryRatio = 1
    settings.shutdownTimeout = .seconds(60)
    settings.instances = 10
    settings.cores = 20
    settings.memory = 51_200
    settings.volumes = 10
    settings.gigabytes = 1000
    return settings
  }

  /// The process dies between two jobs, and another one takes over what it has left.
  private func die(after moment: Event.Moment, pause: Int) throws {
    let end = schedule.elapsed + 60_000_000
    let (steps, commits) = (schedule.steps, store.commits)
    let isOver = {
      switch moment {
      case .jobs(let count): self.schedule.steps - steps >= count
      case .commits(let count): self.store.commits - commits >= count
      }
    }
    while !isOver(), schedule.step(until: end) {}
    notes.add("the process dies")
    try endProcess()
    advance(by: .seconds(pause))
    try startProcess()
    notes.add("it is there again")
  }

  // MARK: Events

  private func happen(_ event: Event, _ number: Int) throws {
    advance(by: .milliseconds(event.pause))
    notes.add("\(event)")
    switch event.kind {
    case .user(let action): ask(action, event.choice, number)
    case .hardware(let trouble, let after): weather.arm(.hardware, trouble, after: after)
    case .bus(let trouble, let after): weather.arm(.bus, trouble, after: after)
    case .link(let trouble, let after): weather.arm(.link, trouble, after: after)
    case .guest(let trouble): try befall(trouble, event.choice)
    case .death(let moment, let pause): try die(after: moment, pause: pause)
    }
  }

  private func advance(by duration: Duration) {
    let end = schedule.elapsed + duration.microseconds
    while schedule.elapsed < end, schedule.step(until: end) {}
  }

  private func ask(_ action: UserAction, _ choice: UInt64, _ number: Int) {
    let (user, notes, pending) = (User(session: sessions[0], choice: choice), notes, pending)
    pending.begin()
    Task {
      do {
        let status = try await user.perform(action)
        notes.add("  \(action.rawValue): \(status.map { "\($0)" } ?? "nothing to act upon")")
      } catch { notes.add("  \(action.rawValue): \(error)") }
      pending.end()
    }
  }

  private func befall(_ trouble: Event.GuestTrouble, _ choice: UInt64) throws {
    let hypervisor = hands.hypervisor
    let line = try schedule.run(within: .minutes(10)) { () -> String in
      let guests = try await hypervisor.ids()
      guard !guests.isEmpty else { return "there is no guest" }
      let guest = guests[Int(choice % UInt64(guests.count))]
      switch trouble {
      case .vanishes: try await hypervisor.forget(guest)
      case .breaks: try await hypervisor.crash(guest)
      case .powersOff: try await hypervisor.powerOff(guest)
      }
      return "guest \(guest)"
    }
    notes.add("  " + line)
  }

  private func perform(_ body: @escaping @Sendable (Session) async throws -> Void) throws {
    let session = sessions[0]
    try schedule.run(within: .minutes(30)) { try await body(session) }
  }

  // MARK: Rest

  /// Fair weather, until every request is answered, every saga has ended and every reconciler has been round twice.
  private func rest() throws {
    weather.clear()
    let limit = schedule.elapsed + Duration.hours(2).microseconds
    while schedule.elapsed < limit {
      advance(by: .minutes(2))
      if pending.isEmpty, try sagas().isEmpty { break }
      try retryStuck()
    }
    let left = try sagas()
    guard pending.isEmpty, left.isEmpty else {
      throw Fault(.timedOut, "still under way after two hours of fair weather: \(left.joined(separator: "; "))")
    }
    advance(by: .minutes(21))
  }

  private func sagas() throws -> [String] {
    let store = store
    return try schedule.run(within: .minutes(1)) {
      try await store.read { tx in
        try await tx.run("SELECT name, subject, phase, next_step, fault FROM sagas ORDER BY id").map { row in
          row.map { "\($0)" }.joined(separator: " ")
        }
      }
    }
  }

  /// A stuck saga waits for its operator, who mends the cause, which is gone by now, and lets it try again.
  private func retryStuck() throws {
    guard let queue = cloud?.queue else { return }
    let store = store
    let stuck = try schedule.run(within: .minutes(1)) {
      try await store.read { tx in
        try await tx.run("SELECT id FROM sagas WHERE phase = 'stuck' ORDER BY id").map {
          try String(columnValue: $0[0])
        }
      }
    }
    for id in stuck {
      notes.add("the operator retries the stuck saga \(id)")
      try schedule.run(within: .minutes(1)) { try await queue.retry(id) }
    }
  }

  private func check(_ when: String) throws -> [String] {
    guard let cloud else { return [] }
    let (hands, isCalm) = (hands, script.isCalm)
    return try schedule.run(within: .minutes(30)) { try await Checks.of(cloud, hands, isCalm: isCalm) }.map {
      "\($0) (\(when))"
    }
  }

  private func deleteEverything() throws {
    notes.add("everything is deleted")
    let session = sessions[1]
    let refused = try schedule.run(within: .hours(2)) { try await Emptying(session: session).run() }
    if !refused.isEmpty { throw Fault.conflict("what is left cannot be deleted: \(refused.joined(separator: "; "))") }
  }

  private func leftovers() throws -> [String] {
    let hands = hands
    return try schedule.run(within: .minutes(10)) {
      var left: [String] = []
      left += try await hands.hypervisor.guests().map { "guest \($0.id)" }
      left += try await hands.disks.servers().map { "disks \($0)" }
      left += try await hands.volumes.volumes().map { "volume \($0)" }
      left += try await hands.images.list().map { "bytes \($0.prefix(12))" }
      left += try await hands.bridges.ports().map { "tap \($0)" }
      left += try await hands.routers.routers().map { "router \($0)" }
      return left.map { "nothing is left when everything is deleted: \($0)" }
    }
  }

  /// FNV-1a over the trace and the change log.
  private func digest() throws -> UInt64 {
    let store = store
    let changes = try schedule.run(within: .minutes(1)) {
      try await store.read { try await $0.run("SELECT * FROM changes ORDER BY seq") }
    }
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    func add(_ text: String) { for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 } }
    for line in notes.lines { add(line) }
    for row in changes { add("\(row)") }
    add("\(schedule.steps) \(schedule.elapsed)")
    return hash
  }
}
