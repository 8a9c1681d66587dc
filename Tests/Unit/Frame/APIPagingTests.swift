import API
import Core
import HTTP
import JSON
import Store
import Testing

@Suite("API: pages of lists") struct APIPagingTests {
  typealias Query = [(name: String, value: String)]

  private func api(_ home: Home) async throws -> (Endpoint, Store) {
    let store = try await home.open().store
    try await store.migrate([Bird.schema])
    let birds = [("e", 2), ("b", 1), ("d", 2), ("a", 3), ("c", 2), ("f", 1)]
    try await store.write { tx in
      for (name, size) in birds { try await tx.insert(Bird.make(name, size, "nest")) }
    }
    return (try Aviary(store: store).endpoint(), store)
  }

  /// The names on every page from the first on, following the links.
  private func walk(_ api: Endpoint, _ query: Query) async throws -> [String] {
    var pages: [String] = []
    var query = query
    while pages.count < 10 {
      let reply = try await api.ask("GET", "/v2/birds", query: query)
      #expect(reply.status == 200, "\(reply.text)")
      pages.append((reply.json["birds"]?.array ?? []).compactMap { $0["name"]?.string }.joined())
      guard let next = reply.json["birds_links"]?[0]?["href"]?.string else { break }
      let parts = next.split(separator: "?", maxSplits: 1)
      #expect(parts[0] == "http://cloud:1/v2/birds")
      query = parseQuery(parts[1])
    }
    return pages
  }

  @Test(arguments: Home.all) func everyOrderIsWalkedWithoutGapOrRepeat(home: Home) async throws {
    let (api, store) = try await api(home)
    let walks: [(Query, [String])] = [
      ([], ["abc", "def"]),
      ([("limit", "2")], ["ab", "cd", "ef"]),
      ([("limit", "4")], ["abc", "def"]),
      ([("limit", "2"), ("sort_key", "name"), ("sort_dir", "desc")], ["fe", "dc", "ba"]),
      ([("limit", "2"), ("sort_key", "size")], ["bf", "cd", "ea"]),
      ([("limit", "2"), ("sort_key", "size"), ("sort_dir", "desc")], ["ae", "dc", "fb"]),
      ([("limit", "2"), ("sort", "size:desc,name:asc")], ["ac", "de", "bf"]),
      ([("limit", "2"), ("sort", "size,name:desc")], ["fb", "ed", "ca"]),
      (
        [("limit", "2"), ("sort_key", "size"), ("sort_key", "name"), ("sort_dir", "asc"), ("sort_dir", "desc")],
        ["fb", "ed", "ca"]
      ),
      ([("limit", "0")], [""]),
      ([("limit", ""), ("marker", "")], ["abc", "def"]),
      ([("marker", "d")], ["ef"]),
      ([("marker", "f")], [""]),
    ]
    for (query, pages) in walks { #expect(try await walk(api, query) == pages, "\(query)") }
    await store.close()
  }

  @Test(arguments: Home.all) func whatMakesNoSenseIsRefused(home: Home) async throws {
    let (api, store) = try await api(home)
    let bad: [(String, String)] = [
      ("limit", "-1"), ("limit", "many"), ("limit", "1.5"), ("limit", "99999999999999999999"), ("marker", "z"),
      ("sort_key", "secret"), ("sort", "name:up"), ("sort", ":"), ("sort_key", "name; DROP TABLE birds"),
    ]
    for (name, value) in bad {
      let reply = try await api.ask("GET", "/v2/birds", query: [(name: name, value: value)])
      #expect(reply.status == 400, "\(name)=\(value): \(reply.text)")
    }
    await store.close()
  }

  @Test func keystonesListsLinkToThemselves() async throws {
    let (api, store) = try await api(.memory)
    let query = [(name: "style", value: "keystone"), (name: "limit", value: "2")]
    let links = try await api.ask("GET", "/v2/birds", query: query).json["links"]
    #expect(links?["self"] == "http://cloud:1/v2/birds?style=keystone&limit=2")
    #expect(links?["next"] == "http://cloud:1/v2/birds?style=keystone&limit=2&marker=b")
    #expect(links?["previous"] == .null)
    let last = try await api.ask("GET", "/v2/birds", query: query + [(name: "marker", value: "e")]).json["links"]
    #expect(last?["next"] == .null)
    await store.close()
  }

  @Test func aKeyWithoutDirectionTakesTheUsualOne() async throws {
    let (_, store) = try await api(.memory)
    let routes = Routes(
      rules: "a:", of: Aviary.self,
      [
        .get(
          "/birds", "list",
          { (call, _: Nothing) in
            let page = try PageRequest(
              call.incoming, sortable: ["name": "name"], fallback: [(column: "size", descending: true)])
            let items = try await call.service.store?.read { try await page.fetch(Bird.self, where: "1 = 1", in: $0) }
            return JSON.string((items?.items ?? []).map(\.name).joined())
          }, allow: .anyone)
      ])
    let api = try Aviary(store: store).endpoint(routes: routes)
    #expect(try await api.ask("GET", "/v2/birds").json == "aedcfb")
    #expect(try await api.ask("GET", "/v2/birds", query: [(name: "sort_key", value: "name")]).json == "fedcba")
    await store.close()
  }
}
