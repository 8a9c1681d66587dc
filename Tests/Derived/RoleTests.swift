import API
import Core
import HTTP
import JSON
import SmallCloud
import Testing

/// Every row of every API for every role and for another project's strongest user, on objects that are there: who may,
/// does; who may not is refused and changes nothing.
@Suite("Derived: roles") struct DerivedRoleTests {
  static let roles = ["stranger", "nobody", "reader", "demo", "manager", "service", "admin"]
  static let cases = SmallCloud.services.flatMap { service in roles.map { Case(service: service, role: $0) } }

  struct Case: Sendable, CustomTestStringConvertible {
    let service: String
    let role: String
    var testDescription: String { "\(service) as \(role)" }
  }

  @Test(arguments: cases) func whoMayDoesAndWhoMayNotIsRefused(of: Case) async throws {
    let subject = try await Subject.staged(of.service)
    let caller = try #require(subject.callers[of.role])
    var before = try await subject.dump()
    // What removes comes last, the deepest first.
    let rows = subject.rows.sorted { Self.order($0) < Self.order($1) }
    for row in rows where !subject.isOpen(row) {
      let asking = try subject.asking(for: row)
      let (status, text) = try await subject.answer(row, asking, as: of.role)
      let what = "\(subject.name(row)) as \(of.role): \(status) \(text.prefix(300))"
      let after = try await subject.dump()
      if subject.decide(row, caller, target: subject.target(of: row, asking, caller)) ?? true {
        #expect(Self.isDone(status, text, row, asking), "\(what)")
      } else {
        // A service may say of what a body names that it is wrong instead of missing.
        let isRefused = [403, 404, 501].contains(status) || (status == 400 && !row.path.contains("{"))
        #expect(isRefused, "\(what)")
        let changed = after.symmetricDifference(before)
        #expect(changed.isEmpty, "\(what) changed \(changed.sorted().prefix(4))")
      }
      before = after
    }
  }

  /// Done, or not possible now, or openly not offered; but neither refused nor unheard of.
  private static func isDone(_ status: Int, _ text: String, _ row: BoundRoute, _ asking: Asking) -> Bool {
    switch status {
    case 200..<300, 300, 405, 409, 410, 501: true
    // Block storage says so when a volume's state is in the way.
    case 400: text.contains("\"Invalid volume: ") || text.contains("\"Invalid snapshot: ")
    case 403: asking.isForNothing
    case 404: asking.isForNothing || row.method == "DELETE"
    default: false
    }
  }

  private static func order(_ row: BoundRoute) -> Int {
    row.method == "DELETE" ? 100 - row.path.split(separator: "/").count : 0
  }
}
