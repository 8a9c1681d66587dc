import HTTP
import JSON
import Testing

@Suite("Resource providers") struct ProviderTests {
  @Test("the version document needs no token, everything else does")
  func versions() async throws {
    let cloud = try await PlacementCloud()
    let root = try await cloud.ask("GET", "/", token: "")
    #expect(root.status == 200)
    #expect(root.json["versions"]?[0]?["min_version"] == "1.0")
    #expect(root.json["versions"]?[0]?["max_version"] == "1.39")
    #expect(try await cloud.ask("GET", "/resource_providers", token: "").status == 401)
    #expect(try await cloud.ask("GET", "/resource_providers", token: "demo").status == 403)
    #expect(try await cloud.ask("GET", "/resource_providers", token: "service").status == 200)
    #expect(try await cloud.ask("GET", "/usages?project_id=p-demo", token: "demo").status == 200)
    #expect(try await cloud.ask("GET", "/usages?project_id=p-admin", token: "demo").status == 403)
    #expect(try await cloud.ask("GET", "/resource_providers", version: "1.99").status == 406)
  }

  @Test("a provider is made, shown, renamed and removed")
  func life() async throws {
    let cloud = try await PlacementCloud()
    let given = "5ea2c4f1-3a1c-4c80-8a39-3f5d5b6ac0aa"
    let made = try await cloud.ask(
      "POST", "/resource_providers", ["name": "n1", "uuid": .string(given)], version: "1.0")
    #expect(made.status == 201)
    #expect(made.headers["Location"]?.hasSuffix("/resource_providers/\(given)") == true)
    let shown = try await cloud.ask("GET", "/resource_providers/\(given)")
    #expect(shown.json["root_provider_uuid"] == .string(given))
    #expect(shown.json["parent_provider_uuid"] == .null)
    #expect(shown.json["links"]?.array?.count == 6)
    #expect(shown.headers["Cache-Control"] == "no-cache")
    #expect(try await cloud.ask("GET", "/resource_providers/\(given)", version: "1.0").json["links"]?.array?.count == 3)
    let again = try await cloud.ask("POST", "/resource_providers", ["name": "n1"])
    #expect(again.status == 409)
    #expect(again.code == "placement.duplicate_name")
    #expect(try await cloud.ask("POST", "/resource_providers", ["name": "x", "uuid": "y"]).status == 400)
    #expect(try await cloud.ask("POST", "/resource_providers", ["name": "x", "more": 1]).status == 400)
    #expect(try await cloud.ask("PUT", "/resource_providers/\(given)", ["name": "n2"]).json["name"] == "n2")
    #expect(try await cloud.ask("DELETE", "/resource_providers/\(given)").status == 204)
    #expect(try await cloud.ask("DELETE", "/resource_providers/\(given)").status == 404)
  }

