import API
import Bus
import Core
import FakeHardware
import HTTP
import JSON
import KeystoneModel
import NeutronModel
import SmallCloud
import Store
import Testing

/// What p-demo has in each service before anyone asks, and what the cloud has: made through the APIs.
extension Subject {
  /// The service with its scene.
  static func staged(_ service: String) async throws -> Subject {
    let plain = try await Subject(service)
    let make: @Sendable (Subject) async throws -> SmallCloud.Cast = try #require(scenes[service])
    let cast = try await make(plain)
    var subject = try Subject(service, plain.cloud, callers: callers(of: service == "keystone" ? cast : [:]))
    subject.cast = cast
    return subject
  }

  private static let scenes: [String: @Sendable (Subject) async throws -> SmallCloud.Cast] = [
    "nova": { try await nova($0.cloud) }, "cinder": { try await cinder($0.cloud) },
    "neutron": { try await neutron($0.cloud) }, "glance": { try await glance($0.cloud) },
    "placement": { try await placement($0.cloud) }, "keystone": { try await keystone($0) },
  ]

  private static func nova(_ cloud: SmallCloud) async throws -> SmallCloud.Cast {
    var cast = try await cloud.scene()
    let server = try await cloud.made(
      "nova", "/v2.1/servers", "server",
      [
        "name": "web", "imageRef": cast["image"].json, "flavorRef": "1", "metadata": ["color": "blue"],
        "tags": ["gold"], "networks": [["uuid": cast["network"].json]],
      ])
    cast["server"] = server
    try await cloud.settle()
    cast["volume"] = try await cloud.volume()
    try await cloud.must(
      "nova", "POST", "/v2.1/servers/\(server)/os-volume_attachments",
      ["volumeAttachment": ["volumeId": cast["volume"].json]])
    try await cloud.settle()
    cast["spare"] = try await cloud.volume(named: "spare")
    cast["port"] = try await cloud.must("neutron", "GET", "/v2.0/ports?device_id=\(server)")["ports"]?[0]?["id"]?.string
    cast["keypair"] = "key"
    try await cloud.must(
      "nova", "POST", "/v2.1/os-keypairs", ["keypair": ["name": "key", "public_key": .string(Self.key)]])
    cast["group"] = try await cloud.made(
      "nova", "/v2.1/os-server-groups", "server_group", ["name": "apart", "policy": "anti-affinity"])
    let console = try await cloud.must(
      "nova", "POST", "/v2.1/servers/\(server)/remote-consoles",
      ["remote_console": ["protocol": "vnc", "type": "novnc"]])
    cast["console"] = console["remote_console"]?["url"]?.string?.split(separator: "%3D").last.map(String.init)
    let actions = try await cloud.must("nova", "GET", "/v2.1/servers/\(server)/os-instance-actions")
    cast["request"] = actions["instanceActions"]?[0]?["request_id"]?.string
    cast["flavor"] = "colored"
    try await cloud.must(
      "nova", "POST", "/v2.1/flavors",
      ["flavor": ["name": "colored", "id": "colored", "ram": 64, "vcpus": 1, "disk": 1]], as: "admin")
    try await cloud.must(
      "nova", "POST", "/v2.1/flavors/colored/os-extra_specs", ["extra_specs": ["hw:color": "blue"]], as: "admin")
    cast["private"] = "private"
    try await cloud.must(
      "nova", "POST", "/v2.1/flavors",
      [
        "flavor": [
          "name": "private", "id": "private", "ram": 64, "vcpus": 1, "disk": 1, "os-flavor-access:is_public": false,
        ]
      ], as: "admin")
    // Compute asks identity whether projects exist.
    for id in ["p-demo", "p-more"] {
      var project = Project()
      project.id = id
      project.name = id
      project.domainID = "default"
      let new = project
      try await cloud.store.write { try await $0.insert(new) }
    }
    let hosts = try await cloud.must("nova", "GET", "/v2.1/os-hypervisors", as: "admin")
    cast["host"] = hosts["hypervisors"]?[0]?["id"]?.string
    cast["hostname"] = hosts["hypervisors"]?[0]?["hypervisor_hostname"]?.string
    cast["key"] = Self.key
    let aggregate = try await cloud.must(
      "nova", "POST", "/v2.1/os-aggregates", ["aggregate": ["name": "rack"]], as: "admin")
    cast["aggregate"] = aggregate["aggregate"]?["id"]?.text
    return cast
  }
  private static let key =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJl0bVbDxVSp1iqYsUc9zqhGjxaYvU0jbOUQk3yZ4b7d demo"

