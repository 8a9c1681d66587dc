import API
import Core
import HTTP
import JSON
import Testing

@Suite("Identity providers, protocols, mappings and service providers") struct FederationRecordTests {
  private let root = "/v3/OS-FEDERATION"
  private static let rules: JSON = [["local": [["user": ["name": "{0}"]]], "remote": [["type": "OIDC-sub"]]]]

  @Test("An identity provider, with a domain of its own where none is named")
  func providers() async throws {
    let cloud = try await TestCloud()
    let path = root + "/identity_providers/keycloak"
    let made = try await cloud.ask(
      "PUT", path, ["identity_provider": ["remote_ids": ["b", "a"], "authorization_ttl": 5]])
    #expect(made.status == 201)
    let provider = made.json["identity_provider"]
    #expect(
      provider?["enabled"] == false && provider?["remote_ids"] == ["a", "b"] && provider?["description"] == .null)
    #expect(
      provider?["links"] == [
        "self": .string("http://cloud:5000" + path), "protocols": .string("http://cloud:5000" + path + "/protocols"),
      ])
    let domain = try await cloud.ask("GET", "/v3/domains/\(provider?["domain_id"]?.string ?? "")").json["domain"]
    #expect(domain?["name"] == domain?["id"] && domain?["description"]?.string?.hasSuffix("keycloak") == true)

    #expect(try await cloud.ask("PUT", path, ["identity_provider": [:]]).status == 409)
    let taken: JSON = ["identity_provider": ["remote_ids": ["a"], "domain_id": "default"]]
    #expect(try await cloud.ask("PUT", root + "/identity_providers/other", taken).status == 409)
    #expect(try await cloud.ask("GET", root + "/identity_providers/other").status == 404)
    let nowhere: JSON = ["identity_provider": ["domain_id": "none"]]
    #expect(try await cloud.ask("PUT", root + "/identity_providers/other", nowhere).status == 404)
    for wrong in [
      ["remote_ids": ["x", "x"]], ["enabled": "maybe"], ["authorization_ttl": -1], ["id": "x"], ["remote_ids": "a"],
    ] as [JSON] {
      #expect(
        try await cloud.ask("PUT", root + "/identity_providers/wrong", ["identity_provider": wrong]).status == 400)
    }
    let changed = try await cloud.ask(
      "PATCH", path, ["identity_provider": ["enabled": true, "remote_ids": ["c"], "description": "x"]])
    #expect(
      changed.json["identity_provider"]?["remote_ids"] == ["c"] && changed.json["identity_provider"]?["enabled"] == true
    )
    #expect(try await cloud.ask("PATCH", path, ["identity_provider": ["domain_id": "default"]]).status == 400)
    #expect(try await cloud.ask("PATCH", path, ["identity_provider": [:]]).status == 400)
    #expect(try await cloud.ask("PUT", root + "/identity_providers/other", taken).status == 201)
    let all = try await cloud.ask("GET", root + "/identity_providers").json["identity_providers"]?.array
    #expect(all?.compactMap { $0["id"]?.string } == ["keycloak", "other"])
    let enabled = try await cloud.ask("GET", root + "/identity_providers?enabled=true").json["identity_providers"]?
      .array
    #expect(enabled?.count == 1)
    let demo = try await cloud.demo()
    #expect(try await cloud.send("GET", path, as: demo).status == 403)
    #expect(try await cloud.ask("DELETE", path).status == 204)
    #expect(try await cloud.ask("GET", path).status == 404)
  }

  @Test("A mapping in each of its languages, checked before it is kept")
  func mappings() async throws {
    let cloud = try await TestCloud()
    let path = root + "/mappings/m"
    let made = try await cloud.ask("PUT", path, ["mapping": ["rules": Self.rules]])
    #expect(made.status == 201 && made.json["mapping"]?["schema_version"] == "1.0")
    #expect(made.json["mapping"]?["rules"] == Self.rules)
    #expect(try await cloud.ask("PUT", path, ["mapping": ["rules": Self.rules]]).status == 409)
    for wrong in [["rules": []], ["rules": Self.rules, "schema_version": "9"], [:]] as [JSON] {
      #expect(try await cloud.ask("PUT", root + "/mappings/n", ["mapping": wrong]).status == 400)
    }
    let changed = try await cloud.ask("PATCH", path, ["mapping": ["rules": Self.rules, "schema_version": "2.0"]])
    #expect(changed.status == 200 && changed.json["mapping"]?["schema_version"] == "2.0")
    #expect(try await cloud.ask("GET", root + "/mappings").json["mappings"]?.array?.count == 1)
    #expect(try await cloud.ask("DELETE", path).status == 204)
    #expect(try await cloud.ask("GET", path).status == 404)
  }

  @Test("A protocol joins a provider and a mapping")
  func protocols() async throws {
    let cloud = try await TestCloud()
    let provider = root + "/identity_providers/keycloak"
    #expect(try await cloud.ask("PUT", provider, ["identity_provider": ["domain_id": "default"]]).status == 201)
    #expect(try await cloud.ask("PUT", root + "/mappings/m", ["mapping": ["rules": Self.rules]]).status == 201)
    let path = provider + "/protocols/openid"
    #expect(try await cloud.ask("PUT", path, ["protocol": ["mapping_id": "none"]]).status == 400)
    #expect(try await cloud.ask("PUT", path, ["protocol": [:]]).status == 400)
    let made = try await cloud.ask("PUT", path, ["protocol": ["mapping_id": "m"]])
    #expect(made.status == 201 && made.json["protocol"]?["id"] == "openid")
    #expect(made.json["protocol"]?["links"]?["self"]?.string == "http://cloud:5000" + path)
    #expect(try await cloud.ask("PUT", path, ["protocol": ["mapping_id": "m"]]).status == 409)
    let change: JSON = ["protocol": ["mapping_id": "m", "remote_id_attribute": "HTTP_OIDC_ISS"]]
    #expect(try await cloud.ask("PATCH", path, change).json["protocol"]?["remote_id_attribute"] == "HTTP_OIDC_ISS")
    #expect(try await cloud.ask("GET", provider + "/protocols").json["protocols"]?.array?.count == 1)
    #expect(try await cloud.ask("DELETE", path).status == 204)
    #expect(try await cloud.ask("GET", path).status == 404)
  }

  @Test("Service providers, of which tokens tell while they are enabled")
  func serviceProviders() async throws {
    let cloud = try await TestCloud()
    let path = root + "/service_providers/other"
    let urls: JSONObject = ["auth_url": "https://other/v3/OS-FEDERATION/x", "sp_url": "https://other/saml"]
    #expect(try await cloud.ask("PUT", path, ["service_provider": ["auth_url": "https://x"]]).status == 400)
    #expect(
      try await cloud.ask("PUT", path, ["service_provider": .object(urls.merging(["auth_url": "x"]))]).status == 400)
    let made = try await cloud.ask("PUT", path, ["service_provider": .object(urls)])
    #expect(made.status == 201 && made.json["service_provider"]?["relay_state_prefix"] == "ss:mem:")
    #expect(made.json["service_provider"]?["enabled"] == false)
    #expect(try await cloud.ask("PUT", path, ["service_provider": .object(urls)]).status == 409)
    let admin = TestCloud.user("admin", TestCloud.adminPassword)
    #expect(try await cloud.authenticate(admin).json["token"]?["service_providers"] == nil)
    #expect(try await cloud.ask("PATCH", path, ["service_provider": ["enabled": true]]).status == 200)
    #expect(try await cloud.authenticate(admin).json["token"]?["service_providers"]?[0]?["id"] == "other")
    #expect(
      try await cloud.ask("GET", root + "/service_providers?enabled=true").json["service_providers"]?.array?.count == 1)
    #expect(try await cloud.ask("DELETE", path).status == 204)
    #expect(try await cloud.ask("DELETE", path).status == 404)
  }

  @Test("As whom providers know a user can be said when he is made")
  func attribute() async throws {
    let cloud = try await TestCloud()
    let provider = root + "/identity_providers/idp"
    #expect(try await cloud.ask("PUT", provider, ["identity_provider": ["domain_id": "default"]]).status == 201)
    #expect(try await cloud.ask("PUT", root + "/mappings/m", ["mapping": ["rules": Self.rules]]).status == 201)
    #expect(try await cloud.ask("PUT", provider + "/protocols/openid", ["protocol": ["mapping_id": "m"]]).status == 201)
    func known(_ id: String, _ provider: String = "idp") -> JSON {
      [["idp_id": .string(provider), "protocols": [["protocol_id": "openid", "unique_id": .string(id)]]]]
    }
    let id = try await cloud.make(
      "/v3/users", "user", ["name": "ann", "domain_id": "default", "federated": known("a1")])
    #expect(try await cloud.ask("GET", "/v3/users/\(id)").json["user"]?["federated"] == known("a1"))
    let changed = try await cloud.ask("PATCH", "/v3/users/\(id)", ["user": ["federated": known("a2")]])
    #expect(changed.json["user"]?["federated"] == known("a2"))
    #expect(
      try await cloud.ask("PATCH", "/v3/users/\(id)", ["user": ["email": "x"]]).json["user"]?["federated"]
        == known("a2"))
    #expect(try await cloud.ask("GET", "/v3/users?unique_id=a2").json["users"]?[0]?["name"] == "ann")
    #expect(try await cloud.ask("GET", "/v3/users?protocol_id=saml2").json["users"] == [])
    let taken: JSON = ["user": ["name": "bob", "domain_id": "default", "federated": known("a2")]]
    #expect(try await cloud.ask("POST", "/v3/users", taken).status == 409)
    for wrong in [known("x", "none"), "x", [["idp_id": "idp"]], [["idp_id": "idp", "protocols": []]]] as [JSON] {
      let body: JSON = ["user": ["name": "bob", "domain_id": "default", "federated": wrong]]
      #expect(try await cloud.ask("POST", "/v3/users", body).status == 400, "\(wrong.text)")
    }
    // Without the provider the user, who has a name here, stays.
    #expect(try await cloud.ask("DELETE", provider).status == 204)
    #expect(try await cloud.ask("GET", "/v3/users/\(id)").json["user"]?["federated"] == nil)
  }
}
