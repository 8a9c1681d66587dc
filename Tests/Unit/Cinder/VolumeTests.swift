import API
import CinderModel
import Core
import FakeHardware
import HTTP
import JSON
import Testing
import Work

@Suite struct VolumeTests {
  @Test func aVolumeIsMadeShownRenamedAndDeleted() async throws {
    let cloud = try await VolumeCloud()
    let made = try await cloud.ask(
      "POST", "/v3/p-demo/volumes",
      ["volume": ["size": "2", "name": "data", "description": "mine", "metadata": ["tier": "gold"]]])
    #expect(made.status == 202)
    #expect(made.volume["status"] == "creating")
    #expect(made.headers["OpenStack-API-Version"] == "volume 3.71")
    #expect(made.headers["X-Openstack-Request-Id"] == made.headers["X-Compute-Request-Id"])
    let id = try #require(made.volume["id"]?.string)
    #expect(made.volume["links"]?[0]?["href"] == .string("http://volumes/v3/p-demo/volumes/\(id)"))
    try await cloud.queue.drain()

    let shown = try await cloud.ask("GET", "/v3/volumes/\(id)").volume
    #expect(shown["status"] == "available")
    #expect(shown["size"] == 2)
    #expect(shown["volume_type"] == "__DEFAULT__")
    #expect(shown["bootable"] == "false")
    #expect(shown["attachments"] == [])
    #expect(shown["metadata"] == ["tier": "gold"])
    #expect(shown["os-vol-tenant-attr:tenant_id"] == "p-demo")
    #expect(shown["os-vol-host-attr:host"] == nil)
    #expect(shown["created_at"]?.string?.count == 26)
    #expect(try await cloud.backend.volumes() == [id])
    let byAdmin = try await cloud.ask("GET", "/v3/volumes/\(id)", as: "admin").volume
    #expect(byAdmin["os-vol-host-attr:host"] == "node1@fake#fake")

    let renamed = try await cloud.ask("PUT", "/v3/volumes/\(id)", ["volume": ["name": "new", "description": nil]])
    #expect(renamed.status == 200)
    #expect(renamed.volume["name"] == "new")
    #expect(renamed.volume["description"] == .null)

    #expect(try await cloud.ask("DELETE", "/v3/volumes/\(id)").status == 202)
    try await cloud.queue.drain()
    let gone = try await cloud.ask("GET", "/v3/volumes/\(id)")
    #expect(gone.status == 404)
    #expect(gone.words("itemNotFound") == "Volume \(id) could not be found.")
    #expect(try await cloud.backend.volumes() == [])
  }

  @Test func fieldsAppearWithTheirMicroversions() async throws {
    let cloud = try await VolumeCloud()
    let id = try await cloud.volume()
    let first = try await cloud.ask("GET", "/v3/volumes/\(id)", version: nil).volume
    #expect(first["volume_type_id"] == nil)
    #expect(first["group_id"] == nil)
    let later = try await cloud.ask("GET", "/v3/volumes/\(id)", version: "3.63").volume
    #expect(later["volume_type_id"]?.string?.count == 36)
    #expect(later["consumes_quota"] == nil)
    let refused = try await cloud.ask("GET", "/v3/volumes/\(id)", version: "3.72")
    #expect(refused.status == 406)
  }

  @Test func othersDoNotSeeIt() async throws {
    let cloud = try await VolumeCloud()
    let id = try await cloud.volume()
    #expect(try await cloud.ask("GET", "/v3/volumes/\(id)", as: "other").status == 404)
    #expect(try await cloud.ask("DELETE", "/v3/volumes/\(id)", as: "other").status == 404)
    #expect(try await cloud.ask("DELETE", "/v3/volumes/\(id)", as: "reader").status == 403)
    #expect(try await cloud.ask("GET", "/v3/volumes/not-an-id").status == 404)
    #expect(try await cloud.ask("GET", "/v3/volumes", as: "").status == 401)
    let foreign = try await cloud.ask(
      "POST", "/v3/volumes", ["volume": ["size": 1, "project_id": "p-other"]])
    #expect(foreign.status == 403)
    #expect(try await cloud.ask("GET", "/v3/volumes", as: "other").json["volumes"] == [])
  }

