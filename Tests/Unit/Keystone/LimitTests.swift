import API
import Core
import HTTP
import JSON
import KeystoneAPI
import KeystoneModel
import Testing

@Suite("Limits") struct LimitTests {
  private struct Stage {
    let cloud: TestCloud
    let service: String
    let project: String
    let domain: String

    init(_ model: LimitModel) async throws {
      var options = TestCloud.quick
      options.limitModel = model
      cloud = try await TestCloud(options: options)
      service = try await cloud.ask("GET", "/v3/services?type=compute").json["services"]?[0]?["id"]?.string ?? ""
      domain = try await cloud.make("/v3/domains", "domain", ["name": "acme"])
      project = try await cloud.make("/v3/projects", "project", ["name": "boats", "domain_id": .string(domain)])
    }
    func register(_ name: String, _ value: Int, region: String? = nil) async throws -> Answer {
      var limit: JSONObject = [
        "service_id": .string(service), "resource_name": .string(name), "default_limit": .int(value),
      ]
      limit["region_id"] = region.map { .string($0) }
      return try await cloud.ask("POST", "/v3/registered_limits", ["registered_limits": [.object(limit)]])
    }
    func limit(_ owner: String, _ id: String, _ name: String, _ value: Int) async throws -> Answer {
      let limit: JSONObject = [
        owner: .string(id), "service_id": .string(service), "resource_name": .string(name),
        "resource_limit": .int(value),
      ]
      return try await cloud.ask("POST", "/v3/limits", ["limits": [.object(limit)]])
    }
  }

  @Test("What is registered holds for all; a limit is the exception of one")
  func flat() async throws {
    let stage = try await Stage(.flat)
    let cloud = stage.cloud
    #expect(try await cloud.ask("GET", "/v3/limits/model").json["model"]?["name"] == "flat")
    let made = try await stage.register("cores", 10)
    #expect(made.status == 201, "\(made.json.text)")
    let registered = made.json["registered_limits"]?[0]?["id"]?.string ?? ""
    #expect(try await stage.register("cores", 10).status == 409)
    #expect(try await stage.register("cores", 10, region: "RegionOne").status == 201)
    #expect(try await stage.register("cores", 10, region: "nowhere").status == 400)
    #expect(try await stage.register("ram", -2).status == 400)
    #expect(try await stage.limit("project_id", stage.project, "ram", 5).status == 403)
    let limit = try await stage.limit("project_id", stage.project, "cores", 50)
    #expect(limit.status == 201, "\(limit.json.text)")
    let id = limit.json["limits"]?[0]?["id"]?.string ?? ""
    #expect(try await stage.limit("project_id", stage.project, "cores", 50).status == 409)
    #expect(try await stage.limit("project_id", "nowhere", "cores", 50).status == 400)
    #expect(try await cloud.ask("DELETE", "/v3/registered_limits/\(registered)").status == 403)
    let path = "/v3/registered_limits/\(registered)"
    #expect(try await cloud.ask("PATCH", path, ["registered_limit": ["resource_name": "cpus"]]).status == 403)
    let raised = try await cloud.ask("PATCH", path, ["registered_limit": ["default_limit": 20]])
    #expect(raised.json["registered_limit"]?["default_limit"] == 20)
    let changed = try await cloud.ask("PATCH", "/v3/limits/\(id)", ["limit": ["resource_limit": 5]])
    #expect(changed.json["limit"]?["resource_limit"] == 5)
    #expect(try await cloud.ask("PATCH", "/v3/limits/\(id)", ["limit": ["resource_name": "x"]]).status == 400)
    let demo = try await cloud.demo()
    #expect(try await cloud.send("GET", "/v3/limits", as: demo).json["limits"] == [])
    #expect(try await cloud.send("GET", "/v3/limits/\(id)", as: demo).status == 403)
    #expect(try await cloud.send("GET", "/v3/registered_limits", as: demo).status == 200)
    #expect(try await cloud.ask("GET", "/v3/limits?resource_name=cores").json["limits"]?.array?.count == 1)
    #expect(try await cloud.ask("DELETE", "/v3/limits/\(id)").status == 204)
    #expect(try await cloud.ask("GET", "/v3/limits/\(id)").status == 404)
    #expect(try await cloud.ask("DELETE", "/v3/registered_limits/\(registered)").status == 204)
  }

  @Test("In the model of two levels no project's limit is above its domain's")
  func twoLevels() async throws {
    let stage = try await Stage(.strictTwoLevel)
    let cloud = stage.cloud
    #expect(try await stage.register("cores", 10).status == 201)
    #expect(try await stage.limit("project_id", stage.project, "cores", 11).status == 403)
    let domain = try await stage.limit("domain_id", stage.domain, "cores", 20)
    #expect(domain.status == 201)
    let ofDomain = domain.json["limits"]?[0]?["id"]?.string ?? ""
    let project = try await stage.limit("project_id", stage.project, "cores", 15)
    #expect(project.status == 201, "\(project.json.text)")
    let ofProject = project.json["limits"]?[0]?["id"]?.string ?? ""
    #expect(try await cloud.ask("PATCH", "/v3/limits/\(ofDomain)", ["limit": ["resource_limit": 14]]).status == 403)
    #expect(try await cloud.ask("PATCH", "/v3/limits/\(ofProject)", ["limit": ["resource_limit": 21]]).status == 403)
    #expect(try await cloud.ask("PATCH", "/v3/limits/\(ofProject)", ["limit": ["resource_limit": 20]]).status == 200)
    // And trees have two levels.
    let deep: JSON = ["project": ["name": "deep", "parent_id": .string(stage.project)]]
    #expect(try await cloud.ask("POST", "/v3/projects", deep).status == 403)
  }
}
