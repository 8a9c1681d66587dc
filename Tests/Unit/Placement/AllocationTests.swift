import HTTP
import JSON
import Testing

@Suite("Allocations") struct AllocationTests {
  @Test("a claim takes room, shows in usages and gives it back")
  func claimAndRelease() async throws {
    let cloud = try await PlacementCloud()
    let id = try await cloud.provider("node1")
    #expect(try await cloud.claim(someConsumer, id, ["VCPU": 4, "MEMORY_MB": 1024]).status == 204)
    let held = try await cloud.ask("GET", "/allocations/\(someConsumer)").json
    #expect(held["allocations"]?[id]?["resources"] == ["VCPU": 4, "MEMORY_MB": 1024])
    #expect(held["consumer_generation"] == 1)
    #expect(held["consumer_type"] == "INSTANCE")
    #expect(held["project_id"] == "p-demo")
    let usages = try await cloud.ask("GET", "/resource_providers/\(id)/usages").json
    #expect(usages["usages"] == ["DISK_GB": 0, "MEMORY_MB": 1024, "VCPU": 4])
    #expect(usages["resource_provider_generation"] == 2)
    let project = try await cloud.ask("GET", "/usages?project_id=p-demo").json
    #expect(project["usages"]?["INSTANCE"] == ["MEMORY_MB": 1024, "VCPU": 4, "consumer_count": 1])
    #expect(
      try await cloud.ask("GET", "/usages?project_id=p-demo", version: "1.37").json["usages"]
        == ["MEMORY_MB": 1024, "VCPU": 4])
    #expect(try await cloud.ask("DELETE", "/allocations/\(someConsumer)").status == 204)
    #expect(try await cloud.ask("DELETE", "/allocations/\(someConsumer)").status == 404)
    #expect(try await cloud.ask("GET", "/allocations/\(someConsumer)").json == ["allocations": [:]])
  }

  @Test("what does not fit is a conflict and changes nothing")
  func capacity() async throws {
    let cloud = try await PlacementCloud()
    let id = try await cloud.provider("node1")
    #expect(try await cloud.claim(someConsumer, id, ["VCPU": 9]).status == 409, "max_unit is 8")
    #expect(try await cloud.claim(someConsumer, id, ["MEMORY_MB": 7681]).status == 409, "512 MB are reserved")
    #expect(try await cloud.claim(someConsumer, id, ["VGPU": 1]).status == 409, "no inventory of that class")
    #expect(try await cloud.claim(someConsumer, id, ["CUSTOM_NONE": 1]).status == 400)
    #expect(try await cloud.claim(someConsumer, id, ["VCPU": 8]).status == 204)
    #expect(try await cloud.claim(otherConsumer, id, ["VCPU": 8, "MEMORY_MB": 7680]).status == 204, "ratio is 2")
    let third = "5ea2c4f1-3a1c-4c80-8a39-3f5d5b6ac003"
    #expect(try await cloud.claim(third, id, ["VCPU": 1]).status == 409)
    #expect(try await cloud.claim(third, "5ea2c4f1-3a1c-4c80-8a39-3f5d5b6ac0ff", ["VCPU": 1]).status == 400)
    #expect(try await cloud.ask("GET", "/allocations/\(third)").json == ["allocations": [:]])
  }

  @Test("the consumer's generation decides: null for a new one, the last seen for an old one")
  func consumerGeneration() async throws {
    let cloud = try await PlacementCloud()
    let id = try await cloud.provider("node1")
    let wrong = try await cloud.claim(someConsumer, id, ["VCPU": 1], generation: 3)
    #expect(wrong.status == 409)
    #expect(wrong.code == "placement.concurrent_update")
    #expect(try await cloud.claim(someConsumer, id, ["VCPU": 1]).status == 204)
    #expect(try await cloud.claim(someConsumer, id, ["VCPU": 2]).code == "placement.concurrent_update")
    #expect(try await cloud.claim(someConsumer, id, ["VCPU": 2], generation: 1).status == 204)
    let gone = try await cloud.ask(
      "PUT", "/allocations/\(someConsumer)",
      [
        "allocations": [:], "project_id": "p", "user_id": "u", "consumer_generation": 2, "consumer_type": "INSTANCE",
      ])
    #expect(gone.status == 204)
    #expect(try await cloud.claim(someConsumer, id, ["VCPU": 1]).status == 204, "the consumer is new again")
  }

  @Test("several consumers change together or not at all, as a move of a server does")
  func together() async throws {
    let cloud = try await PlacementCloud()
    let (from, to) = (try await cloud.provider("node1"), try await cloud.provider("node2"))
    #expect(try await cloud.claim(someConsumer, from, ["VCPU": 2]).status == 204)
    func body(_ amount: Int) -> JSON {
      func part(_ provider: String, _ generation: JSON) -> JSON {
        [
          "allocations": .object([provider: ["resources": ["VCPU": .int(amount)]]]), "project_id": "p-demo",
          "user_id": "u-demo", "consumer_generation": generation, "consumer_type": "INSTANCE",
        ]
      }
      return .object([someConsumer: part(to, 1), otherConsumer: part(from, .null)])
    }
    #expect(try await cloud.ask("POST", "/allocations", body(9)).status == 409)
    #expect(try await cloud.ask("GET", "/allocations/\(someConsumer)").json["allocations"]?[from] != nil)
    #expect(try await cloud.ask("POST", "/allocations", body(2)).status == 204)
    let list = try await cloud.ask("GET", "/resource_providers/\(from)/allocations").json
    #expect(list["allocations"]?.object?.keys == [otherConsumer])
    #expect(list["allocations"]?[otherConsumer]?["consumer_generation"] == 1)
  }

  @Test("old microversions take their own bodies")
  func oldBodies() async throws {
    let cloud = try await PlacementCloud()
    let id = try await cloud.provider("node1")
    let list: JSON = ["allocations": [["resource_provider": ["uuid": .string(id)], "resources": ["VCPU": 1]]]]
    #expect(try await cloud.ask("PUT", "/allocations/\(someConsumer)", list, version: "1.0").status == 204)
    #expect(try await cloud.ask("PUT", "/allocations/\(someConsumer)", list, version: "1.8").status == 400)
    #expect(try await cloud.ask("PUT", "/allocations/none", list, version: "1.0").status == 400)
    #expect(try await cloud.ask("POST", "/allocations", list, version: "1.12").status == 404)
    let shown = try await cloud.ask("GET", "/allocations/\(someConsumer)", version: "1.11").json
    #expect(shown.object?.keys == ["allocations"])
  }

  @Test("the reshaper moves inventory and allocations to a child at once")
  func reshape() async throws {
    let cloud = try await PlacementCloud()
    let root = try await cloud.provider("node1")
    let child = try await cloud.provider("numa0", parent: root, inventories: [:])
    #expect(try await cloud.claim(someConsumer, root, ["VCPU": 2, "DISK_GB": 1]).status == 204)
    let answer = try await cloud.ask(
      "POST", "/reshaper",
      [
        "inventories": .object([
          root: ["resource_provider_generation": 2, "inventories": ["DISK_GB": ["total": 100]]],
          child: ["resource_provider_generation": 1, "inventories": ["VCPU": ["total": 8]]],
        ]),
        "allocations": .object([
          someConsumer: [
            "allocations": .object([
              root: ["resources": ["DISK_GB": 1]], child: ["resources": ["VCPU": 2]],
            ]), "project_id": "p-demo", "user_id": "u-demo", "consumer_generation": 1, "consumer_type": "INSTANCE",
          ]
        ]),
      ])
    #expect(answer.status == 204)
    #expect(try await cloud.ask("GET", "/resource_providers/\(child)/usages").json["usages"] == ["VCPU": 2])
    #expect(try await cloud.ask("GET", "/resource_providers/\(root)/usages").json["usages"] == ["DISK_GB": 1])
  }
}
