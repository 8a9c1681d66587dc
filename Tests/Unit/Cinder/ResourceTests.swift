import API
import CinderModel
import Core
import FakeHardware
import HTTP
import JSON
import Store
import Testing
import Work

/// Types, transfers, services and what is not there.
@Suite struct ResourceTests {
  @Test func typesAreListedMadeAndRemoved() async throws {
    let cloud = try await VolumeCloud()
    let all = try await cloud.ask("GET", "/v3/types?is_public=None")
    #expect(all.json["volume_types"]?.array?.count == 1)
    #expect(all.json["volume_types"]?[0]?["name"] == "__DEFAULT__")
    #expect(all.json["volume_types"]?[0]?["qos_specs_id"] == nil)
    #expect(try await cloud.ask("GET", "/v3/types/default").json["volume_type"]?["name"] == "__DEFAULT__")
    let body: JSON = [
      "volume_type": ["name": "fast", "extra_specs": ["a": "b"], "os-volume-type-access:is_public": false]
    ]
    #expect(try await cloud.ask("POST", "/v3/types", body).status == 403)
    let made = try await cloud.ask("POST", "/v3/types", body, as: "admin")
    #expect(made.status == 200)
    #expect(made.json["volume_type"]?["extra_specs"] == ["a": "b"])
    #expect(try await cloud.ask("POST", "/v3/types", body, as: "admin").status == 409)
    let id = try #require(made.json["volume_type"]?["id"]?.string)

    #expect(try await cloud.ask("GET", "/v3/types/\(id)").status == 404, "it is not public")
    #expect(try await cloud.ask("GET", "/v3/types").json["volume_types"]?.array?.count == 1)
    let wanted: JSON = ["volume": ["size": 1, "volume_type": "fast"]]
    #expect(try await cloud.ask("POST", "/v3/volumes", wanted).status == 404)
    let action = "/v3/types/\(id)/action"
    let grant: JSON = ["addProjectAccess": ["project": "p-demo"]]
    #expect(try await cloud.ask("POST", action, grant, as: "admin").status == 202)
    #expect(try await cloud.ask("POST", action, grant, as: "admin").status == 409)
    #expect(try await cloud.ask("GET", "/v3/types").json["volume_types"]?.array?.count == 2)
    let volume = try await cloud.volume(["volume_type": "fast"])

    let specs = "/v3/types/\(id)/extra_specs"
    #expect(try await cloud.ask("POST", specs, ["extra_specs": ["c": "d"]], as: "admin").status == 200)
    #expect(try await cloud.ask("GET", specs, as: "admin").json == ["extra_specs": ["a": "b", "c": "d"]])
    #expect(try await cloud.ask("DELETE", specs + "/a", as: "admin").status == 202)
    #expect(try await cloud.ask("DELETE", specs + "/a", as: "admin").status == 404)

    #expect(try await cloud.ask("DELETE", "/v3/types/\(id)", as: "admin").status == 400, "a volume has it")
    _ = try await cloud.ask("DELETE", "/v3/volumes/\(volume)")
    try await cloud.queue.drain()
    #expect(try await cloud.ask("DELETE", "/v3/types/\(id)", as: "admin").status == 202)
    let last = try #require(all.json["volume_types"]?[0]?["id"]?.string)
    #expect(try await cloud.ask("DELETE", "/v3/types/\(last)", as: "admin").status == 400)
  }

  @Test func aVolumeIsHandedOver() async throws {
    let cloud = try await VolumeCloud()
    let id = try await cloud.volume()
    let offer = try await cloud.ask("POST", "/v3/volume-transfers", ["transfer": ["volume_id": .string(id)]])
    #expect(offer.status == 202)
    let transfer = try #require(offer.json["transfer"]?["id"]?.string)
    let key = try #require(offer.json["transfer"]?["auth_key"])
    #expect(try await cloud.status(id) == "awaiting-transfer")
    #expect(try await cloud.ask("DELETE", "/v3/volumes/\(id)").status == 400)
    let shown = try await cloud.ask("GET", "/v3/os-volume-transfer/\(transfer)")
    #expect(shown.json["transfer"]?["auth_key"] == nil)
    #expect(shown.json["transfer"]?["source_project_id"] == "p-demo")

    let accept = "/v3/volume-transfers/\(transfer)/accept"
    #expect(try await cloud.ask("POST", accept, ["accept": ["auth_key": "guess"]], as: "other").status == 400)
    #expect(try await cloud.ask("POST", accept, ["accept": ["auth_key": key]], as: "other").status == 202)
    #expect(try await cloud.ask("GET", "/v3/volumes/\(id)", as: "other").volume["status"] == "available")
    #expect(try await cloud.ask("GET", "/v3/volumes/\(id)").status == 404)
    #expect(try await cloud.ask("POST", accept, ["accept": ["auth_key": key]], as: "demo").status == 404)

    let back = try await cloud.ask(
      "POST", "/v3/os-volume-transfer", ["transfer": ["volume_id": .string(id)]], as: "other")
    let second = try #require(back.json["transfer"]?["id"]?.string)
    #expect(try await cloud.ask("DELETE", "/v3/os-volume-transfer/\(second)", as: "other").status == 202)
    #expect(try await cloud.status(id) == "available")
  }

