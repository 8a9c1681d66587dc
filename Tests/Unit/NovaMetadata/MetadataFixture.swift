import Clients
import Core
import Crypto
import HTTP
import JSON
import NovaModel
import Store
import Synchronization
import TestSupport

@testable import NovaMetadata

/// A store with one server, a network service that knows its ports, and the metadata service above both.
struct MetadataFixture: Sendable {
  static let serverID = "4f1c2a3b-0000-4000-8000-000000000001"
  static let project = "11111111111111111111111111111111"
  static let network = "aaaaaaaa-0000-4000-8000-000000000001"
  static let port = "bbbbbbbb-0000-4000-8000-000000000001"
  static let secret = "martlet"

  let store: Store
  let service: MetadataService
  /// How many requests the network service has had.
  let asked: Counter

  final class Counter: Sendable {
    private let count = Mutex(0)
    var value: Int { count.withLock { $0 } }
    func add() { count.withLock { $0 += 1 } }
  }

  static func server() -> Server {
    var server = Server()
    server.id = serverID
    server.projectID = project
    server.name = "first"
    server.hostname = "first"
    server.state = .active
    server.flavor.name = "m1.tiny"
    server.imageID = "cafe0123-0000-4000-8000-000000000001"
    server.keyName = "mine"
    server.keyPublic = "ssh-ed25519 AAAAC3Nz me@home"
    server.userData = Base64.encode(Array("#!/bin/sh\necho hello\n".utf8))
    server.metadata = ["role": "web"]
    server.reservationID = "r-12345678"
    server.availabilityZone = "nova"
    server.nics = [ServerNIC(port: port, network: network, mac: "fa:16:3e:00:00:01", mtu: 1450, made: true, tag: "lan")]
    return server
  }

  init(dhcp: Bool = true, domain: String = "", secret: String = Self.secret) async throws {
    let store = try await TestStore.fresh()
    try await store.migrate([
      Schema("nova", tables: [Server.table, VolumeAttachment.table, ServerPassword.table])
    ])
    try await store.write { try await $0.insert(Self.server()) }
    let asked = Counter()
    let neutron = ServiceClient(
      "network",
      over: LocalTransport { request in
        asked.add()
        return Response(status: 200, body: .bytes(Self.networkAnswer(request, dhcp: dhcp).bytes))
      }, prefix: "/v2.0"
    ) { "token" }
    self.store = store
    self.asked = asked
    service = MetadataService(
      store: store, network: NetworkClient(neutron), world: .real, domain: domain, sharedSecret: secret
    ) { origin, address in
      switch (origin, address) {
      case (.network(Self.network), "10.0.0.5"): (Self.serverID, Self.project)
      // A port that somebody else made with this server's id on it.
      case (.network(Self.network), "10.0.0.6"): (Self.serverID, "22222222222222222222222222222222")
      default: nil
      }
    }
  }

  private static func networkAnswer(_ request: Request, dhcp: Bool) -> JSON {
    switch request.path {
    case "/v2.0/ports":
      return [
        "ports": [
          [
            "id": .string(port), "network_id": .string(network), "mac_address": "fa:16:3e:00:00:01",
            "fixed_ips": [
              ["subnet_id": "s4", "ip_address": "10.0.0.5"], ["subnet_id": "s6", "ip_address": "fd00::5"],
            ],
            "security_groups": ["g1"],
          ]
        ]
      ]
    case "/v2.0/subnets":
      return [
        "subnets": [
          [
            "id": "s4", "ip_version": 4, "cidr": "10.0.0.0/24", "gateway_ip": "10.0.0.1", "enable_dhcp": .bool(dhcp),
            "dns_nameservers": ["9.9.9.9"], "host_routes": [["destination": "10.9.0.0/16", "nexthop": "10.0.0.9"]],
          ],
          [
            "id": "s6", "ip_version": 6, "cidr": "fd00::/64", "gateway_ip": "fd00::1", "enable_dhcp": .bool(dhcp),
            "ipv6_address_mode": nil, "dns_nameservers": [], "host_routes": [],
          ],
        ]
      ]
    case "/v2.0/floatingips": return ["floatingips": [["floating_ip_address": "172.24.4.8"]]]
    case "/v2.0/security-groups":
      return ["security_groups": [["id": "g0", "name": "other"], ["id": "g1", "name": "default"]]]
    default: return [:]
    }
  }

  /// What the guest at 10.0.0.5 gets.
  func get(_ path: String, peer: String = "10.0.0.5", _ method: String = "GET", body: Body = .empty) async throws
    -> (status: Int, text: String)
  {
    let response = await service.handler(for: .network(Self.network))(Request(method, path, body: body, peer: peer))
    return (response.status, String(decoding: try await response.body.collect(limit: 1 << 20), as: UTF8.self))
  }

  func json(_ path: String) async throws -> JSON { try JSON(parsing: Array(try await get(path).text.utf8)) }

  /// A request as neutron's proxy sends it to port 8775.
  func proxied(_ path: String, server: String = serverID, project: String = project, signedWith key: String = secret)
    async -> Int
  {
    let signature = HMAC.sha256(key: Array(key.utf8), Array(server.utf8)).hex
    return await service.handler(for: .direct)(
      Request(
        "GET", path,
        headers: ["X-Instance-ID": server, "X-Instance-ID-Signature": signature, "X-Tenant-ID": project],
        peer: "10.0.0.5")
    ).status
  }
}
