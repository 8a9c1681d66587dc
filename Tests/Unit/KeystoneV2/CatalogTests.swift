import HTTP
import JSON
import Testing

@Suite("v2.0: services and endpoints") struct CatalogTests {
  private func service(_ cloud: TwoPorts) async throws -> String {
    try await cloud.make(
      "/OS-KSADM/services", "OS-KSADM:service", ["name": "swift", "type": "object-store", "description": "keeps"])
  }

  @Test("a service has a name, a type and a description") func services() async throws {
    let cloud = try await TwoPorts()
    let id = try await service(cloud)
    let shown = try await cloud.ask("GET", "/v2.0/OS-KSADM/services/\(id)").json["OS-KSADM:service"]
    #expect(shown?["description"] == "keeps")
    #expect(Set(shown?.object?.keys ?? []) == ["id", "name", "type", "description"])
    #expect(try await cloud.ask("GET", "/v2.0/OS-KSADM/services").names.contains("swift"))
    #expect(try await cloud.ask("DELETE", "/v2.0/OS-KSADM/services/\(id)").status == 204)
    #expect(try await cloud.ask("GET", "/v2.0/OS-KSADM/services/\(id)").status == 404)
  }

  @Test("an endpoint is one row here and three in v3, as often as one is made") func rows() async throws {
    let cloud = try await TwoPorts()
    let id = try await service(cloud)
    func create(_ host: String) async throws -> String {
      try await cloud.make(
        "/endpoints", "endpoint",
        [
          "service_id": .string(id), "region": "North", "publicurl": .string("http://\(host):1"),
          "internalurl": .string("http://\(host):2"), "adminurl": .string("http://\(host):3"),
        ])
    }
    let (one, two) = (try await create("one"), try await create("two"))
    func third() async throws -> Int {
      try await cloud.ask("GET", "/v3/endpoints?service_id=\(id)").json["endpoints"]?.array?.count ?? 0
    }
    #expect(try await third() == 6)
    let rows = try await cloud.ask("GET", "/v2.0/endpoints").json["endpoints"]?.array ?? []
    for (row, host) in [(one, "one"), (two, "two")] {
      let shown = try #require(rows.first { $0["id"] == .string(row) })
      #expect(shown["region"] == "North")
      #expect(shown["publicurl"] == .string("http://\(host):1"))
      #expect(shown["internalurl"] == .string("http://\(host):2"))
      #expect(shown["adminurl"] == .string("http://\(host):3"))
    }
    #expect(try await cloud.ask("DELETE", "/v2.0/endpoints/\(one)").status == 204)
    #expect(try await third() == 3)
    #expect(try await cloud.ask("DELETE", "/v2.0/endpoints/\(one)").status == 404)
  }

  @Test("rows that v3 made are put together, and removed together") func ofVersionThree() async throws {
    let cloud = try await TwoPorts()
    let rows = try await cloud.ask("GET", "/v2.0/endpoints").json["endpoints"]?.array ?? []
    #expect(rows.count == 2)
    let row = try #require(rows.first { $0["publicurl"] == "http://127.0.0.1:8776/v3/%(tenant_id)s" })
    #expect(row["adminurl"] == row["publicurl"])
    #expect(try await cloud.ask("DELETE", "/v2.0/endpoints/\(row["id"]?.string ?? "")").status == 204)
    #expect(try await cloud.ask("GET", "/v3/endpoints").json["endpoints"]?.array?.count == 3)
  }

  @Test("an endpoint that cannot be made whole is not made at all") func whole() async throws {
    let cloud = try await TwoPorts()
    let id = try await service(cloud)
    let wrong: JSON = ["service_id": .string(id), "publicurl": "http://fine", "adminurl": "http://%(nonsense)s"]
    #expect(try await cloud.ask("POST", "/v2.0/endpoints", ["endpoint": wrong]).status == 400)
    #expect(try await cloud.ask("GET", "/v3/endpoints?service_id=\(id)").json["endpoints"] == [])
    for (body, status): (JSON, Int) in [
      (["service_id": .string(id)], 400), (["publicurl": "http://fine"], 400),
      (["publicurl": "http://fine", "service_id": "none"], 404),
    ] {
      #expect(try await cloud.ask("POST", "/v2.0/endpoints", ["endpoint": body]).status == status)
    }
  }

  @Test("a token's catalogue names this API by its own versions and ports") func catalogue() async throws {
    let cloud = try await TwoPorts()
    let answer = try await cloud.login("demo", TwoPorts.demoPassword, tenant: "demo")
    let catalog = answer.json["access"]?["serviceCatalog"]?.array ?? []
    let identity = try #require(catalog.first { $0["type"] == "identity" })
    #expect(identity["endpoints"]?.array?.count == 1)
    #expect(identity["endpoints"]?[0]?["publicURL"] == "http://127.0.0.1:5000/v2.0")
    #expect(identity["endpoints"]?[0]?["internalURL"] == "http://127.0.0.1:5000/v2.0")
    #expect(identity["endpoints"]?[0]?["adminURL"] == "http://127.0.0.1:35357/v2.0")
    #expect(identity["endpoints_links"] == [])
    let third = try await cloud.ask("GET", "/v3/auth/catalog").json["catalog"]?.array ?? []
    #expect(third.first { $0["type"] == "identity" }?["endpoints"]?[0]?["url"] == "http://127.0.0.1:5000/v3")
  }

  @Test("keys for EC2 are the user's own") func keys() async throws {
    let cloud = try await TwoPorts()
    let login = try await cloud.login("demo", TwoPorts.demoPassword, tenant: "demo")
    let place = "/v2.0/users/\(login.json["access"]?["user"]?["id"]?.string ?? "")/credentials/OS-EC2"
    let tenant = login.json["access"]?["token"]?["tenant"]?["id"] ?? .null
    let made = try await cloud.send("POST", place, ["tenant_id": tenant], as: login.token, at: .open)
    #expect(made.status == 200)
    let key = try #require(made.json["credential"])
    #expect(Set(key.object?.keys ?? []) == ["user_id", "tenant_id", "access", "secret", "trust_id"])
    let one = "\(place)/\(key["access"]?.string ?? "")"
    #expect(try await cloud.send("GET", one, as: login.token, at: .open).json["credential"] == key)
    #expect(try await cloud.send("GET", place, as: login.token, at: .open).json["credentials"] == [key])
    let other = try await cloud.user("wile", tenant: tenant.string)
    #expect(other != "")
    let stranger = try await cloud.login("wile", "wile", tenant: "demo").token
    #expect(try await cloud.send("GET", one, as: stranger, at: .open).status == 403)
    #expect(try await cloud.send("DELETE", one, as: login.token, at: .open).status == 204)
    #expect(try await cloud.send("GET", one, as: login.token, at: .open).status == 404)
    #expect(try await cloud.send("POST", "/v2.0/ec2tokens", ["credentials": [:]], at: .open).status == 401)
  }
}
