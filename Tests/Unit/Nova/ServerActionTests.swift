import Bus
import Core
import Hardware
import HTTP
import JSON
import NovaModel
import Store
import Synchronization
import Testing
import Work

@Suite("Nova: actions on servers") struct ServerActionTests {
  static let actions: [(body: JSON, verb: String, from: Set<Server.State>, saga: String)] = [
    (["os-start": nil], "start", [.stopped], "server.start"),
    (["os-stop": nil], "stop", [.active, .error], "server.stop"),
    (["reboot": ["type": "SOFT"]], "reboot", [.active], "server.reboot"),
    (["reboot": ["type": "HARD"]], "reboot", [.active, .stopped, .paused, .suspended, .error], "server.reboot"),
    (["pause": nil], "pause", [.active], "server.pause"), (["unpause": nil], "unpause", [.paused], "server.resume"),
    (["suspend": nil], "suspend", [.active], "server.pause"),
    (["resume": nil], "resume", [.suspended], "server.resume"),
    (["createImage": ["name": "snap"]], "createImage", [.active, .stopped, .paused, .suspended], "server.snapshot"),
    (["rebuild": ["imageRef": .string(Cloud.image)]], "rebuild", [.active, .stopped, .error], "server.rebuild"),
  ]

  @Test(arguments: Server.State.allCases) func eachActionHasItsStates(state: Server.State) async throws {
    let cloud = try await Cloud()
    let id = try await cloud.server()
    for action in Self.actions {
      try await cloud.settle(id, state)
      _ = try await cloud.store.write { try await $0.run("DELETE FROM sagas") }
      let answer = try await cloud.ask("POST", "/servers/\(id)/action", action.body)
      if action.from.contains(state) {
        #expect(answer.status == 202, "\(action.body.text) in \(state): \(answer.json.text)")
        #expect(try await cloud.sagas(action.saga).map(\.subject) == [id])
      } else {
        #expect(answer.status == 409, "\(action.body.text) in \(state)")
        #expect(
          answer.json["conflictingRequest"]?["message"]
            == .string("Cannot '\(action.verb)' instance \(id) while it is in vm_state \(state.rawValue)"))
        #expect(try await cloud.sagas(action.saga).isEmpty)
      }
    }
  }

  @Test func oneThingAtATime() async throws {
    let cloud = try await Cloud()
    let id = try await cloud.server()
    try await cloud.settle(id, .active, doing: .rebooting)
    let answer = try await cloud.ask("POST", "/servers/\(id)/action", ["os-stop": nil])
    #expect(answer.status == 409)
    #expect(answer.message == "Cannot 'stop' instance \(id) while it is in task_state rebooting")
    #expect(try await cloud.ask("POST", "/servers/\(id)/action", ["fly": nil]).status == 400)
    #expect(try await cloud.ask("POST", "/servers/\(id)/action", ["reboot": ["type": "X"]]).status == 400)
    #expect(try await cloud.ask("POST", "/servers/\(id)/action", ["resize": ["flavorRef": "2"]]).status == 501)
  }

  @Test(arguments: Server.State.allCases) func deletesAreTakenAlways(state: Server.State) async throws {
    let cloud = try await Cloud()
    let id = try await cloud.server()
    if state != .building { try await cloud.settle(id, state, doing: .rebooting) }
    #expect(try await cloud.ask("DELETE", "/servers/\(id)").status == 204)
    #expect(try await cloud.sagas("server.delete").count == 1)
    let shown = try await cloud.ask("GET", "/servers/\(id)").json["server"]
    #expect(shown?["OS-EXT-STS:task_state"] == "deleting")
    // The second one finds it under way.
    #expect(try await cloud.ask("DELETE", "/servers/\(id)").status == 204)
    #expect(try await cloud.sagas("server.delete").count == 1)
    if state == .building {
      // The creation is asked to give up, and the delete waits for it.
      let create = try await cloud.sagas("server.create")
      #expect(create.first?.cancelled == true)
      #expect(try await cloud.sagas("server.delete").first?.after == create.first?.id)
    }
  }

  @Test func aLockKeepsMembersOut() async throws {
    let cloud = try await Cloud()
    let id = try await cloud.server()
    try await cloud.settle(id, .active)
    let path = "/servers/\(id)/action"
    #expect(try await cloud.ask("POST", path, ["lock": ["locked_reason": "why"]], version: "2.73").status == 202)
    let shown = try await cloud.ask("GET", "/servers/\(id)", version: "2.73").json["server"]
    #expect(shown?["locked"] == true && shown?["locked_reason"] == "why")
    let stopped = try await cloud.ask("POST", path, ["os-stop": nil])
    #expect(stopped.status == 409)
    #expect(stopped.message == "Instance \(id) is locked")
    #expect(try await cloud.ask("DELETE", "/servers/\(id)").status == 409)
    #expect(try await cloud.ask("POST", path, ["os-stop": nil], as: "admin@root").status == 202)
    #expect(try await cloud.ask("POST", path, ["unlock": nil]).status == 202)
    #expect(try await cloud.ask("DELETE", "/servers/\(id)").status == 204)
  }

  @Test func anAdministratorsLockStays() async throws {
    let cloud = try await Cloud()
    let id = try await cloud.server()
    try await cloud.settle(id, .active)
    let path = "/servers/\(id)/action"
    #expect(try await cloud.ask("POST", path, ["lock": nil], as: "admin@root").status == 202)
    #expect(try await cloud.ask("POST", path, ["unlock": nil]).status == 403)
    #expect(try await cloud.ask("POST", path, ["unlock": nil], as: "admin@root").status == 202)
    #expect(try await cloud.ask("POST", path, ["os-stop": nil]).status == 202)
  }

  @Test func externalEventsAreTakenFromServices() async throws {
    let cloud = try await Cloud()
    let id = try await cloud.server()
    let known: JSON = ["name": "network-vif-plugged", "server_uuid": .string(id), "tag": "p"]
    let unknown: JSON = ["name": "network-changed", "server_uuid": "00000000-0000-4000-8000-000000000000"]
    let path = "/os-server-external-events"
    #expect(try await cloud.ask("POST", path, ["events": [known]]).status == 403)
    #expect(try await cloud.ask("POST", path, ["events": [known]], as: "admin@root").status == 200)
    let mixed = try await cloud.ask("POST", path, ["events": [known, unknown]], as: "admin@root")
    #expect(mixed.status == 207)
    #expect(mixed.json["events"]?[1]?["code"] == 404)
    #expect(try await cloud.ask("POST", path, ["events": [unknown]], as: "admin@root").status == 404)
  }

  @Test func aSnapshotIsAnImageFirst() async throws {
    let cloud = try await Cloud()
    let id = try await cloud.server()
    try await cloud.settle(id, .active)
    let body: JSON = ["createImage": ["name": "snap", "metadata": ["k": "v"]]]
    let answer = try await cloud.ask("POST", "/servers/\(id)/action", body, version: "2.45")
    #expect(answer.json == ["image_id": "33333333-3333-4333-8333-333333333333"])
    #expect(answer.headers["Location"]?.hasSuffix("/images/33333333-3333-4333-8333-333333333333") == true)
    let made = cloud.others.state.withLock { $0.bodies.last { $0["instance_uuid"] != nil } }
    #expect(made?["owner"] == "demo" && made?["image_type"] == "snapshot" && made?["k"] == "v")
    #expect(made?["base_image_ref"] == .string(Cloud.image))
    let saga = try JSON(parsing: try await cloud.sagas("server.snapshot")[0].value)
    #expect(saga["image"] == "33333333-3333-4333-8333-333333333333")
    try await cloud.settle(id, .active)
    let old = try await cloud.ask("POST", "/servers/\(id)/action", body, version: "2.44")
    #expect(old.status == 202 && old.json == .null)
  }

  @Test func consolesAreReadThroughTheHost() async throws {
    let cloud = try await Cloud()
    let id = try await cloud.server()
    let path = "/servers/\(id)/action"
    #expect(try await cloud.ask("POST", path, ["os-getConsoleOutput": [:]]).status == 409)
    cloud.bus.serve(
      ComputeTopic.agent("node1"),
      [
        .on(ReadConsole.self) { verb in "lines: \(verb.lines.map(String.init) ?? "all")" },
        .on(FindVNC.self) { _ in .tcp(host: "127.0.0.1", port: 5901) },
      ])
    try await cloud.settle(id, .active)
    #expect(try await cloud.ask("POST", path, ["os-getConsoleOutput": ["length": 5]]).json == ["output": "lines: 5"])
    #expect(try await cloud.ask("POST", path, ["os-getConsoleOutput": [:]]).json == ["output": "lines: all"])
    let asked: JSON = ["remote_console": ["protocol": "vnc", "type": "novnc"]]
    let console = try await cloud.ask("POST", "/servers/\(id)/remote-consoles", asked, version: "2.6")
    let url = console.json["remote_console"]?["url"]?.string ?? ""
    #expect(url.hasPrefix("http://127.0.0.1:6080/vnc_auto.html?path=%3Ftoken%3D"))
    let token = String(url.suffix(36))
    let row = try await cloud.store.read { try await $0.get(ConsoleToken.self, token) }
    #expect(row?.serverID == id && row?.port == 5901)
    #expect(try await cloud.ask("GET", "/os-console-auth-tokens/\(token)").status == 403)
    let known = try await cloud.ask("GET", "/os-console-auth-tokens/\(token)", as: "admin@root")
    #expect(known.json["console"]?["port"] == 5901)
  }
}