  @Test("a provider that is held or has children stays")
  func inUse() async throws {
    let cloud = try await PlacementCloud()
    let root = try await cloud.provider("node1")
    let child = try await cloud.provider("numa0", parent: root, inventories: [:])
    #expect(
      try await cloud.ask("DELETE", "/resource_providers/\(root)").code
        == "placement.resource_provider.cannot_delete_parent")
    #expect(try await cloud.ask("DELETE", "/resource_providers/\(child)").status == 204)
    #expect(try await cloud.claim(someConsumer, root, ["VCPU": 1]).status == 204)
    #expect(try await cloud.ask("DELETE", "/resource_providers/\(root)").code == "placement.resource_provider.inuse")
    let busy = try await cloud.ask("DELETE", "/resource_providers/\(root)/inventories/VCPU")
    #expect(busy.status == 409)
    #expect(busy.code == "placement.inventory.inuse")
    let emptied = try await cloud.ask(
      "PUT", "/resource_providers/\(root)/inventories", ["resource_provider_generation": 2, "inventories": [:]])
    #expect(emptied.code == "placement.inventory.inuse")
  }

  @Test("inventories heed the provider's generation")
  func generations() async throws {
    let cloud = try await PlacementCloud()
    let id = try await cloud.provider("node1")
    let path = "/resource_providers/\(id)/inventories"
    let stale = try await cloud.ask("PUT", path, ["resource_provider_generation": 0, "inventories": [:]])
    #expect(stale.status == 409)
    #expect(stale.code == "placement.concurrent_update")
    let set = try await cloud.ask("PUT", "\(path)/VCPU", ["resource_provider_generation": 1, "total": 16])
    #expect(set.json["resource_provider_generation"] == 2)
    #expect(set.json["max_unit"] == 2_147_483_647)
    #expect(set.json["allocation_ratio"] == 1.0)
    #expect(try await cloud.ask("GET", "\(path)/VCPU").json["total"] == 16)
    #expect(try await cloud.ask("GET", "\(path)/VGPU").status == 404)
    let added = try await cloud.ask("POST", path, ["resource_class": "VGPU", "total": 1])
    #expect(added.status == 201)
    #expect(added.headers["Location"]?.hasSuffix("\(path)/VGPU") == true)
    #expect(try await cloud.ask("POST", path, ["resource_class": "VGPU", "total": 1]).status == 409)
    #expect(try await cloud.ask("POST", path, ["resource_class": "CUSTOM_X", "total": 1]).status == 400)
    #expect(try await cloud.ask("POST", path, ["resource_class": "PGPU", "total": 0]).status == 400)
    let all: JSON = ["resource_class": "PGPU", "total": 1, "reserved": 1]
    #expect(try await cloud.ask("POST", path, all, version: "1.25").status == 400)
    #expect(try await cloud.ask("POST", path, all, version: "1.26").status == 201)
    #expect(try await cloud.ask("DELETE", "\(path)/VGPU").status == 204)
    #expect(try await cloud.ask("DELETE", path, version: "1.4").status == 405)
    #expect(try await cloud.ask("DELETE", path).status == 204)
    #expect(try await cloud.ask("GET", path).json["inventories"] == [:])
  }

  @Test("lists are filtered by each parameter")
  func filters() async throws {
    let cloud = try await PlacementCloud()
    let (one, two) = (try await cloud.provider("node1"), try await cloud.provider("node2", inventories: [:]))
    let child = try await cloud.provider("numa0", parent: two, inventories: [:])
    _ = try await cloud.ask(
      "PUT", "/resource_providers/\(one)/traits", ["resource_provider_generation": 1, "traits": ["HW_CPU_X86_VMX"]])
    let aggregate = "5ea2c4f1-3a1c-4c80-8a39-3f5d5b6acaaa"
    _ = try await cloud.ask("PUT", "/resource_providers/\(two)/aggregates", [.string(aggregate)], version: "1.1")
    func ids(_ query: String) async throws -> [String] {
      let answer = try await cloud.ask("GET", "/resource_providers?\(query)")
      #expect(answer.status == 200, "\(answer.json)")
      return (answer.json["resource_providers"]?.array ?? []).compactMap { $0["uuid"]?.string }
    }
    #expect(try await ids("") == [one, two, child])
    #expect(try await ids("name=node1") == [one])
    #expect(try await ids("uuid=\(two)") == [two])
    #expect(try await ids("in_tree=\(child)") == [two, child])
    #expect(try await ids("resources=VCPU:8") == [one])
    #expect(try await ids("resources=VCPU:9") == [])
    #expect(try await ids("required=HW_CPU_X86_VMX") == [one])
    #expect(try await ids("required=!HW_CPU_X86_VMX") == [two, child])
    #expect(try await ids("member_of=\(aggregate)") == [two])
    #expect(try await ids("member_of=!in:\(aggregate)") == [one, child])
    #expect(try await cloud.ask("GET", "/resource_providers?color=blue").status == 400)
    #expect(try await cloud.ask("GET", "/resource_providers?resources=VCPU:8", version: "1.3").status == 400)
    #expect(try await cloud.ask("GET", "/resource_providers?uuid=x").status == 400)
  }

  @Test("a tree cannot be bent into a loop, and moves since 1.37")
  func parents() async throws {
    let cloud = try await PlacementCloud()
    let (one, two) = (try await cloud.provider("node1"), try await cloud.provider("node2"))
    let child = try await cloud.provider("numa0", parent: one, inventories: [:])
    func move(_ id: String, _ name: String, to parent: JSON, version: String = "1.39") async throws -> Int {
      try await cloud.ask(
        "PUT", "/resource_providers/\(id)", ["name": .string(name), "parent_provider_uuid": parent], version: version
      ).status
    }
    #expect(try await move(one, "node1", to: .string(child)) == 400)
    #expect(try await move(child, "numa0", to: .string(two), version: "1.36") == 400)
    #expect(try await move(child, "numa0", to: .string(two)) == 200)
    #expect(try await cloud.ask("GET", "/resource_providers/\(child)").json["root_provider_uuid"] == .string(two))
    #expect(try await move(child, "numa0", to: .null) == 200)
    #expect(try await cloud.ask("GET", "/resource_providers/\(child)").json["root_provider_uuid"] == .string(child))
  }

  @Test("traits and resource classes: standard ones stay, custom ones come and go")
  func names() async throws {
    let cloud = try await PlacementCloud()
    let id = try await cloud.provider("node1")
    #expect(try await cloud.ask("GET", "/traits/HW_CPU_X86_AVX2").status == 204)
    #expect(try await cloud.ask("GET", "/traits/COMPUTE_NODE").status == 204)
    #expect(try await cloud.ask("DELETE", "/traits/HW_CPU_X86_AVX2").status == 400)
    #expect(try await cloud.ask("PUT", "/traits/GOLD").status == 400)
    #expect(try await cloud.ask("PUT", "/traits/CUSTOM_GOLD").status == 201)
    #expect(try await cloud.ask("PUT", "/traits/CUSTOM_GOLD").status == 204)
    #expect(try await cloud.ask("GET", "/traits?name=startswith:CUSTOM_").json["traits"] == ["CUSTOM_GOLD"])
    #expect(try await cloud.ask("GET", "/traits?associated=true").json["traits"] == [])
    let path = "/resource_providers/\(id)/traits"
    let set = try await cloud.ask("PUT", path, ["resource_provider_generation": 1, "traits": ["CUSTOM_GOLD"]])
    #expect(set.json == ["traits": ["CUSTOM_GOLD"], "resource_provider_generation": 2])
    #expect(try await cloud.ask("DELETE", "/traits/CUSTOM_GOLD").status == 409)
    #expect(
      try await cloud.ask("PUT", path, ["resource_provider_generation": 2, "traits": ["CUSTOM_NO"]]).status == 400)
    #expect(try await cloud.ask("DELETE", path).status == 204)
    #expect(try await cloud.ask("DELETE", "/traits/CUSTOM_GOLD").status == 204)
    #expect(try await cloud.ask("GET", "/traits", version: "1.5").status == 404)

    #expect(try await cloud.ask("PUT", "/resource_classes/CUSTOM_FPGA").status == 201)
    #expect(try await cloud.ask("PUT", "/resource_classes/CUSTOM_FPGA").status == 204)
    #expect(try await cloud.ask("POST", "/resource_classes", ["name": "CUSTOM_FPGA"]).status == 409)
    #expect(try await cloud.ask("PUT", "/resource_classes/VCPU").status == 400)
    #expect(try await cloud.ask("DELETE", "/resource_classes/VCPU").status == 400)
    #expect(try await cloud.ask("GET", "/resource_classes").json["resource_classes"]?.array?.count == 22)
    #expect(try await cloud.ask("DELETE", "/resource_classes/CUSTOM_FPGA").status == 204)
    #expect(try await cloud.ask("GET", "/resource_classes/CUSTOM_FPGA").status == 404)
  }
}
