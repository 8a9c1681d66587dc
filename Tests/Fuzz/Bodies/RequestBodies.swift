@testable import API
@testable import Bus
@testable import Config
import Core
import HTTP
import JSON
import Synchronization

extension FuzzTarget {
  /// The headers by which clients ask for a microversion, through a whole pipeline: the answer is a version that there
  /// is, or a refusal that says so.
  static let microversion = FuzzTarget("microversion", length: 128, mutations: 500) { bytes in
    let text = String(mending: bytes)
    if let version = Microversion(text) {
      try hold(same(version.description, text), "'\(text)' is \(version)")
      try hold(
        !(version < version) && Span(since: version, until: version).contains(version), "\(version) is not itself")
    }
    let answer = Answer.of(try nest().handler, Request("GET", "/", headers: ["OpenStack-API-Version": text]))
    guard let answer else { throw Broken(description: "no answer") }
    try hold([200, 400, 406].contains(answer.status), "answered \(answer.status)")
    let chosen = answer.headers["OpenStack-API-Version"]?.split(separator: " ").last.flatMap { Microversion($0) }
    guard let chosen else { throw Broken(description: "no version in the answer") }
    try hold(chosen >= "2.1" && chosen <= "2.90", "chose \(chosen)")
  }

  private static func nest() throws -> Endpoint {
    let routes = Routes(
      rules: "nest:", of: Int.self,
      [.get("/", "show", { (_: Call<Int>, _: Nothing) in Nothing() }, allow: .open)])
    let versions = Microversions(
      serviceType: "compute", [.version("2.1", "the first"), .version("2.90", "the last")])
    let service = APIService("nest", faults: .nova, microversions: versions, routes: routes.bound(to: 1, at: [""]))
    return try Endpoint(service, world: .real, identityURL: "") { _ in .anonymous }
  }

  /// The page that a client asks for: within the limits, sorted by known columns alone.
  static let page = FuzzTarget("page", length: 256) { bytes in
    let query = parseQuery(String(mending: bytes))
    let incoming = Incoming(
      request: Request("GET", "/", query: query), path: [:], body: .null, caller: .anonymous, version: "1.1",
      baseURL: "", mount: "", requestID: "", rule: "", fields: nil, policies: try PolicyBook(defaults: []))
    let columns = ["name": "name", "size": "bytes"]
    guard let page = try accepted({ try PageRequest(incoming, sortable: columns, maximum: 50) }) else { return }
    try hold((0...50).contains(page.limit ?? -1), "a page of \(page.limit ?? -1)")
    try hold(page.marker != "", "an empty marker")
    let allowed = Set(columns.values).union(["created_at"])
    try hold(page.sort.allSatisfy { allowed.contains($0.column) }, "sorts by \(page.sort)")
    try hold(!page.sort.isEmpty, "has no order")
  }

  /// A body that is read by a shape: what is accepted obeys every row of it.
  static let shape = FuzzTarget("shape", length: 1024) { bytes in
    guard let body = try accepted({ try JSON(parsing: bytes) }), case .object(let object) = body else { return }
    var bird = Bird()
    guard try accepted({ try Bird.shape.read(object, into: &bird, version: "2.5") }) != nil else { return }
    try hold((1...8).contains(bird.name.count) && bird.name.contains { !$0.isWhitespace }, "the name '\(bird.name)'")
    try hold(bird.eggs.map { (0...9).contains($0) } ?? true, "\(bird.eggs ?? 0) eggs")
    try hold(bird.kind.map { ["wren", "martlet"].contains($0) } ?? true, "the kind '\(bird.kind ?? "")'")
    try hold(bird.id.map { isUUID($0) } ?? true, "the id '\(bird.id ?? "")'")
    try hold(bird.until == nil, "a key of another version was read")
    try hold(
      object.keys.allSatisfy { ["name", "eggs", "kind", "id", "notes", "seen", "songs"].contains($0) }, "extra keys")
    if case .given(let note) = bird.notes { try hold(object["notes"] == note.json, "notes became \(note.json)") }
  }

  /// Values of options: what is accepted is written so that it reads back as itself.
  static let option = FuzzTarget("option", length: 2048) { bytes in
    var pieces = Pieces(bytes)
    let kind = pieces.below(7)
    let text = pieces.allText()
    func check<V: OptionValue & Equatable>(_: V.Type) throws {
      guard let value = V(optionText: text) else { return }
      try hold(V(optionText: value.optionText) == value, "'\(text)' is written as '\(value.optionText)'")
    }
    switch kind {
    case 0: try check(Int.self)
    case 1: try check(Double.self)
    case 2: try check(Bool.self)
    case 3: try check(Duration.self)
    case 4: try check(Bytes.self)
    case 5: try check([Int].self)
    default: try check([String].self)
    }
  }

  /// Messages that are no envelope, or hold another verb's body, are answered with a fault.
  static let bus = FuzzTarget("bus", length: 512, mutations: 500) { bytes in
    let served = Served.on(Ask.self) { ask in
      Ask.Reply(text: ask.text, doubled: ask.number.multipliedReportingOverflow(by: 2).partialValue)
    }
    let answer = Answer.wait { try await served.run(bytes) }
    guard case .success(let reply)? = answer else {
      throw Broken(description: "no answer: \(String(describing: answer))")
    }
    guard let json = try accepted({ try JSON(parsing: reply) }) else {
      throw Broken(description: "the answer is no JSON")
    }
    try hold((json["fault"] != nil) != (json["value"] != nil), "answered \(json)")
  }
}

private struct Bird: Sendable {
  var name = ""
  var eggs: Int?
  var kind: String?
  var id: String?
  var until: String?
  var notes: Given<[String: String]> = .absent
  var seen: Timestamp?
  var songs: [Double] = []

  static let shape = Shape<Bird>(
    "bird",
    [
      .key("name", \.name, .name(limit: 8), required: true),
      .key("eggs", \.eggs, .range(0...9)),
      .key("kind", \.kind, .oneOf(["wren", "martlet"])),
      .key("id", \.id, .uuid),
      .key("gone", \.until, until: "2.4"),
      .key("notes", \.notes),
      .key("seen", \.seen),
      .key("songs", \.songs),
    ])
}

private struct Ask: Verb {
  static let name = "ask"
  struct Reply: Codable, Sendable {
    var text: String
    var doubled: Int
  }
  var text: String
  var number: Int
}
