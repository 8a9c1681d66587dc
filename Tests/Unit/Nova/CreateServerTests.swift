import Core
import HTTP
import JSON
import NovaModel
import Store
import Synchronization
import Testing
import Work

@Suite("Nova: new servers") struct CreateServerTests {
  static let volume = "66666666-6666-4666-8666-666666666666"
  static let port = "77777777-7777-4777-8777-777777777777"

  @Test func aServerIsTakenAtOnceAndItsSagaWaits() async throws {
    let cloud = try await Cloud()
    let answer = try await cloud.ask(
      "POST", "/servers",
      [
        "server": [
          "name": "Web One", "imageRef": .string(Cloud.image), "flavorRef": "1", "metadata": ["a": "b"],
          "networks": [["uuid": .string(Cloud.network)]], "security_groups": [["name": "default"]],
          "min_count": 1, "max_count": 1, "description": "mine", "config_drive": true,
          "block_device_mapping_v2": [
            [
              "uuid": .string(Cloud.image), "boot_index": 0, "source_type": "image", "destination_type": "local",
              "delete_on_termination": true,
            ]
          ],
        ]
      ], version: "2.96")
    #expect(answer.status == 202)
    let server = answer.json["server"]
    let id = server?["id"]?.string ?? ""
    #expect(isUUID(id))
    #expect(server?["adminPass"]?.string?.count == 12)
    #expect(server?["security_groups"] == [["name": "default"]])
    #expect(server?["OS-DCF:diskConfig"] == "MANUAL")
    #expect(server?.object?.keys.count == 5)
    #expect(answer.headers["Location"] == "http://nova:8774/v2.1/servers/\(id)")
    #expect(answer.headers["X-Compute-Request-Id"]?.hasPrefix("req-") == true)
    let sagas = try await cloud.sagas("server.create")
    #expect(sagas.map(\.subject) == [id])
    let saga = try JSON(parsing: sagas[0].value)
    #expect(saga["networks"]?[0]?["network"] == .string(Cloud.network))
    #expect(saga["securityGroups"] == ["default"])

    let shown = try await cloud.ask("GET", "/servers/\(id)", version: "2.96").json["server"]
    #expect(shown?["status"] == "BUILD")
    #expect(shown?["OS-EXT-STS:task_state"] == "scheduling")
    #expect(shown?["OS-EXT-STS:vm_state"] == "building")
    #expect(shown?["hostId"] == "")
    #expect(shown?["addresses"] == [:])
    #expect(shown?["config_drive"] == "True")
    #expect(shown?["description"] == "mine")
    #expect(shown?["OS-EXT-SRV-ATTR:hostname"] == "web-one")
    #expect(shown?["flavor"]?["original_name"] == "m1.tiny")
    #expect(shown?["image"]?["id"] == .string(Cloud.image))
    let actions = try await cloud.ask("GET", "/servers/\(id)/os-instance-actions").json["instanceActions"]
    #expect(actions?[0]?["action"] == "create")
  }

  @Test(
    arguments: [
      (["name": nil], "'name' is a required property"), (["flavorRef": "99"], "Flavor 99 could not be found."),
      (
        ["imageRef": "88888888-8888-4888-8888-888888888888"],
        "Image 88888888-8888-4888-8888-888888888888 could not be found."
      ),
      (["imageRef": ""], "Invalid imageRef provided."), (["key_name": "none"], "Invalid key_name provided."),
      (["user_data": "not base 64!"], "'base64'"), (["bogus": 1], "'bogus' was unexpected"),
      (["min_count": 3, "max_count": 2], "min_count must be <= max_count"),
      (
        ["networks": [["uuid": "99999999-9999-4999-8999-999999999999"]]],
        "Network 99999999-9999-4999-8999-999999999999 could not be found."
      ),
      (
        ["networks": [["port": "99999999-9999-4999-8999-999999999999"]]],
        "Port id 99999999-9999-4999-8999-999999999999 could not be found."
      ),
      (["security_groups": [["name": "nope"]]], "Security group nope not found for project demo."),
      (["availability_zone": "mars"], "The requested availability zone is not available"),
      (["personality": [["path": "/a", "contents": "b"]]], "user data"), (["accessIPv4": "x"], "'ipv4'"),
      (["metadata": ["a": 1]], "metadata"),
    ] as [(JSONObject, String)])
  func whatCanBeKnownIsRefusedAtOnce(change: JSONObject, words: String) async throws {
    let cloud = try await Cloud()
    var fields: JSONObject = ["name": "web", "imageRef": .string(Cloud.image), "flavorRef": "1"]
    for member in change.members {
      if member.value.isNull { fields[member.key] = nil as JSON? } else { fields[member.key] = member.value }
    }
    let answer = try await cloud.ask("POST", "/servers", ["server": .object(fields)])
    #expect(answer.status == 400, "\(answer.json.text)")
    #expect(answer.json["badRequest"]?["message"]?.string?.contains(words) == true, "\(answer.json.text)")
    #expect(try await cloud.store.read { try await $0.count(Server.self) } == 0)
  }

