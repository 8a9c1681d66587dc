import Testing

@Suite("Tidy: bans") struct BanTests {
  struct Ban: Sendable {
    let word: String
    let instead: String
    /// Folders in which it is the very thing that is being wrapped.
    var except: [String] = []
  }

  static let bans: [Ban] = [
    Ban(word: "Date()", instead: "world.now()"),
    Ban(word: "UUID()", instead: "world.uuid()"),
    Ban(word: "Clock.now", instead: "world.now() or world.uptime()"),
    Ban(word: "SystemRandomNumberGenerator", instead: "world.random"),
    Ban(word: ".random(in:", instead: "world.random"),
    Ban(word: "Task.sleep", instead: "world.sleep", except: ["Sources/Base/Core/World.swift"]),
    Ban(word: "print(", instead: "Log; a program's own output goes through its Output"),
    Ban(word: "debugPrint(", instead: "Log"),
    Ban(word: "dump(", instead: "Log"),
    Ban(word: "Task.detached", instead: "a named service, or Task {}"),
    Ban(word: "DispatchQueue", instead: "IO's executors"),
    Ban(word: "DispatchSemaphore", instead: "a continuation"),
    Ban(word: "Thread.", instead: "IO's threads"),
    Ban(word: "FileManager", instead: "Host's files"),
    Ban(word: "ProcessInfo", instead: "Host, or what main was given"),
    Ban(word: "Process()", instead: "Host's commands"),
    Ban(word: "URLSession", instead: "HTTP's client"),
    Ban(word: "NSLock", instead: "Mutex"),
    Ban(word: "try!", instead: "a Fault"),
    Ban(word: "as!", instead: "as? and a Fault"),
    Ban(word: "fatalError", instead: "a Fault, or a precondition with words"),
    Ban(word: "@preconcurrency", instead: "a wrapper that is Sendable"),
    Ban(word: "withUnsafeCurrentTask", instead: "structured tasks"),
  ]

  @Test(arguments: bans.map(\.word)) func nobodyUses(word: String) {
    guard let ban = Self.bans.first(where: { $0.word == word }) else { return }
    for (file, lines) in Tree.code where !ban.except.contains(where: { file.path.hasPrefix($0) }) {
      for (number, code) in lines where Self.has(code, ban.word) {
        Issue.record("\(file.path):\(number): \(ban.word) is banned; use \(ban.instead)")
      }
    }
  }

  @Test func theBansSeeCodeAndNotProse() {
    let code = """
      let now = Date() // UUID()
      log.info("never print(x) or try! \\(Task.detached { 1 })")
      /// fatalError
      fingerprint(x); mydump(y); world.print(z)
      """
    let file = SourceFile(path: "x.swift", lines: code.split(separator: "\n").map(String.init))
    let found = CodeLines.of(file).flatMap { line in
      Self.bans.filter { Self.has(line.code, $0.word) }.map { "\(line.number) \($0.word)" }
    }
    #expect(found == ["1 Date()", "2 Task.detached"])
  }

  /// Whether the word stands there by itself and not as the end of a longer name.
  static func has(_ code: String, _ word: String) -> Bool {
    guard code.contains(word) else { return false }
    guard let first = word.first, first.isLetter else { return true }
    var rest = Substring(code)
    while let found = rest.firstRange(of: word) {
      let before = rest[..<found.lowerBound].last
      if before.map({ !$0.isLetter && !$0.isNumber && $0 != "_" && $0 != "." }) ?? true { return true }
      rest = rest[found.upperBound...]
    }
    return false
  }

  /// Files that wrap a C library, or a thread that C blocks; each says in a comment why it may.
  static let unchecked: Set<String> = [
    "Sources/Base/IO/EventLoop.swift", "Sources/Base/IO/Threads.swift", "Sources/Drivers/Libvirt/Connection.swift",
    "Sources/Drivers/LDAP/Session.swift", "Sources/Drivers/RBD/CephPool.swift", "Sources/Drivers/RBD/RBDImage.swift",
    "Sources/Frame/HTTP/CurlEngine.swift", "Sources/Frame/HTTP/CurlTransfer.swift", "Sources/Frame/HTTP/Exchange.swift",
    "Sources/Frame/HTTP/LoopListener.swift", "Sources/Frame/Store/PostgresConnection.swift",
    "Sources/Frame/Store/SQLiteConnection.swift", "Sources/Services/Nova/Console/ConsoleLoop.swift",
  ]

  @Test func whatIsUncheckedWrapsCAndSaysWhy() {
    for (file, lines) in Tree.code {
      for (number, code) in lines
      where code.contains("@unchecked Sendable") || code.contains("nonisolated(unsafe)") {
        #expect(
          Self.unchecked.contains(file.path),
          "\(file.path):\(number): unchecked outside the wrappers of C; use Mutex, an actor or a value")
        let above = file.lines[max(0, number - 12)..<number].joined(separator: "\n")
        #expect(
          above.contains("//") && (above.lowercased().contains("unchecked") || above.lowercased().contains("unsafe")),
          "\(file.path):\(number): say above, in a sentence with the word unchecked or unsafe, why this is safe")
      }
    }
  }

  @Test func sqlIsInterpolatedAndNeverBuiltOfStrings() {
    let statements = ["\"SELECT ", "\"INSERT INTO ", "\"UPDATE ", "\"DELETE FROM "]
    for (file, lines) in Tree.code where !file.path.hasPrefix("Sources/Frame/Store/") {
      for (number, code) in lines {
        if code.contains("SQL(stringLiteral:") {
          Issue.record("\(file.path):\(number): SQL is written as an interpolated literal, where every value is a bind")
        }
        let line = file.lines[number - 1]
        if statements.contains(where: line.contains), code.contains("String(") || code.contains(": String =") {
          Issue.record("\(file.path):\(number): a statement in a String; write it as SQL")
        }
      }
    }
  }
}
