import API
import Core
import HTTP
import JSON
import KeystoneAPI
import KeystoneModel
import Store
import Testing

@Suite("Credentials") struct CredentialTests {
  @Test("A user keeps secrets for himself; in the store they are sealed")
  func credentials() async throws {
    let cloud = try await TestCloud()
    let demo = try await cloud.demo()
    let user = try await cloud.id(of: "demo", in: "users")
    let made = try await cloud.send(
      "POST", "/v3/credentials", as: demo, ["credential": ["type": "cert", "blob": "the secret"]])
    #expect(made.status == 201)
    let id = made.json["credential"]?["id"]?.string ?? ""
    #expect(
      made.json["credential"] == [
        "id": .string(id), "type": "cert", "user_id": .string(user), "project_id": nil, "blob": "the secret",
        "links": ["self": .string("http://cloud:5000/v3/credentials/\(id)")],
      ])
    let kept = try await cloud.keystone.store.read { try await $0.get(Credential.self, id) }
    #expect(kept?.sealed.contains("secret") == false && kept?.sealed.hasPrefix("gAAAA") == true)
    #expect(try await cloud.send("GET", "/v3/credentials", as: demo).json["credentials"]?.array?.count == 1)
    let nova = try await cloud.make("/v3/users", "user", ["name": "ann", "password": "p"])
    let ann = try await cloud.authenticate(["id": .string(nova), "password": "p"]).token
    #expect(try await cloud.send("GET", "/v3/credentials/\(id)", as: ann).status == 403)
    #expect(try await cloud.send("GET", "/v3/credentials", as: ann).json["credentials"] == [])
    #expect(try await cloud.send("DELETE", "/v3/credentials/\(id)", as: ann).status == 403)
    let changed = try await cloud.send(
      "PATCH", "/v3/credentials/\(id)", as: demo, ["credential": ["blob": "another"]])
    #expect(changed.json["credential"]?["blob"] == "another")
    #expect(try await cloud.ask("GET", "/v3/credentials?type=cert").json["credentials"]?.array?.count == 1)
    #expect(try await cloud.send("DELETE", "/v3/credentials/\(id)", as: demo).status == 204)
    #expect(try await cloud.ask("GET", "/v3/credentials/\(id)").message == "Could not find credential: \(id).")
  }

  @Test("An EC2 credential is found by the digest of its access key, and only once")
  func ec2() async throws {
    let cloud = try await TestCloud()
    let project = try await cloud.id(of: "admin", in: "projects")
    let body: JSON = [
      "credential": [
        "type": "ec2", "blob": "{\"access\":\"abc\",\"secret\":\"def\"}", "project_id": .string(project),
      ]
    ]
    let made = try await cloud.ask("POST", "/v3/credentials", body)
    #expect(
      made.json["credential"]?["id"] == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(try await cloud.ask("POST", "/v3/credentials", body).status == 409)
    #expect(try await cloud.ask("POST", "/v3/credentials", ["credential": ["type": "ec2", "blob": "x"]]).status == 400)
    #expect(try await cloud.ask("POST", "/v3/credentials", ["credential": ["type": "ec2"]]).status == 400)
  }

  @Test("A user makes access keys for himself, on projects where he may be")
  func accessKeys() async throws {
    let cloud = try await TestCloud()
    let demo = try await cloud.demo()
    let user = try await cloud.id(of: "demo", in: "users")
    let project = try await cloud.id(of: "demo", in: "projects")
    let elsewhere = try await cloud.id(of: "admin", in: "projects")
    let path = "/v3/users/\(user)/credentials/OS-EC2"
    let made = try await cloud.send("POST", path, as: demo, ["tenant_id": .string(project)])
    #expect(made.status == 201)
    let access = made.json["credential"]?["access"]?.string ?? ""
    #expect(access.count == 32 && made.json["credential"]?["secret"]?.string?.count == 32)
    #expect(try await cloud.send("GET", path, as: demo).json["credentials"]?.array?.count == 1)
    #expect(try await cloud.send("GET", "\(path)/\(access)", as: demo).json == made.json)
    #expect(try await cloud.send("POST", path, as: demo, ["tenant_id": .string(elsewhere)]).status == 403)
    #expect(try await cloud.send("POST", path, as: demo, [:]).status == 400)
    let admin = try await cloud.id(of: "admin", in: "users")
    #expect(try await cloud.send("GET", "/v3/users/\(admin)/credentials/OS-EC2", as: demo).status == 403)
    #expect(try await cloud.ask("GET", "/v3/users/\(admin)/credentials/OS-EC2/\(access)").status == 404)
    #expect(try await cloud.send("DELETE", "\(path)/\(access)", as: demo).status == 204)
    #expect(try await cloud.send("GET", "\(path)/\(access)", as: demo).status == 404)
  }

  private func login(_ cloud: TestCloud, _ secret: JSON, scope: JSON? = nil) async throws -> Answer {
    var auth: JSONObject = [
      "identity": ["methods": ["application_credential"], "application_credential": secret]
    ]
    auth["scope"] = scope
    return try await cloud.send("POST", "/v3/auth/tokens", as: nil, ["auth": .object(auth)])
  }

  @Test("An application credential acts for its user, with its roles, on its project")
  func applicationCredentials() async throws {
    let cloud = try await TestCloud()
    let demo = try await cloud.demo()
    let user = try await cloud.id(of: "demo", in: "users")
    let path = "/v3/users/\(user)/application_credentials"
    let made = try await cloud.send(
      "POST", path, as: demo, ["application_credential": ["name": "robot", "roles": [["name": "reader"]]]])
    #expect(made.status == 201)
    let shown = try #require(made.json["application_credential"])
    let id = try #require(shown["id"]?.string)
    let secret = try #require(shown["secret"]?.string)
    #expect(shown["roles"]?.array?.compactMap { $0["name"]?.string } == ["reader"])
    #expect(shown["unrestricted"] == false && shown["expires_at"] == .null)

    let byID = try await login(cloud, ["id": .string(id), "secret": .string(secret)])
    #expect(byID.status == 201 && byID.token.utf8.count < 255)
    #expect(byID.json["token"]?["methods"] == ["application_credential"])
    #expect(byID.json["token"]?["project"]?["name"] == "demo")
    #expect(byID.json["token"]?["roles"]?.array?.compactMap { $0["name"]?.string } == ["reader"])
    #expect(
      byID.json["token"]?["application_credential"] == ["id": .string(id), "name": "robot", "restricted": true])
    let byName = try await login(
      cloud, ["name": "robot", "secret": .string(secret), "user": ["name": "demo", "domain": ["id": "default"]]])
    #expect(byName.status == 201)
    #expect(try await login(cloud, ["id": .string(id), "secret": "wrong"]).status == 401)
    #expect(try await login(cloud, ["id": "nothing", "secret": .string(secret)]).status == 401)
    let scoped = try await login(
      cloud, ["id": .string(id), "secret": .string(secret)], scope: TestCloud.project("demo"))
    #expect(scoped.status == 401)
    #expect(try await cloud.rescope(byID.token, scope: TestCloud.project("demo")).status == 403)

    let another: JSON = ["application_credential": ["name": "child"]]
    #expect(try await cloud.send("POST", path, as: byID.token, another).status == 403)
    let secretBody: JSON = ["credential": ["type": "cert", "blob": "x"]]
    #expect(try await cloud.send("POST", "/v3/credentials", as: byID.token, secretBody).status == 403)
    let project = try await cloud.id(of: "demo", in: "projects")
    let key = "/v3/users/\(user)/credentials/OS-EC2"
    #expect(try await cloud.send("POST", key, as: byID.token, ["tenant_id": .string(project)]).status == 403)
    #expect(try await cloud.send("POST", path, as: demo, ["application_credential": ["name": "robot"]]).status == 409)
    let admin: JSON = ["application_credential": ["name": "x", "roles": [["name": "admin"]]]]
    #expect(try await cloud.send("POST", path, as: demo, admin).status == 400)
    #expect(try await cloud.send("POST", path, as: cloud.admin, another).status == 403)
    let list = try await cloud.send("GET", path, as: demo)
    #expect(list.json["application_credentials"]?.array?.count == 1 && !list.json.text.contains("secret"))
    #expect(try await cloud.send("DELETE", "\(path)/\(id)", as: byID.token).status == 403)
    #expect(try await cloud.send("DELETE", "\(path)/\(id)", as: demo).status == 204)
    #expect(try await cloud.status(of: byID.token) == 404)
    #expect(try await cloud.send("GET", "\(path)/\(id)", as: demo).status == 404)
  }

  @Test("An application credential ends with its time, and with its user's role")
  func endings() async throws {
    let cloud = try await TestCloud()
    let demo = try await cloud.demo()
    let user = try await cloud.id(of: "demo", in: "users")
    let path = "/v3/users/\(user)/application_credentials"
    let end = (cloud.clock.now + .minutes(10)).isoMicroseconds
    let made = try await cloud.send(
      "POST", path, as: demo,
      ["application_credential": ["name": "robot", "secret": "own words", "expires_at": .string(end)]])
    let id = made.json["application_credential"]?["id"] ?? nil
    let token = try await login(cloud, ["id": id, "secret": "own words"]).token
    #expect(try await cloud.status(of: token) == 200)
    cloud.clock.advance(.minutes(11))
    #expect(try await login(cloud, ["id": id, "secret": "own words"]).status == 401)
    #expect(try await cloud.status(of: token) == 404)
  }
}
