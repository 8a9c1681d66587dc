import API
import Core
import HTTP
import JSON
import Log
import Testing

@Suite("API: the pipeline") struct APIPipelineTests {
  let api: Endpoint
  init() throws { api = try Aviary().endpoint() }

  @Test func aLiteralStandsBeforeAParameterAndBacktracks() async throws {
    #expect(try await api.ask("GET", "/v2/birds/detail").json == "detail")
    #expect(try await api.ask("GET", "/v2/birds/robin").json["bird"]?["id"] == "robin")
    #expect(try await api.ask("GET", "/v2/trees/oak/leaf").json == "oak leaf")
    #expect(try await api.ask("GET", "/v2/trees/oak/root").json == "oak")
    #expect(try await api.ask("GET", "/v2/trees/elm/root").json == "elm")
    #expect(try await api.ask("GET", "/v2/trees/elm/leaf").status == 404)
  }

  @Test func methodsThatNobodyHasAreCountedAsOne() async throws {
    #expect(try await api.ask("BREW", "/v2/birds").status == 405)
    #expect(try await api.ask("GET", "/v2/birds").status == 200)
    let metrics = Metrics.shared.render()
    #expect(metrics.contains("method=\"GET\""))
    #expect(metrics.contains("method=\"other\",status=\"405\""))
    #expect(!metrics.contains("BREW"))
  }

  @Test func aPathIsSplitBeforeItIsDecodedAndMayEndInASlash() async throws {
    #expect(try await api.ask("GET", "/v2/trees/a%2Fb/root").json == "a/b")
    #expect(try await api.ask("GET", "/v2/birds/robin/").status == 200)
    #expect(try await api.ask("GET", "/v2/birds//").status == 200)
    #expect(try await api.ask("GET", "/v2/trees//root").status == 404)
  }

  @Test func aMountMayHoldTheProject() async throws {
    let reply = try await api.ask("GET", "/v2/nest/birds/robin")
    #expect(reply.json["bird"]?["links"]?[0]?["href"] == "http://cloud:1/v2/nest/birds/robin")
    #expect(try await api.ask("GET", "/v2/nest/echo").json["mount"] == "/v2/nest")
  }

  @Test func whoHasNoTokenLearnsNothing() async throws {
    for (method, path) in [("GET", "/v2/birds/robin"), ("GET", "/nowhere"), ("PATCH", "/v2/birds/robin")] {
      for who in [nil, "", "forged", "king@nest"] {
        let reply = try await api.ask(method, path, as: who)
        #expect(reply.status == 401, "\(method) \(path) as \(who ?? "nobody")")
        #expect(reply.headers["WWW-Authenticate"] == "Keystone uri=\"http://id\"")
      }
    }
    #expect(try await api.ask("GET", "/v2/", as: nil).json == "versions")
    #expect(try await api.ask("POST", "/v2/", as: nil).status == 405)
  }

  @Test func whoHasOneLearnsWhatThereIs() async throws {
    #expect(try await api.ask("GET", "/nowhere").status == 404)
    let reply = try await api.ask("PATCH", "/v2/birds/robin")
    #expect(reply.status == 405)
    #expect(reply.headers["Allow"] == "DELETE, GET")
    #expect(reply.json["badMethod"]?["code"] == 405)
  }

  @Test func aHeadIsAnsweredAsTheGetUnlessItHasARow() async throws {
    #expect(try await api.ask("HEAD", "/v2/birds/robin").status == 200)
    #expect(try await api.ask("HEAD", "/v2/eggs").status == 204)
    #expect(try await api.ask("GET", "/v2/eggs").status == 405)
  }

  @Test func everyAnswerNamesItsRequest() async throws {
    for path in ["/v2/echo", "/nowhere", "/v2/crash"] {
      let reply = try await api.ask("GET", path)
      let id = try #require(reply.headers["X-Openstack-Request-Id"])
      #expect(id.hasPrefix("req-") && isUUID(id.dropFirst(4)))
      #expect(reply.headers["X-Aviary-Request-Id"] == id)
    }
    let echo = try await api.ask("GET", "/v2/echo")
    #expect(echo.json["id"]?.string == echo.headers["X-Openstack-Request-Id"])
    #expect(echo.json["trace"] == echo.json["id"])
    #expect(echo.json["user"] == "u-member")
    #expect(echo.json["rule"] == "aviary:birds:echo")
  }

  @Test func aCallersIdIsCarriedAsTheGlobalOneIfItIsOne() async throws {
    let theirs = "req-" + World.real.uuid()
    let good = try await api.ask("GET", "/v2/echo", headers: ["X-OpenStack-Request-ID": theirs])
    #expect(good.json["global"]?.string == theirs)
    #expect(good.headers["X-Openstack-Request-Id"] != theirs)
    for bad in ["evil\nline", "req-1", World.real.uuid()] {
      #expect(try await api.ask("GET", "/v2/echo", headers: ["X-OpenStack-Request-ID": bad]).json["global"] == .null)
    }
  }

  @Test func aBugIsAFiveHundredThatKeepsItsWords() async throws {
    let reply = try await api.ask("GET", "/v2/crash")
    #expect(reply.status == 500)
    let message = try #require(reply.json["computeFault"]?["message"]?.string)
    #expect(message.contains(reply.headers["X-Openstack-Request-Id"] ?? "?"))
    #expect(!reply.text.contains("hunter2") && !reply.text.contains("Boom"))
    #expect(!(try await api.ask("GET", "/v2/faults/internalError").text.contains("secret detail")))
  }

  @Test func linksFollowTheProxyInFront() async throws {
    let reply = try await api.ask(
      "GET", "/v2/echo", headers: ["X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/compute"])
    #expect(reply.json["base"] == "https://cloud:1/compute")
  }

  @Test func twoRowsOfOneVersionStopTheStart() throws {
    func rows(_ other: String, since: Microversion? = nil) -> Routes<Aviary> {
      Routes(
        rules: "a:",
        [
          .get("/birds/{id}", "one", { (_, _: Nothing) in Nothing() }, allow: .anyone, until: "2.2"),
          .get(other, "two", { (_, _: Nothing) in Nothing() }, allow: .anyone, since: since),
        ])
    }
    #expect(throws: Fault.self) { try Aviary().endpoint(routes: rows("/birds/{id}")) }
    #expect(throws: Fault.self) { try Aviary().endpoint(routes: rows("/birds/{id}", since: "2.2")) }
    #expect(throws: Fault.self) { try Aviary().endpoint(routes: rows("/birds/{name}")) }
    _ = try Aviary().endpoint(routes: rows("/birds/{id}", since: "2.3"))
    _ = try Aviary().endpoint(routes: rows("/birds/detail"))
  }
}
