import Core

/// One thing that happens in a run, made up beforehand: so a run can be repeated without it.
struct Event: Sendable {
  enum Kind: Sendable, Equatable {
    case user(UserAction)
    /// The next call of any of these hands that comes by.
    case hardware(Trouble, after: Int)
    case bus(Trouble, after: Int)
    /// Between two services of the process.
    case link(Trouble, after: Int)
    /// Something happens to a guest behind the cloud's back.
    case guest(GuestTrouble)
    /// The process dies, and is started again after so many seconds.
    case death(Moment, pause: Int)
  }
  enum Trouble: String, Sendable, CaseIterable {
    /// It does nothing and says that it failed.
    case fails
    /// It does its work, and says that it failed.
    case deceives
    /// It takes minutes.
    case hangs
    case isSlow
    /// It happens twice.
    case doubles
  }
  /// When a process dies.
  enum Moment: Sendable, Equatable {
    /// So many jobs later, wherever that is.
    case jobs(Int)
    /// Right after that transaction from now: what comes next finds half of what belongs together, if it was written
    /// in halves.
    case commits(Int)
  }
  enum GuestTrouble: String, Sendable, CaseIterable { case vanishes, breaks, powersOff }

  /// Milliseconds after the one before.
  let pause: Int
  let kind: Kind
  /// Which of the things there are it befalls.
  let choice: UInt64
}

extension Event: CustomStringConvertible {
  var description: String {
    switch kind {
    case .user(let action): "user: \(action.rawValue)"
    case .hardware(let trouble, let after): "hardware: call \(after + 1) from now \(trouble.rawValue)"
    case .bus(let trouble, let after): "bus: message \(after + 1) from now \(trouble.rawValue)"
    case .link(let trouble, let after): "link: request \(after + 1) from now \(trouble.rawValue)"
    case .guest(let trouble): "guest: one \(trouble.rawValue)"
    case .death(.jobs(let jobs), let pause): "the process dies \(jobs) jobs later, and starts again after \(pause) s"
    case .death(.commits(let commits), let pause):
      "the process dies after commit \(commits) from now, and starts again after \(pause) s"
    }
  }
}

/// What happens in a run.
struct Script: Sendable {
  let events: [Event]

  /// - Parameter seed: decides everything; some runs are calm and crowded, some rough and lonely.
  init(seed: UInt64) {
    var chance = Chance(seed: seed &* 0xd134_2543_de82_ef95 &+ 1)
    let count = 20 + chance.below(40)
    let roughness = chance.pick([0, 0, 5, 20, 40])
    let deaths = chance.pick([0, 3, 10])
    let hurry = chance.pick([50, 500, 4000])
    var events: [Event] = []
    while events.count < count {
      let kind: Event.Kind = chance.pick(weighted: [
        (100, .user(chance.pick(weighted: UserAction.weights))),
        (roughness, .hardware(chance.pick(Event.Trouble.allCases), after: chance.below(12))),
        (roughness, .bus(chance.pick(Event.Trouble.allCases), after: chance.below(12))),
        (roughness, .link(chance.pick(Event.Trouble.allCases), after: chance.below(12))),
        (roughness / 4, .guest(chance.pick(Event.GuestTrouble.allCases))),
        (deaths, .death(.jobs(chance.below(400)), pause: chance.pick(Self.pauses))),
      ])
      events.append(Event(pause: chance.below(hurry), kind: kind, choice: chance.next()))
      // A process is most vulnerable while it begins what it was asked for.
      if case .user = kind, chance.below(100) < deaths {
        let moment = Event.Moment.commits(1 + chance.below(16))
        events.append(
          Event(pause: 0, kind: .death(moment, pause: chance.pick(Self.pauses)), choice: chance.next()))
      }
    }
    self.events = events
  }

  /// Seconds until a process that died is started again.
  private static let pauses = [0, 0, 1, 20]

  /// Whether nothing worse happens than that processes die.
  var isCalm: Bool {
    events.allSatisfy { event in
      switch event.kind {
      case .user, .death: true
      case .hardware, .bus, .link, .guest: false
      }
    }
  }

  private init(_ events: [Event]) { self.events = events }

  /// The same with some events only, by their places.
  func keeping(_ places: [Int]) -> Script { Script(places.map { events[$0] }) }
}
