import API
import Clients
import Core
import HTTP
import JSON
import Synchronization
import Testing

/// A transport that answers from a script and remembers what it was sent.
final class ScriptedTransport: Transport {
  let sent = Mutex<[Request]>([])
  let answer: @Sendable (Request, Int) async throws -> Response
  init(_ answer: @escaping @Sendable (_ request: Request, _ n: Int) async throws -> Response) { self.answer = answer }
  var count: Int { sent.withLock { $0.count } }
  func send(_ request: Request) async throws -> Response {
    let n = sent.withLock { sent in
      sent.append(request)
      return sent.count
    }
    return try await answer(request, n)
  }
}

func jsonResponse(_ status: Int, _ json: JSON, headers: Headers = [:]) -> Response {
  Response(status: status, headers: headers, body: .bytes(json.bytes))
}

@Suite("Clients") struct ClientsTests {
  static let styles: [(String, FaultStyle)] = [
    ("keystone", .keystone), ("nova", .nova), ("cinder", .cinder), ("neutron", .neutron), ("glance", .glance),
    ("placement", .placement),
  ]

  @Test(arguments: 0..<styles.count) func aRefusalComesBackAsTheFaultItWas(row: Int) async throws {
    let (name, style) = Self.styles[row]
    let api = try Aviary().endpoint(
      faults: style, versions: nil,
      routes: Routes(
        rules: "a:",
        [
          .get("/faults/{kind}", "fault", Aviary.fault, allow: .anyone)
        ]))
    let client = ServiceClient(name, over: LocalTransport(api.handler), prefix: "/v2") { "member@nest" }
    // Nova says 403 both to who may not and to who has no room.
    let kinds = Fault.Kind.allCases.filter {
      $0 != .internalError && !($0 == .overQuota && style.status(of: $0) == 403)
    }
    for kind in kinds where !(name == "neutron" && kind == .overQuota) && !(name == "glance" && kind == .overQuota) {
      // Nova and cinder call both a body and a demand that is too large an overLimit.
      if ["nova", "cinder"].contains(name), kind == .tooLarge { continue }
      let fault = await #expect(throws: Fault.self) { try await client.call("GET", "/faults/\(kind.rawValue)") }
      #expect(fault?.kind == kind, "\(name) \(kind)")
      #expect(fault?.message == "No <seed>.", "\(name) \(kind)")
      #expect(fault?.detail?.contains("\(name): GET /faults/\(kind.rawValue)") == true)
      if name == "neutron" || name == "placement" { #expect(fault?.code == "NoSeed") }
    }
    let bug = await #expect(throws: Fault.self) { try await client.call("GET", "/faults/internalError") }
    #expect(bug?.kind == .internalError)
  }

  @Test func neutronsQuotaIsKnownByItsType() async throws {
    let body: JSON = ["NeutronError": ["type": "OverQuota", "message": "Full.", "detail": ""]]
    let client = ServiceClient("network", over: ScriptedTransport { _, _ in jsonResponse(409, body) }, prefix: "") {
      nil
    }
    #expect(await #expect(throws: Fault.self) { try await client.call("POST", "/ports") }?.kind == .overQuota)
  }

  @Test func whatAProxyOrNobodySaysIsAFaultToo() async throws {
    for (status, text, kind) in [
      (502, "", Fault.Kind.unavailable), (429, "slow down", .unavailable), (418, "[]", .internalError),
    ] {
      let transport = ScriptedTransport { _, _ in Response(status: status, body: .bytes(Array(text.utf8))) }
      let fault = await #expect(throws: Fault.self) {
        try await ServiceClient("image", over: transport, prefix: "") { nil }.call("GET", "/x")
      }
      #expect(fault?.kind == kind)
      #expect(fault?.message.isEmpty == false)
    }
  }

