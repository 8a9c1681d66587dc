import API
import Core
import HTTP
import JSON
import KeystoneAPI
import KeystoneModel
import Store
import Testing

@Suite("A domain's configuration") struct DomainConfigTests {
  @Test("is kept by group and option, and never shows its secrets")
  func options() async throws {
    let cloud = try await TestCloud()
    let domain = try await cloud.make("/v3/domains", "domain", ["name": "acme"])
    let path = "/v3/domains/\(domain)/config"
    #expect(try await cloud.ask("GET", path).status == 404)
    let config: JSON = [
      "config": [
        "ldap": ["url": "ldap://here", "password": "hush", "user_tree_dn": "ou=people"],
        "identity": ["driver": "ldap"],
      ]
    ]
    let first = try await cloud.ask("PUT", path, config)
    #expect(first.status == 201, "\(first.json.text)")
    #expect(first.json["config"]?["ldap"]?["url"] == "ldap://here")
    #expect(first.json["config"]?["ldap"]?["password"] == nil)
    #expect(try await cloud.ask("PUT", path, config).status == 200)
    let kept = try await cloud.keystone.store.read { try await $0.configuration(ofDomain: domain) }
    #expect(kept["ldap"]?["password"] == "hush")
    #expect(try await cloud.ask("GET", path + "/ldap").json["config"]?["ldap"]?.object?.count == 2)
    #expect(try await cloud.ask("GET", path + "/ldap/url").json["config"] == ["url": "ldap://here"])
    #expect(try await cloud.ask("GET", path + "/ldap/password").status == 404)
    #expect(try await cloud.ask("GET", path + "/ldap/colour").status == 403)
    #expect(try await cloud.ask("GET", path + "/weather").status == 403)

    let one = try await cloud.ask("PATCH", path + "/ldap/url", ["config": ["url": "ldap://there"]])
    #expect(one.json["config"]?["ldap"]?["url"] == "ldap://there")
    #expect(try await cloud.ask("PATCH", path + "/ldap/suffix", ["config": ["suffix": "x"]]).status == 404)
    #expect(try await cloud.ask("PATCH", path + "/ldap/url", ["config": ["suffix": "x"]]).status == 403)
    #expect(try await cloud.ask("PATCH", path, ["config": ["ldap": ["suffix": "x"]]]).status == 200)
    for bad: JSON in [["config": [:]], ["config": ["ldap": [:]]], ["config": ["ldap": ["colour": 1]]]] {
      #expect(try await cloud.ask("PUT", path, bad).status == 403, "\(bad.text)")
    }
    #expect(try await cloud.ask("PUT", path, [:]).status == 400)
    #expect(try await cloud.ask("DELETE", path + "/ldap/url").status == 204)
    #expect(try await cloud.ask("GET", path + "/ldap/url").status == 404)
    #expect(try await cloud.ask("DELETE", path).status == 204)
    #expect(try await cloud.ask("GET", path).status == 404)
  }

  @Test("has defaults, and tells everyone what passwords must be like")
  func defaults() async throws {
    var options = TestCloud.quick
    options.compliance.passwordRegex = "^.{7,}$"
    options.compliance.passwordRegexDescription = "seven characters"
    let cloud = try await TestCloud(options: options)
    let all = try await cloud.ask("GET", "/v3/domains/config/default")
    #expect(all.json["config"]?["identity"]?["driver"] == "sql")
    #expect(all.json["config"]?["ldap"]?["user_objectclass"] == "inetOrgPerson")
    #expect(
      try await cloud.ask("GET", "/v3/domains/config/ldap/url/default").json["config"] == ["url": "ldap://localhost"])
    #expect(try await cloud.ask("GET", "/v3/domains/config/weather/default").status == 403)
    let demo = try await cloud.demo()
    let path = "/v3/domains/default/config/security_compliance"
    let rules = try await cloud.send("GET", path, as: demo)
    #expect(rules.json["config"]?["security_compliance"]?["password_regex_description"] == "seven characters")
    let regex = try await cloud.send("GET", path + "/password_regex", as: demo)
    #expect(regex.json["config"] == ["password_regex": "^.{7,}$"])
    #expect(try await cloud.send("GET", path + "/lockout_duration", as: demo).status == 403)
    #expect(try await cloud.send("GET", "/v3/domains/default/config", as: demo).status == 403)
  }
}
