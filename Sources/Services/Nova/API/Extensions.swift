internal import API
internal import Core
internal import JSON

/// The list of extensions, from when there were some; clients look their aliases up in it.
enum Extensions {
  static let routes = Routes(
    rules: "os_compute_api:extensions", of: Nova.self,
    [
      .get("/extensions", "os_compute_api:extensions", list, allow: .anyone),
      .get("/extensions/{id}", "os_compute_api:extensions", show, allow: .anyone),
    ])

  private static let aliases = [
    "NMN", "OS-DCF", "OS-EXT-AZ", "OS-EXT-IPS", "OS-EXT-IPS-MAC", "OS-EXT-SRV-ATTR", "OS-EXT-STS", "OS-FLV-DISABLED",
    "OS-FLV-EXT-DATA", "OS-SCH-HNT", "OS-SRV-USG", "os-admin-actions", "os-aggregates", "os-attach-interfaces",
    "os-availability-zone", "os-block-device-mapping", "os-block-device-mapping-v2-boot", "os-config-drive",
    "os-console-output", "os-consoles", "os-create-server-ext", "os-extended-volumes", "os-flavor-access",
    "os-flavor-extra-specs", "os-flavor-manage", "os-hypervisors", "os-instance-actions", "os-keypairs", "os-limits",
    "os-lock-server", "os-multiple-create", "os-pause-server", "os-quota-sets", "os-remote-consoles",
    "os-security-groups", "os-server-diagnostics", "os-server-groups", "os-server-password", "os-services",
    "os-simple-tenant-usage", "os-suspend-server", "os-user-data", "os-used-limits", "os-volumes",
  ]

  private static func row(_ alias: String) -> JSON {
    [
      "alias": .string(alias), "name": .string(alias), "description": .string("Part of the API since 2.1."),
      "links": [], "namespace": "http://docs.openstack.org/compute/ext/fake_xml", "updated": "2014-12-03T00:00:00Z",
    ]
  }

  private static func list(_ call: Call<Nova>, _: Nothing) async throws -> JSON {
    ["extensions": .array(aliases.map(row))]
  }
  private static func show(_ call: Call<Nova>, _: Nothing) async throws -> JSON {
    guard aliases.contains(call.id) else { throw Fault.notFound("The resource could not be found.") }
    return ["extension": row(call.id)]
  }
}
