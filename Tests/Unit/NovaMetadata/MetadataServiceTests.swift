import HTTP
import JSON
import NovaModel
import Store
import Testing

@testable import NovaMetadata

@Suite("Metadata service") struct MetadataServiceTests {
  @Test func aStrangerGetsNothing() async throws {
    let fixture = try await MetadataFixture()
    #expect(try await fixture.get("/openstack/latest/meta_data.json", peer: "10.0.0.7").status == 404)
    let elsewhere = fixture.service.handler(for: .network("another"))
    #expect(await elsewhere(Request("GET", "/openstack", peer: "10.0.0.5")).status == 404)
  }

  @Test func aPortOfAnotherProjectGetsNothing() async throws {
    #expect(try await MetadataFixture().get("/latest/user-data", peer: "10.0.0.6").status == 404)
  }

  @Test func whatTheRequestSaysOfItsSenderIsNotBelieved() async throws {
    let fixture = try await MetadataFixture()
    let request = Request(
      "GET", "/latest/user-data",
      headers: ["X-Forwarded-For": "10.0.0.5", "X-Instance-ID": MetadataFixture.serverID], peer: "10.0.0.7")
    #expect(await fixture.service.handler(for: .network(MetadataFixture.network))(request).status == 404)
  }

  @Test func theProxyIsBelievedByItsSignature() async throws {
    let fixture = try await MetadataFixture()
    #expect(await fixture.proxied("/latest/user-data") == 200)
    #expect(await fixture.proxied("/latest/user-data", signedWith: "wrong") == 403)
    #expect(await fixture.proxied("/latest/user-data", project: "22222222222222222222222222222222") == 404)
    #expect(await fixture.proxied("/latest/user-data", server: "4f1c2a3b-0000-4000-8000-00000000ffff") == 404)
    let bare = await fixture.service.handler(for: .direct)(Request("GET", "/latest/user-data", peer: "10.0.0.5"))
    #expect(bare.status == 400)
  }

  @Test func withoutASecretNoProxyIsBelieved() async throws {
    #expect(try await MetadataFixture(secret: "").proxied("/latest/user-data", signedWith: "") == 403)
  }

  @Test func theNetworkIsAskedOnceForAGuestsDozenRequests() async throws {
    let fixture = try await MetadataFixture()
    _ = try await fixture.get("/openstack/latest/meta_data.json")
    let once = fixture.asked.value
    _ = try await fixture.get("/openstack/latest/network_data.json")
    _ = try await fixture.get("/latest/meta-data/hostname")
    #expect(once > 0 && fixture.asked.value == once)
  }

  @Test func aChangeIsSeenAtOnce() async throws {
    let fixture = try await MetadataFixture()
    _ = try await fixture.get("/openstack/latest/meta_data.json")
    try await fixture.store.write { tx in
      guard var server = try await tx.get(Server.self, MetadataFixture.serverID) else { return }
      server.metadata = ["role": "database"]
      _ = try await tx.update(server)
    }
    #expect(try await fixture.json("/openstack/latest/meta_data.json")["meta"] == ["role": "database"])
  }

  @Test func aPasswordIsWrittenOnce() async throws {
    let fixture = try await MetadataFixture()
    let path = "/openstack/latest/password"
    #expect(try await fixture.get(path).text == "")
    #expect(try await fixture.get(path, "POST", body: .bytes(Array("c2VjcmV0".utf8))).status == 200)
    #expect(try await fixture.get(path).text == "c2VjcmV0")
    #expect(try await fixture.get(path, "POST", body: .bytes(Array("b3RoZXI=".utf8))).status == 409)
    #expect(try await fixture.get(path, "PUT").status == 400)
    #expect(try await fixture.get("/openstack/2012-08-10/password").status == 404)
  }

  @Test func aPasswordTooLongIsRefused() async throws {
    let fixture = try await MetadataFixture()
    let long = [UInt8](repeating: 65, count: 1021)
    #expect(try await fixture.get("/openstack/latest/password", "POST", body: .bytes(long)).status == 400)
  }

  @Test(arguments: [
    "//latest/meta-data//hostname/", "/ec2/latest/meta-data/hostname", "/latest/x/../meta-data/hostname",
  ])
  func pathsMayBePutTogetherCarelessly(_ path: String) async throws {
    #expect(try await MetadataFixture().get(path).text == "first")
  }

  @Test(arguments: [
    ("10.0.0.5", "10.0.0.5"), ("10.0.0.5:4711", "10.0.0.5"), ("[fd00::5]:80", "fd00::5"),
    ("::ffff:10.0.0.5", "10.0.0.5"), ("fe80::1%eth0", "fe80::1"),
  ]) func theAddressOfAPeer(_ peer: String, _ address: String) { #expect(MetadataService.address(peer) == address) }
}
