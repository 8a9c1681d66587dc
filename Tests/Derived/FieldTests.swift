import API
import Core
import HTTP
import JSON
import SmallCloud
import Testing

/// Every field of every answer and every key of every body, from its first microversion to its last and not beyond:
/// the services are asked in all their versions, and what they answer is held against the tables.
@Suite("Derived: fields") struct DerivedFieldTests {
  static let services = ["nova", "cinder", "placement"]

  /// In which versions a key was in an answer, of those in which there was one.
  private struct Sighting {
    var answered: [Microversion] = []
    var seen: [Microversion: String] = [:]
  }

  @Test(arguments: services) func answersHaveTheirFieldsFromTheFirstVersionToTheLast(service: String) async throws {
    let subject = try await Subject.staged(service)
    let versions = try #require(subject.endpoint.service.microversions?.list.map(\.version))
    let rows = try await SpannedRow.all(of: service).filter { $0.kind == .field }
    #expect(service == "placement" || rows.count > 10)
    var sightings: [String: Sighting] = [:]
    for row in subject.rows where row.method == "GET" && !subject.isOpen(row) {
      let asking = try subject.asking(for: row)
      var answered: [Microversion] = []
      var found: [String: [Microversion: String]] = [:]
      for version in versions where row.span.contains(version) {
        var answer = await subject.ask(
          row, at: asking.path, .null, as: "admin", query: Self.query(row, asking), version: version)
        // What is a user's own, others could not see in the oldest versions.
        if answer.status == 404 {
          answer = await subject.ask(row, at: asking.path, .null, as: "demo", version: version)
        }
        guard (200..<300).contains(answer.status) else { continue }
        answered.append(version)
        let bytes = try await answer.body.collect(limit: 1 << 22)
        guard !bytes.isEmpty else { continue }
        let json = try JSON(parsing: bytes)
        for (path, form) in Self.keys(of: json) { found[path, default: [:]][version] = form }
      }
      for (path, seen) in found {
        sightings["\(row.path) \(path)"] = Sighting(answered: answered, seen: seen)
      }
    }
    for row in rows {
      let own = sightings.filter { $0.key.hasSuffix(".\(row.name)") }
      #expect(own.values.contains { Self.fits(row, $0) }, "\(row): no answer shows it so; \(Self.summary(own))")
    }
  }

  private static func query(_ row: BoundRoute, _ asking: Asking) -> String {
    [asking.query, row.path.hasPrefix("/os-hypervisors") ? "with_servers=1" : ""].filter { !$0.isEmpty }
      .joined(separator: "&")
  }

  /// Whether the key is there exactly in the row's versions, and there were answers on both sides of each end.
  private static func fits(_ row: SpannedRow, _ sighting: Sighting) -> Bool {
    if row.changesForm {
      guard let last = row.span.until, let old = sighting.seen[last], let new = sighting.seen[last.after] else {
        return false
      }
      return old != new
    }
    if let since = row.span.since, let before = since.before, !sighting.answered.contains(before) { return false }
    if let until = row.span.until, !sighting.answered.contains(until.after) { return false }
    return sighting.answered.allSatisfy { row.span.contains($0) == (sighting.seen[$0] != nil) }
  }

  private static func summary(_ sightings: [String: Sighting]) -> String {
    sightings.sorted { $0.key < $1.key }.map { key, sighting in
      let seen = sighting.seen.keys.sorted()
      return "\(key) from \(seen.first?.description ?? "") to \(seen.last?.description ?? "")"
    }.joined(separator: ", ")
  }

  /// Every key in an answer by its path, with the form of its value.
  private static func keys(of json: JSON, at path: String = "") -> [(path: String, form: String)] {
    switch json {
    case .object(let object):
      object.members.flatMap { member -> [(path: String, form: String)] in
        let here = "\(path).\(member.key)"
        return [(here, form(of: member.value))] + keys(of: member.value, at: here)
      }
    case .array(let list): list.flatMap { keys(of: $0, at: path) }
    default: []
    }
  }
  private static func form(of json: JSON) -> String {
    switch json {
    case .object(let object): object.keys.sorted().joined(separator: " ")
    case .array: "list"
    case .string: "text"
    case .null: "null"
    case .bool: "bool"
    default: "number"
    }
  }