  @Test func requestsCarryTokenTraceHeadersAndBody() async throws {
    let transport = ScriptedTransport { _, _ in jsonResponse(200, ["ok": true]) }
    let client = ServiceClient("x", over: transport, prefix: "/v2", headers: [(name: "V", value: "2.1")]) { "t" }
    try await Trace.$current.withValue(Trace(requestID: "req-1", globalID: "req-0")) {
      _ = try await client.call("POST", "/things", query: [(name: "a", value: "b c")], ["x": 1])
    }
    try await Trace.$current.withValue(Trace(requestID: "req-1")) {
      _ = try await client.with(token: "u").call("GET", "/")
    }
    let sent = transport.sent.withLock { $0 }
    #expect(sent[0].path == "/v2/things" && sent[0].query[0].value == "b c")
    #expect(sent[0].headers["X-Auth-Token"] == "t" && sent[0].headers["V"] == "2.1")
    #expect(sent[0].headers["X-Openstack-Request-Id"] == "req-0")
    #expect(sent[0].headers["Content-Type"] == "application/json")
    #expect(sent[1].headers["X-Openstack-Request-Id"] == "req-1" && sent[1].headers["X-Auth-Token"] == "u")
    #expect(sent[1].headers["Content-Type"] == nil)
  }

  @Test func whatIsMissingIsNilAndWhatIsGoneIsDeleted() async throws {
    let client = ServiceClient(
      "x", over: ScriptedTransport { _, n in jsonResponse(n < 3 ? 404 : 409, ["error": ["message": "no"]]) }, prefix: ""
    ) { nil }
    #expect(try await client.find("/a") == nil)
    try await client.remove("/a")
    await #expect(throws: Fault.self) { try await client.remove("/a") }
  }

  private static func keystone(_ expires: @escaping @Sendable () -> Timestamp) -> ScriptedTransport {
    ScriptedTransport { _, n in
      try await Task.sleep(for: .milliseconds(5))
      return jsonResponse(
        201, ["token": ["expires_at": .string(expires().iso8601)]], headers: ["X-Subject-Token": "token-\(n)"])
    }
  }

  @Test func aServicesTokenIsFetchedOnceAndRenewedAtHalfItsLife() async throws {
    let now = Mutex(Timestamp(seconds: 1_000_000))
    var world = World.real
    world.now = { now.withLock { $0 } }
    let keystone = Self.keystone { now.withLock { $0 } + .seconds(3600) }
    let credential = ServiceCredential(identity: keystone, user: "nova", password: "secret", world: world)
    let tokens = try await withThrowingTaskGroup(of: String.self) { group in
      for _ in 0..<20 { group.addTask { try await credential.token() } }
      return try await group.reduce(into: Set<String>()) { $0.insert($1) }
    }
    #expect(tokens == ["token-1"] && keystone.count == 1)
    let asked = try JSON(parsing: try await keystone.sent.withLock { $0[0] }.body.collect(limit: 10_000))
    #expect(asked["auth"]?["identity"]?["password"]?["user"]?["name"] == "nova")
    now.withLock { $0 = $0 + .seconds(1799) }
    #expect(try await credential.token() == "token-1")
    now.withLock { $0 = $0 + .seconds(2) }
    #expect(try await credential.token() == "token-2")
    credential.forget()
    #expect(try await credential.token() == "token-3")
  }

  @Test func aTokenThatStillHoldsOutlivesKeystonesAbsence() async throws {
    let now = Mutex(Timestamp(seconds: 1_000_000))
    var world = World.real
    world.now = { now.withLock { $0 } }
    let end = Timestamp(seconds: 1_003_600)
    let keystone = ScriptedTransport { _, n in
      guard n == 1 else { return jsonResponse(503, [:]) }
      return jsonResponse(201, ["token": ["expires_at": .string(end.iso8601)]], headers: ["X-Subject-Token": "t"])
    }
    let credential = ServiceCredential(identity: keystone, user: "nova", password: "secret", world: world)
    _ = try await credential.token()
    now.withLock { $0 = $0 + .seconds(3000) }
    #expect(try await credential.token() == "t")
    now.withLock { $0 = end }
    let fault = await #expect(throws: Fault.self) { try await credential.token() }
    #expect(fault?.kind == .unavailable)
    #expect(fault?.message.contains("secret") == false)
  }
}
