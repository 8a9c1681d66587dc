import Glibc

/// One file of the project, read once.
struct SourceFile: Sendable {
  /// From the project's root: `Sources/Base/Core/World.swift`.
  let path: String
  let lines: [String]
  var name: String { path.split(separator: "/").last.map(String.init) ?? path }
}

/// The project's tree as it stands on the disk.
enum Tree {
  /// The root is found from this very file, so that the tests see what was compiled, wherever it lies.
  static let root: String = {
    let parts = #filePath.split(separator: "/").dropLast(3)
    return "/" + parts.joined(separator: "/")
  }()

  /// All files below a folder whose names end so, in order; hidden folders are left out.
  static func files(under folder: String, ending: String) -> [SourceFile] {
    list(folder).filter { $0.hasSuffix(ending) }.sorted().compactMap(read)
  }

  static let sources = files(under: "Sources", ending: ".swift")
  static let tests = files(under: "Tests", ending: ".swift")
  /// The sources with their lines as code alone, taken apart once.
  static let code = sources.map { (file: $0, lines: CodeLines.of($0)) }

  static func exists(_ path: String) -> Bool { access(root + "/" + path, F_OK) == 0 }

  static func read(_ path: String) -> SourceFile? {
    guard let file = fopen(root + "/" + path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = fread(&piece, 1, piece.count, file)
      if count == 0 { break }
      bytes += piece[..<count]
    }
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
    return SourceFile(path: path, lines: lines.last == "" ? lines.dropLast() : lines)
  }

  /// Every file's path below a folder.
  static func list(_ folder: String) -> [String] {
    guard let directory = opendir(root + "/" + folder) else { return [] }
    defer { closedir(directory) }
    var found: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name.hasPrefix(".") { continue }
      let path = folder.isEmpty ? name : folder + "/" + name
      if entry.pointee.d_type == UInt8(DT_DIR) { found += list(path) } else { found.append(path) }
    }
    return found
  }
}

/// A line of Swift without its comments and without what stands in string literals, so that words in prose and
/// messages break no rule. Interpolations stay, and so does their code.
struct CodeLines {
  private var isInBlock = false

  mutating func strip(_ line: String) -> String {
    if isInBlock {
      if line.contains("\"\"\"") { isInBlock = false }
      return ""
    }
    var code = ""
    var characters = Array(line)[...]
    var isInString = false
    var depth = 0
    while let c = characters.popFirst() {
      if isInString {
        if c == "\\", characters.first == "(" {
          isInString = false
          depth = 1
          characters.removeFirst()
          code += " "
        } else if c == "\\" {
          _ = characters.popFirst()
        } else if c == "\"" {
          isInString = false
          code += "\""
        }
        continue
      }
      if c == "/", characters.first == "/" { break }
      if c == "\"", characters.prefix(2) == ["\"", "\""] {
        isInBlock = !String(characters.dropFirst(2)).contains("\"\"\"")
        break
      }
      if depth > 0 {
        if c == "(" { depth += 1 }
        if c == ")" {
          depth -= 1
          if depth == 0 {
            isInString = true
            continue
          }
        }
      }
      if c == "\"" { isInString = true }
      code.append(c)
    }
    return code
  }

  /// A file's lines, numbered from 1, as code alone.
  static func of(_ file: SourceFile) -> [(number: Int, code: String)] {
    var reader = CodeLines()
    return file.lines.enumerated().map { (number: $0 + 1, code: reader.strip($1)) }
  }
}