  private static func cinder(_ cloud: SmallCloud) async throws -> SmallCloud.Cast {
    var cast: SmallCloud.Cast = [:]
    cast["volume"] = try await cloud.volume(named: "data", ["metadata": ["color": "blue"]])
    cast["snapshot"] = try await cloud.made(
      "cinder", "/v3/p-demo/snapshots", "snapshot", ["volume_id": cast["volume"].json, "metadata": ["color": "blue"]])
    try await cloud.settle()
    cast["attached"] = try await cloud.volume(named: "attached")
    cast["attachment"] = try await cloud.made(
      "cinder", "/v3/p-demo/attachments", "attachment",
      ["volume_uuid": cast["attached"].json, "instance_uuid": "5ea2c4f1-3a1c-4c80-8a39-3f5d5b6ac002"])
    for (word, key) in [("transfer", "key"), ("newer_transfer", "newer_key")] {
      let volume = try await cloud.volume(named: word)
      let made = try await cloud.must(
        "cinder", "POST", "/v3/p-demo/volume-transfers", ["transfer": ["volume_id": .string(volume)]])
      cast[word] = made["transfer"]?["id"]?.string
      cast[key] = made["transfer"]?["auth_key"]?.string
    }
    cloud.hands.volumes.script.fail("ensureVolume", with: .badRequest("The disk is of paper."))
    _ = try await cloud.volume(named: "torn")
    cast["message"] = try await cloud.must("cinder", "GET", "/v3/p-demo/messages")["messages"]?.array?.first?["id"]?
      .string
    let type = try await cloud.must(
      "cinder", "POST", "/v3/p-admin/types", ["volume_type": ["name": "fast", "extra_specs": ["color": "blue"]]],
      as: "admin")
    cast["type"] = type["volume_type"]?["id"]?.string
    let closed = try await cloud.must(
      "cinder", "POST", "/v3/p-admin/types",
      ["volume_type": ["name": "private", "os-volume-type-access:is_public": false]], as: "admin")
    cast["private"] = closed["volume_type"]?["id"]?.string
    cast["spare"] = try await cloud.volume(named: "spare")
    cast["free"] = try await cloud.volume(named: "free")
    return cast
  }

