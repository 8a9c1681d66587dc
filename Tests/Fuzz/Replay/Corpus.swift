import FuzzBodies
import Glibc

/// The inputs that are kept with the project, found from this very file.
enum Corpus {
  struct Seed: Sendable {
    let name: String
    let bytes: [UInt8]
  }

  static let root = "/" + #filePath.split(separator: "/").dropLast(2).joined(separator: "/") + "/Corpus"

  static func of(_ target: FuzzTarget) -> [Seed] {
    list(target.name).sorted { $0.name < $1.name }.compactMap { entry in
      read("\(root)/\(target.name)/\(entry.name)").map { Seed(name: entry.name, bytes: $0) }
    }
  }

  static func list(_ folder: String) -> [(name: String, isFolder: Bool)] {
    guard let directory = opendir("\(root)/\(folder)") else { return [] }
    defer { closedir(directory) }
    var found: [(name: String, isFolder: Bool)] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if !name.hasPrefix(".") { found.append((name, entry.pointee.d_type == UInt8(DT_DIR))) }
    }
    return found
  }

  private static func read(_ path: String) -> [UInt8]? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = fread(&bytes, 1, bytes.count, file)
    return Array(bytes[..<count])
  }
}
