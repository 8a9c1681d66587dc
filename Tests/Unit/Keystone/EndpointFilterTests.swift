import API
import Core
import HTTP
import JSON
import KeystoneAPI
import Testing

@Suite("Endpoint filters and policies") struct EndpointFilterTests {
  @Test("A project's catalogue holds what was given to it, and all where nothing was")
  func catalog() async throws {
    let cloud = try await TestCloud()
    let project = try await cloud.id(of: "demo", in: "projects")
    let nova = try await cloud.ask("GET", "/v3/services?type=compute").json["services"]?[0]?["id"]?.string ?? ""
    let all = try await cloud.ask("GET", "/v3/endpoints").json["endpoints"]?.array ?? []
    let image = try #require(all.first { $0["service_id"]?.string != nova }?["id"]?.string)
    func types() async throws -> [String] {
      let token = try await cloud.demo()
      let list = try await cloud.send("GET", "/v3/auth/catalog", as: token).json["catalog"]?.array ?? []
      return list.filter { $0["endpoints"]?.array?.isEmpty == false }.compactMap { $0["type"]?.string }
    }
    #expect(try await types().count == TestCloud.catalog.count)
    let path = "/v3/OS-EP-FILTER/projects/\(project)/endpoints/\(image)"
    #expect(try await cloud.ask("GET", path).status == 404)
    #expect(try await cloud.ask("PUT", path).status == 204)
    #expect(try await cloud.ask("PUT", path).status == 409)
    #expect(try await cloud.ask("HEAD", path).status == 204)
    #expect(try await types().count == 1)
    let projects = try await cloud.ask("GET", "/v3/OS-EP-FILTER/endpoints/\(image)/projects")
    #expect(projects.json["projects"]?[0]?["id"]?.string == project)

    let made = try await cloud.ask(
      "POST", "/v3/OS-EP-FILTER/endpoint_groups",
      [
        "endpoint_group": [
          "name": "computing", "filters": ["service_id": .string(nova), "interface": "public"],
        ]
      ])
    #expect(made.status == 201, "\(made.json.text)")
    let group = made.json["endpoint_group"]?["id"]?.string ?? ""
    #expect(made.json["endpoint_group"]?["links"]?["self"]?.string?.hasSuffix("endpoint_groups/\(group)") == true)
    let member = "/v3/OS-EP-FILTER/endpoint_groups/\(group)/projects/\(project)"
    #expect(try await cloud.ask("GET", member).status == 404)
    #expect(try await cloud.ask("PUT", member).status == 204)
    #expect(
      try await cloud.ask("GET", member).json["project_endpoint_group"]?["project_id"]?.string == project)
    #expect(try await types().contains("compute"))
    let listed = try await cloud.ask("GET", "/v3/OS-EP-FILTER/projects/\(project)/endpoints")
    #expect(listed.json["endpoints"]?.array?.count == 2)
    let groups = try await cloud.ask("GET", "/v3/OS-EP-FILTER/projects/\(project)/endpoint_groups")
    #expect(groups.json["endpoint_groups"]?[0]?["id"]?.string == group)
    let endpoints = try await cloud.ask("GET", "/v3/OS-EP-FILTER/endpoint_groups/\(group)/endpoints")
    #expect(endpoints.json["endpoints"]?.array?.count == 1)
    #expect(try await cloud.ask("DELETE", "/v3/OS-EP-FILTER/endpoint_groups/\(group)").status == 204)
    #expect(try await cloud.ask("DELETE", path).status == 204)
    #expect(try await types().count == TestCloud.catalog.count)
  }

  @Test("An endpoint group needs filters that there are")
  func badGroups() async throws {
    let cloud = try await TestCloud()
    for body: JSON in [
      ["name": "x"], ["name": "x", "filters": [:]], ["filters": ["interface": "public"]],
      ["name": "x", "filters": ["colour": "red"]], ["name": "x", "filters": ["interface": "secret"]],
    ] {
      let answer = try await cloud.ask("POST", "/v3/OS-EP-FILTER/endpoint_groups", ["endpoint_group": body])
      #expect(answer.status == 400, "\(body.text): \(answer.json.text)")
    }
  }

  @Test("Policies are kept, and the nearest association counts for an endpoint")
  func policies() async throws {
    let cloud = try await TestCloud()
    func policy(_ blob: String) async throws -> String {
      try await cloud.make("/v3/policies", "policy", ["type": "application/json", "blob": .string(blob)])
    }
    let (wide, near, own) = (try await policy("wide"), try await policy("near"), try await policy("own"))
    #expect(try await cloud.ask("POST", "/v3/policies", ["policy": ["type": "x"]]).status == 400)
    let changed = try await cloud.ask("PATCH", "/v3/policies/\(own)", ["policy": ["blob": "mine"]])
    #expect(changed.json["policy"]?["blob"] == "mine")
    let endpoint = try #require(try await cloud.ask("GET", "/v3/endpoints").json["endpoints"]?[0])
    let (id, service) = (endpoint["id"]?.string ?? "", endpoint["service_id"]?.string ?? "")
    func current() async throws -> String? {
      try await cloud.ask("GET", "/v3/endpoints/\(id)/OS-ENDPOINT-POLICY/policy").json["policy"]?["id"]?.string
    }
    #expect(try await current() == nil)
    let root = "OS-ENDPOINT-POLICY"
    for (policy, place) in [
      (wide, "services/\(service)"), (near, "services/\(service)/regions/RegionOne"), (own, "endpoints/\(id)"),
    ] {
      let path = "/v3/policies/\(policy)/\(root)/\(place)"
      #expect(try await cloud.ask("GET", path).status == 404)
      #expect(try await cloud.ask("PUT", path).status == 204)
      #expect(try await cloud.ask("GET", path).status == 204)
      #expect(try await current() == policy)
    }
    let of = try await cloud.ask("GET", "/v3/policies/\(own)/\(root)/endpoints")
    #expect(of.json["endpoints"]?.array?.compactMap { $0["id"]?.string } == [id])
    #expect(try await cloud.ask("DELETE", "/v3/policies/\(own)/\(root)/endpoints/\(id)").status == 204)
    #expect(try await current() == near)
    #expect(try await cloud.ask("DELETE", "/v3/policies/\(near)").status == 204)
    #expect(try await current() == wide)
  }
}
