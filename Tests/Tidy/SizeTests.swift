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

  /// By indentation, which swift format guarantees: from the line that opens the body to the brace below its `func`.
  @Test func noFunctionIsLongerThanSixtyLines() {
    for file in Tree.sources {
      let lines = CodeLines.of(file)
      var open: [(indent: Int, line: Int, name: Substring)] = []
      for (number, code) in lines {
        let text = code.drop { $0 == " " }
        let indent = code.count - text.count
        if text.hasPrefix("}"), let last = open.last, last.indent == indent {
          open.removeLast()
          let length = number - last.line + 1
          if length > 60 {
            Issue.record("\(file.path):\(last.line): \(last.name) has \(length) lines; a function does one thing")
          }
          continue
        }
        let words = text.split(separator: " ")
        guard let at = words.firstIndex(where: { $0 == "func" || $0.hasPrefix("init(") }), at <= 5,
          !text.hasSuffix("}")
        else { continue }
        open.removeAll { $0.indent >= indent }
        let isInit = words[at].hasPrefix("init(")
        open.append((indent: indent, line: number, name: isInit ? "init" : words[min(at + 1, words.count - 1)]))
      }
    }
  }
}
