import API
import Core
import Crypto
import HTTP
import JSON
import KeystoneAPI
import Testing

@Suite("Requests signed with EC2 keys") struct SignatureTests {
  private struct Stage {
    let cloud: TestCloud
    let access: String
    let secret: String
    let service: String

    init() async throws {
      cloud = try await TestCloud()
      let user = try await cloud.id(of: "demo", in: "users")
      let project = try await cloud.id(of: "demo", in: "projects")
      let made = try await cloud.send(
        "POST", "/v3/users/\(user)/credentials/OS-EC2", as: cloud.demo(), ["tenant_id": .string(project)])
      #expect(made.status == 201, "\(made.json.text)")
      access = made.json["credential"]?["access"]?.string ?? ""
      secret = made.json["credential"]?["secret"]?.string ?? ""
      service = try await cloud.login("nova", "nova's long and generated secret", project: "service")
    }
    func exchange(_ path: String, _ credentials: JSONObject) async throws -> Answer {
      try await cloud.send("POST", path, as: service, ["credentials": .object(credentials)])
    }
    /// Version 2, made here as botocore does.
    func version2(_ change: (inout JSONObject) -> Void = { _ in }) -> JSONObject {
      let query = "AWSAccessKeyId=\(access)&Action=DescribeInstances&SignatureMethod=HmacSHA256&SignatureVersion=2"
      let text = "GET\ncloud:8773\n/services/Cloud\n\(query)"
      var credentials: JSONObject = [
        "access": .string(access), "host": "cloud:8773", "verb": "GET", "path": "/services/Cloud",
        "params": [
          "AWSAccessKeyId": .string(access), "Action": "DescribeInstances", "SignatureMethod": "HmacSHA256",
          "SignatureVersion": "2",
        ],
        "signature": .string(Base64.encode(HMAC.sha256(key: Array(secret.utf8), Array(text.utf8)))),
      ]
      change(&credentials)
      return credentials
    }
  }

  /// RFC-like walk through Amazon's version 4, apart from the server's code.
  private func sign4(_ text: String, _ secret: String, _ scope: [String]) -> String {
    var key = Array("AWS4\(secret)".utf8)
    for part in scope { key = HMAC.sha256(key: key, Array(part.utf8)) }
    return HMAC.sha256(key: key, Array(text.utf8)).hex
  }

  @Test("Version 2 gets a token of the key's user on its project, which the identity service itself refuses")
  func version2() async throws {
    let stage = try await Stage()
    let answer = try await stage.exchange("/v3/ec2tokens", stage.version2())
    #expect(answer.status == 200, "\(answer.json.text)")
    #expect(answer.json["token"]?["user"]?["name"] == "demo")
    #expect(answer.json["token"]?["methods"] == ["ec2credential"])
    #expect(answer.json["token"]?["project"]?["name"] == "demo")
    #expect(try await stage.cloud.status(of: answer.token) == 200)
    let user = answer.json["token"]?["user"]?["id"]?.string ?? ""
    #expect(try await stage.cloud.send("GET", "/v3/users/\(user)", as: answer.token).status == 401)
    #expect(try await stage.cloud.rescope(answer.token).status == 403)
  }

  @Test("A wrong signature, an unknown key and a stranger's question are refused")
  func refusals() async throws {
    let stage = try await Stage()
    #expect(try await stage.exchange("/v3/ec2tokens", stage.version2 { $0["signature"] = "AAAA" }).status == 401)
    #expect(try await stage.exchange("/v3/ec2tokens", stage.version2 { $0["path"] = "/other" }).status == 401)
    #expect(try await stage.exchange("/v3/ec2tokens", stage.version2 { $0["access"] = "nobody" }).status == 404)
    #expect(try await stage.exchange("/v3/ec2tokens", stage.version2 { $0["signature"] = nil }).status == 401)
    #expect(try await stage.exchange("/v3/ec2tokens", [:]).status == 401)
    let demo = try await stage.cloud.demo()
    let asked = try await stage.cloud.send(
      "POST", "/v3/ec2tokens", as: demo, ["credentials": .object(stage.version2())])
    #expect(asked.status == 403)
  }

  @Test("Version 4, until a quarter of an hour after its time")
  func version4() async throws {
    let stage = try await Stage()
    let date = stage.cloud.clock.now.iso8601.filter { $0 != "-" && $0 != ":" }
    let day = String(date.prefix(8))
    let scope = [day, "RegionOne", "ec2", "aws4_request"]
    let hash = Hash.sha256(Array("Action=DescribeInstances".utf8)).hex
    let request = [
      "POST", "/services/Cloud", "", "host:cloud:8773\nx-amz-date:\(date)\n", "host;x-amz-date", hash,
    ].joined(separator: "\n")
    let text = [
      "AWS4-HMAC-SHA256", date, scope.joined(separator: "/"), Hash.sha256(Array(request.utf8)).hex,
    ].joined(separator: "\n")
    let signature = sign4(text, stage.secret, scope)
    let authorization =
      "AWS4-HMAC-SHA256 Credential=\(stage.access)/\(scope.joined(separator: "/")), SignedHeaders=host;x-amz-date, "
      + "Signature=\(signature)"
    let credentials: JSONObject = [
      "access": .string(stage.access), "host": "cloud:8773", "verb": "POST", "path": "/services/Cloud",
      "params": ["Action": "DescribeInstances"], "body_hash": .string(hash), "signature": .string(signature),
      "headers": ["Host": "cloud:8773", "X-Amz-Date": .string(date), "Authorization": .string(authorization)],
    ]
    #expect(try await stage.exchange("/v3/ec2tokens", credentials).status == 200)
    stage.cloud.clock.advance(.minutes(16))
    #expect(try await stage.exchange("/v3/ec2tokens", credentials).status == 401)
  }

  @Test("S3 requests, of the old kind and the new")
  func s3() async throws {
    let stage = try await Stage()
    let old = Array("GET\n\n\nSat, 21 Nov 2026 09:00:00 GMT\n/bucket/key".utf8)
    let simple = try await stage.exchange(
      "/v3/s3tokens",
      [
        "access": .string(stage.access), "token": .string(Base64.encode(old, .urlSafe)),
        "signature": .string(Base64.encode(HMAC.sha1(key: Array(stage.secret.utf8), old))),
      ])
    #expect(simple.status == 200, "\(simple.json.text)")
    #expect(simple.json["token"]?["user"]?["name"] == "demo")
    #expect(simple.headers["X-Subject-Token"] == nil)
    let scope = ["20261121", "RegionOne", "s3", "aws4_request"]
    let text = "AWS4-HMAC-SHA256\n20261121T090000Z\n\(scope.joined(separator: "/"))\n\(Hash.sha256([]).hex)"
    func new(_ text: String, _ scope: [String]) async throws -> Int {
      try await stage.exchange(
        "/v3/s3tokens",
        [
          "access": .string(stage.access), "token": .string(Base64.encode(Array(text.utf8), .urlSafe)),
          "signature": .string(sign4(text, stage.secret, scope)),
        ]
      ).status
    }
    #expect(try await new(text, scope) == 200)
    #expect(try await new(text.replacing("/s3/", with: "/ec2/"), scope) == 401)
    #expect(try await new(text + "x", ["20261121", "elsewhere", "s3", "aws4_request"]) == 401)
  }
}
