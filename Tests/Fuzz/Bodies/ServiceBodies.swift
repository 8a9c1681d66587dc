@testable import API
import Core
@testable import GlanceAPI
import HTTP
import JSON
@testable import NovaAPI
@testable import NovaConsole
@testable import PlacementAPI
@testable import Store
import Synchronization

extension FuzzTarget {
  /// A text from a query, made plain for LIKE, is found in exactly the texts that hold it.
  static let like = FuzzTarget("like", length: 256, mutations: 1000) { bytes in
    var pieces = Pieces(bytes)
    let piece = pieces.text()
    let text = pieces.allText()
    guard !piece.utf8.contains(0), !text.utf8.contains(0) else { return }
    let pattern = SQL.plain(inLike: piece)
    for (text, has) in [(text, contains(text, piece)), (text + piece + text, true)] {
      let found = try engine.withLock { held in
        let connection = try held ?? SQLiteConnection(path: ":memory:", .memory)
        held = connection
        return try accepted {
          try connection.execute("SELECT \(text) LIKE \("%" + pattern + "%") ESCAPE '\\'", readOnly: true)
        }
      }
      try hold(found == [[.int(has ? 1 : 0)]], "'\(piece)' in '\(text)': \(found ?? [])")
    }
  }

  private static let engine = Mutex<SQLiteConnection?>(nil)

  private static func contains(_ text: String, _ piece: String) -> Bool {
    let text = Array(text.utf8)
    let piece = Array(piece.utf8)
    return (0...text.count).contains { text[$0...].starts(with: piece) }
  }

  /// A client's regular expression for names is tried on long names in a moment, whatever it is.
  static let pattern = FuzzTarget("pattern", length: 64, mutations: 500) { bytes in
    guard let pattern = try accepted({ try NamePattern(String(mending: bytes)) }) else { return }
    for name in ["", "a", "server-1", String(repeating: "a", count: 60) + "!", String(repeating: "ab", count: 30)] {
      _ = pattern.matches(name)
    }
    if let condition = pattern.sql("name") { try hold(condition.fault == nil, "\(pattern.text) cannot be run") }
  }

  /// A JSON patch of an image: what is accepted changes one key that may be changed.
  static let patch = FuzzTarget("patch", length: 512) { bytes in
    var pieces = Pieces(bytes)
    let type = ["application/openstack-images-v2.1-json-patch", "application/openstack-images-v2.0-json-patch"]
    let content = type[pieces.below(2)]
    guard let body = try accepted({ try JSON(parsing: pieces.all()) }) else { return }
    let kinds: Set<Fault.Kind> = [.badRequest, .forbidden]
    guard let patch = try accepted(as: kinds, { try ImagePatch(body, contentType: content) }) else { return }
    for change in patch.changes {
      try hold(!change.key.isEmpty && change.key != "id", "changes '\(change.key)'")
      let pointer = "/" + change.key.replacing("~", with: "~0").replacing("/", with: "~1")
      try hold(
        try ImagePatch.split(pointer).first.map { same($0, change.key) } ?? false, "\(pointer) does not read back")
    }
  }

  /// Placement's little languages in queries.
  static let placement = FuzzTarget("placement", length: 256) { bytes in
    let text = String(mending: bytes)
    if let resources = try accepted({ try QueryText.resources(text) }) {
      try hold(resources.allSatisfy { $0.amount >= 1 }, "\(resources)")
      let written = resources.map { "\($0.name):\($0.amount)" }.joined(separator: ",")
      let again = try accepted { try QueryText.resources(written) } ?? []
      try hold(again.map(\.amount) == resources.map(\.amount), "\(written) does not read back")
    }
    for version in ["1.17", "1.22", "1.39"] as [Microversion] {
      guard let traits = try accepted({ try QueryText.traits(text, version: version) }) else { continue }
      try hold(traits.required.allSatisfy { !$0.isEmpty && !$0.contains("") }, "an empty trait in \(traits.required)")
      try hold(!traits.forbidden.contains(""), "an empty trait is forbidden")
      try hold(traits.forbidden.isEmpty || version >= "1.22", "forbidden traits in \(version)")
    }
  }

  /// Which pages may open a console: those of the host itself and of hosts that are named, and none besides.
  static let origin = FuzzTarget("origin", length: 128) { bytes in
    let text = String(mending: bytes)
    guard ConsoleRequest.isWelcome(origin: text, host: "cloud.example.org:6080", allowed: ["other.example.org"]) else {
      return
    }
    let authority = text.utf8.drop { $0 != UInt8(ascii: "/") }.drop { $0 == UInt8(ascii: "/") }
      .prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ":") }
    try hold(!text.split(separator: "/")[1].contains("@"), "'\(text)' is welcome")
    let name = String(mending: authority.map { (65...90).contains($0) ? $0 | 32 : $0 })
    try hold(["cloud.example.org", "other.example.org"].contains { same($0, name) }, "'\(text)' is welcome")
  }

  /// Paths: segments are decoded once, and written again lead to the same place.
  static let path = FuzzTarget("path", length: 256) { bytes in
    let segments = Router.segments("/" + String(mending: bytes))
    try hold(segments.last != "", "a path ends in nothing")
    let again = Router.segments("/" + segments.map { percentEncode($0) }.joined(separator: "/"))
    try hold(again.count == segments.count && zip(again, segments).allSatisfy { same($0, $1) }, "\(segments): \(again)")
  }
}