  private static func neutron(_ cloud: SmallCloud) async throws -> SmallCloud.Cast {
    func make(_ name: String, _ path: String, _ body: JSON) async throws -> String {
      try await cloud.made("neutron", "/v2.0/\(path)", name, body)
    }
    var cast: SmallCloud.Cast = [:]
    cast["public"] = try await cloud.must(
      "neutron", "GET", "/v2.0/networks?router:external=true", as: "admin")["networks"]?[0]?["id"]?.string
    cast["network"] = try await make("network", "networks", ["name": "net"])
    cast["subnet"] = try await make(
      "subnet", "subnets", ["network_id": cast["network"].json, "cidr": "10.0.0.0/24", "ip_version": 4])
    cast["port"] = try await cloud.port(on: cast["network"])
    cast["router"] = try await make("router", "routers", ["name": "gate"])
    let other = try await make(
      "subnet", "subnets", ["network_id": cast["network"].json, "cidr": "10.5.0.0/24", "ip_version": 4])
    try await cloud.must(
      "neutron", "PUT", "/v2.0/routers/\(cast["router"] ?? "")/add_router_interface", ["subnet_id": .string(other)])
    cast["floatingip"] = try await make("floatingip", "floatingips", ["floating_network_id": cast["public"].json])
    cast["group"] = try await make("security_group", "security-groups", ["name": "web"])
    cast["rule"] = try await make(
      "security_group_rule", "security-group-rules",
      ["security_group_id": cast["group"].json, "direction": "ingress", "protocol": "tcp"])
    cast["pool"] = try await make("subnetpool", "subnetpools", ["name": "pool", "prefixes": ["10.8.0.0/16"]])
    cast["scope"] = try await make("address_scope", "address-scopes", ["name": "scope", "ip_version": 4])
    let report = ReportAgent(host: SmallCloud.host, started: true, ports: 0, networks: 0, routers: 0)
    _ = try await cloud.bus.call(NeutronTopic.api, report)
    let agents = try await cloud.must("neutron", "GET", "/v2.0/agents", as: "admin")
    cast["agent"] = agents["agents"]?[0]?["id"]?.string
    for (word, path) in [
      ("network", "networks"), ("subnet", "subnets"), ("port", "ports"), ("router", "routers"),
      ("floatingip", "floatingips"), ("group", "security-groups"), ("pool", "subnetpools"),
    ] {
      try await cloud.must("neutron", "PUT", "/v2.0/\(path)/\(cast[word] ?? "")/tags", ["tags": ["gold"]])
    }
    return cast
  }

  private static func glance(_ cloud: SmallCloud) async throws -> SmallCloud.Cast {
    let image = try await cloud.must(
      "glance", "POST", "/v2/images",
      [
        "name": "guest", "disk_format": "raw", "container_format": "bare", "tags": ["gold"], "visibility": "shared",
      ])
    let id = try #require(image["id"]?.string)
    try await cloud.must("glance", "PUT", "/v2/images/\(id)/file", bytes: [1, 2, 3])
    try await cloud.must(
      "glance", "POST", "/v2/images/\(id)/import", ["method": ["name": "copy-image"], "stores": ["second"]],
      as: "admin")
    try await cloud.settle()
    try await cloud.must("glance", "POST", "/v2/images/\(id)/members", ["member": "p-member"])
    try await cloud.must(
      "glance", "POST", "/v2/metadefs/namespaces",
      [
        "namespace": "Scene", "visibility": "public", "objects": [["name": "disk"]], "tags": [["name": "gold"]],
        "properties": ["color": ["title": "Color", "type": "string"]],
        "resource_type_associations": [["name": "OS::Nova::Flavor"]],
      ], as: "admin")
    let task = try await cloud.must(
      "glance", "POST", "/v2/tasks",
      [
        "type": "import",
        "input": [
          "import_from": "http://images.example.org/guest", "import_from_format": "raw",
          "image_properties": ["disk_format": "raw", "container_format": "bare"],
        ],
      ], as: "admin")
    return ["image": id, "namespace": "Scene", "task": task["id"]?.string ?? ""]
  }

  private static func placement(_ cloud: SmallCloud) async throws -> SmallCloud.Cast {
    let provider = try await cloud.must(
      "placement", "POST", "/resource_providers", ["name": "rack", "uuid": .string(cloud.world.uuid())], as: "admin")
    let id = try #require(provider["uuid"]?.string)
    try await cloud.must(
      "placement", "PUT", "/resource_providers/\(id)/inventories",
      ["resource_provider_generation": 0, "inventories": ["VCPU": ["total": 8]]], as: "admin")
    try await cloud.must("placement", "PUT", "/traits/CUSTOM_GOLD", as: "admin")
    try await cloud.must("placement", "PUT", "/resource_classes/CUSTOM_GOLD", as: "admin")
    let consumer = cloud.world.uuid()
    try await cloud.must(
      "placement", "PUT", "/allocations/\(consumer)",
      [
        "allocations": [id: ["resources": ["VCPU": 1]]], "project_id": "p-demo", "user_id": "u-demo",
        "consumer_generation": nil, "consumer_type": "INSTANCE",
      ], as: "admin")
    return ["provider": id, "consumer": consumer]
  }
}
