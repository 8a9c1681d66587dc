import API
import SmallCloud
import Testing

@Suite("Golden: APIs") struct GoldenRouteTests {
  @Test(arguments: SmallCloud.apis) func routes(service: String) async throws {
    let endpoint = try #require(try await SmallCloud(starts: false).endpoints[service])
    // A path that is mounted twice is one line.
    var lines: [String] = []
    var seen: Set<String> = []
    for row in endpoint.service.routes {
      let action = row.action.map { " {\($0)}" } ?? ""
      let since = row.span.since.map { " since \($0)" } ?? ""
      let until = row.span.until.map { " until \($0)" } ?? ""
      let line = "\(row.method) \(row.path)\(action)  \(row.status)  \(row.rule)\(since)\(until)"
      if seen.insert(line).inserted { lines.append(line) }
    }
    let mounts = endpoint.service.routes.map(\.mount).reduce(into: [String]()) { all, mount in
      if !all.contains(mount) { all.append(mount) }
    }
    let text = mounts.map { "mounted at \($0)/\n" }.joined() + lines.map { $0 + "\n" }.joined()
    try Golden.expect(text, is: "routes/\(service).txt")
  }

  @Test(arguments: SmallCloud.apis) func policies(service: String) async throws {
    let endpoint = try #require(try await SmallCloud(starts: false).endpoints[service])
    let text = endpoint.policies.texts.map { "\"\($0.name)\": \"\($0.text)\"\n" }.joined()
    try Golden.expect(text, is: "policies/\(service).yaml")
  }

  @Test(arguments: SmallCloud.apis) func microversions(service: String) async throws {
    let endpoint = try #require(try await SmallCloud(starts: false).endpoints[service])
    guard let versions = endpoint.service.microversions else { return }
    let text = versions.list.map { "\($0.version)  \($0.meaning)\n" }.joined()
    try Golden.expect(text, is: "microversions/\(service).txt")
  }
}
