import Core
import JSON
import Testing
import Text

@Suite("INI, YAML and near words") struct TextParserTests {
  @Test func iniHasSectionsRepeatsCommentsAndContinuations() throws {
    let ini = try Ini(
      parsing:
        "top = 1\r\n# no\n[a]\nx = 1\n; no\ny: \"two words\"\nx = 2\nl = 1,\n  2,\n\t3\n"
        + "[ b ]\nempty =\nurl = http://h:1\n",
      source: "f")
    #expect(ini.value("DEFAULT", "top") == "1")
    #expect(ini.values("a", "x") == ["1", "2"] && ini.value("a", "y") == "two words")
    #expect(ini.value("a", "l") == "1,\n2,\n3")
    #expect(ini.value("b", "empty") == "" && ini.value("b", "url") == "http://h:1")
    #expect(ini.entries.first { $0.key == "y" }?.line == 6)
  }

  @Test(arguments: [
    ("[a]\nnonsense", "f:2:"), ("[a\n", "f:1:"), ("[]", "f:1:"), ("= 1", "f:1:"), ("[a]\n\n  x", "f:3:"),
    ("a=1\n\n  x", "f:3:"),
  ]) func iniErrorsNameTheLine(text: String, place: String) {
    let fault = #expect(throws: Fault.self) { try Ini(parsing: text, source: "f") }
    #expect(fault?.message.hasPrefix(place) == true)
  }

  @Test func yamlBecomesATree() throws {
    let value = try YAML.parse(
      """
      # policy
      "a:b": "rule:x and not role:y"
      list: [1, -2.5, yes, ~, "1", 0x10]
      block: |
        one
        two
      deep: {k: {l: v}}
      date: 2026-11-21
      tagged: !!str 12
      none:
      """, source: "f")
    #expect(
      value == [
        "a:b": "rule:x and not role:y", "list": [1, -2.5, true, nil, "1", 16], "block": "one\ntwo\n",
        "deep": ["k": ["l": "v"]], "date": "2026-11-21", "tagged": "12", "none": nil,
      ])
    #expect(try YAML.parse("", source: "f") == .null)
  }

  @Test(arguments: [
    ("a: 1\nb: [1,\n", "f:3:"), ("a: 1\na: 2", "f:2:"), ("a: &x 1\nb: *x", "f:2:"), ("a: 1\n---\nb: 1", "f:2:"),
    ("a: !!python/object:x {}", "f:1:"), ("a: !thing x", "f:1:"), ("a:\n\t- b", "f:2:"), ("? [a]\n: b", "f:1:"),
  ]) func yamlRefuses(text: String, place: String) {
    let fault = #expect(throws: Fault.self) { try YAML.parse(text, source: "f") }
    #expect(fault?.message.hasPrefix(place) == true, "\(fault?.message ?? "")")
  }

  @Test func yamlHasLimits() {
    let deep = String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
    #expect(throws: Fault.self) { try YAML.parse(deep, source: "f") }
    #expect(throws: Fault.self) { try YAML.parse("a: 1234", source: "f", limits: .init(bytes: 4)) }
  }

  @Test(arguments: [
    ("listne", "listen"), ("port", "ports"), ("LISTEN", "listen"), ("xyzzy", nil),
    ("max_conections", "max_connections"),
  ]) func nearest(word: String, found: String?) {
    #expect(closest(word, among: ["listen", "ports", "max_connections"]) == found)
  }

  @Test(arguments: ["1.0e999", "-1.0e999", "0x-5", "0o+7"]) func yamlKeepsAsTextWhatIsNoNumber(text: String) throws {
    #expect(try YAML.parse(text, source: "f") == .string(text))
  }

  @Test(arguments: ["[ ]", "[\t ]\nx = 1"]) func anIniSectionHasAName(text: String) {
    let fault = #expect(throws: Fault.self) { try Ini(parsing: text, source: "f") }
    #expect(fault?.message.hasPrefix("f:1:") == true)
  }
}
