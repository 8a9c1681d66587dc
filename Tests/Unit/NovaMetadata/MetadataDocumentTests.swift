import JSON
import NovaModel
import Testing

@testable import NovaMetadata

@Suite("Metadata documents") struct MetadataDocumentTests {
  @Test func listsOpenStackVersions() async throws {
    let fixture = try await MetadataFixture()
    let lines = try await fixture.get("/openstack").text.split(separator: "\n")
    #expect(lines.first == "2012-08-10")
    #expect(lines.suffix(2) == ["2020-10-14", "latest"])
    #expect(try await fixture.get("/openstack/").text == fixture.get("/openstack").text)
  }

  @Test func listsTheFilesThatAVersionHas() async throws {
    let fixture = try await MetadataFixture()
    #expect(try await fixture.get("/openstack/2012-08-10").text == "meta_data.json\nuser_data")
    #expect(
      try await fixture.get("/openstack/latest/").text
        == "meta_data.json\nuser_data\npassword\nvendor_data.json\nnetwork_data.json\nvendor_data2.json")
    #expect(try await fixture.get("/openstack/2012-08-10/network_data.json").status == 404)
    #expect(try await fixture.get("/openstack/2099-01-01/meta_data.json").status == 404)
  }

  @Test func metaDataNamesTheServer() async throws {
    let data = try await MetadataFixture().json("/openstack/latest/meta_data.json")
    #expect(data["uuid"]?.string == MetadataFixture.serverID)
    #expect(data["name"]?.string == "first")
    #expect(data["hostname"]?.string == "first")
    #expect(data["project_id"]?.string == MetadataFixture.project)
    #expect(data["availability_zone"]?.string == "nova")
    #expect(data["launch_index"]?.int == 0)
    #expect(data["meta"] == ["role": "web"])
    #expect(data["public_keys"] == ["mine": "ssh-ed25519 AAAAC3Nz me@home"])
    #expect(data["keys"]?[0]?["type"]?.string == "ssh")
    #expect(data["devices"]?[0]?["tags"] == ["lan"])
    #expect(data["dedicated_cpus"] == [])
    let seed = data["random_seed"]?.string ?? ""
    #expect(seed.utf8.count == 684)
  }

  @Test func anOldVersionHasWhatItHadThen() async throws {
    let data = try await MetadataFixture().json("/openstack/2012-08-10/meta_data.json")
    #expect(data["random_seed"] == nil)
    #expect(data["project_id"] == nil)
    #expect(data["hostname"]?.string == "first")
  }

  @Test func aDomainIsPutBehindTheName() async throws {
    let fixture = try await MetadataFixture(domain: "cloud.example")
    #expect(try await fixture.json("/openstack/latest/meta_data.json")["hostname"]?.string == "first.cloud.example")
    #expect(try await fixture.get("/latest/meta-data/local-hostname").text == "first.cloud.example")
  }

  @Test func networkDataLeavesAddressesToDHCP() async throws {
    let data = try await MetadataFixture().json("/openstack/latest/network_data.json")
    #expect(
      data["links"]?[0] == [
        "id": "tapbbbbbbbb-00", "vif_id": .string(MetadataFixture.port), "type": "phy", "mtu": 1450,
        "ethernet_mac_address": "fa:16:3e:00:00:01",
      ])
    #expect(data["networks"]?.array?.map { $0["type"]?.string } == ["ipv4_dhcp", "ipv6_dhcp"])
    #expect(data["services"] == [["type": "dns", "address": "9.9.9.9"]])
  }

  @Test func networkDataSpellsOutStaticAddresses() async throws {
    let networks = try await MetadataFixture(dhcp: false).json("/openstack/latest/network_data.json")["networks"]
    #expect(
      networks?[0] == [
        "id": "network0", "type": "ipv4", "link": "tapbbbbbbbb-00", "ip_address": "10.0.0.5",
        "netmask": "255.255.255.0",
        "routes": [
          ["network": "0.0.0.0", "netmask": "0.0.0.0", "gateway": "10.0.0.1"],
          ["network": "10.9.0.0", "netmask": "255.255.0.0", "gateway": "10.0.0.9"],
        ], "network_id": .string(MetadataFixture.network), "services": [["type": "dns", "address": "9.9.9.9"]],
      ])
    #expect(networks?[1]?["netmask"]?.string == "ffff:ffff:ffff:ffff::")
  }

  @Test(arguments: [(0, 4, "0.0.0.0"), (20, 4, "255.255.240.0"), (32, 4, "255.255.255.255")])
  func netmasks(_ prefix: Int, _ version: Int, _ mask: String) {
    #expect(NetworkData.netmask(prefix, version) == mask)
  }
  @Test(arguments: [(0, "::"), (60, "ffff:ffff:ffff:fff0::"), (112, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:0")])
  func netmasksOfVersion6(_ prefix: Int, _ mask: String) { #expect(NetworkData.netmask(prefix, 6) == mask) }

  @Test func theEC2TreeListsAsItAlwaysHas() async throws {
    let fixture = try await MetadataFixture()
    #expect(try await fixture.get("/").text.hasSuffix("2009-04-04\nlatest"))
    #expect(try await fixture.get("/latest").text == "meta-data/\nuser-data")
    let names = try await fixture.get("/2009-04-04/meta-data/").text.split(separator: "\n")
    #expect(names.contains("placement/") && names.contains("public-keys/") && names.contains("instance-id"))
    #expect(names == names.sorted())
    #expect(try await fixture.get("/2009-04-04/meta-data/public-keys/").text == "0=mine")
    #expect(try await fixture.get("/2009-04-04/meta-data/public-keys/0/").text == "openssh-key")
    #expect(try await fixture.get("/1.0/meta-data/placement").status == 404)
  }

  @Test(arguments: [
    ("instance-id", "i-4f1c2a3b"), ("ami-id", "ami-cafe0123"), ("hostname", "first"), ("local-ipv4", "10.0.0.5"),
    ("public-ipv4", "172.24.4.8"), ("public-keys/0/openssh-key", "ssh-ed25519 AAAAC3Nz me@home"),
    ("placement/availability-zone", "nova"), ("instance-type", "m1.tiny"), ("reservation-id", "r-12345678"),
    ("security-groups", "default"), ("block-device-mapping/root", "/dev/vda"), ("block-device-mapping/ami", "vda"),
  ]) func anEC2Value(_ path: String, _ value: String) async throws {
    let fixture = try await MetadataFixture()
    #expect(try await fixture.get("/latest/meta-data/" + path).text == value)
  }

  @Test func userDataIsDecoded() async throws {
    let fixture = try await MetadataFixture()
    #expect(try await fixture.get("/latest/user-data").text == "#!/bin/sh\necho hello\n")
    #expect(try await fixture.get("/openstack/latest/user_data").text == "#!/bin/sh\necho hello\n")
  }

  @Test func theConfigDriveHasTheSameDocuments() async throws {
    let fixture = try await MetadataFixture()
    let files = try await fixture.service.configDriveFiles(MetadataFixture.server())
    #expect(files["openstack/latest/user_data"] == Array("#!/bin/sh\necho hello\n".utf8))
    #expect(files["openstack/2012-08-10/meta_data.json"] != nil)
    #expect(files["openstack/2012-08-10/network_data.json"] == nil)
    let metaData = try JSON(parsing: files["openstack/latest/meta_data.json"] ?? [])
    #expect(metaData["hostname"]?.string == "first")
    let ec2 = try JSON(parsing: files["ec2/latest/meta-data.json"] ?? [])
    #expect(ec2["public-keys"] == ["0": ["openssh-key": "ssh-ed25519 AAAAC3Nz me@home"]])
    #expect(ec2["security-groups"] == ["default"])
    #expect(!files.keys.contains { $0.hasSuffix("password") })
  }
}
