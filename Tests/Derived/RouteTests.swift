import API
import Core
import HTTP
import JSON
import SmallCloud
import Testing

/// What holds for every row of every API, found from the tables themselves.
@Suite("Derived: routes") struct DerivedRouteTests {
  /// The service's rows at one mount, behind a pipeline that knows the tokens of `SmallCloud.callers`.
  private struct Subject {
    let endpoint: Endpoint
    let rows: [BoundRoute]
    let cloud: SmallCloud

    init(_ service: String) async throws {
      cloud = try await SmallCloud()
      let real = try #require(cloud.endpoints[service])
      endpoint = try Endpoint(real.service, world: .real, identityURL: "http://127.0.0.1:5000") { token in
        guard let caller = SmallCloud.callers[token] else { throw Fault.unauthorized() }
        return caller
      }
      // Every mount has the same rows.
      var seen: Set<String> = []
      rows = real.service.routes.filter { row in
        seen.insert("\(row.method) \(row.path) \(row.action ?? "") \(row.span)").inserted
      }
    }

    func ask(_ row: BoundRoute, as token: String?) async -> Response {
      let segments = (row.mount + row.path).split(separator: "/", omittingEmptySubsequences: false).map { part in
        guard part.hasPrefix("{") else { return String(part) }
        return part == "{project_id}" ? "p-demo" : "5ea2c4f1-3a1c-4c80-8a39-3f5d5b6ac001"
      }
      var request = Request(row.method, segments.joined(separator: "/"))
      request.headers["Host"] = "cloud"
      request.headers["X-Auth-Token"] = token
      if let versions = endpoint.service.microversions {
        let version = row.span.contains(versions.maximum) ? versions.maximum : row.span.until ?? versions.minimum
        request.headers["OpenStack-API-Version"] = "\(versions.serviceType) \(version)"
      }
      if case .json = row.reads {
        request.headers["Content-Type"] = "application/json"
        request.body = .bytes((row.action.map { .object([$0: [:]]) } ?? JSON.object([:])).bytes)
      }
      return await endpoint.handler(request)
    }

    func name(_ row: BoundRoute) -> String { "\(row.method) \(row.mount)\(row.path) \(row.action ?? "")" }
    func isOpen(_ row: BoundRoute) -> Bool { row.policy.text == Policy.open.text }
  }

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
    let rules = try Dictionary(
      subject.endpoint.policies.texts.map { ($0.name, try PolicyRule(parsing: $0.text)) }, uniquingKeysWith: { $1 })
    let nobody = try #require(SmallCloud.callers["nobody"])
    for row in subject.rows where !subject.isOpen(row) {
      let answer = await subject.ask(row, as: "nobody")
      let decision = rules[row.rule]?.decide(nobody, target: nil, rules: rules)
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
