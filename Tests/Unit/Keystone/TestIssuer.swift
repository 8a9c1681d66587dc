import Core
import Crypto
import HTTP
import JSON
import OpenID
import Synchronization

/// An OpenID Connect provider in memory, for as long as a test lasts.
final class TestIssuer: OpenIDWire {
  static let url = "https://idp.example/realm"

  private struct State {
    var keys: [(id: String, keys: JWSKeys)]
    var asked: [String] = []
    var forms: [[String: String]] = []
    var authorization: String?
    var isAway = false
    var isSilent = false
    var answers: [String: (Int, JSON)] = [:]
  }
  private let state: Mutex<State>
  let world: World

  init(world: World) throws {
    self.world = world
    state = Mutex(State(keys: [(id: "first", keys: try .generate())]))
  }

  /// Paths that were asked for, in order.
  var asked: [String] { state.withLock { $0.asked } }
  var lastForm: [String: String] { state.withLock { $0.forms.last ?? [:] } }
  var authorization: String? { state.withLock { $0.authorization } }
  func answer(_ path: String, _ json: JSON, status: Int = 200) { state.withLock { $0.answers[path] = (status, json) } }
  func goAway(_ isAway: Bool = true) { state.withLock { $0.isAway = isAway } }
  func fallSilent() { state.withLock { $0.isSilent = true } }
  func rotate(_ id: String) throws {
    let fresh = try JWSKeys.generate()
    state.withLock { $0.keys = [(id: id, keys: fresh)] }
  }

  func claims(_ subject: String = "u1", _ more: JSONObject = [:]) -> JSONObject {
    let now = world.now().seconds
    let usual: JSONObject = [
      "iss": .string(Self.url), "sub": .string(subject), "aud": "martlet", "iat": .int(now), "exp": .int(now + 300),
      "email": .string(subject + "@example.com"),
    ]
    return usual.merging(more)
  }
  func token(_ claims: JSONObject, keyID: String?? = .none) throws -> String {
    let key = state.withLock { $0.keys[0] }
    return try key.keys.sign(JSON.object(claims).bytes, keyID: keyID ?? key.id)
  }

  func send(_ request: Request, to baseURL: String) async throws -> Response {
    let path = request.path
    let bytes = try await request.body.collect(limit: 1 << 20)
    let form = Dictionary(
      parseQuery(String(decoding: bytes, as: UTF8.self)).map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
    let (isAway, isSilent, answer, keys) = state.withLock { state in
      state.asked.append(path)
      if !form.isEmpty { state.forms.append(form) }
      state.authorization = request.headers["Authorization"] ?? state.authorization
      return (state.isAway, state.isSilent, state.answers[path], state.keys)
    }
    guard baseURL == "https://idp.example" else { throw Fault.unavailable("Nobody knows \(baseURL).") }
    if isAway { throw Fault.unavailable("Nothing answers at \(baseURL).") }
    if isSilent { try await World.real.sleep(.seconds(60)) }
    if let (status, json) = answer { return Response(status: status, body: .bytes(json.bytes)) }
    switch path {
    case "/realm/.well-known/openid-configuration": return Response(status: 200, body: .bytes(Self.document.bytes))
    case "/realm/keys":
      let list = JSON.array(keys.map { Self.jwk($0.keys, $0.id) })
      return Response(status: 200, body: .bytes(JSON.object(["keys": list]).bytes))
    default: return Response(status: 404)
    }
  }

  private static let document: JSON = [
    "issuer": .string(url), "authorization_endpoint": .string(url + "/login"),
    "token_endpoint": .string(url + "/token"),
    "jwks_uri": .string(url + "/keys"), "introspection_endpoint": .string(url + "/introspect"),
  ]

  /// The last 64 bytes of a public key of P-256 are its point.
  private static func jwk(_ keys: JWSKeys, _ id: String) -> JSON {
    let lines = keys.publicKeys[0].split(separator: "\n").filter { !$0.hasPrefix("-") }
    let point = Array((Base64.decode(lines.joined()) ?? []).suffix(64))
    return [
      "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": .string(id),
      "x": .string(Base64.encode(Array(point[..<32]), .urlSafe, padded: false)),
      "y": .string(Base64.encode(Array(point[32...]), .urlSafe, padded: false)),
    ]
  }

  func provider(_ change: (inout OpenIDSettings) -> Void = { _ in }) -> OpenIDProvider {
    var settings = OpenIDSettings()
    settings.issuer = Self.url
    settings.clientID = "martlet"
    settings.clientSecret = "shared secret"
    change(&settings)
    return OpenIDProvider(settings, wire: self, world: world)
  }
}

extension JSONObject {
  func merging(_ other: JSONObject) -> JSONObject {
    var merged = self
    for (key, value) in other.members { merged[key] = value.isNull ? nil : value }
    return merged
  }
}
