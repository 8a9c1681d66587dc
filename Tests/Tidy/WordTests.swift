import Testing

@Suite("Tidy: words") struct WordTests {
  @Test func everyModuleOpensWithAHeader() {
    for module in ModuleLine.all {
      let files = Tree.sources.filter { file in
        file.path.hasPrefix("Sources/\(module.folder)/")
          && !file.path.dropFirst("Sources/\(module.folder)/".count).contains("/")
      }
      let headers = files.map { file in file.lines.prefix { $0.hasPrefix("//") && !$0.hasPrefix("///") }.count }
      let longest = headers.max() ?? 0
      #expect(
        longest >= 3,
        "Sources/\(module.folder): no file opens with a header (3 to 15 lines: what, why this way, what not)")
      #expect(longest <= 30, "Sources/\(module.folder): a header of \(longest) lines; the rest belongs in docs")
    }
  }

  @Test func nothingIsLeftToDo() {
    let marks = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]
    for file in Tree.sources + Tree.tests {
      for (at, line) in file.lines.enumerated() {
        guard let comment = line.firstRange(of: "//") else { continue }
        let words = line[comment.upperBound...].split { !$0.isLetter }
        for mark in marks where words.contains(Substring(mark)) {
          Issue.record("\(file.path):\(at + 1): \(mark): do it, or open an issue")
        }
      }
    }
  }

  @Test func noNameSaysNothing() {
    let empty = ["Manager", "Helper", "Util", "Utils", "Impl", "Misc", "Common"]
    for (file, lines) in Tree.code {
      for word in empty where file.name.hasSuffix(word + ".swift") {
        Issue.record("\(file.path): a file called \(word) could hold anything; name it for its idea")
      }
      for (number, code) in lines {
        let words = code.split(separator: " ")
        guard let at = words.firstIndex(where: { ["struct", "class", "enum", "actor", "protocol"].contains($0) }),
          words.count > at + 1
        else { continue }
        let name = words[at + 1].prefix { $0.isLetter || $0.isNumber }
        for word in empty where name.hasSuffix(word) {
          Issue.record("\(file.path):\(number): \(name): name it for what it does")
        }
      }
    }
  }

  @Test func noFileIsAPlaceholder() {
    for file in Tree.sources + Tree.tests where file.name == "Placeholder.swift" {
      Issue.record("\(file.path): the module is empty; write it or take it out of Package.swift")
    }
  }
}

@Suite("Tidy: documents") struct DocumentTests {
  @Test(arguments: ["README.md", "ARCHITECTURE.md", "LICENSE", "Makefile"]) func thereIs(file: String) {
    #expect(Tree.exists(file), "\(file) is missing")
  }

  @Test func theArchitectureIsReadInOneGo() {
    let lines = Tree.read("ARCHITECTURE.md")?.lines.count ?? 0
    #expect(lines <= 300, "ARCHITECTURE.md: \(lines) lines; at most 300")
  }

  /// Paths in backquotes that begin in one of the project's folders must be there; `*` stands for anything.
  @Test func documentsNameFilesThatExist() {
    let documents =
      ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"].compactMap(Tree.read)
      + Tree.files(under: "docs", ending: ".md")
    let roots = ["Sources/", "Tests/", "docs/", "etc/", "tools/", ".ci/"]
    for document in documents {
      for (at, line) in document.lines.enumerated() {
        for (n, word) in line.split(separator: "`", omittingEmptySubsequences: false).enumerated() where n % 2 == 1 {
          let path = word.prefix { $0 != " " && $0 != ":" && $0 != "#" }
          guard roots.contains(where: path.hasPrefix), !path.contains(where: { "*{}<>…".contains($0) }) else {
            continue
          }
          #expect(Tree.exists(String(path)), "\(document.path):\(at + 1): there is no \(path)")
        }
      }
    }
  }
}
