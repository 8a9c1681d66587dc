import Core
import HTTP
import JSON
import NovaModel
import Store
import Testing

@Suite("Nova: versions, hosts and what administrators see") struct HostTests {
  private func cloud(hosts: [String] = ["node1", "node2"]) async throws -> Cloud {
    let cloud = try await Cloud()
    try await cloud.store.write { tx in
      for (index, name) in hosts.enumerated() {
        var host = ComputeHost()
        host.id = "a000000\(index)-0000-4000-8000-000000000000"
        host.host = name
        host.vcpus = 8
        host.memoryMiB = 16384
        host.diskGiB = 100
        host.lastSeen = index == 0 ? World.real.now() : Timestamp(seconds: 1)
        try await tx.insert(host)
      }
    }
    return cloud
  }

  @Test func clientsFindTheVersionsWithoutAToken() async throws {
    let cloud = try await Cloud()
    let root = try await cloud.ask("GET", "//", as: nil)
    #expect(root.status == 200)
    #expect(root.json["versions"]?[1]?["version"] == "2.96")
    for path in ["//v2.1", "//v2.1/"] {
      let document = try await cloud.ask("GET", path, as: nil)
      #expect(document.status == 200)
      #expect(document.json["version"]?["id"] == "v2.1")
      #expect(document.json["version"]?["min_version"] == "2.1")
      #expect(document.json["version"]?["links"]?[0]?["href"] == "http://nova:8774/v2.1/")
    }
    #expect(try await cloud.ask("GET", "//v2", as: nil).json["version"]?["version"] == "")
    #expect(try await cloud.ask("GET", "/demo/servers").status == 200)
    #expect(try await cloud.ask("GET", "//v2/demo/flavors/1").status == 200)
    let answer = try await cloud.ask("GET", "/flavors", version: "2.10")
    #expect(answer.headers["OpenStack-API-Version"] == "compute 2.10")
    #expect(answer.headers["X-OpenStack-Nova-API-Version"] == "2.10")
    #expect(
      try await cloud.ask("GET", "/flavors", version: "latest").headers["OpenStack-API-Version"] == "compute 2.96")
  }

  @Test func servicesAreSwitchedOffAndOn() async throws {
    let cloud = try await cloud()
    #expect(try await cloud.ask("GET", "/os-services").status == 403)
    let list =
      try await cloud.ask("GET", "/os-services", as: "admin@root", version: "2.53").json["services"]?.array ?? []
    #expect(list.map { $0["state"]?.string } == ["up", "down"])
    let id = list[0]["id"]?.string ?? ""
    let off: JSON = ["status": "disabled", "disabled_reason": "work"]
    let done = try await cloud.ask("PUT", "/os-services/\(id)", off, as: "admin@root", version: "2.53")
    #expect(done.json["service"]?["status"] == "disabled" && done.json["service"]?["disabled_reason"] == "work")
    let on: JSON = ["host": "node1", "binary": "nova-compute"]
    #expect(
      try await cloud.ask("PUT", "/os-services/enable", on, as: "admin@root").json["service"]?["status"] == "enabled")
    let down: JSON = ["forced_down": true]
    let forced = try await cloud.ask("PUT", "/os-services/\(id)", down, as: "admin@root", version: "2.53")
    #expect(forced.json["service"]?["state"] == "down")
    #expect(try await cloud.ask("PUT", "/os-services/none", down, as: "admin@root", version: "2.53").status == 404)
  }

  @Test func hypervisorsShowWhatIsUsed() async throws {
    let cloud = try await cloud()
    let server = try await cloud.server("web", ["flavorRef": "2"])
    try await cloud.settle(server, .active)
    let old = try await cloud.ask("GET", "/os-hypervisors/detail", as: "admin@root").json["hypervisors"]?[0]
    #expect(old?["id"] == 1)
    #expect(old?["memory_mb_used"] == 2048 && old?["vcpus_used"] == 1 && old?["local_gb_used"] == 20)
    #expect(old?["running_vms"] == 1)
    let total = try await cloud.ask("GET", "/os-hypervisors/statistics", as: "admin@root")
    #expect(total.json["hypervisor_statistics"]?["vcpus"] == 16)
    let id = "a0000000-0000-4000-8000-000000000000"
    let new = try await cloud.ask("GET", "/os-hypervisors/\(id)?with_servers=true", as: "admin@root", version: "2.88")
    #expect(new.json["hypervisor"]?["vcpus"] == nil)
    #expect(new.json["hypervisor"]?["servers"]?[0]?["uuid"] == .string(server))
    #expect(try await cloud.ask("GET", "/os-hypervisors/statistics", as: "admin@root", version: "2.88").status == 404)
    #expect(try await cloud.ask("GET", "/os-hypervisors").status == 403)
  }

  @Test func zonesAreMadeOfAggregates() async throws {
    let cloud = try await cloud()
    let body: JSON = ["aggregate": ["name": "agg", "availability_zone": "east"]]
    let made = try await cloud.ask("POST", "/os-aggregates", body, as: "admin@root", version: "2.41")
    #expect(made.status == 200)
    #expect(made.json["aggregate"]?["id"] == 1)
    #expect(try await cloud.ask("POST", "/os-aggregates", body, as: "admin@root").status == 409)
    let add: JSON = ["add_host": ["host": "node1"]]
    #expect(try await cloud.ask("POST", "/os-aggregates/1/action", add, as: "admin@root").status == 200)
    #expect(try await cloud.ask("POST", "/os-aggregates/1/action", add, as: "admin@root").status == 409)
    let zones = try await cloud.ask("GET", "/os-availability-zone").json["availabilityZoneInfo"]
    #expect(zones?.array?.compactMap { $0["zoneName"]?.string } == ["east", "nova"])
    #expect(zones?[0]?["hosts"] == .null)
    let detail = try await cloud.ask("GET", "/os-availability-zone/detail", as: "admin@root").json[
      "availabilityZoneInfo"]
    #expect(detail?[0]?["hosts"]?["node1"]?["nova-compute"]?["available"] == true)
    #expect(try await cloud.ask("DELETE", "/os-aggregates/1", as: "admin@root").status == 400)
    let meta: JSON = ["set_metadata": ["metadata": ["ssd": "true", "availability_zone": nil]]]
    let set = try await cloud.ask("POST", "/os-aggregates/1/action", meta, as: "admin@root")
    #expect(set.json["aggregate"]?["metadata"] == ["ssd": "true"])
    let remove: JSON = ["remove_host": ["host": "node1"]]
    #expect(try await cloud.ask("POST", "/os-aggregates/1/action", remove, as: "admin@root").status == 200)
    #expect(try await cloud.ask("DELETE", "/os-aggregates/1", as: "admin@root").status == 200)
  }

  @Test func usageCountsHours() async throws {
    let cloud = try await cloud()
    let id = try await cloud.server()
    try await cloud.settle(id, .active) { $0.launchedAt = World.real.now() - .hours(2) }
    let usage = try await cloud.ask("GET", "/os-simple-tenant-usage/demo").json["tenant_usage"]
    #expect(usage?["server_usages"]?[0]?["uptime"]?.int ?? 0 >= 7200)
    #expect(try await cloud.ask("GET", "/os-simple-tenant-usage").status == 403)
    let all = try await cloud.ask("GET", "/os-simple-tenant-usage", as: "admin@root")
    #expect(all.json["tenant_usages"]?[0]?["tenant_id"] == "demo")
    #expect(try await cloud.ask("GET", "/extensions/os-keypairs").status == 200)
    #expect(try await cloud.ask("GET", "/os-migrations", as: "admin@root").json == ["migrations": []])
  }

  @Test func administratorsSetStates() async throws {
    let cloud = try await cloud()
    let id = try await cloud.server()
    let reset: JSON = ["os-resetState": ["state": "error"]]
    #expect(try await cloud.ask("POST", "/servers/\(id)/action", reset).status == 403)
    #expect(try await cloud.ask("POST", "/servers/\(id)/action", reset, as: "admin@root").status == 202)
    let shown = try await cloud.ask("GET", "/servers/\(id)").json["server"]
    #expect(shown?["status"] == "ERROR" && shown?["OS-EXT-STS:task_state"] == .null)
    let list = try await cloud.ask("GET", "/servers/detail", as: "admin@demo", version: "2.16")
    #expect(list.json["servers"]?[0]?["host_status"] == "")
    try await cloud.settle(id, .active)
    let one = try await cloud.ask("GET", "/servers/\(id)", as: "admin@demo", version: "2.16")
    #expect(one.json["server"]?["host_status"] == "UP")
    #expect(one.json["server"]?["OS-EXT-SRV-ATTR:host"] == "node1")
    #expect(one.json["server"]?["hostId"]?.string?.count == 56)
  }
}