  @Test func imagesMustFitTheirFlavor() async throws {
    let cloud = try await Cloud()
    let fields: JSON = ["server": ["name": "web", "imageRef": .string(Cloud.image), "flavorRef": "1"]]
    func message(_ change: JSONObject) async throws -> String {
      var image: JSONObject = ["id": .string(Cloud.image), "status": "active", "size": 1]
      for member in change.members { image[member.key] = member.value }
      let changed = image
      cloud.others.change { $0.images[Cloud.image] = .object(changed) }
      let answer = try await cloud.ask("POST", "/servers", fields)
      #expect(answer.status == 400)
      return answer.message
    }
    #expect(try await message(["status": "queued"]) == "Image \(Cloud.image) is not active.")
    #expect(try await message(["min_ram": 1024]) == "Flavor's memory is too small for requested image.")
    #expect(
      try await message(["min_disk": 2])
        == "Flavor's disk is smaller than the minimum size specified in image metadata. "
        + "Flavor disk is 1073741824 bytes, minimum size is 2147483648 bytes.")
    #expect(try await message(["min_disk": .int(.max)]).contains("smaller than the minimum size"))
    #expect(
      try await message(["size": 1_073_741_825])
        == "Flavor's disk is too small for requested image. Flavor disk is 1073741824 bytes, image is 1073741825 bytes."
    )
  }

  @Test func networksAreChosenByName() async throws {
    let cloud = try await Cloud()
    _ = try await cloud.server("auto")
    var saga = try JSON(parsing: try await cloud.sagas("server.create")[0].value)
    #expect(saga["networks"]?[0]?["network"] == .string(Cloud.network))
    cloud.others.change {
      $0.networks.append(["id": "n2", "name": "other", "subnets": ["t"], "shared": true, "tenant_id": "x"])
    }
    let fields: JSONObject = ["name": "web", "imageRef": .string(Cloud.image), "flavorRef": "1"]
    let ambiguous = try await cloud.ask("POST", "/servers", ["server": .object(fields)])
    #expect(ambiguous.status == 409)
    #expect(ambiguous.message == "Multiple possible networks found, use a Network ID to be more specific.")
    // Since 2.37 the choice must be said; `none` is one.
    #expect(try await cloud.ask("POST", "/servers", ["server": .object(fields)], version: "2.37").status == 400)
    var none = fields
    none["networks"] = "none"
    let answer = try await cloud.ask("POST", "/servers", ["server": .object(none)], version: "2.37")
    #expect(answer.status == 202)
    let id = answer.json["server"]?["id"]?.string
    let row = try await cloud.sagas("server.create").first { $0.subject == id }
    saga = try JSON(parsing: row?.value ?? "{}")
    #expect(saga["networks"] == [])
    cloud.others.change { $0.networks = [] }
    var auto = fields
    auto["networks"] = "auto"
    let refused = try await cloud.ask("POST", "/servers", ["server": .object(auto)], version: "2.37")
    #expect(refused.status == 400)
    #expect(refused.message == "Unable to automatically allocate a network for project demo")
  }

  @Test func aPortInUseIsRefused() async throws {
    let cloud = try await Cloud()
    cloud.others.change {
      $0.ports = [["id": .string(Self.port), "network_id": .string(Cloud.network), "device_id": "somebody"]]
    }
    let body: JSON = [
      "server": [
        "name": "web", "imageRef": .string(Cloud.image), "flavorRef": "1", "networks": [["port": .string(Self.port)]],
      ]
    ]
    let answer = try await cloud.ask("POST", "/servers", body)
    #expect(answer.status == 409)
    #expect(answer.json["conflictingRequest"]?["message"] == .string("Port \(Self.port) is still in use."))
  }

  @Test func serversBootFromVolumes() async throws {
    let cloud = try await Cloud()
    cloud.others.change {
      $0.volumes[Self.volume] = ["id": .string(Self.volume), "status": "available", "bootable": "true", "size": 1]
    }
    let mapping: JSON = [
      ["uuid": .string(Self.volume), "boot_index": "0", "source_type": "volume", "destination_type": "volume"]
    ]
    let id = try await cloud.server("bfv", ["imageRef": "", "block_device_mapping_v2": mapping])
    #expect(try await cloud.ask("GET", "/servers/\(id)").json["server"]?["image"] == "")
    let saga = try JSON(parsing: try await cloud.sagas("server.create")[0].value)
    #expect(saga["volumes"]?[0]?["volume"] == .string(Self.volume))
    #expect(saga["volumes"]?[0]?["bootIndex"] == 0)
    cloud.others.change { $0.volumes[Self.volume] = ["id": .string(Self.volume), "status": "in-use"] }
    let fields: JSON = ["server": ["name": "b", "flavorRef": "1", "block_device_mapping_v2": mapping]]
    #expect(try await cloud.ask("POST", "/servers", fields).message.contains("status must be available"))
    cloud.others.change { $0.volumes = [:] }
    #expect(
      try await cloud.ask("POST", "/servers", fields).message
        == "Block Device Mapping is Invalid: failed to get volume \(Self.volume).")
  }

  @Test func quotasAreCountedFromTheServers() async throws {
    let cloud = try await Cloud()
    func many(_ flavor: String, _ least: Int, _ most: Int) -> JSON {
      [
        "server": [
          "name": "big", "imageRef": .string(Cloud.image), "flavorRef": .string(flavor), "min_count": .int(least),
          "max_count": .int(most),
        ]
      ]
    }
    let refused = try await cloud.ask("POST", "/servers", many("5", 50, 50))
    #expect(refused.status == 403)
    #expect(
      refused.json["forbidden"]?["message"]
        == .string(
          "Quota exceeded for cores, instances, ram: Requested 400, 50, 819200, but already used 0, 0, 0 "
            + "of 20, 10, 51200 cores, instances, ram"))
    #expect(try await cloud.store.read { try await $0.count(Server.self) } == 0)

    // Between the least and the most, as many are made as fit.
    let fits = try await cloud.ask("POST", "/servers", many("5", 1, 5))
    #expect(fits.status == 202)
    let names = try await cloud.ask("GET", "/servers?sort_key=name&sort_dir=asc").json["servers"]?.array?
      .compactMap { $0["name"]?.string }
    #expect(names == ["big-1", "big-2"])
    #expect(try await cloud.sagas("server.create").count == 2)
    let limits = try await cloud.ask("GET", "/limits").json["limits"]?["absolute"]
    #expect(limits?["totalInstancesUsed"] == 2)
    #expect(limits?["totalCoresUsed"] == 16)
    #expect(limits?["totalRAMUsed"] == 32768)
    let next = try await cloud.ask("POST", "/servers", many("5", 1, 1))
    #expect(next.message == "Quota exceeded for cores: Requested 8, but already used 16 of 20 cores")
    // Another project has its own.
    cloud.others.change { $0.networks[0] = ["id": .string(Cloud.network), "subnets": ["s"], "shared": true] }
    _ = try await cloud.server("theirs", as: "member@other")
  }

  @Test func aReservationNamesManyServers() async throws {
    let cloud = try await Cloud()
    let body: JSON = [
      "server": [
        "name": "web", "imageRef": .string(Cloud.image), "flavorRef": "1", "max_count": 3,
        "return_reservation_id": true,
        "min_count": 3,
      ]
    ]
    let answer = try await cloud.ask("POST", "/servers", body)
    let reservation = answer.json["reservation_id"]?.string ?? ""
    #expect(reservation.hasPrefix("r-"))
    let list = try await cloud.ask("GET", "/servers?reservation_id=\(reservation)").json["servers"]?.array
    #expect(list?.count == 3)
  }

  @Test func onlyAdministratorsChooseHosts() async throws {
    let cloud = try await Cloud()
    let body: JSON = [
      "server": ["name": "w", "imageRef": .string(Cloud.image), "flavorRef": "1", "availability_zone": "nova:node1"]
    ]
    #expect(try await cloud.ask("POST", "/servers", body).status == 403)
    #expect(try await cloud.ask("POST", "/servers", body, as: "reader@demo").status == 403)
    try await cloud.store.write { tx in
      var host = ComputeHost()
      host.id = "h"
      host.host = "node1"
      host.lastSeen = World.real.now()
      try await tx.insert(host)
    }
    #expect(try await cloud.ask("POST", "/servers", body, as: "admin@demo").status == 202)
    let saga = try JSON(parsing: try await cloud.sagas("server.create")[0].value)
    #expect(saga["hints"]?["host"] == "node1")
    #expect(saga["hints"]?["availabilityZone"] == "nova")
  }
}
