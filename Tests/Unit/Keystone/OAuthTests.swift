import API
import Core
import Crypto
import HTTP
import JSON
import KeystoneAPI
import Testing

@Suite("OAuth") struct OAuthTests {
  /// Signs as a client does (RFC 5849), with what the server's own code has no part in.
  private func header(
    _ path: String, _ parameters: [String: String], consumer: String, token: String = "", url: String? = nil
  ) -> String {
    func encode(_ text: String) -> String { percentEncode(text) }
    var all = parameters
    all["oauth_signature_method"] = "HMAC-SHA1"
    all["oauth_nonce"] = "n1"
    all["oauth_timestamp"] = "1795000000"
    all["oauth_version"] = "1.0"
    let text = all.sorted { $0.key < $1.key }.map { "\(encode($0.key))=\(encode($0.value))" }.joined(separator: "&")
    let base = ["POST", encode(url ?? "http://cloud:5000\(path)"), encode(text)].joined(separator: "&")
    let mac = HMAC.sha1(key: Array("\(encode(consumer))&\(encode(token))".utf8), Array(base.utf8))
    all["oauth_signature"] = Base64.encode(mac)
    return "OAuth " + all.sorted { $0.key < $1.key }.map { "\($0.key)=\"\(encode($0.value))\"" }.joined(separator: ", ")
  }

  private func form(_ cloud: TestCloud, _ path: String, _ headers: Headers) async throws -> (Int, [String: String]) {
    var request = Request("POST", path, headers: headers)
    request.headers["Host"] = "cloud:5000"
    let response = await cloud.endpoint.handler(request)
    let text = String(decoding: try await response.body.collect(limit: 1 << 16), as: UTF8.self)
    let pairs = text.split(separator: "&").map { $0.split(separator: "=", maxSplits: 1) }
    return (
      response.status,
      Dictionary(
        pairs.compactMap { $0.count == 2 ? (String($0[0]), String($0[1])) : nil }, uniquingKeysWith: { $1 })
    )
  }

  @Test("A consumer asks, a user allows, and the token does what he allowed")
  func dance() async throws {
    let cloud = try await TestCloud()
    let made = try await cloud.ask("POST", "/v3/OS-OAUTH1/consumers", ["consumer": ["description": "an app"]])
    let (consumer, secret) = (
      made.json["consumer"]?["id"]?.string ?? "", made.json["consumer"]?["secret"]?.string ?? ""
    )
    #expect(made.status == 201 && !secret.isEmpty)
    #expect(try await cloud.ask("GET", "/v3/OS-OAUTH1/consumers/\(consumer)").json["consumer"]?["secret"] == nil)
    let project = try await cloud.id(of: "admin", in: "projects")
    let asking = "/v3/OS-OAUTH1/request_token"
    var headers: Headers = ["Requested-Project-Id": project]
    headers["Authorization"] = header(asking, ["oauth_consumer_key": consumer], consumer: "wrong")
    #expect(try await form(cloud, asking, headers).0 == 401)
    headers["Authorization"] = header(asking, ["oauth_consumer_key": consumer], consumer: secret)
    let (status, request) = try await form(cloud, asking, headers)
    #expect(status == 201)
    let (id, requestSecret) = (request["oauth_token"] ?? "", request["oauth_token_secret"] ?? "")

    let authorize = "/v3/OS-OAUTH1/authorize/\(id)"
    #expect(try await cloud.ask("PUT", authorize, ["roles": []]).status == 400)
    #expect(try await cloud.ask("PUT", authorize, ["roles": [["name": "service"]]]).status == 401)
    #expect(try await cloud.ask("PUT", "/v3/OS-OAUTH1/authorize/x", ["roles": [["name": "reader"]]]).status == 404)
    let allowed = try await cloud.ask("PUT", authorize, ["roles": [["name": "reader"]]])
    let verifier = allowed.json["token"]?["oauth_verifier"]?.string ?? ""
    #expect(verifier.count == 8)

    let fetching = "/v3/OS-OAUTH1/access_token"
    func fetch(_ verifier: String) async throws -> (Int, [String: String]) {
      let parameters = ["oauth_consumer_key": consumer, "oauth_token": id, "oauth_verifier": verifier]
      return try await form(
        cloud, fetching,
        ["Authorization": header(fetching, parameters, consumer: secret, token: requestSecret)])
    }
    #expect(try await fetch("guessed").0 == 401)
    let (fetched, access) = try await fetch(verifier)
    #expect(fetched == 201)
    #expect(try await fetch(verifier).0 == 404)

    func login(_ token: String) async throws -> Answer {
      let parameters = ["oauth_consumer_key": consumer, "oauth_token": access["oauth_token"] ?? ""]
      return try await cloud.send(
        "POST", "/v3/auth/tokens", as: nil, ["auth": ["identity": ["methods": ["oauth1"], "oauth1": [:]]]],
        headers: ["Authorization": header("/v3/auth/tokens", parameters, consumer: secret, token: token)])
    }
    #expect(try await login("wrong").status == 401)
    let token = try await login(access["oauth_token_secret"] ?? "")
    #expect(token.status == 201, "\(token.json.text)")
    #expect(token.json["token"]?["OS-OAUTH1"]?["consumer_id"]?.string == consumer)
    #expect(token.json["token"]?["roles"]?.array?.compactMap { $0["name"]?.string } == ["reader"])
    #expect(token.json["token"]?["project"]?["id"]?.string == project)
    #expect(try await cloud.rescope(token.token).status == 403)

    let user = try await cloud.id(of: "admin", in: "users")
    let root = "/v3/users/\(user)/OS-OAUTH1/access_tokens"
    let list = try await cloud.ask("GET", root)
    let accessID = list.json["access_tokens"]?[0]?["id"]?.string ?? ""
    #expect(accessID == access["oauth_token"])
    #expect(try await cloud.ask("GET", "\(root)/\(accessID)/roles").json["roles"]?[0]?["name"] == "reader")
    #expect(try await cloud.ask("DELETE", "\(root)/\(accessID)").status == 204)
    #expect(try await cloud.status(of: token.token) == 404)
    #expect(try await login(access["oauth_token_secret"] ?? "").status == 401)
  }

  @Test("Consumers are made, changed and deleted; their secret never changes")
  func consumers() async throws {
    let cloud = try await TestCloud()
    let id = try await cloud.make("/v3/OS-OAUTH1/consumers", "consumer", ["description": "one", "colour": "red"])
    let path = "/v3/OS-OAUTH1/consumers/\(id)"
    #expect(try await cloud.ask("PATCH", path, ["consumer": ["secret": "x"]]).status == 400)
    let changed = try await cloud.ask("PATCH", path, ["consumer": ["description": "two"]])
    #expect(changed.json["consumer"]?["description"] == "two")
    #expect(changed.json["consumer"]?["colour"] == "red")
    #expect(try await cloud.send("GET", path, as: cloud.demo()).status == 403)
    #expect(try await cloud.ask("DELETE", path).status == 204)
    #expect(try await cloud.ask("GET", path).status == 404)
  }
}
