import Testing

/// What is proven about the code must be proven about all of it: whoever adds a saga, a lifecycle, a reconciler or a
/// driver is told here where its proof belongs, and whoever takes a proof away is told what it was of.
@Suite("Tidy: proofs") struct ProofTests {
  /// The code of a folder's files as one text, comments and literals' words left out.
  private static func code(_ folder: String) -> String {
    let files = folder.hasPrefix("Tests") ? Tree.tests.map { ($0, CodeLines.of($0)) } : Tree.code
    return files.filter { $0.0.path.hasPrefix(folder) }
      .map { $0.1.map(\.code).joined(separator: "\n") }.joined(separator: "\n")
  }
  private static let services = code("Sources/Services")
  private static let trials = code("Tests/Trials")

  /// What stands between two marks, wherever both stand on one line.
  private static func words(in text: String, between start: String, and end: String) -> [String] {
    text.split(separator: "\n").compactMap { line in
      guard let from = line.firstRange(of: start), let to = line[from.upperBound...].firstRange(of: end) else {
        return nil
      }
      return String(line[from.upperBound..<to.lowerBound])
    }
  }
  private static func isName(_ word: String) -> Bool { !word.isEmpty && word.allSatisfy { $0.isLetter || $0.isNumber } }

  @Test func everySagaIsCarriedOutAndOnTrial() {
    let sagas = Self.services.split(separator: "\n").compactMap { line -> String? in
      let halves = line.split(separator: ":", maxSplits: 1)
      guard halves.count == 2 else { return nil }
      let conforms = halves[1].split { !$0.isLetter }.contains("Saga")
      let words = halves[0].split(separator: " ")
      guard conforms, words.count >= 2, ["extension", "struct"].contains(words[words.count - 2]) else { return nil }
      return String(words[words.count - 1])
    }.filter(Self.isName)
    #expect(sagas.count >= 19)
    for saga in sagas {
      #expect(Self.services.contains("register(\(saga).self"), "\(saga) is never registered with a queue")
      #expect(Self.trials.contains("\(saga).self,"), "\(saga) has no scenario in Tests/Trials")
    }
  }

