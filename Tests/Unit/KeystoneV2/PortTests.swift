import HTTP
import JSON
import KeystoneV2
import Testing

@Suite("v2.0: the two ports") struct PortTests {
  @Test("both list both versions, each with links to itself") func versions() async throws {
    let cloud = try await TwoPorts()
    for (port, host): (TwoPorts.Port, String) in [(.open, "cloud:5000"), (.admin, "cloud:35357")] {
      let list = try await cloud.send("GET", "/", at: port)
      #expect(list.status == 300)
      let values = list.json["versions"]?["values"]?.array ?? []
      #expect(values.map { $0["id"]?.string?.prefix(2) } == ["v3", "v2"])
      #expect(values.map { $0["links"]?[0]?["href"]?.string } == ["http://\(host)/v3/", "http://\(host)/v2.0/"])
      let own = try await cloud.send("GET", "/v2.0/", at: port)
      #expect(own.status == 200)
      #expect(own.json["version"] == values.last)
      #expect(own.json["version"]?["media-types"]?[0]?["type"] == "application/vnd.openstack.identity-v2.0+json")
      #expect(try await cloud.send("GET", "/v3", at: port).status == 200)
    }
  }

  @Test("a proxy's prefix stands in the links") func prefix() async throws {
    let cloud = try await TwoPorts()
    let answer = try await cloud.send("GET", "/", at: .open, headers: ["X-Forwarded-Prefix": "/identity"])
    let links = answer.json["versions"]?["values"]?.array?.map { $0["links"]?[0]?["href"]?.string }
    #expect(links == ["http://cloud:5000/identity/v3/", "http://cloud:5000/identity/v2.0/"])
  }

  @Test("the public one administers nothing, and has its own list of tenants") func faces() async throws {
    let cloud = try await TwoPorts()
    for path in ["users", "OS-KSADM/roles", "OS-KSADM/services", "endpoints", "tenants/x"] {
      #expect(try await cloud.send("GET", "/v2.0/\(path)", as: cloud.admin, at: .open).status == 404)
      #expect(try await cloud.send("GET", "/v2.0/\(path)", as: try await cloud.demo()).status == 403)
    }
    #expect(try await cloud.send("GET", "/v2.0/tenants", as: cloud.admin, at: .open).names == ["admin"])
    #expect(try await cloud.send("GET", "/v2.0/tenants", as: cloud.admin).names == ["admin", "demo"])
    #expect(try await cloud.send("GET", "/v2.0/tenants", as: try await cloud.demo()).status == 403)
  }

  @Test("each says which extensions it has") func extensions() async throws {
    let cloud = try await TwoPorts()
    for (port, names): (TwoPorts.Port, [String]) in [
      (.open, ["OS-KSCRUD", "OS-EC2"]), (.admin, ["OS-KSADM", "OS-EC2", "s3tokens"]),
    ] {
      let list = try await cloud.send("GET", "/v2.0/extensions", at: port).json["extensions"]?["values"]?.array ?? []
      #expect(list.map { $0["alias"]?.string } == names)
      for one in list {
        let alias = one["alias"]?.string ?? ""
        #expect(Set(one.object?.keys ?? []) == ["name", "alias", "updated", "namespace", "description", "links"])
        #expect(try await cloud.send("GET", "/v2.0/extensions/\(alias)", at: port).json["extension"] == one)
      }
      #expect(try await cloud.send("GET", "/v2.0/extensions/none", at: port).status == 404)
    }
  }

  @Test("XML is refused, in words") func xml() async throws {
    let cloud = try await TwoPorts()
    let only = try await cloud.send("GET", "/v2.0/tenants", at: .open, headers: ["Accept": "application/xml"])
    #expect(only.status == 406)
    #expect(only.message.contains("JSON"))
    let either = try await cloud.send(
      "GET", "/v2.0", at: .open, headers: ["Accept": "application/json, application/xml"])
    #expect(either.status == 200)
    var request = Request("POST", "/v2.0/tokens", headers: ["Content-Type": "application/xml"])
    request.body = .bytes(Array("<auth/>".utf8))
    #expect(await cloud.publicPort(request).status == 415)
  }

  @Test("the operator's token may do anything here, and no other may") func adminToken() async throws {
    let cloud = try await TwoPorts()
    let holder = TwoPorts.adminToken
    #expect(try await cloud.send("POST", "/v2.0/tenants", ["tenant": ["name": "acme"]], as: holder).status == 200)
    #expect(try await cloud.send("GET", "/v2.0/users", as: holder).status == 200)
    #expect(try await cloud.send("GET", "/v3/users", as: holder).status == 200)
    for other in [holder + "x", String(holder.dropLast()), "", "x"] {
      #expect(try await cloud.send("GET", "/v2.0/users", as: other).status == 401)
    }
    #expect(AdminToken("").caller(of: "") == nil)
  }
}
