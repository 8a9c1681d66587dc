import API
import HTTP
import SmallCloud
import Testing

/// What holds for every row of every API, found from the tables themselves.
@Suite("Derived: routes") struct DerivedRouteTests {
  @Test(arguments: SmallCloud.services) func withoutATokenNothingIsAnswered(service: String) async throws {
    let subject = try await Subject(service)
    #expect(subject.rows.count > 10)
    for row in subject.rows where !subject.isOpen(row) {
      for token in [nil, "stolen"] {
        let answer = await subject.ask(row, as: token)
        #expect(answer.status == 401, "\(subject.name(row)) as \(token ?? "nobody")")
        #expect(answer.headers["WWW-Authenticate"] != nil, "\(subject.name(row))")
      }
    }
  }

  /// A role that no object whatever could make enough is refused before anything is looked for.
  @Test(arguments: SmallCloud.services) func withoutARoleWhatNeedsOneIsForbidden(service: String) async throws {
    let subject = try await Subject(service)
    let nobody = try #require(SmallCloud.callers["nobody"])
    for row in subject.rows where !subject.isOpen(row) {
      let answer = await subject.ask(row, as: "nobody")
      let decision = subject.decide(row, nobody, target: nil)
      #expect(Self.isOrderly(answer.status), "\(subject.name(row)) answers \(answer.status)")
      guard decision != false else {
        #expect(answer.status == 403, "\(subject.name(row)) by \(row.rule)")
        continue
      }
      let isFree = row.policy.text == Policy.anyone.text || Self.isPersonal(row.policy.text)
      #expect(isFree, "\(subject.name(row)): \(row.policy.text) lets in a token without any role")
    }
  }

  /// An answer, or a refusal; 501 where a service says openly that it does not do such a thing.
  private static func isOrderly(_ status: Int) -> Bool { status < 500 || status == 501 }

  /// Whether the rule asks whose the object is, and not for a role: then a stranger's object is not there.
  private static func isPersonal(_ text: String) -> Bool {
    ["user_id:%(", "project_id:%(", "domain_id:%(", "owner", "%(visibility)"].contains { text.contains($0) }
  }

  /// Nothing that is asked for by an id which nobody has makes a service stumble.
  @Test(arguments: SmallCloud.services) func anAdministratorsEmptyRequestsNeverBreakAnything(service: String)
    async throws
  {
    let subject = try await Subject(service)
    for row in subject.rows {
      let answer = await subject.ask(row, as: "admin")
      #expect(Self.isOrderly(answer.status), "\(subject.name(row)) answers \(answer.status)")
    }
  }
}
