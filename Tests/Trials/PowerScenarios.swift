import JSON
import NovaModel
import NovaWork
import SmallCloud
import Work

/// Moves of servers between states of power. Where the guest has moved before the failure, its record says where it
/// is: the end is the clean one, or the one before.
enum PowerScenarios {
  static let all: [Scenario] = [
    power(StartServer.self, "of a server that is off", after: ["os-stop": .null], begin: ["os-start": .null]),
    power(StopServer.self, "of a server that runs", begin: ["os-stop": .null]),
    power(
      RebootServer.self, "hard, of a server that is off", after: ["os-stop": .null],
      begin: ["reboot": ["type": "HARD"]]),
    power(RebootServer.self, "soft", begin: ["reboot": ["type": "SOFT"]], isAllowed: { _ in false }),
    power(PauseServer.self, "pause", begin: ["pause": .null]),
    power(PauseServer.self, "suspend", begin: ["suspend": .null]),
    power(ResumeServer.self, "of a paused server", after: ["pause": .null], begin: ["unpause": .null]),
    power(ResumeServer.self, "of a suspended server", after: ["suspend": .null], begin: ["resume": .null]),
  ]

  private static func power<S: Saga>(
    _ saga: S.Type, _ title: String, after: JSON? = nil, begin action: JSON,
    isAllowed: @escaping @Sendable (End) -> Bool = { $0.things == $0.before }
  ) -> Scenario where S.Context == Conductor {
    .of(
      saga, title, in: \.conductor,
      prepare: { cloud in
        let cast = try await cloud.server()
        guard let after else { return cast }
        try await cloud.act(cast, after)
        try await cloud.settle()
        return cast
      }, begin: { cloud, cast in try await cloud.act(cast, action) }, isAllowed: isAllowed)
  }
}
