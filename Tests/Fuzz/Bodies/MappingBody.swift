import Core
import JSON
@testable import KeystoneModel

extension FuzzTarget {
  /// Mappings: rules that are let through map whatever a provider says within bounds; lists read back as they were.
  ///
  /// The input is JSON: `{"rules": […], "version": "2.0", "said": {"name": "value", …}}`.
  static let mapping = FuzzTarget("mapping", length: 2048) { bytes in
    let text = String(mending: bytes)
    let values = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    try hold(values.count < 2 || MappingText.values(MappingText.list(values)) == values, "\(values) does not read back")
    let plain = try? MappingText.substitute(text, [["a"]], limit: 4096)
    if let plain { try hold(plain.utf8.count <= 4096, "\(plain.utf8.count) bytes where 4096 are the limit") }
    guard let json = try accepted({ try JSON(parsing: bytes) }) else { return }
    let version = MappingVersion(rawValue: json["version"]?.string ?? "") ?? .first
    guard try accepted({ try MappingRules.check(json["rules"], version: version) }) != nil else { return }
    var said: [String: String] = [:]
    for (name, value) in json["said"]?.object?.members ?? [] { said[name] = value.string }
    let engine = MappingEngine(id: "fuzz", rules: json["rules"] ?? [], version: version)
    do {
      let identity = try engine.map(said)
      try hold(Set(identity.groupIDs).count == identity.groupIDs.count, "a group twice: \(identity.groupIDs)")
      try hold(Set(identity.groups).count == identity.groups.count, "a group twice: \(identity.groups)")
      let size = identity.groupIDs.reduce(0) { $0 + $1.utf8.count } + (identity.userName ?? "").utf8.count
      try hold(size <= MappingEngine.sizeLimit, "\(size) bytes came out")
    } catch is MappingEngine.Problem {}
  }
}
