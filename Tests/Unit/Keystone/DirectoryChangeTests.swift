import Core
import FakeHardware
import Hardware
import JSON
import Testing

@Suite("A directory that can be changed") struct DirectoryChangeTests {
  @Test("takes users, their changes and their passwords")
  func users() async throws {
    let scene = try await DirectoryScene(["writable": true])
    let made = try await scene.cloud.ask(
      "POST", "/v3/users",
      [
        "user": [
          "name": "dan, the man", "domain_id": .string(scene.corp), "password": "first", "email": "dan@corp",
          "enabled": true,
        ]
      ])
    #expect(made.status == 201, "\(made.json.text)")
    let id = made.json["user"]?["id"]?.string ?? ""
    #expect(id == scene.id("dan, the man"))
    #expect(made.json["user"]?["email"] == "dan@corp")
    let entry = try await scene.directory.search(DirectorySearch("ou=Users,dc=corp", .one, .equals("mail", "dan@corp")))
    #expect(entry.first?.name == #"uid=dan\, the man,ou=Users,dc=corp"#)
    #expect(entry.first?.texts("sn") == ["dan, the man"])
    #expect(try await scene.login("dan, the man", "first").status == 201)
    let again = try await scene.cloud.ask(
      "POST", "/v3/users", ["user": ["name": "dan, the man", "domain_id": .string(scene.corp)]])
    #expect(again.status == 409)

    let old = try await scene.login("dan, the man", "first").token
    let own = try await scene.cloud.send(
      "POST", "/v3/users/\(id)/password", ["user": ["original_password": "first", "password": "second"]])
    #expect(own.status == 204, "\(own.json.text)")
    scene.cloud.clock.advance(.seconds(1))
    #expect(try await scene.login("dan, the man", "first").status == 401)
    #expect(try await scene.login("dan, the man", "second").status == 201)
    #expect(try await scene.cloud.send("GET", "/v3/auth/projects", as: old).status == 401)

    let path = "/v3/users/" + id
    let changed = try await scene.cloud.ask(
      "PATCH", path, ["user": ["description": "tall", "email": nil, "password": "third"]])
    #expect(changed.json["user"]?["description"] == "tall", "\(changed.json.text)")
    #expect(changed.json["user"]?["email"] == nil)
    scene.cloud.clock.advance(.seconds(1))
    #expect(try await scene.login("dan, the man", "third").status == 201)
    #expect(try await scene.cloud.ask("PATCH", path, ["user": ["name": "don"]]).status == 409)
    let closed = try await scene.cloud.ask("PATCH", path, ["user": ["enabled": false]])
    #expect(closed.json["user"]?["enabled"] == false)
    #expect(try await scene.login("dan, the man", "third").status == 401)
    #expect(try await scene.cloud.ask("DELETE", path).status == 204)
    #expect(try await scene.cloud.ask("GET", path).status == 404)
    #expect(try await scene.names("/v3/users?domain_id=\(scene.corp)") == ["ada", "ben", "cas, ou=x"])
  }

  @Test("takes groups and their members")
  func groups() async throws {
    let scene = try await DirectoryScene(["writable": true])
    let made = try await scene.cloud.ask(
      "POST", "/v3/groups", ["group": ["name": "qa", "domain_id": .string(scene.corp), "description": "testers"]])
    #expect(made.status == 201, "\(made.json.text)")
    let path = "/v3/groups/" + scene.groupID("qa")
    #expect(try await scene.cloud.ask("GET", path).json["group"]?["description"] == "testers")
    #expect(try await scene.names(path + "/users") == [])
    try await scene.look()
    for user in ["ada", "ben"] {
      #expect(try await scene.cloud.ask("PUT", "\(path)/users/\(scene.id(user))").status == 204)
    }
    #expect(try await scene.names(path + "/users") == ["ada", "ben"])
    #expect(try await scene.names("/v3/users/\(scene.id("ada"))/groups") == ["devs", "qa"])
    for user in ["ada", "ben"] {
      #expect(try await scene.cloud.ask("DELETE", "\(path)/users/\(scene.id(user))").status == 204)
      #expect(try await scene.cloud.ask("HEAD", "\(path)/users/\(scene.id(user))").status == 404)
    }
    let changed = try await scene.cloud.ask("PATCH", path, ["group": ["description": "all testers"]])
    #expect(changed.json["group"]?["description"] == "all testers")
    #expect(try await scene.cloud.ask("PATCH", path, ["group": ["name": "qb"]]).status == 400)
    #expect(try await scene.cloud.ask("DELETE", path).status == 204)
    #expect(try await scene.names("/v3/groups?domain_id=\(scene.corp)") == ["devs", "ops"])
  }

  @Test("says in a bit, or in a group, who may log in")
  func enabled() async throws {
    let masked = try await DirectoryScene([
      "writable": true, "user_enabled_attribute": "userAccountControl", "user_enabled_mask": 2,
      "user_enabled_default": "512",
    ])
    masked.directory.put(
      DirectoryScene.entry("eve", ["userPassword": ["apple"], "userAccountControl": ["66050"]]))
    let eve = "/v3/users/" + masked.id("eve")
    try await masked.look()
    #expect(try await masked.cloud.ask("GET", eve).json["user"]?["enabled"] == false)
    #expect(try await masked.cloud.ask("PATCH", eve, ["user": ["enabled": true]]).json["user"]?["enabled"] == true)
    let entry = try await masked.directory.search(DirectorySearch("uid=eve,ou=Users,dc=corp", .base))
    #expect(entry.first?.texts("userAccountControl") == ["66048"], "the other bits stay")

    let emulated = try await DirectoryScene(["writable": true, "user_enabled_emulation": true])
    #expect(try await emulated.login("ada", "engine").status == 401)
    let ada = "/v3/users/" + emulated.id("ada")
    #expect(try await emulated.cloud.ask("PATCH", ada, ["user": ["enabled": true]]).json["user"]?["enabled"] == true)
    #expect(try await emulated.login("ada", "engine").status == 201)
    #expect(try await emulated.cloud.ask("PATCH", ada, ["user": ["enabled": false]]).json["user"]?["enabled"] == false)
    #expect(try await emulated.login("ada", "engine").status == 401)

    let inverted = try await DirectoryScene(["user_enabled_invert": true, "user_enabled_default": "False"])
    #expect(try await inverted.login("ada", "engine").status == 201)
    #expect(try await inverted.login("ben", "worlds").status == 201)
  }
}
