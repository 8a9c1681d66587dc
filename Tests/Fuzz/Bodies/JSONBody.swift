import Core
import JSON

extension FuzzTarget {
  /// Whatever is accepted is UTF-8, no deeper than the limit, and survives being written and read again.
  static let json = FuzzTarget("json", length: 4096) { bytes in
    guard let value = try accepted({ try JSON(parsing: bytes) }) else { return }
    try hold(String(validating: bytes, as: UTF8.self) != nil, "accepted what is no UTF-8")
    try hold(depth(value) <= JSON.depthLimit, "accepted \(depth(value)) levels")
    try hold(finite(value), "accepted a number that JSON cannot write")
    let written = value.bytes
    guard let again = try accepted({ try JSON(parsing: written) }) else {
      throw Broken(description: "does not read its own \(value.text)")
    }
    try hold(again == value, "\(value.text) became \(again.text)")
    try hold(again.bytes == written, "\(value.text) is written as \(again.text) the second time")
    try hold(!written.contains { $0 < 32 }, "wrote a control character")
    if case .object(let object) = value {
      for key in object.keys { try hold(object[key] != nil, "a member \(key) that cannot be found") }
    }
  }

  private static func depth(_ value: JSON) -> Int {
    switch value {
    case .array(let items): 1 + (items.map(depth).max() ?? 0)
    case .object(let object): 1 + (object.members.map { depth($0.value) }.max() ?? 0)
    default: 0
    }
  }
  private static func finite(_ value: JSON) -> Bool {
    switch value {
    case .double(let d): d.isFinite
    case .array(let items): items.allSatisfy(finite)
    case .object(let object): object.members.allSatisfy { finite($0.value) }
    default: true
    }
  }
}
