internal import API
internal import Core
internal import JSON
internal import NeutronModel

/// What the service offers beyond networks, subnets and ports; clients look here before they use any of it.
enum Extensions {
  private static let rows: [(alias: String, name: String, updated: String)] = [
    ("address-scope", "Address scope", "2015-07-26T10:00:00-00:00"),
    ("agent", "agent", "2013-02-03T10:00:00-00:00"),
    ("allowed-address-pairs", "Allowed Address Pairs", "2013-07-23T10:00:00-00:00"),
    ("availability_zone", "Availability Zone", "2015-01-01T10:00:00-00:00"),
    ("binding", "Port Binding", "2014-02-03T10:00:00-00:00"),
    ("default-subnetpools", "Default Subnetpools", "2016-02-18T18:00:00-00:00"),
    ("empty-string-filtering", "Empty String Filtering Extension", "2018-05-01T10:00:00-00:00"),
    ("ext-gw-mode", "Neutron L3 Configurable external gateway mode", "2013-03-28T10:00:00-00:00"),
    ("external-net", "Neutron external network", "2013-01-14T10:00:00-00:00"),
    ("extra_dhcp_opt", "Neutron Extra DHCP options", "2013-03-17T12:00:00-00:00"),
    ("extraroute", "Neutron Extra Route", "2013-02-01T10:00:00-00:00"),
    ("extraroute-atomic", "Atomically add/remove extra routes", "2019-07-10T00:00:00+00:00"),
    ("filter-validation", "Filter parameters validation", "2018-07-04T10:00:00-00:00"),
    ("fip-port-details", "Floating IP Port Details Extension", "2018-04-09T10:00:00-00:00"),
    ("net-mtu", "Network MTU", "2015-03-25T10:00:00-00:00"),
    ("net-mtu-writable", "Network MTU (writable)", "2017-07-12T00:00:00-00:00"),
    ("network-ip-availability", "Network IP Availability", "2015-09-24T00:00:00-00:00"),
    ("network_availability_zone", "Network Availability Zone", "2015-01-01T10:00:00-00:00"),
    ("pagination", "Pagination support", "2016-06-12T00:00:00-00:00"),
    ("port-security", "Port Security", "2012-07-23T10:00:00-00:00"),
    ("project-id", "project_id field enabled", "2016-09-09T09:09:09-09:09"),
    ("provider", "Provider Network", "2012-09-07T10:00:00-00:00"),
    ("quota_details", "Quota details management support", "2017-02-10T10:00:00-00:00"),
    ("quotas", "Quota management support", "2012-07-29T10:00:00-00:00"),
    ("router", "Neutron L3 Router", "2012-07-20T10:00:00-00:00"),
    ("router_availability_zone", "Router Availability Zone", "2015-01-01T10:00:00-00:00"),
    ("security-group", "security-group", "2012-10-05T10:00:00-00:00"),
    (
      "security-groups-normalized-cidr", "Normalized CIDR field for security group rules", "2020-07-28T10:00:00-00:00"
    ),
    ("service-type", "Neutron Service Type Management", "2013-01-20T00:00:00-00:00"),
    ("sorting", "Sorting support", "2016-06-12T00:00:00-00:00"),
    ("sort-key-validation", "Sort keys validation", "2018-07-04T10:00:00-00:00"),
    ("standard-attr-description", "standard-attr-description", "2016-02-10T10:00:00-00:00"),
    ("standard-attr-revisions", "Resource revision numbers", "2016-04-11T10:00:00-00:00"),
    ("standard-attr-tag", "Tag support for resources with standard attribute", "2017-01-01T00:00:00-00:00"),
    ("standard-attr-timestamp", "Resource timestamps", "2016-09-12T10:00:00-00:00"),
    ("stateful-security-group", "Stateful security group", "2019-11-26T09:00:00-00:00"),
    ("subnet-service-types", "Subnet service types", "2016-03-15T18:00:00-00:00"),
    ("subnet_allocation", "Subnet Allocation", "2015-03-30T10:00:00-00:00"),
    ("subnetpool", "Neutron L3 Subnet Pool", "2012-01-01T10:00:00-00:00"),
  ]

  static let routes = Routes(
    rules: "", of: Neutron.self,
    [
      .get("/extensions", "get_extension", list, allow: .anyone),
      .get("/extensions/{id}", "get_extension", show, allow: .anyone),
      .get("/", "get_resources", resources, allow: .anyone),
    ])

  private static func json(_ row: (alias: String, name: String, updated: String)) -> JSON {
    [
      "alias": .string(row.alias), "name": .string(row.name), "description": .string(row.name), "links": [],
      "updated": .string(row.updated),
    ]
  }

  static func list(_ call: Call<Neutron>, _: Nothing) async throws -> JSON {
    ["extensions": .array(rows.map(json))]
  }
  static func show(_ call: Call<Neutron>, _: Nothing) async throws -> JSON {
    guard let row = rows.first(where: { $0.alias == call.id }) else {
      throw Fault.notFound("Extension with alias \(call.id) does not exist", code: "HTTPNotFound")
    }
    return ["extension": json(row)]
  }

  /// The index of `/v2.0`, by which old clients find the collections.
  static func resources(_ call: Call<Neutron>, _: Nothing) async throws -> JSON {
    let collections = [
      ("network", "networks"), ("subnet", "subnets"), ("port", "ports"), ("subnetpool", "subnetpools"),
    ]
    return [
      "resources": .array(
        collections.map { name, plural in
          [
            "name": .string(name), "collection": .string(plural),
            "links": [["rel": "self", "href": .string("\(call.baseURL)/v2.0/\(plural)")]],
          ]
        })
    ]
  }
}

/// What the service says to whom has no token yet.
enum Versions {
  static let routes = Routes(rules: "", of: Neutron.self, [.get("/", "get_versions", list, allow: .open)])

  static func list(_ call: Call<Neutron>, _: Nothing) async throws -> JSON {
    [
      "versions": [
        [
          "id": "v2.0", "status": "CURRENT",
          "links": [["rel": "self", "href": .string("\(call.baseURL)/v2.0/")]],
        ]
      ]
    ]
  }
}