  @Test func snapshotsAreKeptToTheirProjectAndQuota() async throws {
    var options = CinderOptions()
    options.quotaSnapshots = 1
    let cloud = try await VolumeCloud(options: options)
    let volume = try await cloud.volume()
    let id = try await cloud.snapshot(of: volume)
    let body: JSON = ["snapshot": ["volume_id": .string(volume)]]
    let second = try await cloud.ask("POST", "/v3/snapshots", body)
    #expect(second.status == 413)
    #expect(second.words("overLimit") == "Maximum number of snapshots allowed (1) exceeded")
    #expect(try await cloud.ask("POST", "/v3/snapshots", body, as: "other").status == 404)
    #expect(try await cloud.ask("GET", "/v3/snapshots/\(id)", as: "other").status == 404)
    let path = "/v3/snapshots/\(id)"
    #expect(try await cloud.ask("PUT", path, ["snapshot": ["name": "n"]]).json["snapshot"]?["name"] == "n")
    #expect(try await cloud.ask("POST", path + "/metadata", ["metadata": ["a": "1"]]).json == ["metadata": ["a": "1"]])
    let list = try await cloud.ask("GET", "/v3/snapshots/detail?volume_id=\(volume)&with_count=1")
    #expect(list.json["count"] == 1)
    #expect(list.json["snapshots"]?[0]?["metadata"] == ["a": "1"])
    #expect(try await cloud.ask("DELETE", path).status == 202)
    try await cloud.queue.drain()
    #expect(try await cloud.ask("GET", path).words("itemNotFound") == "Snapshot \(id) could not be found.")
  }

  @Test func operatorsSeeServicesPoolsAndZones() async throws {
    let cloud = try await VolumeCloud()
    #expect(try await cloud.ask("GET", "/v3/os-services").status == 403)
    let services = try await cloud.ask("GET", "/v3/os-services", as: "admin").json["services"]
    #expect(services?.array?.map { $0["binary"]?.string } == ["cinder-scheduler", "cinder-volume"])
    #expect(services?[1]?["host"] == "node1@fake")
    #expect(services?[1]?["state"] == "up")
    let pools = try await cloud.ask("GET", "/v3/scheduler-stats/get_pools?detail=True", as: "admin")
    #expect(pools.json["pools"]?[0]?["name"] == "node1@fake#fake")
    #expect(pools.json["pools"]?[0]?["capabilities"]?["total_capacity_gb"] == 100_000)
    let zones = try await cloud.ask("GET", "/v3/os-availability-zone")
    #expect(zones.json["availabilityZoneInfo"]?[0]?["zoneName"] == "nova")

    let off: JSON = ["binary": "cinder-volume", "host": "node1@fake"]
    #expect(try await cloud.ask("PUT", "/v3/os-services/disable", off, as: "admin").json["status"] == "disabled")
    let id = try await cloud.volume()
    #expect(try await cloud.status(id) == "error", "no other host is there")
    #expect(try await cloud.ask("PUT", "/v3/os-services/enable", off, as: "admin").json["status"] == "enabled")
  }

  @Test func whatIsNotOfferedIsEmptyOrRefused() async throws {
    let cloud = try await VolumeCloud()
    for path in ["backups/detail", "groups", "qos-specs", "group_types"] {
      #expect(try await cloud.ask("GET", "/v3/\(path)", as: "admin").status == 200, "\(path)")
    }
    let backup = try await cloud.ask("POST", "/v3/backups", ["backup": ["volume_id": "x"]])
    #expect(backup.status == 501)
    #expect(backup.words("notImplemented").contains("backups"))
    #expect(try await cloud.ask("GET", "/v3/extensions").json["extensions"]?.array?.isEmpty == false)
    #expect(try await cloud.ask("GET", "/v3/nothing").status == 404)
  }
}
