import Testing

@Suite("Tidy: sizes") struct SizeTests {
  @Test func noFileIsLongerThanSixHundredLines() {
    for file in Tree.sources + Tree.tests {
      #expect(file.lines.count <= 600, "\(file.path): \(file.lines.count) lines; split it by idea")
    }
  }

  @Test func noLineIsLongerThanAHundredAndTwenty() {
    for file in Tree.sources + Tree.tests {
      for (at, line) in file.lines.enumerated() where line.count > 120 {
        // An address cannot be broken.
        if line.contains("://") { continue }
        Issue.record("\(file.path):\(at + 1): \(line.count) characters; swift format breaks lines")
      }
    }
  }

  @Test func noFunctionIsLongerThanSixtyLines() {
    for file in Tree.sources {
      for found in Self.functions(in: file) where found.length > 60 {
        Issue.record("\(file.path):\(found.line): \(found.name) has \(found.length) lines; a function does one thing")
      }
    }
  }

  /// By indentation, which swift format guarantees: from the line with `func` or `init` to the brace below it.
  static func functions(in file: SourceFile) -> [(name: String, line: Int, length: Int)] {
    var found: [(name: String, line: Int, length: Int)] = []
    var open: [(indent: Int, line: Int, name: String)] = []
    for (number, code) in CodeLines.of(file) {
      let text = code.drop { $0 == " " }
      let indent = code.count - text.count
      if text.hasPrefix("}"), let last = open.last, last.indent == indent {
        open.removeLast()
        found.append((name: last.name, line: last.line, length: number - last.line + 1))
        continue
      }
      let words = text.split(separator: " ")
      guard let at = words.firstIndex(where: { $0 == "func" || $0.hasPrefix("init(") }), at <= 5, !text.hasSuffix("}")
      else { continue }
      open.removeAll { $0.indent >= indent }
      let name = words[at].hasPrefix("init(") ? "init" : String(words[min(at + 1, words.count - 1)])
      open.append((indent: indent, line: number, name: name))
    }
    return found
  }

  @Test func functionsAreMeasured() {
    let code = """
      struct A {
        init(x: Int) {
          let s = "}"
        }
        public func one(
          a: Int
        ) async throws -> Int {
          if a > 1 {
            b()
          }
          func inner() {
          }
        }
        func two() { 2 }
      }
      """
    let file = SourceFile(path: "x.swift", lines: code.split(separator: "\n").map(String.init))
    #expect(
      Self.functions(in: file).map { "\($0.name) \($0.line) \($0.length)" } == ["init 2 3", "inner() 11 2", "one( 5 9"])
    #expect(Tree.sources.map { Self.functions(in: $0).count }.reduce(0, +) > 500)
  }
}
