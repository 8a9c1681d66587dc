import Config
import Core
import Host
import Testing
import Wiring

/// Every option there is, found from the table: it is explained, its printed default is taken, and a value that it
/// cannot have is refused in words that say of which option, what was given and what is allowed.
@Suite("Options") struct OptionTests {
  private static let configuration = Settings.configuration
  static let names = configuration.options.map(\.name)

  private func option(_ name: String) throws -> Option<Settings> {
    try #require(Self.configuration.options.first { $0.name == name })
  }
  private func load(_ name: String, _ value: String) throws -> Loaded<Settings> {
    try Self.configuration.load(Settings(), sets: ["\(name)=\(value)"])
  }

  @Test(arguments: names) func itStandsInTheSampleAndIsExplained(name: String) throws {
    let option = try option(name)
    #expect(option.help.count > 15 && option.help.hasSuffix("."), "\(name): \(option.help)")
    let sample = Self.configuration.sample()
    let section = try #require(sample.split(separator: "\n[").first { $0.hasPrefix("\(option.section)]") })
    let value = option.defaultText.isEmpty ? "" : " \(option.defaultText)"
    #expect(section.contains("# \(option.help)\n# It must be \(option.allowed).\n#\(option.key) =\(value)\n"))
    let words = try Self.configuration.explain(name)
    for part in [option.help, option.allowed, option.key, option.defaultText] { #expect(words.contains(part)) }
  }

  @Test(arguments: names) func itsPrintedDefaultIsItsDefault(name: String) throws {
    let option = try option(name)
    let plain = try Self.configuration.load(Settings())
    let set = try load(name, option.defaultText)
    #expect(set.origin(name) == "--set" && plain.origin(name) == "default")
    let line = { (loaded: Loaded<Settings>) in loaded.show().split(separator: "\n").first { $0.hasPrefix("\(name) =") }
    }
    #expect(line(plain)?.split(separator: "#").first == line(set)?.split(separator: "#").first)
  }

  @Test(arguments: names) func whatItCannotBeIsRefusedInWords(name: String) throws {
    let option = try option(name)
    var bad = ["no such value!"]
    // A range's neighbours, where there is one.
    if let range = option.allowed.firstRange(of: " from "), let to = option.allowed.firstRange(of: " to ") {
      let (low, high) = (option.allowed[range.upperBound..<to.lowerBound], option.allowed[to.upperBound...])
      if let low = Int(low), let high = Int(high) { bad += ["\(low - 1)", "\(high + 1)"] }
      bad += ["-1000000", "99999999999"]
    }
    for value in bad {
      // Whether there is such a file is asked when it is read.
      if option.allowed == "a text" || name == "api.policy_file" { continue }
      let fault = #expect(throws: Fault.self, "\(name) = \(value)") { try load(name, value) }
      for part in [name, "'\(value)'", option.allowed] {
        #expect(fault?.message.contains(part) == true, "\(name) = \(value): \(fault?.message ?? "")")
      }
    }
  }

  @Test(arguments: [
    ("network.prefix", "mltlong"), ("network.prefix", ""), ("network.prefix", "a-b"), ("api.listen", "localhost:1"),
    ("network.public_cidr", "172.24.4.0"), ("compute.cpu_ratio", "0"), ("identity.token_lifetime", "0s"),
    ("database.url", "mysql://here"), ("compute.libvirt_uri", ""), ("api.public_host", "http://here/"),
  ])
  func whatWouldFailLaterIsRefusedAtOnce(name: String, value: String) {
    #expect(throws: Fault.self) { try load(name, value) }
  }

  @Test func theSampleInTheTreeIsWhatIsPrinted() async throws {
    let root = #filePath.split(separator: "/").dropLast(4).reduce("") { $0 + "/" + $1 }
    let kept = String(decoding: try await Host.real.readFile(root + "/etc/martlet.conf.sample"), as: UTF8.self)
    #expect(kept == Self.configuration.sample(), "martlet config sample > etc/martlet.conf.sample writes it anew")
  }
}
