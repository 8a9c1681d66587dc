import Core
import JSON
import KeystoneModel
import Testing

/// What upstream's fixtures show of the language (keystone/tests/unit/mapping_fixtures.py), as rows of our own.
@Suite("Mappings") struct MappingTests {
  private typealias Group = MappedIdentity.Group
  private typealias Project = MappedIdentity.Project

  private static func rule(_ local: JSON, _ remote: JSON) -> JSON { ["local": local, "remote": remote] }
  private static let named: JSON = ["user": ["name": "{0}"]]

  private func map(
    _ rules: JSON, _ said: [String: String], _ version: MappingVersion = .first
  ) throws -> MappedIdentity {
    try MappingRules.check(rules, version: version)
    return try MappingEngine(id: "m", rules: rules, version: version).map(said)
  }
  private func nobody(_ rules: JSON, _ said: [String: String], _ version: MappingVersion = .first) throws {
    try MappingRules.check(rules, version: version)
    do {
      let identity = try MappingEngine(id: "m", rules: rules, version: version).map(said)
      Issue.record("somebody: \(identity)")
    } catch {
      guard case .nobody = error else { throw error }
    }
  }

  private static let employee = [
    "Email": "tim@example.com", "UserName": "tbo", "FirstName": "Tim", "LastName": "Bo",
    "orgPersonType": "Employee;PartTimeEmployee;Manager",
  ]

  @Test("A value of the list must be there, or none may be")
  func conditions() throws {
    let any: JSON = ["type": "orgPersonType", "any_one_of": ["Admin", "Manager"]]
    let none: JSON = ["type": "orgPersonType", "not_any_of": ["Contractor", "Tester"]]
    let local: JSON = [["user": ["name": "{0} {1}", "email": "{2}"], "group": ["id": "0cd5e9"]]]
    let names: [JSON] = [["type": "FirstName"], ["type": "LastName"], ["type": "Email"]]
    for condition in [any, none] {
      let rules: JSON = [Self.rule(local, .array(names + [condition]))]
      let identity = try map(rules, Self.employee)
      #expect(identity.userName == "Tim Bo" && identity.email == "tim@example.com")
      #expect(identity.groupIDs == ["0cd5e9"] && identity.kind == .ephemeral)
      var other = Self.employee
      other["orgPersonType"] = condition == any ? "Tester" : "Employee;Tester"
      try nobody(rules, other)
      other["orgPersonType"] = nil
      try nobody(rules, other)
    }
  }

