import Core
import FakeHardware
import HTTP
import Hardware
import JSON
import KeystoneAPI
import KeystoneModel
import Store
import Testing

@Suite("Users and groups of a directory") struct DirectoryTests {
  @Test("have the ids that upstream gives them")
  func ids() {
    // The hash of "d1useru1", as sha256sum says.
    #expect(
      IdentityMapping.id(.user, "u1", in: "d1") == "8d4e2b2031b3939aef0f266c14b13b67c4a8c89cd48ed4e5d4ae4061772a20c1")
  }

  @Test("are listed, found by name and shown")
  func shown() async throws {
    let scene = try await DirectoryScene()
    #expect(try await scene.names("/v3/users?domain_id=\(scene.corp)") == ["ada", "ben", "cas, ou=x"])
    #expect(try await scene.names("/v3/users?domain_id=\(scene.corp)&enabled=false") == ["ben"])
    #expect(try await scene.names("/v3/users?domain_id=\(scene.corp)&name=ADA") == ["ada"])
    #expect(try await scene.names("/v3/users?domain_id=\(scene.corp)&name=*") == [])
    #expect(try await scene.names("/v3/users?domain_id=\(scene.corp)&name__contains=ou%3D") == ["cas, ou=x"])
    #expect(try await scene.names("/v3/groups?domain_id=\(scene.corp)") == ["devs", "ops"])
    // Without a domain, the token's is meant, as upstream.
    #expect(try await scene.names("/v3/users").contains("ada") == false)
    let ada = try await scene.cloud.ask("GET", "/v3/users/" + scene.id("ada")).json["user"]
    #expect(ada?["name"] == "ada")
    #expect(ada?["domain_id"] == .string(scene.corp))
    #expect(ada?["email"] == "ada@corp")
    #expect(ada?["description"] == "A countess")
    #expect(ada?["enabled"] == true)
    #expect(ada?["options"] == [:])
    #expect(ada?["password_expires_at"] == JSON.null)
    #expect(ada?["userPassword"] == nil)
    let devs = try await scene.cloud.ask("GET", "/v3/groups/" + scene.groupID("devs")).json["group"]
    #expect(devs?["description"] == "all of devs")
    #expect(try await scene.names("/v3/groups/\(scene.groupID("devs"))/users") == ["ada"])
    #expect(try await scene.names("/v3/users/\(scene.id("ada"))/groups") == ["devs"])
    let path = "/v3/groups/\(scene.groupID("devs"))/users/"
    #expect(try await scene.cloud.ask("HEAD", path + scene.id("ada")).status == 204)
    #expect(try await scene.cloud.ask("HEAD", path + scene.id("ben")).status == 404)
    #expect(try await scene.cloud.ask("GET", "/v3/users/" + String(repeating: "a", count: 64)).status == 404)
  }

  @Test("log in with their passwords there, under names that are no part of any question")
  func logins() async throws {
    let scene = try await DirectoryScene()
    let ada = try await scene.login("ada", "engine")
    #expect(ada.status == 201)
    #expect(ada.json["token"]?["user"]?["id"] == .string(scene.id("ada")))
    #expect(ada.json["token"]?["user"]?["domain"]?["name"] == "corp")
    #expect(try await scene.login("cas, ou=x", "comma").status == 201)
    for (name, password) in [
      ("ada", "wrong"), ("ada", ""), ("ben", "worlds"), ("nobody", "engine"), ("a*", "engine"), ("*", "engine"),
      ("ada)(objectClass=*", "engine"), ("ada,ou=Users", "engine"),
    ] {
      #expect(try await scene.login(name, password).status == 401, "\(name)")
    }
    // By id too.
    let byID = try await scene.cloud.authenticate(["id": .string(scene.id("ada")), "password": "engine"])
    #expect(byID.status == 201)
  }

  @Test("have the roles that they and their groups are given here")
  func roles() async throws {
    let scene = try await DirectoryScene()
    let (member, reader) = (try await scene.role("member"), try await scene.role("reader"))
    let project = try await scene.project("demo")
    let scope: JSON = ["project": ["id": .string(project)]]
    #expect(try await scene.login("ada", "engine", scope: scope).status == 401)
    let base = "/v3/projects/\(project)"
    #expect(
      try await scene.cloud.ask("PUT", "\(base)/groups/\(scene.groupID("devs"))/roles/\(reader)").status == 204)
    let token = try await scene.login("ada", "engine", scope: scope)
    #expect(token.json["token"]?["roles"]?.array?.compactMap { $0["name"]?.string } == ["reader"])
    #expect(try await scene.cloud.ask("PUT", "\(base)/users/\(scene.id("ada"))/roles/\(member)").status == 204)
    let lines = try await scene.cloud.ask(
      "GET", "/v3/role_assignments?effective&include_names&scope.project.id=\(project)")
    #expect(
      lines.json["role_assignments"]?.array?.contains {
        $0["user"]?["name"] == "ada" && $0["role"]?["name"] == "reader"
      } == true)
    // He leaves the group, and has his own role alone.
    scene.directory.put(DirectoryScene.group("devs", ["ben"]))
    scene.cloud.clock.advance(.seconds(2))
    let shown = try await scene.cloud.send(
      "GET", "/v3/auth/tokens", as: scene.cloud.admin, headers: ["X-Subject-Token": token.token])
    #expect(shown.json["token"]?["roles"]?.array?.compactMap { $0["name"]?.string }.contains("member") == true)
    #expect(try await scene.names("/v3/users/\(scene.id("ada"))/groups") == [])
  }

  @Test("are refused within a second of being disabled or removed, and come back as who they were")
  func removal() async throws {
    let scene = try await DirectoryScene()
    let project = try await scene.project("demo")
    let member = try await scene.role("member")
    let scope: JSON = ["project": ["id": .string(project)]]
    #expect(try await scene.login("ada", "engine").status == 201)
    let grant = "/v3/projects/\(project)/users/\(scene.id("ada"))/roles/\(member)"
    #expect(try await scene.cloud.ask("PUT", grant).status == 204)
    let token = try await scene.login("ada", "engine", scope: scope).token
    func isGood() async throws -> Bool {
      try await scene.cloud.send("GET", "/v3/auth/projects", as: token).status == 200
    }
    #expect(try await isGood())
    let before = scene.directory.searches
    for _ in 0..<10 { #expect(try await isGood()) }
    #expect(scene.directory.searches == before, "within a second nobody is asked again")
    let ada = try await scene.directory.search(DirectorySearch("uid=ada,ou=Users,dc=corp", .base))[0]
    scene.directory.take(ada.name)
    scene.cloud.clock.advance(.milliseconds(1100))
    #expect(try await !isGood())
    #expect(try await scene.cloud.ask("GET", "/v3/users/" + scene.id("ada")).status == 404)
    #expect(try await scene.names("/v3/users?domain_id=\(scene.corp)") == ["ben", "cas, ou=x"])
    scene.directory.put(ada)
    scene.cloud.clock.advance(.milliseconds(1100))
    #expect(try await isGood(), "roles stay with the id")
    scene.directory.put(DirectoryScene.entry("ada", ["userPassword": ["engine"], "employeeType": ["FALSE"]]))
    scene.cloud.clock.advance(.milliseconds(1100))
    #expect(try await !isGood())
  }

  @Test("cannot log in while the directory is down, and tokens stay good for a while")
  func outage() async throws {
    let scene = try await DirectoryScene()
    let token = try await scene.login("ada", "engine").token
    scene.directory.isDown = true
    let refused = try await scene.login("ada", "engine")
    #expect(refused.status == 503, "\(refused.json.text)")
    scene.cloud.clock.advance(.minutes(4))
    #expect(try await scene.cloud.send("GET", "/v3/auth/projects", as: token).status == 200)
    scene.cloud.clock.advance(.minutes(2))
    #expect(try await scene.cloud.send("GET", "/v3/auth/projects", as: token).status == 503)
    #expect(try await scene.cloud.ask("GET", "/v3/users?domain_id=\(scene.corp)").status == 503)
    // The other domains go on.
    #expect(try await scene.cloud.ask("GET", "/v3/users").status == 200)
    scene.directory.isDown = false
    #expect(try await scene.cloud.send("GET", "/v3/auth/projects", as: token).status == 200)
  }

  @Test("cannot be changed unless the directory is writable")
  func readOnly() async throws {
    let scene = try await DirectoryScene()
    let (ada, devs) = ("/v3/users/" + scene.id("ada"), "/v3/groups/" + scene.groupID("devs"))
    let corp = JSON.string(scene.corp)
    try await scene.look()
    for (method, path, body) in [
      ("POST", "/v3/users", ["user": ["name": "new", "domain_id": corp]]),
      ("PATCH", ada, ["user": ["description": "x"]]), ("DELETE", ada, nil),
      ("POST", "/v3/groups", ["group": ["name": "new", "domain_id": corp]]),
      ("PATCH", devs, ["group": ["description": "x"]]), ("DELETE", devs, nil),
      ("PUT", "\(devs)/users/\(scene.id("ben"))", nil), ("DELETE", "\(devs)/users/\(scene.id("ada"))", nil),
      ("POST", ada + "/password", ["user": ["password": "x", "original_password": "engine"]]),
    ] as [(String, String, JSON?)] {
      let answer = try await scene.cloud.ask(method, path, body)
      #expect(answer.status == 403, "\(method) \(path): \(answer.json.text)")
      #expect(answer.message == "LDAP does not support write operations")
    }
  }

  @Test("never share a group with users of elsewhere")
  func acrossDomains() async throws {
    let scene = try await DirectoryScene(["writable": true])
    let ours = try await scene.cloud.make("/v3/groups", "group", ["name": "ours"])
    let user = try await scene.cloud.make("/v3/users", "user", ["name": "mine"])
    try await scene.look()
    for path in ["/v3/groups/\(ours)/users/\(scene.id("ada"))", "/v3/groups/\(scene.groupID("devs"))/users/\(user)"] {
      #expect(try await scene.cloud.ask("PUT", path).status == 403)
    }
  }

  @Test("go with their domain, and with its directory")
  func domain() async throws {
    let scene = try await DirectoryScene()
    let token = try await scene.login("ada", "engine").token
    #expect(try await scene.cloud.ask("DELETE", "/v3/domains/\(scene.corp)/config").status == 204)
    scene.cloud.clock.advance(.seconds(2))
    #expect(try await scene.cloud.send("GET", "/v3/auth/projects", as: token).status == 401)
    #expect(
      try await scene.cloud.ask("PATCH", "/v3/domains/\(scene.corp)", ["domain": ["enabled": false]]).status == 200)
    #expect(try await scene.cloud.ask("DELETE", "/v3/domains/\(scene.corp)").status == 204)
    #expect(try await scene.cloud.keystone.store.read { try await $0.all(IdentityMapping.self) }.isEmpty)
  }

  @Test("whose configuration cannot be are the administrator's matter")
  func misconfigured() async throws {
    let scene = try await DirectoryScene(["user_filter": "(uid=*"])
    let answer = try await scene.login("ada", "engine")
    #expect(answer.status == 503)
    #expect(answer.message.contains("administrator"))
  }

  @Test("can be those of the default domain, beside the cloud's own")
  func defaultDomain() async throws {
    let scene = try await DirectoryScene {
      $0.areOfDomains = false
      $0.hasDefault = true
      $0.settings.users.tree = "ou=Users,dc=corp"
      $0.settings.users.id = "uid"
      $0.settings.users.name = "uid"
      $0.settings.users.enabled = ""
      $0.settings.groups.tree = "ou=Groups,dc=corp"
      $0.settings.groups.name = "cn"
    }
    let token = try await scene.cloud.login("ada", "engine")
    #expect(!token.isEmpty)
    #expect(try await scene.cloud.ask("GET", "/v3/users/ada").json["user"]?["id"] == "ada", "ids are the directory's")
    #expect(try await scene.cloud.ask("GET", "/v3/users/ben").status == 200)
    let names = try await scene.names("/v3/users?domain_id=default")
    #expect(names.contains("admin") && names.contains("ada"))
    #expect(try await scene.names("/v3/users?domain_id=default&name=admin") == ["admin"])
    #expect(try await scene.cloud.ask("GET", "/v3/users/nobody").status == 404)
  }

  @Test("get their ids at once, lose them, and get the same again")
  func populate() async throws {
    let scene = try await DirectoryScene()
    let count = try await scene.cloud.keystone.giveIDs(inDomain: "corp")
    #expect(count.users == 3 && count.groups == 2)
    let store = scene.cloud.keystone.store
    func ids() async throws -> [String] {
      try await store.read { try await $0.all(IdentityMapping.self, "ORDER BY public_id").map(\.publicID) }
    }
    let before = try await ids()
    #expect(before.count == 5)
    #expect(try await store.write { try await $0.forgetIDs(localID: "ada", kind: .user) } == 1)
    #expect(try await store.write { try await $0.forgetIDs() } == 4)
    #expect(try await ids() == [])
    _ = try await scene.cloud.keystone.giveIDs(inDomain: "corp")
    #expect(try await ids() == before)
  }
}
