import API
import Core
import HTTP
import JSON
import Testing

@Suite("API: policy") struct APIPolicyTests {
  static let reader = Caller(userID: "u1", userDomainID: "d1", projectID: "p1", roles: ["reader"])
  static let admin = Caller(userID: "u2", projectID: "p2", systemScope: true, roles: ["Admin"])

  /// A rule, and what it says to the reader: before the object is known, to his own object and to another's.
  static let table: [(String, Bool?, Bool?, Bool?)] = [
    ("", true, true, true),
    ("@", true, true, true),
    ("!", false, false, false),
    ("not !", true, true, true),
    ("role:reader", true, true, true),
    ("role:READER", true, true, true),
    ("role:admin", false, false, false),
    ("project_id:%(project_id)s", nil, true, false),
    ("tenant_id:%(project_id)s", nil, true, false),
    ("not project_id:%(project_id)s", nil, false, true),
    ("role:admin and project_id:%(project_id)s", false, false, false),
    ("role:reader and project_id:%(project_id)s", nil, true, false),
    ("role:reader or project_id:%(project_id)s", true, true, true),
    ("role:admin or project_id:%(project_id)s", nil, true, false),
    ("user_id:u1", true, true, true),
    ("user_domain_id:d1", true, true, true),
    ("system_scope:all", false, false, false),
    ("is_admin:True", false, false, false),
    ("'public':%(visibility)s", nil, false, true),
    ("'a':a", true, true, true),
    ("color:red", false, false, false),
    ("project_id:%(missing)s", nil, false, false),
    ("rule:owner", nil, true, false),
    ("rule:no_such_rule", false, false, false),
    ("(role:admin or role:reader) and not role:member", true, true, true),
    ("role:admin or role:reader and role:member", false, false, false),
    ("((role:reader))", true, true, true),
    ("NOT role:admin AND role:reader OR !", true, true, true),
  ]
  @Test(arguments: 0..<table.count) func aRuleHasThreeAnswers(row: Int) throws {
    let (text, unknown, own, other) = Self.table[row]
    let rules = ["owner": try PolicyRule(parsing: "project_id:%(project_id)s")]
    let rule = try PolicyRule(parsing: text)
    #expect(rule.decide(Self.reader, target: nil, rules: rules) == unknown)
    #expect(rule.decide(Self.reader, target: ["project_id": "p1", "visibility": "private"], rules: rules) == own)
    #expect(rule.decide(Self.reader, target: ["project_id": "p2", "visibility": "public"], rules: rules) == other)
  }

  @Test func systemScopeAndAdministratorsAreKnown() throws {
    for text in ["role:admin", "system_scope:all", "not role:reader"] {
      #expect(try PolicyRule(parsing: text).decide(Self.admin, target: nil, rules: [:]) == true, "\(text)")
    }
  }

  @Test(arguments: [
    "role", "role:", ":x", "role:a role:b", "and role:a", "role:a and", "role:a or", "not", "(role:a", "role:a)", "()",
    "not(role:a)", "role:%(x)s", "project_id:%(x", "project_id:%()s", "project_id:a%(x)sb", "'it's fine':x y",
  ])
  func aRuleThatCannotBeReadIsRefusedWithItsWords(text: String) {
    let fault = #expect(throws: Fault.self) { try PolicyRule(parsing: text) }
    #expect(fault?.kind == .badRequest)
    #expect(fault?.message.contains(text) == true)
  }

