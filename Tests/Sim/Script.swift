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
    /// The process dies that many jobs later, and is started again after so many seconds.
    case death(jobs: Int, pause: Int)
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
    case .death(let jobs, let pause): "the process dies \(jobs) jobs later, and starts again after \(pause) s"
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
        (deaths, Self.death(within: 400, &chance)),
      ])
      events.append(Event(pause: chance.below(hurry), kind: kind, choice: chance.next()))
      // A process is most vulnerable while it begins what it was asked for.
      if case .user = kind, chance.below(100) < deaths {
        events.append(Event(pause: 0, kind: Self.death(within: 120, &chance), choice: chance.next()))
      }
    }
    self.events = events
  }

  private static func death(within jobs: Int, _ chance: inout Chance) -> Event.Kind {
    .death(jobs: chance.below(jobs), pause: chance.pick([0, 0, 1, 20]))
  }

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
