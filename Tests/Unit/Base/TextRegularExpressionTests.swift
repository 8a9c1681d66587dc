import Core
import Testing
import Text

@Suite("Regular expressions of strangers") struct TextRegularExpressionTests {
  @Test(arguments: [
    ("web", "my-WEB-1", true), ("web", "we", false), ("", "", true), ("^web$", "web", true), ("^web$", "web1", false),
    ("^$", "", true), ("^$", "a", false), ("w.b", "w\u{e9}b", true), ("^w.b$", "wb", false),
    ("^[a-c]+$", "abcABC", true), ("^[^a-c]+$", "xyz", true), ("^[^a-c]+$", "xbz", false), ("^[]a-]+$", "]-a", true),
    ("^[[:digit:]_]+$", "1_2", true), ("^[\\d.]+$", "10.0", true), ("^[A-Z]$", "q", true), ("^[\\]]$", "]", true),
    ("^web-\\d{1,3}$", "web-123", true), ("^web-\\d{1,3}$", "web-1234", false), ("^a{2}$", "aa", true),
    ("^a{2}$", "aaa", false), ("^a{2,}$", "aaaaa", true), ("^a{0}b$", "b", true), ("^(a|bc|)$", "bc", true),
    ("^(a|bc|)$", "", true), ("^(?:ab)+$", "abab", true), ("^(?:ab)+$", "aba", false), ("a*?b", "aaab", true),
    ("^\\w+\\s\\W$", "ab !", true), ("^a\\.b$", "axb", false), ("a^", "a", false), ("$a", "a", false),
    ("(a*)*", "", true),
    ("(a*)*b", "aaac", false), ("^(web|db)-[0-9]+$", "db-42", true), ("10\\.0\\.0\\.1[0-9]?$", "10.0.0.15", true),
    ("\u{c9}", "caf\u{e9}", true),
  ]) func matches(pattern: String, text: String, expected: Bool) throws {
    #expect(try RegularExpression(pattern).matches(text) == expected)
  }

  @Test(arguments: [
    "(", ")", "a)", "[", "[a", "[b-a]", "[[:nothing:]]", "*", "a**", "+a", "a{", "a{2", "a{3,2}", "a{x}", "\\", "(?=a)",
    "(?P<n>a)", "\\1", "\\p{L}", "a{1001}", "((a{1,20}){1,20}){1,20}", "(((){999}){999}){999}",
    String(repeating: "(", count: 200), "[^\\D]",
  ]) func refuses(pattern: String) {
    let fault = #expect(throws: Fault.self) { try RegularExpression(pattern) }
    #expect(fault?.kind == .badRequest && fault?.message.isEmpty == false)
  }

  @Test(arguments: ["(a+)+$", "(a|a)*b", "(a?){30}a{30}b", "(.*)*x", "((a*)*)*c", "(a|aa|aaa)+$"])
  func noPatternTakesLong(pattern: String) throws {
    let text = String(repeating: "a", count: 250) + "!"
    let start = ContinuousClock().now
    #expect(try !RegularExpression(pattern).matches(text))
    #expect(ContinuousClock().now - start < .seconds(30), "it would be years")
  }
}
