import API
import Core
import HTTP
import JSON
import Testing

@Suite("API: microversions") struct APIVersionTests {
  let api: Endpoint
  init() throws { api = try Aviary().endpoint() }

  static let asked: [(Headers, Int, String)] = [
    ([:], 200, "2.1"),
    (["OpenStack-API-Version": "aviary 2.2"], 200, "2.2"),
    (["openstack-api-version": "AVIARY 2.2"], 200, "2.2"),
    (["OpenStack-API-Version": "compute 2.90, aviary 2.2"], 200, "2.2"),
    (["OpenStack-API-Version": "compute 2.90"], 200, "2.1"),
    (["OpenStack-API-Version": "aviary latest"], 200, "2.3"),
    (["X-Aviary-Version": "2.2"], 200, "2.2"),
    (["X-Aviary-Version": "latest"], 200, "2.3"),
    (["OpenStack-API-Version": "aviary 2.3", "X-Aviary-Version": "2.2"], 200, "2.3"),
    (["OpenStack-API-Version": "aviary 2.4"], 406, "2.1"),
    (["OpenStack-API-Version": "aviary 1.9"], 406, "2.1"),
    (["OpenStack-API-Version": "aviary 3.1"], 406, "2.1"),
    (["OpenStack-API-Version": "aviary 2.02"], 400, "2.1"),
    (["OpenStack-API-Version": "aviary two"], 400, "2.1"),
    (["X-Aviary-Version": "2.-1"], 400, "2.1"),
  ]

  @Test(arguments: 0..<asked.count) func theVersionIsNegotiatedAndNamed(row: Int) async throws {
    let (headers, status, version) = Self.asked[row]
    let reply = try await api.ask("GET", "/v2/echo", headers: headers)
    #expect(reply.status == status)
    #expect(reply.headers["OpenStack-API-Version"] == "aviary \(version)")
    #expect(reply.headers["X-Aviary-Version"] == version)
    #expect(reply.headers["Vary"] == "OpenStack-API-Version, X-Aviary-Version")
    if status == 200 { #expect(reply.json["version"]?.string == version) }
    #expect(reply.headers["X-Openstack-Request-Id"] != nil)
  }

  @Test(arguments: ["/v2/faults/conflict", "/v2/crash", "/nowhere"]) func faultsNameTheVersionToo(path: String)
    async throws
  {
    let reply = try await api.ask("GET", path, headers: ["X-Aviary-Version": "2.2"])
    #expect(reply.status >= 400)
    #expect(reply.headers["OpenStack-API-Version"] == "aviary 2.2")
  }

  @Test func routesFieldsAndKeysHaveSpans() async throws {
    func at(_ version: String) -> Headers { ["X-Aviary-Version": version] }
    #expect(try await api.ask("GET", "/v2/birds/robin/nest", headers: at("2.2")).json == "twigs")
    #expect(try await api.ask("GET", "/v2/birds/robin/nest", headers: at("2.3")).json == "moss")

    let old = try await api.ask("GET", "/v2/birds/robin", headers: at("2.1")).json["bird"]
    #expect(old?.object?.keys == ["id", "name", "weight", "links"])
    let new = try await api.ask("GET", "/v2/birds/robin", headers: at("2.2")).json["bird"]
    #expect(new?.object?.keys == ["id", "name", "size", "links"])

    let body: JSON = ["bird": ["name": "owl", "color": "red"]]
    let early = try await api.ask("POST", "/v2/birds", headers: at("2.1"), body)
    #expect(early.status == 400)
    #expect(early.text.contains("'color' was unexpected"))
    #expect(try await api.ask("POST", "/v2/birds", headers: at("2.2"), body).status == 201)
  }

  @Test func aServiceWithoutVersionsSaysNothingOfThem() async throws {
    let reply = try await Aviary().endpoint(
      versions: nil,
      routes: Routes(
        rules: "a:",
        [
          .get("/echo", "echo", Aviary.echo, allow: .anyone)
        ])
    ).ask("GET", "/v2/echo", headers: ["OpenStack-API-Version": "aviary 9.9"])
    #expect(reply.status == 200)
    #expect(reply.headers["OpenStack-API-Version"] == nil)
    #expect(reply.headers["Vary"] == nil)
  }
}