  @Test func everyLifecycleIsTriedInEveryState() {
    let resources = Self.words(in: Self.services, between: "= Lifecycle<", and: ">(")
    #expect(resources.count >= 3)
    let lives = Self.code("Tests/Derived")
    for resource in resources {
      #expect(
        lives.contains("typealias Resource = \(resource)\n"), "\(resource) has no Life in Tests/Derived/Lives.swift")
      let life = "\(resource)Life"
      #expect(lives.contains("everyStateTimesEveryMove(\(life).self)"), "\(life) is not run by LifecycleTests")
    }
  }

  @Test func everyReconcilerIsTried() {
    // Names stand in literals, so whole lines are read here.
    let sources: [String] = Tree.sources.flatMap(\.lines).filter { $0.contains("Reconciler(\"") }
    let tests = Tree.tests.filter { !$0.path.hasPrefix("Tests/Tidy") }.flatMap { $0.lines }.joined(separator: "\n")
    #expect(sources.count >= 10)
    for line in sources {
      let words = line.split(separator: "\"", omittingEmptySubsequences: false).map(String.init)
      guard let at = words.firstIndex(where: { $0.hasSuffix("Reconciler(") }), words.count > at + 1 else { continue }
      let call = Self.words(in: line, between: "try await ", and: "(").last ?? ""
      let function = call.split(separator: ".").last.map(String.init) ?? call
      #expect(
        tests.contains("\"\(words[at + 1])\"") || tests.contains(".\(function)("),
        "no test names the reconciler \(words[at + 1]), nor calls \(function)")
    }
  }

  /// An option that nobody reads is a promise that is not kept.
  @Test func everyOptionIsRead() {
    let programs = Tree.code.filter { $0.file.path.hasPrefix("Sources/Programs/") }
    let lines = programs.flatMap { $0.lines.map(\.code) }
    // The last word of a key path in a row of options; its property is declared beside the rows.
    let words = lines.flatMap { line -> [String] in
      line.ranges(of: "\\.").compactMap { range in
        line[range.upperBound...].prefix { $0.isLetter || $0.isNumber || $0 == "." }.split(separator: ".").last
          .map(String.init)
      }
    }
    let options = Set(words).filter { name in lines.contains { $0.contains("package var \(name) =") } }
    #expect(options.count >= 25)
    for option in options {
      let isRead = lines.contains { line in
        Self.has(line, option) && !line.contains("var \(option) ") && !line.contains("\\.")
      }
      #expect(isRead, "Settings.\(option) is set by its option and read by nobody")
    }
  }

  // MARK: Drivers

  /// A protocol of Hardware with what it asks for: each function's name and the words of its arguments.
  private struct Contract {
    let name: String
    var functions: [(name: String, labels: [String])] = []
  }

  private static let contracts: [Contract] = {
    var all: [Contract] = []
    for line in code("Sources/Hardware").split(separator: "\n") {
      if line.hasPrefix("public protocol "), let name = words(in: String(line), between: "protocol ", and: ":").first {
        all.append(Contract(name: name))
      } else if line.hasPrefix("  func "), !all.isEmpty {
        let name = line.dropFirst(7).prefix { $0 != "(" }
        let arguments = line.dropFirst(7 + name.count + 1)
        let end = arguments.ranges(of: ") async").last?.lowerBound ?? arguments.endIndex
        let labels = arguments[..<end].split(separator: ",").compactMap { part -> String? in
          // Arguments that are closures may trail, where they have no word.
          guard let colon = part.firstIndex(of: ":"), !part.contains("->") else { return nil }
          let label = part[..<colon].split(separator: " ").first.map(String.init) ?? ""
          return isName(label) ? label + ":" : nil
        }
        all[all.count - 1].functions.append((String(name), labels))
      }
    }
    return all
  }()

  /// The contract of a protocol is what takes any of it.
  @Test func everyFunctionOfEveryDriverIsInItsContract() {
    #expect(Self.contracts.count >= 10 && Self.contracts.allSatisfy { !$0.functions.isEmpty })
    for contract in Self.contracts {
      let suites = Tree.tests.filter { file in
        file.path.hasPrefix("Tests/Contract/") && file.lines.contains { Self.has($0, "any \(contract.name)") }
      }
      #expect(!suites.isEmpty, "nothing in Tests/Contract takes any \(contract.name)")
      let text = suites.flatMap { $0.lines }.joined(separator: "\n")
      for function in contract.functions {
        let isAsked = Self.calls(of: function.name, in: text).contains { call in
          function.labels.allSatisfy { call.contains($0) }
        }
        #expect(isAsked, "the contract of \(contract.name) never asks for \(function.name) \(function.labels)")
      }
    }
  }

  /// Every driver passes it: the fake one, and at least one that is real.
  @Test func everyDriverKeepsItsContract() {
    let asked = Self.code("Tests/Contract")
    for contract in Self.contracts {
      var fakes = 0
      var others = 0
      for file in Tree.sources where file.path.hasPrefix("Sources/Drivers/") {
        for line in file.lines where line.contains(": \(contract.name) {") {
          let words = line.split(separator: " ")
          guard let at = words.firstIndex(where: { ["struct", "class", "actor"].contains($0) }) else { continue }
          if file.path.contains("/Fake/") { fakes += 1 } else { others += 1 }
          // What a driver keeps to itself comes out of another, which is asked.
          guard words.contains("public") else { continue }
          let name = String(words[at + 1].dropLast())
          // A driver may be a property of what makes it.
          let places = Tree.sources.flatMap { $0.lines }.compactMap {
            Self.words(in: $0, between: "let ", and: ": \(name)").first
          }
          let isAsked = Self.has(asked, name) || places.contains { asked.contains(".network.\($0)") }
          #expect(isAsked, "\(name) is not asked to keep the contract of \(contract.name) in Tests/Contract")
        }
      }
      #expect(fakes > 0 && others > 0, "\(contract.name) needs a fake driver and a real one")
    }
  }

  /// Whether the word stands there by itself.
  private static func has(_ text: String, _ word: String) -> Bool {
    text.ranges(of: word).contains { range in
      range.upperBound == text.endIndex || !(text[range.upperBound].isLetter || text[range.upperBound].isNumber)
    }
  }

  /// The arguments of every call of a function.
  private static func calls(of name: String, in text: String) -> [Substring] {
    text.ranges(of: ".\(name)(").map { range in
      var depth = 1
      return text[range.upperBound...].prefix { c in
        if c == "(" { depth += 1 }
        if c == ")" { depth -= 1 }
        return depth > 0
      }
    }
  }
}