  @Test func aServiceMakesVolumesForOthers() async throws {
    let cloud = try await VolumeCloud()
    let id = try await cloud.volume(["name": "", "project_id": "p-demo"], as: "nova")
    #expect(try await cloud.ask("GET", "/v3/volumes/\(id)").volume["os-vol-tenant-attr:tenant_id"] == "p-demo")
    #expect(try await cloud.ask("DELETE", "/v3/volumes/\(id)", as: "nova").status == 202)
  }

  @Test func listsAreFilteredSortedPagedAndCounted() async throws {
    let cloud = try await VolumeCloud()
    let a = try await cloud.volume(["name": "a", "size": 3, "metadata": ["k": "v", "x": "1"]])
    let b = try await cloud.volume(["name": "b", "size": 1])
    let c = try await cloud.volume(["name": "c", "size": 2], as: "other")
    func ids(_ query: String, as token: String = "demo") async throws -> [String] {
      let answer = try await cloud.ask("GET", "/v3/volumes/detail?\(query)", as: token)
      try #require(answer.status == 200, "\(answer.json)")
      return (answer.json["volumes"]?.array ?? []).compactMap { $0["id"]?.string }
    }
    #expect(try await ids("") == [b, a])
    #expect(try await ids("sort=size:desc") == [a, b])
    #expect(try await ids("sort_key=name&sort_dir=asc") == [a, b])
    #expect(try await ids("name=a") == [a])
    #expect(try await ids("name~=b") == [b])
    #expect(try await ids("status=available") == [b, a])
    #expect(try await ids("status=error") == [])
    #expect(try await ids("bootable=false") == [b, a])
    #expect(try await ids("metadata=%7B%27k%27:+%27v%27%7D") == [a])
    #expect(try await ids("metadata=%7B%22k%22:+%22w%22%7D") == [])
    #expect(try await ids("created_at=gt:2020-01-01T00:00:00") == [b, a])
    #expect(try await ids("all_tenants=1") == [b, a], "members see their own in any case")
    #expect(try await ids("all_tenants=True", as: "admin") == [c, b, a])
    #expect(try await ids("all_tenants=1&project_id=p-other", as: "admin") == [c])
    #expect(try await ids("", as: "admin") == [])

    let page = try await cloud.ask("GET", "/v3/volumes?limit=1&with_count=true")
    #expect(page.json["count"] == 2)
    #expect(page.json["volumes"]?[0]?["status"] == nil, "the short list is short")
    let next = try #require(page.json["volumes_links"]?[0]?["href"]?.string)
    #expect(next.contains("marker=\(b)"))
    #expect(try await ids("limit=1&marker=\(b)") == [a])
    #expect(try await cloud.ask("GET", "/v3/volumes?marker=nothing").status == 400)
    let summary = try await cloud.ask("GET", "/v3/volumes/summary")
    #expect(
      summary.json["volume-summary"] == ["total_count": 2, "total_size": 4, "metadata": ["k": ["v"], "x": ["1"]]])
  }

  @Test func wrongBodiesAreRefused() async throws {
    let cloud = try await VolumeCloud()
    func refusal(_ volume: JSON) async throws -> (Int, String) {
      let answer = try await cloud.ask("POST", "/v3/volumes", ["volume": volume])
      return (answer.status, answer.words("badRequest"))
    }
    #expect(try await refusal(["size": 0]).1.contains("Invalid volume size provided for create request: 0"))
    #expect(try await refusal([:]).0 == 400)
    #expect(try await refusal(["size": "many"]).0 == 400)
    #expect(try await refusal(["size": 1, "metadata": ["k": 1]]).0 == 400)
    #expect(
      try await refusal(["size": 1, "availability_zone": "moon"]).1.contains("Availability zone 'moon' is invalid"))
    let type = try await cloud.ask("POST", "/v3/volumes", ["volume": ["size": 1, "volume_type": "nope"]])
    #expect(type.status == 404)
    let source = World.real.uuid()
    let missing = try await cloud.ask("POST", "/v3/volumes", ["volume": ["source_volid": .string(source)]])
    #expect(missing.words("itemNotFound") == "Volume \(source) could not be found.")
  }

  @Test func quotasAreCountedFromRows() async throws {
    var options = CinderOptions()
    options.quotaVolumes = 2
    options.quotaGigabytes = 5
    let cloud = try await VolumeCloud(options: options)
    let big = try await cloud.ask("POST", "/v3/volumes", ["volume": ["size": 6]])
    #expect(big.status == 413)
    #expect(
      big.words("overLimit")
        == "Requested volume or snapshot exceeds allowed gigabytes quota. "
        + "Requested 6G, quota is 5G and 0G has been consumed."
    )
    let first = try await cloud.volume(["size": 1])
    _ = try await cloud.volume(["size": 1])
    let third = try await cloud.ask("POST", "/v3/volumes", ["volume": ["size": 1]])
    #expect(third.status == 413)
    #expect(third.words("overLimit") == "Maximum number of volumes allowed (2) exceeded for quota 'volumes'.")
    let usage = try await cloud.ask("GET", "/v3/os-quota-sets/p-demo?usage=True")
    #expect(usage.json["quota_set"]?["volumes"] == ["limit": 2, "in_use": 2, "reserved": 0])
    #expect(usage.json["quota_set"]?["gigabytes"]?["in_use"] == 2)
    let extended = try await cloud.ask("POST", "/v3/volumes/\(first)/action", ["os-extend": ["new_size": 5]])
    #expect(extended.status == 413)

    #expect(try await cloud.ask("PUT", "/v3/os-quota-sets/p-demo", ["quota_set": ["volumes": 3]]).status == 403)
    let updated = try await cloud.ask(
      "PUT", "/v3/os-quota-sets/p-demo", ["quota_set": ["volumes": "3"]], as: "admin")
    #expect(updated.json["quota_set"]?["volumes"] == 3)
    _ = try await cloud.volume(["size": 1])
    let limits = try await cloud.ask("GET", "/v3/limits")
    #expect(limits.json["limits"]?["absolute"]?["maxTotalVolumes"] == 3)
    #expect(limits.json["limits"]?["absolute"]?["totalVolumesUsed"] == 3)
    #expect(try await cloud.ask("GET", "/v3/os-quota-sets/p-demo", as: "other").status == 403)
    #expect(try await cloud.ask("GET", "/v3/os-quota-sets/p-demo/defaults").json["quota_set"]?["volumes"] == 2)
  }

  @Test func metadataIsChangedKeyByKey() async throws {
    let cloud = try await VolumeCloud()
    let id = try await cloud.volume(["metadata": ["a": "1"]])
    let path = "/v3/volumes/\(id)/metadata"
    #expect(try await cloud.ask("POST", path, ["metadata": ["b": "2"]]).json == ["metadata": ["a": "1", "b": "2"]])
    #expect(try await cloud.ask("GET", path + "/b").json == ["meta": ["b": "2"]])
    #expect(try await cloud.ask("PUT", path + "/b", ["meta": ["b": "3"]]).json == ["meta": ["b": "3"]])
    #expect(try await cloud.ask("PUT", path + "/b", ["meta": ["c": "3"]]).status == 400)
    #expect(try await cloud.ask("DELETE", path + "/a").status == 200)
    let missing = try await cloud.ask("DELETE", path + "/a")
    #expect(missing.words("itemNotFound") == "Volume \(id) has no metadata with key a.")
    let tagged = try await cloud.ask("GET", path)
    #expect(tagged.json == ["metadata": ["b": "3"]])
    let tag = try #require(tagged.headers["ETag"])
    #expect(try await cloud.ask("PUT", path, ["metadata": [:]], headers: ["If-Match": tag]).status == 200)
    #expect(try await cloud.ask("PUT", path, ["metadata": ["z": "1"]], headers: ["If-Match": tag]).status == 412)
  }

  @Test func theVersionDocumentsNeedNoToken() async throws {
    let cloud = try await VolumeCloud()
    let root = try await cloud.ask("GET", "/", as: "", version: nil)
    #expect(root.status == 300)
    let version = root.json["versions"]?[0]
    #expect(version?["version"] == "3.71")
    #expect(version?["min_version"] == "3.0")
    #expect(try await cloud.ask("GET", "/v3/", as: "", version: nil).status == 200)
  }
}