  // MARK: Bodies

  /// A key that no body has.
  private static let poison = "nobody-knows-this"

  @Test(arguments: services) func bodiesMayHaveTheirKeysFromTheFirstVersionToTheLast(service: String) async throws {
    let subject = try await Subject.staged(service)
    let rows = try await SpannedRow.all(of: service).filter { $0.kind == .key && !$0.isOverlooked }
    var found: Set<String> = []
    var closed = 0
    for route in subject.rows where route.method != "GET" && route.reads != .none {
      // What overlooks a key that nobody knows tells nothing about those that somebody does.
      guard try await !Self.overlooks(subject, route) else {
        try await subject.cloud.settle()
        continue
      }
      closed += 1
      let before = try await subject.dump()
      for row in rows where try await Self.fits(row, subject, route) { found.insert("\(row)") }
      let changed = try await subject.dump().symmetricDifference(before)
      #expect(changed.isEmpty, "\(subject.name(route)) did what it refused: \(changed.sorted().prefix(4))")
    }
    for row in rows { #expect(found.contains("\(row)"), "\(row): no body may have it just then") }
    #expect(closed > 0)
  }

  /// Whether the body of a route may have the key in the row's versions, and neither before nor after.
  private static func fits(_ row: SpannedRow, _ subject: Subject, _ route: BoundRoute) async throws -> Bool {
    guard try await knows(row.name, subject, route, at: row.span.since ?? row.span.until) == true,
      try await knows(row.name, subject, route, at: row.span.until) ?? true
    else { return false }
    for beyond in [row.span.since?.before, row.span.until?.after] {
      if try await knows(row.name, subject, route, at: beyond) ?? false { return false }
    }
    return true
  }

  /// Whether a route does what a body asks for with a key that nobody knows.
  private static func overlooks(_ subject: Subject, _ route: BoundRoute) async throws -> Bool {
    let asking = try subject.asking(for: route)
    guard let (name, inner) = poisoned(asking.body) else { return true }
    let answer = await subject.ask(
      route, at: asking.path, .object([name: .object(inner)]), as: "admin", query: asking.query)
    return answer.status < 400
  }

  /// What a body has inside, with the key and, as the last, one that nobody knows: the first unknown one is told.
  private static func poisoned(_ body: JSON, _ key: String? = nil) -> (name: String, inner: JSONObject)? {
    guard case .object(let body) = body, body.count == 1, let name = body.keys.first,
      case .object(var inner)? = body[name]
    else { return nil }
    if let key { inner[key] = .null }
    inner[poison] = .null
    return (name, inner)
  }

  /// Whether the body of a row may have the key in that version; nil when nothing is known: the row does not exist
  /// then, or overlooks what it does not know.
  private static func knows(
    _ key: String, _ subject: Subject, _ row: BoundRoute, at version: Microversion?
  ) async throws -> Bool? {
    guard let version, row.span.contains(version) else { return nil }
    let asking = try subject.asking(for: row)
    guard let (name, poisoned) = poisoned(asking.body, key) else { return nil }
    var inner = poisoned
    for _ in 0..<4 {
      let answer = await subject.ask(
        row, at: asking.path, .object([name: .object(inner)]), as: "admin", query: asking.query, version: version)
      let text = String(decoding: try await answer.body.collect(limit: 1 << 20), as: UTF8.self)
      if text.contains("('\(key)' was unexpected)") { return false }
      if text.contains("('\(poison)' was unexpected)") || text.contains("field/attribute \(key).") { return true }
      // What was needed in that version, and is not in the newest.
      guard let needed = text.firstMatch(of: /'(\w+)' is a required property/)?.1, inner[String(needed)] == nil else {
        return nil
      }
      inner[String(needed)] = ["affinity"]
    }
    return nil
  }
}
