import HTTP
import JSON
import Testing

@Suite("v2.0: tenants") struct TenantTests {
  @Test("are projects of the default domain, and show nothing of later years")
  func lifecycle() async throws {
    let cloud = try await TwoPorts()
    let made = try await cloud.ask(
      "POST", "/v2.0/tenants", ["tenant": ["name": "acme", "description": "anvils", "enabled": true]])
    #expect(made.status == 200)
    #expect(Set(made.json["tenant"]?.object?.keys ?? []) == ["id", "name", "description", "enabled"])
    #expect(try await cloud.ask("GET", "/v3/projects/\(made.id)").json["project"]?["domain_id"] == "default")
    #expect(try await cloud.ask("GET", "/v2.0/tenants?name=acme").id == made.id)
    #expect(try await cloud.ask("GET", "/v2.0/tenants?name=none").status == 404)
    for method in ["PUT", "POST"] {
      let changed = try await cloud.ask(
        method, "/v2.0/tenants/\(made.id)", ["tenant": ["id": .string(made.id), "description": .string(method)]])
      #expect(changed.status == 200)
      #expect(changed.json["tenant"]?["description"] == .string(method))
      #expect(changed.json["tenant"]?["name"] == "acme")
    }
    #expect(try await cloud.ask("DELETE", "/v2.0/tenants/\(made.id)").status == 204)
    #expect(try await cloud.ask("GET", "/v2.0/tenants/\(made.id)").status == 404)
  }

  @Test(
    "names that cannot be are refused",
    arguments: [("", 400), (String(repeating: "a", count: 65), 400), ("admin", 409)])
  func names(name: String, status: Int) async throws {
    let cloud = try await TwoPorts()
    #expect(
      try await cloud.ask("POST", "/v2.0/tenants", ["tenant": ["name": .string(name)]]).status == status)
  }

  @Test("come in pages") func pages() async throws {
    let cloud = try await TwoPorts()
    let all = try await cloud.ask("GET", "/v2.0/tenants")
    #expect(all.names == ["admin", "demo"])
    #expect(all.json["tenants_links"] == [])
    #expect(try await cloud.ask("GET", "/v2.0/tenants?limit=1").names == ["admin"])
    let first = all.json["tenants"]?[0]?["id"]?.string ?? ""
    #expect(try await cloud.ask("GET", "/v2.0/tenants?limit=1&marker=\(first)").names == ["demo"])
    #expect(try await cloud.ask("GET", "/v2.0/tenants?marker=none").status == 400)
    #expect(try await cloud.ask("GET", "/v2.0/tenants?limit=-1").status == 400)
  }

  @Test("a domain is none, and makes none") func domains() async throws {
    let cloud = try await TwoPorts()
    for method in ["GET", "PUT", "DELETE"] {
      let body: JSON? = method == "PUT" ? ["tenant": ["name": "x"]] : nil
      #expect(try await cloud.ask(method, "/v2.0/tenants/default", body).status == 404)
    }
    #expect(try await cloud.ask("POST", "/v2.0/tenants", ["tenant": ["name": "d", "is_domain": true]]).status == 400)
  }
}

@Suite("v2.0: users") struct UserTests {
  @Test("are members of their tenant, may work there, and move") func membership() async throws {
    let cloud = try await TwoPorts()
    let (first, second) = (try await cloud.tenant("first"), try await cloud.tenant("second"))
    let user = try await cloud.user("wile", tenant: first)
    #expect(try await cloud.ask("GET", "/v2.0/tenants/\(first)/users").names == ["wile"])
    #expect(try await cloud.ask("GET", "/v2.0/tenants/\(first)/users/\(user)/roles").names == ["_member_"])
    let roles = try await cloud.login("wile", "wile", tenant: "first").json["access"]?["user"]?["roles"]?.array ?? []
    #expect(roles.contains(["name": "member"]), "what _member_ may do is what member may")
    let moved = try await cloud.ask(
      "PUT", "/v2.0/users/\(user)/OS-KSADM/tenant", ["user": ["tenantId": .string(second)]])
    #expect(moved.json["user"]?["tenantId"] == .string(second))
    #expect(try await cloud.ask("GET", "/v2.0/tenants/\(first)/users").names == [])
    #expect(try await cloud.ask("GET", "/v2.0/tenants/\(second)/users").names == ["wile"])
  }

