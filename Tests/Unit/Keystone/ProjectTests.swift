import API
import Core
import HTTP
import JSON
import KeystoneAPI
import Testing

@Suite("Projects and domains") struct ProjectTests {
  @Test("A project is made, found, changed and deleted")
  func projects() async throws {
    let cloud = try await TestCloud()
    let made = try await cloud.ask(
      "POST", "/v3/projects", ["project": ["name": "ship", "description": "d", "tags": ["wood"], "cost_centre": "7"]])
    #expect(made.status == 201)
    let id = made.json["project"]?["id"]?.string ?? ""
    #expect(
      made.json["project"] == [
        "id": .string(id), "name": "ship", "domain_id": "default", "description": "d", "enabled": true,
        "parent_id": "default", "is_domain": false, "tags": ["wood"], "options": [:], "cost_centre": "7",
        "links": ["self": .string("http://cloud:5000/v3/projects/\(id)")],
      ])
    let twice = try await cloud.ask("POST", "/v3/projects", ["project": ["name": "ship"]])
    #expect(twice.status == 409 && twice.message.contains("Duplicate entry found with name ship at domain ID default."))
    #expect(try await cloud.ask("GET", "/v3/projects?name=ship").json["projects"]?.array?.count == 1)
    #expect(try await cloud.ask("GET", "/v3/projects?parent_id=default").json["projects"]?.array?.count == 4)
    #expect(try await cloud.ask("GET", "/v3/projects?is_domain=true").json["projects"]?[0]?["id"] == "default")
    let changed = try await cloud.ask(
      "PATCH", "/v3/projects/\(id)", ["project": ["name": "boat", "options": ["immutable": true]]])
    #expect(changed.json["project"]?["name"] == "boat")
    #expect(try await cloud.ask("DELETE", "/v3/projects/\(id)").status == 403)
    #expect(
      try await cloud.ask("PATCH", "/v3/projects/\(id)", ["project": ["options": ["immutable": nil]]]).status == 200)
    #expect(try await cloud.ask("PATCH", "/v3/projects/\(id)", ["project": ["parent_id": "x"]]).status == 403)
    #expect(try await cloud.ask("PATCH", "/v3/projects/\(id)", ["project": ["domain_id": "x"]]).status == 400)
    #expect(try await cloud.ask("DELETE", "/v3/projects/\(id)").status == 204)
    #expect(try await cloud.ask("GET", "/v3/projects/\(id)").message == "Could not find project: \(id).")
  }

  @Test("Projects lie in one another, to a limit; only a leaf can be deleted")
  func tree() async throws {
    let cloud = try await TestCloud()
    var parent = ""
    var ids: [String] = []
    for depth in 1...4 {
      var body: JSONObject = ["name": .string("level\(depth)")]
      if depth > 1 { body["parent_id"] = .string(parent) }
      parent = try await cloud.make("/v3/projects", "project", .object(body))
      ids.append(parent)
    }
    let deeper = try await cloud.ask(
      "POST", "/v3/projects", ["project": ["name": "level5", "parent_id": .string(parent)]])
    #expect(deeper.status == 403 && deeper.message.contains("Max hierarchy depth reached"))
    #expect(try await cloud.ask("DELETE", "/v3/projects/\(ids[0])").status == 403)
    let below = try await cloud.ask("GET", "/v3/projects/\(ids[1])?subtree_as_ids&parents_as_ids")
    #expect(below.json["project"]?["subtree"] == [ids[2]: [ids[3]: nil]])
    #expect(below.json["project"]?["parents"] == [ids[0]: ["default": nil]])
    #expect(try await cloud.ask("PATCH", "/v3/projects/\(ids[0])", ["project": ["enabled": false]]).status == 200)
    let child: JSON = ["project": ["name": "late", "parent_id": .string(ids[0])]]
    #expect(try await cloud.ask("POST", "/v3/projects", child).status == 403)
  }

  @Test("Tags are set, tested, removed and searched for")
  func tags() async throws {
    let cloud = try await TestCloud()
    let id = try await cloud.make("/v3/projects", "project", ["name": "ship", "tags": ["wood", "100%"]])
    let path = "/v3/projects/\(id)/tags"
    #expect(try await cloud.ask("PUT", path + "/sail").status == 201)
    #expect(try await cloud.ask("GET", path).json["tags"] == ["wood", "100%", "sail"])
    #expect(try await cloud.ask("GET", path + "/sail").status == 204)
    #expect(try await cloud.ask("GET", path + "/steam").status == 404)
    func found(_ query: String) async throws -> Int? {
      try await cloud.ask("GET", "/v3/projects?parent_id=default&\(query)").json["projects"]?.array?.count
    }
    #expect(try await found("tags=wood,sail") == 1)
    #expect(try await found("tags=wood,steam") == 0)
    #expect(try await found("tags=oo") == 0)
    #expect(try await found("tags=100%25") == 1)
    #expect(try await found("tags-any=wood,steam") == 1)
    #expect(try await found("not-tags=wood") == 3)
    #expect(try await found("not-tags-any=steam") == 4)
    #expect(try await cloud.ask("DELETE", path + "/wood").status == 204)
    #expect(try await cloud.ask("PUT", path, ["tags": ["a", "b"]]).json["tags"] == ["a", "b"])
    #expect(try await cloud.ask("PUT", path, ["tags": ["a,b"]]).status == 400)
    #expect(try await cloud.ask("DELETE", path).status == 204)
    #expect(try await cloud.ask("GET", path).json["tags"] == [])
  }

  @Test("A domain is deleted once it is disabled, with everything in it")
  func domains() async throws {
    let cloud = try await TestCloud()
    let made = try await cloud.ask("POST", "/v3/domains", ["domain": ["name": "acme", "description": "d"]])
    let id = made.json["domain"]?["id"]?.string ?? ""
    #expect(
      made.json["domain"] == [
        "id": .string(id), "name": "acme", "description": "d", "enabled": true, "tags": [], "options": [:],
        "links": ["self": .string("http://cloud:5000/v3/domains/\(id)")],
      ])
    #expect(try await cloud.ask("POST", "/v3/domains", ["domain": ["name": "acme"]]).status == 409)
    let user = try await cloud.make(
      "/v3/users", "user", ["name": "demo", "password": "p", "domain_id": .string(id)])
    let project = try await cloud.make("/v3/projects", "project", ["name": "demo", "domain_id": .string(id)])
    let child = try await cloud.make("/v3/projects", "project", ["name": "inner", "parent_id": .string(project)])
    #expect(try await cloud.ask("GET", "/v3/projects/\(child)").json["project"]?["domain_id"]?.string == id)
    #expect(try await cloud.ask("GET", "/v3/domains?name=acme").json["domains"]?[0]?["id"]?.string == id)
    let early = try await cloud.ask("DELETE", "/v3/domains/\(id)")
    #expect(early.status == 403)
    #expect(early.message == "Cannot delete a domain that is enabled, please disable it first.")
    let token = try await cloud.authenticate(["id": .string(user), "password": "p"]).token
    #expect(try await cloud.ask("PATCH", "/v3/domains/\(id)", ["domain": ["enabled": false]]).status == 200)
    #expect(try await cloud.status(of: token) == 404)
    #expect(try await cloud.authenticate(["id": .string(user), "password": "p"]).status == 401)
    #expect(try await cloud.ask("DELETE", "/v3/domains/\(id)").status == 204)
    for path in ["domains/\(id)", "users/\(user)", "projects/\(project)", "projects/\(child)"] {
      #expect(try await cloud.ask("GET", "/v3/\(path)").status == 404, "\(path)")
    }
    #expect(try await cloud.ask("GET", "/v3/projects/demo").status == 404)
  }
}
