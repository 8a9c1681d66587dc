import HTTP
import JSON
import Testing

@Suite("Allocation candidates") struct CandidateTests {
  @Test("only providers with room are candidates, and summaries say how much there is")
  func room() async throws {
    let cloud = try await PlacementCloud()
    let (one, two) = (try await cloud.provider("node1"), try await cloud.provider("node2"))
    #expect(try await cloud.claim(someConsumer, one, ["MEMORY_MB": 7680]).status == 204)
    let found = try await cloud.ask("GET", "/allocation_candidates?resources=VCPU:1,MEMORY_MB:512").json
    #expect(
      found["allocation_requests"] == [
        [
          "allocations": .object([two: ["resources": ["MEMORY_MB": 512, "VCPU": 1]]]),
          "mappings": ["": [.string(two)]],
        ]
      ])
    #expect(found["provider_summaries"]?.object?.keys == [two])
    let summary = found["provider_summaries"]?[two]
    #expect(summary?["resources"]?["VCPU"] == ["capacity": 16, "used": 0])
    #expect(summary?["resources"]?["DISK_GB"] == ["capacity": 100, "used": 0])
    #expect(summary?["root_provider_uuid"] == .string(two))
    #expect(summary?["traits"] == [])
    let none = try await cloud.ask("GET", "/allocation_candidates?resources=VCPU:9").json
    #expect(none == ["allocation_requests": [], "provider_summaries": [:]])
  }

  @Test("what changes between two questions shows in the second")
  func changes() async throws {
    let cloud = try await PlacementCloud()
    let id = try await cloud.provider("node1")
    func capacity(_ query: String = "VCPU:1") async throws -> Int? {
      let found = try await cloud.ask("GET", "/allocation_candidates?resources=\(query)").json
      return found["provider_summaries"]?[id]?["resources"]?["VCPU"]?["capacity"]?.int
    }
    func change(_ vcpus: Int, generation: Int) async throws {
      let answer = try await cloud.ask(
        "PUT", "/resource_providers/\(id)/inventories/VCPU",
        ["resource_provider_generation": .int(generation), "total": .int(vcpus)])
      #expect(answer.status == 200)
    }
    #expect(try await capacity() == 16)
    try await change(4, generation: 1)
    #expect(try await capacity() == 4)
    #expect(try await cloud.ask("DELETE", "/resource_providers/\(id)").status == 204)
    #expect(try await capacity() == nil)
    // Another provider of the same id, brought to the same generation.
    #expect(try await cloud.ask("POST", "/resource_providers", ["name": "node2", "uuid": .string(id)]).status == 200)
    let set = try await cloud.ask(
      "PUT", "/resource_providers/\(id)/inventories",
      ["resource_provider_generation": 0, "inventories": ["VCPU": ["total": 3]]])
    #expect(set.status == 200)
    #expect(try await capacity() == 3)
  }

  @Test("traits, aggregates, trees and limits choose")
  func conditions() async throws {
    let cloud = try await PlacementCloud()
    let (one, two) = (try await cloud.provider("node1"), try await cloud.provider("node2"))
    let aggregate = "5ea2c4f1-3a1c-4c80-8a39-3f5d5b6acaaa"
    let traits = try await cloud.ask(
      "PUT", "/resource_providers/\(one)/traits",
      ["resource_provider_generation": 1, "traits": ["COMPUTE_STATUS_DISABLED", "HW_CPU_X86_VMX"]])
    #expect(traits.status == 200)
    let member = try await cloud.ask(
      "PUT", "/resource_providers/\(two)/aggregates",
      ["resource_provider_generation": 1, "aggregates": [.string(aggregate)]])
    #expect(member.status == 200)
    func ids(_ query: String) async throws -> [String] {
      let answer = try await cloud.ask("GET", "/allocation_candidates?resources=VCPU:1&\(query)")
      #expect(answer.status == 200)
      return (answer.json["allocation_requests"]?.array ?? []).flatMap { $0["allocations"]?.object?.keys ?? [] }
    }
    #expect(try await ids("limit=1") == [one])
    #expect(try await ids("required=HW_CPU_X86_VMX") == [one])
    #expect(try await ids("required=!COMPUTE_STATUS_DISABLED") == [two])
    #expect(try await ids("required=in:HW_CPU_X86_VMX,HW_CPU_X86_SVM") == [one])
    #expect(try await ids("root_required=!HW_CPU_X86_VMX") == [two])
    #expect(try await ids("member_of=\(aggregate)") == [two])
    #expect(try await ids("member_of=!\(aggregate)") == [one])
    #expect(try await ids("in_tree=\(two)") == [two])
    #expect(try await cloud.ask("GET", "/allocation_candidates?resources=VCPU:1&required=NO_SUCH").status == 400)
    #expect(try await cloud.ask("GET", "/allocation_candidates?resources=NO_SUCH:1").status == 400)
    #expect(try await cloud.ask("GET", "/allocation_candidates?resources=VCPU:0").status == 400)
    #expect(try await cloud.ask("GET", "/allocation_candidates").status == 400)
    #expect(try await cloud.ask("GET", "/allocation_candidates?resources=VCPU:1&limit=x").status == 400)
  }

  @Test("a tree serves together; groups with a suffix come from one provider each")
  func trees() async throws {
    let cloud = try await PlacementCloud()
    let root = try await cloud.provider("node1", inventories: ["VCPU": ["total": 4]])
    let nic: JSON = ["SRIOV_NET_VF": ["total": 2]]
    let a = try await cloud.provider("nic0", parent: root, inventories: nic)
    let b = try await cloud.provider("nic1", parent: root, inventories: nic)
    func requests(_ query: String) async throws -> [JSON] {
      try await cloud.ask("GET", "/allocation_candidates?\(query)").json["allocation_requests"]?.array ?? []
    }
    let spread = try await requests("resources=VCPU:1,SRIOV_NET_VF:1")
    #expect(spread.map { Set($0["allocations"]?.object?.keys ?? []) } == [[root, a], [root, b]])
    let isolated = try await requests(
      "resources=VCPU:1&resources1=SRIOV_NET_VF:1&resources2=SRIOV_NET_VF:1&group_policy=isolate")
    #expect(isolated.count == 2)
    #expect(isolated.allSatisfy { $0["mappings"]?["1"] != $0["mappings"]?["2"] })
    let free = try await requests(
      "resources=VCPU:1&resources1=SRIOV_NET_VF:1&resources2=SRIOV_NET_VF:2&group_policy=none")
    #expect(free.count == 2, "one and two do not fit on the same two")
    let refused = try await cloud.ask(
      "GET", "/allocation_candidates?resources1=SRIOV_NET_VF:1&resources2=SRIOV_NET_VF:1")
    #expect(refused.status == 400, "group_policy is missing")
  }

  @Test("a provider that shares serves the members of its aggregate")
  func sharing() async throws {
    let cloud = try await PlacementCloud()
    let node = try await cloud.provider("node1", inventories: ["VCPU": ["total": 4]])
    let pool = try await cloud.provider("pool", inventories: ["DISK_GB": ["total": 1000]])
    let aggregate: JSON = ["5ea2c4f1-3a1c-4c80-8a39-3f5d5b6acaaa"]
    for id in [node, pool] {
      let put = try await cloud.ask(
        "PUT", "/resource_providers/\(id)/aggregates", ["resource_provider_generation": 1, "aggregates": aggregate])
      #expect(put.status == 200)
    }
    let query = "/allocation_candidates?resources=VCPU:1,DISK_GB:10"
    #expect(try await cloud.ask("GET", query).json["allocation_requests"] == [])
    _ = try await cloud.ask(
      "PUT", "/resource_providers/\(pool)/traits",
      ["resource_provider_generation": 2, "traits": ["MISC_SHARES_VIA_AGGREGATE"]])
    let found = try await cloud.ask("GET", query).json["allocation_requests"]?.array ?? []
    #expect(found.map { Set($0["allocations"]?.object?.keys ?? []) } == [[node, pool]])
  }

  @Test("before 1.12 requests are lists")
  func oldForm() async throws {
    let cloud = try await PlacementCloud()
    let id = try await cloud.provider("node1")
    let found = try await cloud.ask("GET", "/allocation_candidates?resources=VCPU:1", version: "1.10").json
    #expect(
      found["allocation_requests"] == [
        ["allocations": [["resource_provider": ["uuid": .string(id)], "resources": ["VCPU": 1]]]]
      ])
    #expect(
      found["provider_summaries"] == .object([id: ["resources": ["VCPU": ["capacity": 16, "used": 0]]]]))
    #expect(try await cloud.ask("GET", "/allocation_candidates?resources=VCPU:1", version: "1.9").status == 404)
  }
}