  @Test("show name, username, address and tenant, and nothing of later years") func shown() async throws {
    let cloud = try await TwoPorts()
    let tenant = try await cloud.tenant("acme")
    let made = try await cloud.ask(
      "POST", "/v2.0/users",
      ["user": ["username": "wile", "OS-KSADM:password": "w", "email": "w@acme", "tenantId": .string(tenant)]])
    #expect(made.status == 200)
    let user = try #require(made.json["user"])
    #expect(Set(user.object?.keys ?? []) == ["id", "name", "username", "email", "enabled", "tenantId"])
    #expect(user["name"] == "wile")
    #expect(try await cloud.ask("GET", "/v2.0/users?name=wile").id == made.id)
    #expect(try await cloud.ask("GET", "/v2.0/users/\(made.id)").json["user"] == user)
    #expect(try await cloud.login("wile", "w", tenant: "acme").status == 200)
  }

  @Test("are disabled, renamed and given passwords by older paths too") func changes() async throws {
    let cloud = try await TwoPorts()
    let user = try await cloud.user("wile")
    for prefix in ["", "/OS-KSADM"] {
      let path = "/v2.0/users/\(user)\(prefix)"
      #expect(
        try await cloud.ask("PUT", path + "/password", ["user": ["password": .string("p" + prefix)]]).status == 200)
      #expect(try await cloud.login("wile", "p" + prefix).status == 200)
      #expect(try await cloud.ask("PUT", path + "/enabled", ["user": ["enabled": false]]).status == 200)
      #expect(try await cloud.login("wile", "p" + prefix).status == 401)
      #expect(try await cloud.ask("PUT", path + "/enabled", ["user": ["enabled": true]]).status == 200)
    }
    #expect(try await cloud.ask("PUT", "/v2.0/users/\(user)", ["user": ["name": "e"]]).json["user"]?["name"] == "e")
    #expect(try await cloud.ask("DELETE", "/v2.0/users/\(user)").status == 204)
    #expect(try await cloud.ask("GET", "/v2.0/users/\(user)").status == 404)
  }

  @Test(
    "what cannot be is refused",
    arguments: [
      (#"{"user": {"name": "", "password": "x"}}"#, 400), (#"{"user": {"password": "x"}}"#, 400),
      (#"{"user": {"name": "a", "enabled": "maybe"}}"#, 400), (#"{"user": {"name": "demo"}}"#, 409),
      (#"{"user": {"name": "a", "tenantId": "none"}}"#, 404), (#"{"nobody": {}}"#, 400),
    ])
  func refusals(body: String, status: Int) async throws {
    let cloud = try await TwoPorts()
    #expect(try await cloud.ask("POST", "/v2.0/users", try JSON(parsing: body)).status == status)
    #expect(try await cloud.ask("GET", "/v2.0/users").names == ["admin", "demo"])
  }

  @Test("change their own passwords, and are given a new token") func ownPassword() async throws {
    let cloud = try await TwoPorts()
    let login = try await cloud.login("demo", TwoPorts.demoPassword, tenant: "demo")
    let id = login.json["access"]?["user"]?["id"]?.string ?? ""
    func change(_ user: String, _ body: JSON, as token: String) async throws -> Answer {
      try await cloud.send("PATCH", "/v2.0/OS-KSCRUD/users/\(user)", ["user": body], as: token, at: .open)
    }
    #expect(try await change(id, ["password": "new"], as: login.token).status == 400)
    #expect(try await change(id, ["password": "new", "original_password": "x"], as: login.token).status == 401)
    #expect(try await change("other", ["password": "n", "original_password": "x"], as: login.token).status == 403)
    let changed = try await change(
      id, ["password": "new", "original_password": .string(TwoPorts.demoPassword)], as: login.token)
    #expect(changed.status == 200)
    #expect(changed.json["access"]?["token"]?["tenant"]?["name"] == "demo")
    #expect(try await cloud.ask("GET", "/v2.0/tokens/\(changed.token)").status == 200)
    #expect(try await cloud.ask("GET", "/v2.0/tokens/\(login.token)").status == 404)
    #expect(try await cloud.login("demo", "new").status == 200)
  }
}

@Suite("v2.0: roles") struct RoleTests {
  @Test("are made, shown and removed") func lifecycle() async throws {
    let cloud = try await TwoPorts()
    let made = try await cloud.ask("POST", "/v2.0/OS-KSADM/roles", ["role": ["name": "cook"]])
    #expect(made.status == 200)
    #expect(made.json["role"] == ["id": .string(made.id), "name": "cook"])
    #expect(
      try await cloud.ask("GET", "/v2.0/OS-KSADM/roles").json["roles"]?.array?.contains(made.json["role"]!) == true)
    #expect(try await cloud.ask("POST", "/v2.0/OS-KSADM/roles", ["role": ["name": "cook"]]).status == 409)
    #expect(try await cloud.ask("POST", "/v2.0/OS-KSADM/roles", ["role": ["name": ""]]).status == 400)
    #expect(try await cloud.ask("DELETE", "/v2.0/OS-KSADM/roles/\(made.id)").status == 204)
    #expect(try await cloud.ask("GET", "/v2.0/OS-KSADM/roles/\(made.id)").status == 404)
  }

  @Test("are had on tenants, once, and without what they imply") func grants() async throws {
    let cloud = try await TwoPorts()
    let (tenant, user) = (try await cloud.tenant("acme"), try await cloud.user("wile"))
    let role = try await cloud.ask("GET", "/v3/roles?name=admin").json["roles"]?[0]?["id"]?.string ?? ""
    let place = "/v2.0/tenants/\(tenant)/users/\(user)/roles"
    #expect(try await cloud.ask("PUT", "\(place)/OS-KSADM/\(role)").json["role"]?["name"] == "admin")
    #expect(try await cloud.ask("PUT", "\(place)/OS-KSADM/\(role)").status == 409)
    #expect(try await cloud.ask("GET", place).names == ["admin"])
    let reference = try await cloud.ask("GET", "/v2.0/users/\(user)/roleRefs").json["roles"]?[0]
    #expect(reference?["tenantId"] == .string(tenant))
    let id = percentEncode(reference?["id"]?.string ?? "")
    #expect(try await cloud.ask("DELETE", "/v2.0/users/\(user)/roleRefs/\(id)").status == 204)
    #expect(try await cloud.ask("GET", place).names == [])
    let again = try await cloud.ask(
      "POST", "/v2.0/users/\(user)/roleRefs", ["role": ["roleId": .string(role), "tenantId": .string(tenant)]])
    #expect(again.json["role"]?["name"] == "admin")
    #expect(try await cloud.ask("DELETE", "\(place)/OS-KSADM/\(role)").status == 204)
    #expect(try await cloud.ask("DELETE", "\(place)/OS-KSADM/\(role)").status == 404)
  }

  @Test("without a tenant are not offered, as no release ever did") func global() async throws {
    let cloud = try await TwoPorts()
    for (method, path) in [("GET", "roles"), ("PUT", "roles/OS-KSADM/r"), ("DELETE", "roles/OS-KSADM/r")] {
      #expect(try await cloud.ask(method, "/v2.0/users/u/\(path)").status == 501)
    }
  }
}
