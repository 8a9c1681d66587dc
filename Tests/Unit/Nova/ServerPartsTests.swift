import Core
import HTTP
import JSON
import NovaModel
import Store
import Testing
import Work

@Suite("Nova: what belongs to a server") struct ServerPartsTests {
  static let volume = "66666666-6666-4666-8666-666666666666"

  private func running(_ cloud: Cloud) async throws -> String {
    let id = try await cloud.server()
    try await cloud.settle(id, .active)
    return id
  }

  @Test func metadataIsKept() async throws {
    let cloud = try await Cloud()
    let path = "/servers/\(try await running(cloud))/metadata"
    #expect(
      try await cloud.ask("POST", path, ["metadata": ["a": "1", "b": "2"]]).json == ["metadata": ["a": "1", "b": "2"]])
    #expect(try await cloud.ask("PUT", path + "/a", ["meta": ["a": "3"]]).json == ["meta": ["a": "3"]])
    #expect(try await cloud.ask("PUT", path + "/a", ["meta": ["b": "3"]]).status == 400)
    #expect(try await cloud.ask("GET", path + "/a").json == ["meta": ["a": "3"]])
    #expect(try await cloud.ask("DELETE", path + "/a").status == 204)
    #expect(try await cloud.ask("GET", path + "/a").status == 404)
    #expect(try await cloud.ask("PUT", path, ["metadata": ["z": "9"]]).json == ["metadata": ["z": "9"]])
    #expect(try await cloud.ask("GET", path).json == ["metadata": ["z": "9"]])
    #expect(try await cloud.ask("POST", path, ["metadata": ["a": 1]]).status == 400)
    var many = JSONObject()
    for index in 0..<200 { many["k\(index)"] = "v" }
    let refused = try await cloud.ask("PUT", path, ["metadata": .object(many)])
    #expect(refused.status == 403)
    #expect(refused.message == "Maximum number of metadata items exceeds 128")
  }

  @Test func tagsAreASet() async throws {
    let cloud = try await Cloud()
    let path = "/servers/\(try await running(cloud))/tags"
    #expect(try await cloud.ask("GET", path).status == 404)
    #expect(try await cloud.ask("PUT", path + "/red", version: "2.26").status == 201)
    #expect(try await cloud.ask("PUT", path + "/red", version: "2.26").status == 204)
    #expect(try await cloud.ask("GET", path + "/red", version: "2.26").status == 204)
    #expect(try await cloud.ask("GET", path + "/blue", version: "2.26").status == 404)
    #expect(try await cloud.ask("PUT", path, ["tags": ["a", "b", "a"]], version: "2.26").json == ["tags": ["a", "b"]])
    #expect(try await cloud.ask("PUT", path, ["tags": ["a/b"]], version: "2.26").status == 400)
    #expect(try await cloud.ask("DELETE", path + "/a", version: "2.26").status == 204)
    #expect(try await cloud.ask("GET", path, version: "2.26").json == ["tags": ["b"]])
    #expect(try await cloud.ask("DELETE", path, version: "2.26").status == 204)
    #expect(try await cloud.ask("GET", path, version: "2.26").json == ["tags": []])
  }

  @Test func volumesAreReservedAndNamed() async throws {
    let cloud = try await Cloud()
    let id = try await running(cloud)
    let path = "/servers/\(id)/os-volume_attachments"
    let body: JSON = ["volumeAttachment": ["volumeId": .string(Self.volume)]]
    #expect(try await cloud.ask("POST", path, body).status == 404)
    cloud.others.change { $0.volumes[Self.volume] = ["id": .string(Self.volume), "status": "in-use"] }
    #expect(try await cloud.ask("POST", path, body).status == 400)
    cloud.others.change { $0.volumes[Self.volume] = ["id": .string(Self.volume), "status": "available"] }
    let made = try await cloud.ask("POST", path, body, version: "2.79")
    #expect(made.status == 200)
    #expect(made.json["volumeAttachment"]?["device"] == "/dev/vdb")
    #expect(made.json["volumeAttachment"]?["id"] == .string(Self.volume))
    #expect(made.json["volumeAttachment"]?["delete_on_termination"] == false)
    #expect(cloud.others.asked.contains("POST /v3/attachments"))
    #expect(try await cloud.sagas("server.attach-volume").count == 1)
    #expect(try await cloud.ask("POST", path, body).message.contains("already attached"))

    let old = try await cloud.ask("GET", path, version: "2.1").json["volumeAttachments"]?[0]
    #expect(old?.object?.keys.sorted() == ["device", "id", "serverId", "volumeId"])
    let new = try await cloud.ask("GET", path + "/\(Self.volume)", version: "2.89").json["volumeAttachment"]
    #expect(new?["id"] == nil)
    #expect(new?["attachment_id"] == "55555555-5555-4555-8555-555555555555")
    #expect(
      try await cloud.ask("GET", "/servers/\(id)").json["server"]?["os-extended-volumes:volumes_attached"] == [
        ["id": .string(Self.volume)]
      ])

    // What is still being attached cannot be detached; afterwards it can, once.
    #expect(try await cloud.ask("DELETE", path + "/\(Self.volume)").status == 400)
    _ = try await cloud.store.write { try await $0.run("UPDATE nova_volume_attachments SET state = 'attached'") }
    let flag: JSON = ["volumeAttachment": ["volumeId": .string(Self.volume), "delete_on_termination": true]]
    #expect(try await cloud.ask("PUT", path + "/\(Self.volume)", flag, version: "2.85").status == 202)
    #expect(
      try await cloud.ask("GET", path, version: "2.79").json["volumeAttachments"]?[0]?["delete_on_termination"] == true)
    #expect(try await cloud.ask("DELETE", path + "/\(Self.volume)").status == 202)
    #expect(try await cloud.sagas("server.detach-volume").count == 1)
    #expect(try await cloud.ask("DELETE", path + "/\(Self.volume)").status == 400)
    #expect(try await cloud.ask("DELETE", path + "/nothing").status == 404)
  }

  @Test func aReservationIsGivenBackWhenTheServerMoves() async throws {
    let cloud = try await Cloud()
    let id = try await running(cloud)
    cloud.others.change { $0.volumes[Self.volume] = ["id": .string(Self.volume), "status": "available"] }
    try await cloud.settle(id, .suspended)
    let body: JSON = ["volumeAttachment": ["volumeId": .string(Self.volume)]]
    let answer = try await cloud.ask("POST", "/servers/\(id)/os-volume_attachments", body)
    #expect(answer.status == 409)
    #expect(answer.message == "Cannot 'attach_volume' instance \(id) while it is in vm_state suspended")
  }

  @Test func interfacesComeAndGo() async throws {
    let cloud = try await Cloud()
    let id = try await running(cloud)
    let path = "/servers/\(id)/os-interface"
    let made = try await cloud.ask("POST", path, ["interfaceAttachment": ["net_id": .string(Cloud.network)]])
    #expect(made.status == 200, "\(made.json.text)")
    let port = made.json["interfaceAttachment"]?["port_id"]?.string ?? ""
    #expect(made.json["interfaceAttachment"]?["fixed_ips"]?[0]?["ip_address"] == "10.0.0.9")
    let saga = try JSON(parsing: try await cloud.sagas("server.attach-interface")[0].value)
    #expect(saga["port"] == .string(port) && saga["made"] == true)
    let list = try await cloud.ask("GET", path, version: "2.70").json["interfaceAttachments"]
    #expect(list?[0]?["tag"] == .null && list?[0]?["net_id"] == .string(Cloud.network))
    #expect(try await cloud.ask("GET", path + "/\(port)").status == 200)
    #expect(try await cloud.ask("DELETE", path + "/\(Cloud.image)").status == 404)
    // It is shown, so it can be taken away, though it may not be plugged yet.
    #expect(try await cloud.ask("DELETE", path + "/\(port)").status == 202)
    let attaching = try await cloud.sagas("server.attach-interface")[0]
    #expect(attaching.cancelled)
    #expect(try await cloud.sagas("server.detach-interface").map(\.after) == [attaching.id])
    try await cloud.settle(id, .active) {
      $0.nics = [ServerNIC(port: port, network: Cloud.network, mac: "fa:16:3e:00:00:01", mtu: 1500, made: true)]
    }
    #expect(try await cloud.ask("DELETE", path + "/\(port)").status == 202)
    #expect(try await cloud.sagas("server.detach-interface").count == 2)
    let both: JSON = ["interfaceAttachment": ["net_id": "a", "port_id": "b"]]
    #expect(try await cloud.ask("POST", path, both).status == 400)
  }

  @Test func securityGroupsAreThoseOfThePorts() async throws {
    let cloud = try await Cloud()
    let id = try await running(cloud)
    cloud.others.change {
      $0.groups.append(["id": "g-2", "name": "web", "tenant_id": "demo"])
      $0.ports = [["id": "p", "device_id": .string(id), "security_groups": ["g-1"], "fixed_ips": []]]
    }
    let path = "/servers/\(id)/action"
    #expect(try await cloud.ask("POST", path, ["addSecurityGroup": ["name": "web"]]).status == 202)
    let groups = try await cloud.ask("GET", "/servers/\(id)/os-security-groups").json["security_groups"]?.array
    #expect(groups?.compactMap { $0["name"]?.string } == ["default", "web"])
    #expect(try await cloud.ask("POST", path, ["removeSecurityGroup": ["name": "web"]]).status == 202)
    #expect(try await cloud.ask("POST", path, ["removeSecurityGroup": ["name": "web"]]).status == 404)
    #expect(try await cloud.ask("POST", path, ["addSecurityGroup": ["name": "nope"]]).status == 404)
  }

  @Test func actionsTellWhatHappened() async throws {
    let cloud = try await Cloud()
    let id = try await running(cloud)
    let stop = try await cloud.ask("POST", "/servers/\(id)/action", ["os-stop": nil])
    let request = stop.headers["X-Compute-Request-Id"] ?? ""
    let saga = try await cloud.sagas("server.stop").first?.id ?? ""
    try await cloud.store.write {
      try await InstanceAction.finish(
        saga: saga, host: "node1", fault: Fault.conflict("no"), at: Timestamp(seconds: 2_000_000_000), in: $0)
    }
    let path = "/servers/\(id)/os-instance-actions"
    let list = try await cloud.ask("GET", path, version: "2.58").json["instanceActions"]?.array
    #expect(list?.compactMap { $0["action"]?.string } == ["stop", "create"])
    #expect(list?[0]["updated_at"] == "2033-05-18T03:33:20.000000")
    #expect(list?[0]["message"] == "no")
    let page = try await cloud.ask("GET", path + "?limit=1", version: "2.58")
    #expect(page.json["links"]?[0]?["rel"] == "next")
    let old = try await cloud.ask("GET", path + "/\(request)", version: "2.50").json["instanceAction"]
    #expect(old?["events"] == nil && old?["updated_at"] == nil)
    let event = try await cloud.ask("GET", path + "/\(request)", version: "2.84").json["instanceAction"]?["events"]?[0]
    #expect(event?["result"] == "Error" && event?["details"] == "no" && event?["host"] == nil)
    let admins = try await cloud.ask("GET", path + "/\(request)", as: "admin@root", version: "2.62")
    #expect(admins.json["instanceAction"]?["events"]?[0]?["host"] == "node1")
    #expect(try await cloud.ask("GET", path + "/req-0").status == 404)
  }
}
