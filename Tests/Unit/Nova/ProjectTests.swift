import Core
import HTTP
import JSON
import NovaModel
import Store
import Testing
import Work

@Suite("Nova: keys, quotas and groups") struct ProjectTests {
  static let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJxzKHPgbGFl8vXzXcOeLUHzpVbqEVfxMcSnLSMl4iXw me@here"

  @Test func keysAreTheUsersOwn() async throws {
    let cloud = try await Cloud()
    let body: JSON = ["keypair": ["name": "mine", "public_key": .string(Self.key)]]
    let made = try await cloud.ask("POST", "/os-keypairs", body)
    #expect(made.status == 200, "\(made.json.text)")
    #expect(made.json["keypair"]?["fingerprint"]?.string?.count == 47)
    #expect(made.json["keypair"]?["type"] == nil)
    let again = try await cloud.ask("POST", "/os-keypairs", body)
    #expect(again.status == 409)
    #expect(again.message == "Key pair 'mine' already exists.")
    #expect(
      try await cloud.ask("POST", "/os-keypairs", ["keypair": ["name": "b", "public_key": "junk"]]).status == 400)
    let list = try await cloud.ask("GET", "/os-keypairs", version: "2.2")
    #expect(list.json["keypairs"]?[0]?["keypair"]?["name"] == "mine")
    #expect(list.json["keypairs"]?[0]?["keypair"]?["type"] == "ssh")
    #expect(try await cloud.ask("GET", "/os-keypairs", as: "member@other").json == ["keypairs": []])
    #expect(try await cloud.ask("GET", "/os-keypairs/mine", as: "member@other").status == 404)
    let theirs = try await cloud.ask("GET", "/os-keypairs/mine?user_id=user-demo", as: "admin@root", version: "2.10")
    #expect(theirs.json["keypair"]?["user_id"] == "user-demo")
    #expect(
      try await cloud.ask("GET", "/os-keypairs?user_id=user-demo", as: "member@other", version: "2.10").status == 403)
    let id = try await cloud.server("web", ["key_name": "mine"])
    #expect(try await cloud.ask("GET", "/servers/\(id)").json["server"]?["key_name"] == "mine")
    #expect(try await cloud.ask("DELETE", "/os-keypairs/mine", version: "2.2").status == 204)
    #expect(try await cloud.ask("DELETE", "/os-keypairs/mine").status == 404)
  }

  @Test func keysAreGeneratedUntilTheyAreNot() async throws {
    let cloud = try await Cloud()
    let made = try await cloud.ask("POST", "/os-keypairs", ["keypair": ["name": "gen"]], version: "2.2")
    #expect(made.status == 201)
    #expect(made.json["keypair"]?["private_key"]?.string?.contains("PRIVATE KEY") == true)
    #expect(try await cloud.ask("GET", "/os-keypairs/gen").json["keypair"]?["private_key"] == nil)
    let refused = try await cloud.ask("POST", "/os-keypairs", ["keypair": ["name": "gen2"]], version: "2.92")
    #expect(refused.status == 400)
    #expect(refused.message.contains("'public_key' is a required property"))
  }

  @Test func quotasAreSetByAdministrators() async throws {
    let cloud = try await Cloud()
    _ = try await cloud.server()
    let path = "/os-quota-sets/demo"
    #expect(try await cloud.ask("GET", path, version: "2.57").json["quota_set"]?["cores"] == 20)
    #expect(try await cloud.ask("GET", path, version: "2.35").json["quota_set"]?["floating_ips"] == -1)
    #expect(try await cloud.ask("GET", path, version: "2.36").json["quota_set"]?["floating_ips"] == nil)
    #expect(try await cloud.ask("GET", path, as: "member@other").status == 403)
    let change: JSON = ["quota_set": ["instances": 1, "cores": -1]]
    #expect(try await cloud.ask("PUT", path, change).status == 403)
    let set = try await cloud.ask("PUT", path, change, as: "admin@root", version: "2.57")
    #expect(set.json["quota_set"]?["instances"] == 1 && set.json["quota_set"]?["id"] == nil)
    let low: JSON = ["quota_set": ["instances": 0]]
    #expect(try await cloud.ask("PUT", path, low, as: "admin@root").status == 400)
    #expect(try await cloud.ask("PUT", path, ["quota_set": ["bogus": 0]], as: "admin@root").status == 400)
    let nowhere = try await cloud.ask("PUT", "/os-quota-sets/nowhere", change, as: "admin@root")
    #expect(nowhere.status == 400)
    #expect(nowhere.message == "Project ID nowhere is not a valid project.")
    let detail = try await cloud.ask("GET", path + "/detail")
    #expect(detail.json["quota_set"]?["instances"] == ["limit": 1, "in_use": 1, "reserved": 0])
    let refused = try await cloud.ask(
      "POST", "/servers", ["server": ["name": "b", "imageRef": .string(Cloud.image), "flavorRef": "1"]])
    #expect(refused.message == "Quota exceeded for instances: Requested 1, but already used 1 of 1 instances")
    #expect(try await cloud.ask("DELETE", path, as: "admin@root").status == 202)
    #expect(try await cloud.ask("GET", path).json["quota_set"]?["instances"] == 10)
    #expect(try await cloud.ask("GET", path + "/defaults").json["quota_set"]?["ram"] == 51200)
  }

  @Test func limitsShrinkWithTheVersions() async throws {
    let cloud = try await Cloud()
    func keys(_ version: String) async throws -> Set<String> {
      Set(try await cloud.ask("GET", "/limits", version: version).json["limits"]?["absolute"]?.object?.keys ?? [])
    }
    #expect(try await keys("2.1").isSuperset(of: ["maxPersonality", "maxImageMeta", "maxSecurityGroups"]))
    #expect(try await keys("2.57").isDisjoint(with: ["maxPersonality", "maxImageMeta", "maxSecurityGroups"]))
    #expect(try await cloud.ask("GET", "/limits?tenant_id=demo", as: "member@other").status == 403)
  }

  @Test func serverGroupsHoldTheirMembers() async throws {
    let cloud = try await Cloud()
    let old = try await cloud.ask(
      "POST", "/os-server-groups", ["server_group": ["name": "g", "policies": ["affinity"]]])
    #expect(old.json["server_group"]?["policies"] == ["affinity"])
    let body: JSON = [
      "server_group": ["name": "h", "policy": "anti-affinity", "rules": ["max_server_per_host": 2]]
    ]
    let new = try await cloud.ask("POST", "/os-server-groups", body, version: "2.64")
    #expect(new.json["server_group"]?["rules"] == ["max_server_per_host": 2])
    let group = new.json["server_group"]?["id"]?.string ?? ""
    let answer = try await cloud.ask(
      "POST", "/servers",
      [
        "server": ["name": "w", "imageRef": .string(Cloud.image), "flavorRef": "1"],
        "os:scheduler_hints": ["group": .string(group)],
      ])
    let id = answer.json["server"]?["id"]?.string ?? ""
    #expect(
      try await cloud.ask("GET", "/servers/\(id)", version: "2.71").json["server"]?["server_groups"] == [.string(group)]
    )
    let shown = try await cloud.ask("GET", "/os-server-groups/\(group)", version: "2.64")
    #expect(shown.json["server_group"]?["members"] == [.string(id)])
    #expect(try await cloud.ask("GET", "/os-server-groups/\(group)", as: "member@other").status == 404)
    #expect(try await cloud.ask("GET", "/os-server-groups").json["server_groups"]?.array?.count == 2)
    #expect(try await cloud.ask("DELETE", "/os-server-groups/\(group)").status == 204)
    #expect(try await cloud.ask("GET", "/os-server-groups/\(group)").status == 404)
  }

  @Test func newMembersKeepAwayFromTheOthers() async throws {
    let cloud = try await Cloud()
    let body: JSON = ["server_group": ["name": "h", "policies": ["anti-affinity"]]]
    let group = try await cloud.ask("POST", "/os-server-groups", body).json["server_group"]?["id"]?.string ?? ""
    func member() async throws -> String {
      let answer = try await cloud.ask(
        "POST", "/servers",
        [
          "server": ["name": "w", "imageRef": .string(Cloud.image), "flavorRef": "1"],
          "os:scheduler_hints": ["group": .string(group)],
        ])
      return answer.json["server"]?["id"]?.string ?? ""
    }
    let first = try await member()
    try await cloud.settle(first, .active)
    let second = try await member()
    let saga = try await cloud.sagas("server.create").first { $0.subject == second }
    #expect(try JSON(parsing: saga?.value ?? "{}")["hints"]?["avoid"] == ["node1"])
    // A server that is gone is no member any more.
    try await cloud.store.write { tx in
      if let server = try await tx.get(Server.self, first) { try await tx.delete(server) }
    }
    let shown = try await cloud.ask("GET", "/os-server-groups/\(group)").json["server_group"]
    #expect(shown?["members"] == [.string(second)])
  }
}
