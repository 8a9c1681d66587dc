internal import JSON

/// EC2's layout is a tree: a folder is answered with the names in it, a file with its text.
indirect enum EC2Tree: Sendable {
  case text(String)
  case bytes([UInt8])
  case lines([String])
  /// - Parameter listedAs: how the folder above names it, where that is not its name and a slash.
  case folder([String: EC2Tree], listedAs: String? = nil)

  /// What is answered here.
  var content: [UInt8] {
    switch self {
    case .text(let text): Array(text.utf8)
    case .bytes(let bytes): bytes
    case .lines(let lines): Array(lines.joined(separator: "\n").utf8)
    case .folder(let entries, _):
      Array(entries.sorted { $0.key < $1.key }.map { $0.value.listing($0.key) }.joined(separator: "\n").utf8)
    }
  }

  private func listing(_ name: String) -> String {
    guard case .folder(_, let listedAs) = self else { return name }
    return listedAs ?? name + "/"
  }

  func find(_ path: ArraySlice<String>) -> EC2Tree? {
    guard let first = path.first else { return self }
    guard case .folder(let entries, _) = self else { return nil }
    return entries[first]?.find(path.dropFirst())
  }

  /// As the config drive has it.
  var json: JSON {
    switch self {
    case .text(let text): .string(text)
    case .bytes(let bytes): .string(String(decoding: bytes, as: UTF8.self))
    case .lines(let lines): lines.json
    case .folder(let entries, _): entries.mapValues(\.json).json
    }
  }
}
