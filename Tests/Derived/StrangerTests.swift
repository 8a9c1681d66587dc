import API
import Core
import HTTP
import JSON
import SmallCloud
import Testing

/// Another project: its lists are its own, and so are its URLs.
@Suite("Derived: strangers") struct DerivedStrangerTests {
  /// Ways to ask a list for more than one's own.
  private static let greed = [
    "", "all_tenants=1", "all_tenants=1&project_id=p-demo", "project_id=p-demo", "tenant_id=p-demo", "user_id=u-demo",
    "owner=p-demo", "visibility=all", "member_status=all", "deleted=true", "shared=true",
  ]

  @Test(arguments: SmallCloud.services) func listsShowNothingOfOthers(service: String) async throws {
    let subject = try await Subject.staged(service)
    let owned = Set(
      (Places.all[service] ?? [:]).values.compactMap { place -> String? in
        if case .owned(let word) = place { subject.cast[word] } else { nil }
      })
    // Names that anyone can guess are no secret.
    let secrets = owned.filter { $0.utf8.count >= 32 }
    var seenByOwner: Set<String> = []
    for row in subject.rows where row.method == "GET" && !row.path.contains("{") && !subject.isOpen(row) {
      let asking = try subject.asking(for: row)
      for query in Self.greed {
        var greedy = asking
        greedy.query = [asking.query, query].filter { !$0.isEmpty }.joined(separator: "&")
        let (status, text) = try await subject.answer(row, greedy, as: "stranger")
        #expect(status < 500 || status == 501, "\(subject.name(row))?\(greedy.query): \(status)")
        let shown = secrets.filter { text.contains($0) }
        #expect(shown.isEmpty, "\(subject.name(row))?\(greedy.query) shows a stranger \(shown): \(text.prefix(300))")
      }
      let (_, text) = try await subject.answer(row, asking, as: "demo")
      seenByOwner.formUnion(secrets.filter { text.contains($0) })
    }
    // Otherwise nothing would have been proven.
    let unseen = subject.cast.filter { secrets.contains($0.value) && !seenByOwner.contains($0.value) }.map(\.key)
    #expect(Set(unseen).subtracting(Self.unlisted[service] ?? []) == [])
  }
  /// What no list without an id in its path shows to its owner.
  private static let unlisted: [String: Set<String>] = [
    "nova": ["console", "request", "port"], "placement": ["consumer"],
    "keystone": ["application", "group", "access_rule", "access_token"],
  ]

  /// What a URL says of the project must be what the token says, whoever asks.
  @Test(arguments: SmallCloud.services) func theProjectInTheURLIsTheTokens(service: String) async throws {
    let subject = try await Subject.staged(service)
    let before = try await subject.dump()
    let mounts = Set(subject.endpoint.service.routes.map(\.mount)).filter { $0.contains("{project_id}") }
    for mount in mounts {
      for row in subject.rows where !subject.isOpen(row) {
        let asking = try subject.asking(for: row)
        for (token, isRight) in [("admin", false), ("stranger", false), ("reader", true)] {
          if isRight, row.method != "GET" { continue }
          let answer = await subject.ask(
            row, at: asking.path, asking.body, as: token, query: asking.query, headers: asking.headers,
            mount: mount.replacing("{project_id}", with: "p-demo"))
          let text = String(decoding: try await answer.body.collect(limit: 1 << 22), as: UTF8.self)
          let isRefused = answer.status == 400 && text.lowercased().contains("malformed request url")
          #expect(isRefused != isRight, "\(row.method) \(mount)\(row.path) as \(token): \(answer.status) \(text)")
        }
      }
    }
    #expect(mounts.isEmpty == !["nova", "cinder"].contains(service))
    // Asked on a reader's behalf, other services make what every project has.
    let changed = try await subject.dump().symmetricDifference(before).filter { $0.hasPrefix(service) }
    #expect(changed.isEmpty, "\(changed.sorted().prefix(4))")
  }
}
