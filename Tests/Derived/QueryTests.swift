import API
import Core
import HTTP
import JSON
import SmallCloud
import Testing

/// Every parameter of a query that does not exist in every microversion: there it makes a difference, and one version
/// before or beyond it makes none.
@Suite("Derived: queries") struct DerivedQueryTests {
  /// What some parameter takes, or refuses: one of them makes a difference.
  private static let values = ["nobody-has-this", "gold"]

  @Test(arguments: DerivedFieldTests.services)
  func parametersMatterFromTheFirstVersionToTheLast(service: String) async throws {
    let subject = try await Subject.staged(service)
    var count = 0
    for row in subject.rows where !subject.isOpen(row) {
      for key in row.forms.query where key.span != Span() {
        count += 1
        for version in [key.span.since, key.span.until].compactMap(\.self) {
          let matters = try await Self.matters(key.name, subject, row, at: version)
          #expect(matters, "\(subject.name(row)) at \(version): \(key.name) does nothing")
        }
        for version in [key.span.since?.before, key.span.until?.after].compactMap(\.self) {
          let matters = try await Self.matters(key.name, subject, row, at: version)
          #expect(!matters, "\(subject.name(row)) at \(version): \(key.name) is not there yet or no longer")
        }
      }
    }
    #expect(service != "nova" || count > 6)
  }

  /// Whether any value of the parameter changes the answer.
  private static func matters(
    _ name: String, _ subject: Subject, _ row: BoundRoute, at version: Microversion
  ) async throws -> Bool {
    let asking = try subject.asking(for: row)
    func answer(_ extra: String) async throws -> (Int, [UInt8]) {
      let query = [asking.query, extra].filter { !$0.isEmpty }.joined(separator: "&")
      let answer = await subject.ask(
        row, at: asking.path, asking.body, as: "demo", query: query, headers: asking.headers, version: version)
      return (answer.status, try await answer.body.collect(limit: 1 << 22))
    }
    let plain = try await answer("")
    #expect(plain.0 == 200, "\(subject.name(row)) at \(version): \(plain.0)")
    for value in values where try await answer("\(name)=\(value)") != plain { return true }
    return false
  }
}
