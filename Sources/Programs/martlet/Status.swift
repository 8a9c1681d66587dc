internal import Core
internal import Wiring
internal import Host
internal import Store
internal import Work

/// `martlet status`: what runs, what is stuck, and why.
enum Status {
  static func run(_ context: Command.Context) async throws {
    let path = context.stateDirectory
    guard try await Host.real.exists(path + "/secrets.json") else {
      throw Fault.notFound("There is no cloud in \(path). Start one with `martlet serve --state \(path)`.")
    }
    Output.say("state      \(path)")
    Output.say("running    \(StateDirectory.isServed(path) ? "yes" : "no")")
    let isHere = try await Host.real.exists(StateDirectory.database(path))
    guard context.settings.isShared || isHere else {
      throw Fault.notFound(
        "There is no database in \(path): this cloud's is elsewhere. Name its configuration with --config, or its "
          + "address with --set database.url=….")
    }
    let store = try await Store.open(context.settings, in: path, world: .real)
    let sagas = try await store.read { try await $0.all(SagaRow.self, "ORDER BY created_at") }
    Output.say("sagas      \(sagas.count) under way, \(sagas.filter { $0.phase == .stuck }.count) stuck")
    for saga in sagas {
      let fault = saga.fault.map { "  \($0)" } ?? ""
      let node = saga.node.map { saga.owner == nil ? ", waits for \($0)" : ", on \($0)" } ?? ""
      Output.say(
        "  \(saga.id)  \(saga.name)  \(saga.subject)  \(saga.phase.rawValue) at step \(saga.next)\(node)\(fault)")
    }
    await store.close()
  }
}