  @Test func circlesAndUnknownNamesStopTheStart() throws {
    for overrides in [
      ["a": "rule:a"], ["a": "not rule:b", "b": "role:x or rule:a"], ["aviary:birds:show": "rule:nobody_wrote"],
      ["aviary:birds:show": "role:"],
    ] {
      #expect(throws: Fault.self) { try Aviary().endpoint(overrides: overrides) }
    }
    #expect(throws: Fault.self, "two defaults of one rule") {
      try PolicyBook(defaults: [(name: "a:b", policy: .admin), (name: "a:b", policy: .anyone)])
    }
    _ = try PolicyBook(defaults: [(name: "a:b", policy: .open), (name: "a:b", policy: .anyone)])
  }

  /// Who asks for the robin of the project `nest`, and the status.
  static let gate: [(String, String, Int)] = [
    ("reader@nest", "/v2/birds/robin", 200), ("admin@roof", "/v2/birds/robin", 200),
    ("reader@roof", "/v2/birds/robin", 404), ("reader@nest", "/v2/birds/crow", 404),
    ("reader@none", "/v2/birds/robin", 403), ("reader@nest", "/v2/birds/dodo", 404),
  ]
  @Test(arguments: 0..<gate.count) func anothersObjectDoesNotExist(row: Int) async throws {
    let (who, path, status) = Self.gate[row]
    let reply = try await Aviary().endpoint().ask("GET", path, as: who)
    #expect(reply.status == status)
    if status == 404 { #expect(reply.text.contains("could not be found")) }
  }

  @Test func onesOwnIsForbiddenRatherThanMissing() async throws {
    let strict = try Aviary().endpoint(overrides: [
      "aviary:birds:show": "role:member and project_id:%(project_id)s and not project_id:%(project_id)s"
    ])
    let mine = try await strict.ask("GET", "/v2/birds/robin", as: "member@nest")
    #expect(mine.status == 403)
    #expect(mine.text.contains("Policy doesn't allow aviary:birds:show to be performed."))
    #expect(try await strict.ask("GET", "/v2/birds/robin", as: "member@roof").status == 404)
  }

  @Test func theRolePartIsDecidedBeforeAnythingIsFetched() async throws {
    let api = try Aviary().endpoint()
    #expect(try await api.ask("DELETE", "/v2/birds/dodo", as: "member@nest").status == 403)
    #expect(try await api.ask("POST", "/v2/birds", as: "reader@nest", ["bird": ["name": "owl"]]).status == 403)
    #expect(try await api.ask("POST", "/v2/birds", as: "reader@nest", raw: .bytes([0])).status == 403)
    let none = try await api.ask("POST", "/v2/birds", as: "admin@none", ["bird": ["name": "owl"]])
    #expect(none.status == 403 && none.text.contains("scoped to a project"))
  }

  @Test func theOperatorsRulesReplaceTheDefaults() async throws {
    let api = try Aviary().endpoint(overrides: ["aviary:birds:delete": "rule:mine", "mine": "role:member"])
    #expect(try await api.ask("DELETE", "/v2/birds/robin", as: "member@nest").status == 204)
    #expect(try await api.ask("DELETE", "/v2/birds/robin", as: "reader@nest").status == 403)
    #expect(api.policies.texts.contains { $0.name == "mine" && $0.text == "role:member" })
    #expect(api.policies.texts.contains { $0.name == "aviary:birds:versions" && $0.text == "@" })
  }

  /// The depth of a rule is limited where it is read: while deciding, a limit under `not` would let everyone in.
  @Test func deepRulesStopTheStart() throws {
    for text in [
      String(repeating: "(", count: 100_000) + "!" + String(repeating: ")", count: 100_000),
      String(repeating: "not ", count: 100_000) + "!", String(repeating: "not ", count: 41) + "!",
    ] {
      #expect(throws: Fault.self) { try PolicyRule(parsing: text) }
      #expect(throws: Fault.self) { try PolicyBook(defaults: [], overrides: ["deep": text]) }
    }
    var chain = ["r40": "!"]
    for n in 0..<40 { chain["r\(n)"] = "not rule:r\(n + 1)" }
    let fault = #expect(throws: Fault.self) { try PolicyBook(defaults: [], overrides: chain) }
    #expect(fault?.message.contains("deep") == true)
    // Few rules that refer to one another many times would be decided for ever.
    var fan = ["r30": "role:nobody"]
    for n in 0..<30 { fan["r\(n)"] = "rule:r\(n + 1) or rule:r\(n + 1) or rule:r\(n + 1)" }
    let many = #expect(throws: Fault.self) { try PolicyBook(defaults: [], overrides: fan) }
    #expect(many?.message.contains("checks") == true)
  }
}
