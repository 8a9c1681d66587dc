import HTTP
import Testing

struct HTTPPercentTests {
  @Test(arguments: [
    ("plain", "plain"), ("a%2Fb", "a/b"), ("%c3%BC", "ü"), ("100%", "100%"), ("%4", "%4"), ("%zz", "%zz"),
    ("a+b", "a+b"),
    ("", ""),
  ])
  func decodes(text: String, expected: String) {
    #expect(percentDecode(text) == expected)
  }

  @Test func encodesAllButUnreserved() {
    #expect(percentEncode("a b/ü~") == "a%20b%2F%C3%BC~")
    #expect(percentEncode("a b/c", keeping: "/") == "a%20b/c")
  }

  @Test func readsBackTheQueryItWrites() {
    let query = parseQuery("a=1&b=x+y%2B&c&&d=e=f")
    #expect(query.map { "\($0.name):\($0.value)" } == ["a:1", "b:x y+", "c:", "d:e=f"])
    #expect(parseQuery(writeQuery(query)).map(\.value) == query.map(\.value))
  }

  /// `&` and `=` part a query whatever follows them: an accent behind one does not make it another letter.
  @Test func combiningMarksDoNotHideSeparators() {
    let query = parseQuery("a=1&\u{301}b=2&c=\u{301}d")
    #expect(query.map(\.name) == ["a", "\u{301}b", "c"])
    #expect(query.map(\.value) == ["1", "2", "\u{301}d"])
  }
}
