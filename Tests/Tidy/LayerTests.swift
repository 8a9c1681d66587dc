import Testing

/// A line of Package.swift: a module, its folder and what it may import.
struct ModuleLine: Sendable {
  let name: String
  /// Under Sources.
  let folder: String
  let imports: [String]
  let line: Int

  enum Layer: String, Sendable { case c, base, frame, hardware, drivers, services }

  var layer: Layer? {
    switch folder.split(separator: "/").first {
    case "Base": .base
    case "Frame": .frame
    case "Hardware": .hardware
    case "Drivers": .drivers
    case "Services": .services
    default: nil
    }
  }
  /// `["Services", "Nova", "API"]`
  var parts: [String] { folder.split(separator: "/").map(String.init) }

  static let all: [ModuleLine] = {
    guard let package = Tree.read("Package.swift") else { return [] }
    return package.lines.enumerated().compactMap { at, text in
      let trimmed = text.drop { $0 == " " }
      guard trimmed.hasPrefix("module(\"") else { return nil }
      let words = quoted(trimmed)
      guard words.count >= 2 else { return nil }
      return ModuleLine(name: words[0], folder: words[1], imports: Array(words.dropFirst(2)), line: at + 1)
    }
  }()

  static func quoted(_ text: some StringProtocol) -> [String] {
    text.split(separator: "\"", omittingEmptySubsequences: false).enumerated().filter { $0.offset % 2 == 1 }
      .map { String($0.element) }
  }
}

@Suite("Tidy: layers") struct LayerTests {
  /// What modules of a layer may import: C <- Base <- Frame <- Services, and Base <- Hardware <- Drivers.
  static let below: [ModuleLine.Layer: Set<ModuleLine.Layer>] = [
    .base: [.c, .base], .frame: [.c, .base, .frame], .hardware: [.base], .drivers: [.c, .base, .hardware],
    .services: [.c, .base, .frame, .hardware, .services],
  ]

  @Test func everyModuleIsFoundInItsLayer() {
    #expect(ModuleLine.all.count >= 30, "Package.swift is read by lines that begin with module(")
    for module in ModuleLine.all {
      #expect(module.layer != nil, "Package.swift:\(module.line): \(module.folder) is in no layer")
      #expect(!Tree.list("Sources/" + module.folder).isEmpty, "Package.swift:\(module.line): no such folder")
    }
  }

  @Test func nothingPointsUpwards() {
    let layers = Dictionary(ModuleLine.all.map { ($0.name, $0.layer) }, uniquingKeysWith: { $1 })
    for module in ModuleLine.all {
      guard let layer = module.layer, let allowed = Self.below[layer] else { continue }
      for name in module.imports {
        // HTTP knows nothing of the frame above it, and some machines are reached by it alone.
        if layer == .drivers, name == "HTTP" { continue }
        let other = layers[name].flatMap { $0 } ?? .c
        #expect(
          allowed.contains(other),
          "Package.swift:\(module.line): \(module.name) (\(layer)) imports \(name) (\(other)); move it down"
        )
      }
    }
  }

  @Test func noServiceKnowsAnotherAndItsPartsKnowOnlyTheModel() {
    let modules = Dictionary(ModuleLine.all.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
    for module in ModuleLine.all where module.layer == .services {
      for name in module.imports {
        guard let other = modules[name], other.layer == .services else { continue }
        #expect(
          other.parts[1] == module.parts[1],
          "Package.swift:\(module.line): \(module.name) imports \(name) of another service; ask it through Clients")
        #expect(
          other.parts.last == "Model" && module.parts.last != "Model",
          "Package.swift:\(module.line): \(module.name) imports \(name); parts of a service import its Model alone")
      }
    }
  }

  @Test func agentsHoldNoStore() {
    for module in ModuleLine.all where module.parts.last == "Agent" {
      #expect(!module.imports.contains("Store"), "Package.swift:\(module.line): agents ask over the Bus")
    }
  }

  @Test func whatIsImportedIsDeclared() {
    let modules = ModuleLine.all.sorted { $0.folder.utf8.count > $1.folder.utf8.count }
    let ours = Set(modules.map(\.name) + Tree.list("Sources/C").map { $0.split(separator: "/")[2] }.map(String.init))
    for (file, lines) in Tree.code {
      guard let module = modules.first(where: { file.path.hasPrefix("Sources/\($0.folder)/") }) else { continue }
      for (number, code) in lines {
        let words = code.split(separator: " ")
        guard let at = words.firstIndex(of: "import"), at <= 2, words.count > at + 1 else { continue }
        let name = String(words[at + 1])
        if ours.contains(name) {
          #expect(
            module.imports.contains(name),
            "\(file.path):\(number): \(module.name) does not declare \(name) in Package.swift")
        } else {
          #expect(
            ["Synchronization", "FoundationEssentials", "Glibc", "_Concurrency"].contains(name),
            "\(file.path):\(number): import of \(name); FoundationEssentials at most")
        }
      }
    }
  }
}
