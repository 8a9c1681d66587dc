import API
import Core
import HTTP
import JSON
import Synchronization
import Testing

@Suite("API: kinds of tokens") struct APITokenScopeTests {
  private struct Shop: Sendable {
    static let routes = Routes(
      rules: "shop:", of: Shop.self,
      [.get("/goods", "list", list, allow: .anyone), .get("/broken", "break", refuse, allow: .anyone)])

    static func list(_ call: Call<Shop>, _: Nothing) async throws -> JSON { [] }
    static func refuse(_ call: Call<Shop>, _: Nothing) async throws -> JSON { throw Fault.notFound("Gone.") }
  }
  private final class Seen: Sendable {
    private let lines = Mutex<[String]>([])
    func add(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
  }
  private static let callers: [String: Caller] = [
    "project": Caller(userID: "u", projectID: "p", roles: ["reader"]),
    "domain": Caller(userID: "u", domainID: "d", roles: ["admin"]),
    "system": Caller(userID: "u", systemScope: true, roles: ["admin"]),
    "service": Caller(userID: "s", projectID: "p", roles: ["service"]),
  ]
  private func endpoint(
    _ rows: [BoundRoute], late: (@Sendable (String, String) async throws -> Caller)? = nil
  ) throws -> Endpoint {
    try Endpoint(
      APIService("shop", faults: .keystone, routes: rows), world: .real, identityURL: "", authenticateLate: late
    ) { token in
      guard let caller = Self.callers[token] else { throw Fault.unauthorized() }
      return caller
    }
  }
  private func status(_ endpoint: Endpoint, _ token: String, service: String? = nil, path: String = "/goods") async
    -> Int
  {
    var request = Request("GET", path, headers: ["X-Auth-Token": token])
    request.headers["X-Service-Token"] = service
    return await endpoint.handler(request).status
  }

  @Test func aRowMayRefuseTokensOfADomain() async throws {
    let rows = Shop.routes.limited { _ in [.system, .project] }.bound(to: Shop(), at: [""])
    let endpoint = try endpoint(rows)
    #expect(await status(endpoint, "project") == 200)
    #expect(await status(endpoint, "system") == 200)
    #expect(await status(endpoint, "domain") == 403)
  }

  @Test func aServiceVouchesForATokenThatHasEnded() async throws {
    let rows = Shop.routes.bound(to: Shop(), at: [""])
    let endpoint = try endpoint(rows) { token, _ in
      guard token == "ended" else { throw Fault.unauthorized() }
      return Caller(userID: "u", projectID: "p", roles: ["reader"])
    }
    #expect(await status(endpoint, "ended") == 401)
    #expect(await status(endpoint, "ended", service: "service") == 200)
    #expect(await status(endpoint, "ended", service: "project") == 401)
    #expect(await status(endpoint, "ended", service: "ended") == 401)
    #expect(await status(endpoint, "forged", service: "service") == 401)
    #expect(await status(try self.endpoint(rows), "ended", service: "service") == 401)
  }

  @Test func anObserverLearnsHowEachRequestEnded() async throws {
    let seen = Seen()
    let rows = Shop.routes.bound(to: Shop(), at: [""]).map { row in
      row.observed { incoming, outcome in
        let end = (try? outcome.get().status).map { "\($0)" } ?? "refused"
        seen.add("\(incoming.request.path) \(end)")
      }
    }
    let endpoint = try endpoint(rows)
    #expect(await status(endpoint, "project") == 200)
    #expect(await status(endpoint, "project", path: "/broken") == 404)
    #expect(seen.all == ["/goods 200", "/broken refused"])
  }

  @Test func whatIsAbsentIsCalledNone() throws {
    let caller = Caller(userID: "u", projectID: "p", roles: ["manager"])
    func decide(_ text: String, _ target: [String: String]) throws -> Bool? {
      try PolicyRule(parsing: text).decide(caller, target: target, rules: [:])
    }
    #expect(try decide("domain_id:None", [:]) == true)
    #expect(try decide("role:manager and not domain_id:None", [:]) == false)
    #expect(try decide("None:%(target.role.domain_id)s", ["target.role.domain_id": "None"]) == true)
    #expect(try decide("None:%(target.role.domain_id)s", ["target.role.domain_id": "d"]) == false)
  }
}
