internal import API
internal import Core
internal import Crypto
internal import JSON
internal import NovaModel

/// A server with what other records and services know of it.
struct ShownServer: Sendable {
  var server: Server
  /// By network, in the order of its cards.
  var addresses = JSONObject()
  /// Names of the security groups of its ports.
  var groups: [String] = []
  var volumes: [VolumeAttachment] = []
  var serverGroups: [String] = []
  /// `UP`, `DOWN`, `MAINTENANCE`, `UNKNOWN`; empty without a host.
  var hostStatus = ""
  /// Where a server stands that has not been placed in a zone yet.
  var zone: String { server.availabilityZone ?? "" }
  var status: String { ServerStatus.of(server.state, server.doing) }
  /// What other tenants cannot compare: the host's name, hashed with the project.
  var hostID: String {
    guard let host = server.host else { return "" }
    return String(Hash.sha256(Array((server.projectID + host).utf8)).hex.prefix(56))
  }
}

enum ServerViews {
  private typealias Row = Field<ShownServer>

  static let brief = View<ShownServer>(
    "server",
    [
      .field("id", \.server.id), .field("name", \.server.name),
      .computed("links") { shown, incoming in incoming.links("servers", shown.server.id) },
    ])

  /// One server alone.
  static let full = View<ShownServer>(
    "server", common + [.computed("server_groups", since: "2.71") { shown, _ in shown.serverGroups.json }])
  /// One of a list, which leaves its server group out.
  static let detail = View<ShownServer>("server", common)

  private static let common: [Row] = identity + place + attributes + usage + later

  private static let identity: [Row] = [
    .field("id", \.server.id), .field("name", \.server.name),
    .computed("status") { shown, _ in .string(shown.status) },
    .computed("tenant_id") { shown, _ in .string(shown.server.projectID) },
    .computed("user_id") { shown, _ in .string(shown.server.userID) },
    .field("metadata", \.server.metadata),
    .computed("hostId") { shown, _ in .string(shown.hostID) },
    .computed("image") { shown, incoming in image(shown.server.imageID, incoming) },
    .computed("flavor", until: "2.46") { shown, incoming in
      let id = shown.server.flavor.id
      return [
        "id": .string(id), "links": [["rel": "bookmark", "href": .string(incoming.bookmark("flavors", id))]],
      ]
    },
    .computed("flavor", since: "2.47") { shown, _ in flavor(shown.server.flavor) },
    .field("created", \.server.createdAt), .field("updated", \.server.updatedAt),
    .computed("addresses") { shown, _ in .object(shown.addresses) },
    .computed("accessIPv4") { shown, _ in .string(shown.server.accessIPv4 ?? "") },
    .computed("accessIPv6") { shown, _ in .string(shown.server.accessIPv6 ?? "") },
    .computed("links") { shown, incoming in incoming.links("servers", shown.server.id) },
    .computed("OS-DCF:diskConfig") { _, _ in "MANUAL" },
    .computed("progress") { shown, _ in ServerStatus.progressing.contains(shown.status) ? 0 : nil },
    .computed("fault") { shown, incoming in fault(shown, incoming) },
  ]

  private static let place: [Row] = [
    .computed("OS-EXT-AZ:availability_zone") { shown, _ in .string(shown.zone) },
    .computed("config_drive") { shown, _ in shown.server.configDrive ? "True" : "" },
    .field("key_name", \.server.keyName),
    .computed("OS-SRV-USG:launched_at") { shown, _ in (shown.server.launchedAt?.isoMicroseconds).json },
    .computed("OS-SRV-USG:terminated_at") { _, _ in .null },
    .computed("security_groups") { shown, _ in
      shown.groups.isEmpty ? nil : .array(shown.groups.map { ["name": .string($0)] })
    },
  ]

  private static let attributes: [Row] = [
    .field("OS-EXT-SRV-ATTR:host", \.server.host, onlyFor: "admin"),
    .computed("OS-EXT-SRV-ATTR:instance_name", onlyFor: "admin") { shown, _ in
      .string("instance-" + shown.server.id.prefix(8))
    },
    .field("OS-EXT-SRV-ATTR:hypervisor_hostname", \.server.host, onlyFor: "admin"),
    .computed("OS-EXT-SRV-ATTR:hostname", since: "2.3") { shown, incoming in
      incoming.caller.isAdmin || incoming.version >= "2.90" ? .string(shown.server.hostname) : nil
    },
    .computed("OS-EXT-SRV-ATTR:kernel_id", since: "2.3", onlyFor: "admin") { _, _ in "" },
    .field("OS-EXT-SRV-ATTR:launch_index", \.server.launchIndex, since: "2.3", onlyFor: "admin"),
    .computed("OS-EXT-SRV-ATTR:ramdisk_id", since: "2.3", onlyFor: "admin") { _, _ in "" },
    .field("OS-EXT-SRV-ATTR:reservation_id", \.server.reservationID, since: "2.3", onlyFor: "admin"),
    .field("OS-EXT-SRV-ATTR:root_device_name", \.server.rootDevice, since: "2.3", onlyFor: "admin"),
    .field("OS-EXT-SRV-ATTR:user_data", \.server.userData, since: "2.3", onlyFor: "admin"),
  ]

  private static let usage: [Row] = [
    .computed("OS-EXT-STS:task_state", as: String?.jsonSchema) { shown, _ in (shown.server.doing?.rawValue).json },
    .computed("OS-EXT-STS:vm_state", as: .string) { shown, _ in .string(shown.server.state.rawValue) },
    .field("OS-EXT-STS:power_state", \.server.power),
    .computed("os-extended-volumes:volumes_attached") { shown, incoming in
      .array(
        shown.volumes.map { volume in
          var row: JSONObject = ["id": .string(volume.volumeID)]
          if incoming.version >= "2.3" { row.append("delete_on_termination", .bool(volume.deleteOnTermination)) }
          return .object(row)
        })
    },
  ]

  private static let later: [Row] = [
    .field("locked", \.server.locked, since: "2.9"),
    .computed("host_status", since: "2.16", onlyFor: "admin") { shown, _ in .string(shown.hostStatus) },
    .field("description", \.server.description, since: "2.19"), .field("tags", \.server.tags, since: "2.26"),
    .computed("trusted_image_certificates", since: "2.63") { _, _ in .null },
    .field("locked_reason", \.server.lockedReason, since: "2.73"),
    .field("pinned_availability_zone", \.server.pinnedZone, since: "2.96"),
  ]

  private static func image(_ id: String?, _ incoming: Incoming) -> JSON {
    guard let id else { return "" }
    return ["id": .string(id), "links": [["rel": "bookmark", "href": .string(incoming.bookmark("images", id))]]]
  }

  private static func flavor(_ flavor: FlavorSnapshot) -> JSON {
    [
      "vcpus": .int(flavor.vcpus), "ram": .int(flavor.memoryMiB), "disk": .int(flavor.diskGiB),
      "ephemeral": .int(flavor.ephemeralGiB), "swap": .int(flavor.swapMiB), "original_name": .string(flavor.name),
      "extra_specs": flavor.extraSpecs.json,
    ]
  }

  private static func fault(_ shown: ShownServer, _ incoming: Incoming) -> JSON? {
    guard shown.status == "ERROR", let fault = shown.server.fault else { return nil }
    var object: JSONObject = [
      "code": .int(fault.code), "message": .string(fault.message), "created": fault.created.json,
    ]
    if let details = fault.details, incoming.caller.isAdmin || fault.code != 500 {
      object.append("details", .string(details))
    }
    return .object(object)
  }
}