  @Test("Conditions count no matches, so {0} is the first that is not one")
  func numbering() throws {
    let said = ["kind": "a", "name": "tbo"]
    let remote: JSON = [["type": "kind", "any_one_of": ["a"]], ["type": "name"]]
    #expect(try map([Self.rule([Self.named], remote)], said).userName == "tbo")
    #expect(try map([Self.rule([["user": ["name": "{{{0}}}"]]], remote)], said).userName == "{tbo}")
    #expect(try map([Self.rule([["user": ["name": "{}"]]], remote)], said).userName == "tbo")
    for wrong in ["{1}", "{-1}", "{", "}", "{name}", "{0.x}", "{0", "{} {}", "{99999999999999999999}"] {
      #expect(throws: MappingEngine.Problem.badReference, "\(wrong)") {
        try map([Self.rule([["user": ["name": .string(wrong)]]], remote)], said)
      }
    }
    #expect(throws: MappingEngine.Problem.badReference) {
      try map([Self.rule([Self.named], [["type": "kind", "any_one_of": ["a"]]])], said)
    }
  }

  @Test("Patterns are looked for anywhere in a value, with their case")
  func patterns() throws {
    func condition(_ key: String, _ pattern: String) -> JSON {
      .object(JSONObject([("type", "Email"), (key, JSON.array([.string(pattern)])), ("regex", true)]))
    }
    func rules(_ key: String, _ pattern: String) -> JSON {
      [Self.rule([Self.named], [["type": "UserName"], condition(key, pattern)])]
    }
    #expect(try map(rules("any_one_of", ".*@example.com$"), Self.employee).userName == "tbo")
    #expect(try map(rules("any_one_of", "im@"), Self.employee).userName == "tbo")
    try nobody(rules("any_one_of", ".*@EXAMPLE.com$"), Self.employee)
    try nobody(rules("any_one_of", "^[A-Z]"), Self.employee)
    try nobody(rules("not_any_of", "example"), Self.employee)
    #expect(try map(rules("not_any_of", "@example.org$"), Self.employee).userName == "tbo")
  }

  @Test("A pattern that would keep other matchers busy for years is done at once")
  func patience() throws {
    let rules: JSON = [
      Self.rule(
        [Self.named], [["type": "UserName"], ["type": "x", "any_one_of": ["(a+)+$", "(a|a)*b$"], "regex": true]])
    ]
    try nobody(rules, ["UserName": "tbo", "x": String(repeating: "a", count: 20_000) + "!"])
  }

  @Test("Black and white lists keep what is left of the values, as a list")
  func lists() throws {
    func rules(_ condition: JSON) -> JSON {
      [
        Self.rule(
          [["groups": "{0}", "domain": ["id": "d"]], ["user": ["name": "{1}"]]], [condition, ["type": "UserName"]])
      ]
    }
    let cases: [(JSON, [String])] = [
      (["type": "orgPersonType", "whitelist": ["Manager", "Chief"]], ["Manager"]),
      (["type": "orgPersonType", "blacklist": ["Manager"]], ["Employee", "PartTimeEmployee"]),
      (["type": "orgPersonType", "blacklist": [".*Employee$"], "regex": true], ["Manager"]),
      (["type": "orgPersonType", "whitelist": [".*Employee$"], "regex": true], ["Employee", "PartTimeEmployee"]),
      (["type": "orgPersonType", "whitelist": ["Chief"]], []),
      (["type": "orgPersonType"], ["Employee", "PartTimeEmployee", "Manager"]),
    ]
    for (condition, names) in cases {
      let identity = try map(rules(condition), Self.employee)
      #expect(identity.groups == names.map { Group($0, .init(id: "d")) }, "\(condition.text)")
      #expect(identity.userName == "tbo")
    }
  }

  @Test("Group names need a domain, which an attribute can bring as JSON")
  func groupDomains() throws {
    let bare: JSON = [Self.rule([Self.named, ["groups": "{1}"]], [["type": "user"], ["type": "groups"]])]
    let said = #"JSON:{"name":"group1","domain":{"name":"xxx"}};JSON:{"name":"group2","domain":{"id":"yyy"}}"#
    #expect(
      try map(bare, ["user": "b", "groups": said]).groups
        == [Group("group1", .init(name: "xxx")), Group("group2", .init(id: "yyy"))])
    for wrong in ["plain", #"JSON:{"name":"group1"}"#, "JSON:nonsense"] {
      try nobody(bare, ["user": "b", "groups": wrong])
    }
    let filtered: JSON = [Self.rule([["groups": "{0}"]], [["type": "groups", "whitelist": ["a"]]])]
    try nobody(filtered, ["groups": "a"])
    // A name may hold any word.
    let whole: JSON = [
      Self.rule([Self.named, ["groups": "{1}", "domain": ["id": "d"]]], [["type": "user"], ["type": "groups"]])
    ]
    for name in ["renamed", "ALL USERS", "1234", "it's", "a \"b\" c", "[x]", "back\\slash", "Team_España"] {
      #expect(try map(whole, ["user": "b", "groups": name]).groups == [Group(name, .init(id: "d"))])
      #expect(try map(whole, ["user": "b", "groups": name + ";other"]).groups.map(\.name) == [name, "other"])
    }
  }

  @Test("Groups by id and by name come from all rules that hold, each once")
  func groups() throws {
    let rules: JSON = [
      Self.rule([Self.named], [["type": "UserName"]]),
      Self.rule(
        [["group": ["name": "Developer", "domain": ["name": "outsourcing"]]], ["group": ["id": "a"]]],
        [["type": "orgPersonType", "any_one_of": ["Employee"]]]),
      Self.rule([["group": ["id": "no"]]], [["type": "orgPersonType", "any_one_of": ["Chief"]]]),
      Self.rule(
        [["group_ids": "{0}"], ["group": ["id": "a"]]], [["type": "ids", "blacklist": ["def456"]]]),
    ]
    var said = Self.employee
    said["ids"] = "abc123;def456;ghi789"
    let identity = try map(rules, said)
    #expect(identity.groups == [Group("Developer", .init(name: "outsourcing"))])
    #expect(identity.groupIDs == ["a", "abc123", "ghi789"])
    said["ids"] = "321cba"
    #expect(try map(rules, said).groupIDs == ["a", "321cba"])
  }

  @Test("The first user counts; he is ephemeral unless the rule says local")
  func users() throws {
    let both: JSON = [
      Self.rule([["user": ["id": "abc@x", "name": "{0}", "domain": ["id": "f"]]]], [["type": "UserName"]]),
      Self.rule([["user": ["name": "second"]]], [["type": "UserName"]]),
    ]
    let identity = try map(both, Self.employee)
    #expect(identity.userID == "abc@x" && identity.userName == "tbo" && identity.domain == .init(id: "f"))
    let local: JSON = [
      Self.rule(
        [["user": ["name": "{0}", "domain": ["name": "{1}"], "type": "local"]]], [["type": "n"], ["type": "d"]])
    ]
    let here = try map(local, ["n": "marek", "d": "Local"])
    #expect(here.kind == .local && here.domain == .init(name: "Local"))
  }

  @Test("Projects with roles; since 2.0 with domains, since 3.0 also out of JSON")
  func projects() throws {
    let list: JSON = [
      ["name": "Production", "roles": [["name": "observer"]]],
      ["name": "Project for {0}", "roles": [["name": "admin"], ["name": "member"]]],
    ]
    let rules: JSON = [Self.rule([Self.named, ["projects": list, "domain": ["id": "d"]]], [["type": "UserName"]])]
    let first = try map(rules, Self.employee)
    #expect(
      first.projects
        == [Project("Production", roles: ["observer"]), Project("Project for tbo", roles: ["admin", "member"])])
    #expect(first.domain == nil)
    let second = try map(rules, Self.employee, .withDomains)
    #expect(second.projects.map(\.domain) == [.init(id: "d"), .init(id: "d")] && second.domain == .init(id: "d"))

    let json: JSON = [Self.rule([Self.named, ["projects_json": "{1}"]], [["type": "UserName"], ["type": "p"]])]
    var said = Self.employee
    said["p"] = #"[{"name": "x", "roles": [{"name": "member"}], "domain": {"name": "y"}}]"#
    #expect(
      try map(json, said, .withProjectsAsJSON).projects == [Project("x", domain: .init(name: "y"), roles: ["member"])])
    for wrong in ["[1]", "nonsense", "{}", #"[{"name": "x"}]"#] {
      said["p"] = wrong
      try nobody(json, said, .withProjectsAsJSON)
    }
    #expect(throws: Fault.self) { try MappingRules.check(json, version: .withDomains) }
  }

  @Test("What a mapping could make of a user is bounded")
  func sizes() throws {
    let long = String(repeating: "x", count: 60_000)
    let local = JSON.array(Array(repeating: Self.named, count: 100))
    try nobody([Self.rule(local, [["type": "UserName"]])], ["UserName": long])
  }

  private static let wrong: [JSON] = [
    [], "rules", [1], [["local": []]], [["remote": [["type": "x"]]]], [rule([], [])],
    [rule([["user": "name"]], [["type": "x"]])],
    [rule([named], [["not_type": "UserName"]])], [rule([named], [[:]])],
    [rule([named], [["type": "x", "bad_requirement": ["y"]]])], [rule([named], [["type": "x", "any_one_of": "y"]])],
    [rule([named], [["type": "x", "any_one_of": ["y"], "invalid": "z"]])],
    [rule([named], [["type": "x", "not_any_of": ["y"], "any_one_of": ["z"]]])],
    [rule([named], [["type": "x", "blacklist": ["y"], "whitelist": ["z"]]])],
    [rule([named], [["type": "x", "regex": true]])],
    [rule([named], [["type": "x", "any_one_of": ["y"], "regex": "yes"]])],
    [rule([named], [["type": "x", "any_one_of": ["(y"], "regex": true]])],
    [rule([named], [["type": "x", "any_one_of": ["(?=y)"], "regex": true]])],
    [["local": [named], "remote": [["type": "x"]], "invalid": 1]],
    [rule([["group": ["name": "x"]]], [["type": "x"]])], [rule([["group": [:]]], [["type": "x"]])],
    [rule([["group": ["id": "x", "domain": ["id": "y"]]]], [["type": "x"]])],
    [rule([["group": ["name": "x", "domain": ["id": "y", "other": "z"]]]], [["type": "x"]])],
    [rule([["user": ["name": "x", "groups": "y"]]], [["type": "x"]])],
    [rule([["user": ["name": "x", "type": "other"]]], [["type": "x"]])], [rule([["whatisthis": "x"]], [["type": "x"]])],
    [rule([["projects": [["name": "x"]]]], [["type": "x"]])],
    [rule([["projects": [["roles": [["name": "x"]]]]]], [["type": "x"]])],
    [rule([["projects": [["name": "x", "roles": [], "domain": ["id": "d"]]]]], [["type": "x"]])],
    [rule([["groups": ["x"]]], [["type": "x"]])],
  ]

  @Test("Rules that are not well formed are refused in words", arguments: 0..<wrong.count)
  func malformed(index: Int) {
    let fault = #expect(throws: Fault.self, "\(Self.wrong[index].text)") {
      try MappingRules.check(Self.wrong[index], version: .first)
    }
    #expect(fault?.kind == .badRequest && (fault?.message.count ?? 0) > 10)
  }
}
