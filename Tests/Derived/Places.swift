/// What a parameter in a path is: found by the path up to and with it. A row of an API with a parameter that is not
/// here makes the tests fail by its name.
enum Place: Sendable {
  /// Something that p-demo has, by its word in the cast: other projects must not learn of it.
  case owned(String)
  /// Something of the whole cloud, by its word in the cast.
  case common(String)
  /// A fixed text: a key, a tag, a name that every cloud knows.
  case word(String)
  /// Nothing: this cloud has no such things, and says so.
  case none
}

enum Places {
  /// A row's own path comes before that of its parameter, where a row needs another object than its neighbours.
  static let all: [String: [String: Place]] = [
    "nova": nova, "cinder": cinder, "neutron": neutron.merging(neutronTags) { $1 }, "glance": glance,
    "placement": placement, "keystone": keystone.merging(keystoneGrants) { $1 }.merging(keystoneExtensions) { $1 },
  ]

  private static let nova: [String: Place] = [
    "/versions/{id}": .word("v2.1"), "/extensions/{id}": .word("os-keypairs"),
    "/flavors/{id}": .common("flavor"), "/flavors/{id}/os-extra_specs/{key}": .word("hw:color"),
    "/flavors/{id}/os-flavor-access": .common("private"), "/flavors/{id}/action": .common("private"),
    "/os-keypairs/{id}": .owned("keypair"), "/servers/{id}": .owned("server"),
    "/os-console-auth-tokens/{token}": .owned("console"),
    "/servers/{id}/metadata/{key}": .word("color"), "/servers/{id}/tags/{tag}": .word("gold"),
    "/servers/{id}/os-interface/{port}": .owned("port"),
    "/servers/{id}/os-volume_attachments/{volume}": .owned("volume"),
    "/servers/{id}/os-instance-actions/{request}": .owned("request"), "/servers/{id}/ips/{network}": .word("net"),
    "/os-quota-sets/{id}": .word("p-demo"), "/os-quota-class-sets/{id}": .word("default"),
    "/os-services/{id}": .common("host"), "/os-hypervisors/{id}": .common("host"),
    "/os-hypervisors/{id}/servers": .common("hostname"), "/os-hypervisors/{id}/search": .common("hostname"),
    "/os-aggregates/{id}": .common("aggregate"), "/os-server-groups/{id}": .owned("group"),
    "/os-simple-tenant-usage/{id}": .word("p-demo"),
  ]

  private static let cinder: [String: Place] = [
    "/volumes/{id}": .owned("volume"), "/volumes/{id}/metadata/{key}": .word("color"),
    "/attachments/{id}": .owned("attachment"), "/snapshots/{id}": .owned("snapshot"),
    "/snapshots/{id}/metadata/{key}": .word("color"), "/types/{id}": .common("type"),
    "/types/{type_id}": .common("type"), "/types/{type_id}/extra_specs/{key}": .word("color"),
    "/os-quota-sets/{tenant}": .word("p-demo"), "/os-quota-class-sets/{class}": .word("default"),
    "/os-services/{action}": .word("enable"), "/extensions/{alias}": .none,
    "/os-volume-transfer/{id}": .owned("transfer"), "/volume-transfers/{id}": .owned("newer_transfer"),
    "/types/{id}/os-volume-type-access": .common("private"), "/types/{id}/action": .common("private"),
    "/backups/{id}": .none, "/consistencygroups/{id}": .none, "/cgsnapshots/{id}": .none, "/groups/{id}": .none,
    "/group_types/{id}": .none, "/group_snapshots/{id}": .none, "/messages/{id}": .owned("message"),
    "/qos-specs/{id}": .none, "/clusters/{id}": .none, "/resource_filters/{id}": .none,
  ]

  private static let neutron: [String: Place] = [
    "/networks/{id}": .owned("network"), "/subnets/{id}": .owned("subnet"), "/ports/{id}": .owned("port"),
    "/routers/{id}": .owned("router"), "/floatingips/{id}": .owned("floatingip"),
    "/security-groups/{id}": .owned("group"), "/security-group-rules/{id}": .owned("rule"),
    "/subnetpools/{id}": .owned("pool"), "/address-scopes/{id}": .owned("scope"), "/quotas/{id}": .word("p-demo"),
    "/agents/{id}": .common("agent"), "/network-ip-availabilities/{id}": .owned("network"),
    "/extensions/{id}": .word("router"),
  ]
  /// What can have tags in neutron.
  static let tagged = ["networks", "subnets", "ports", "routers", "floatingips", "security-groups", "subnetpools"]
  private static let neutronTags = tagged.reduce(into: [String: Place]()) {
    $0["/\($1)/{id}/tags/{tag}"] = .word("gold")
  }

  private static let glance: [String: Place] = [
    "/images/{id}": .owned("image"), "/images/{id}/tags/{tag}": .word("gold"),
    "/images/{id}/members/{member}": .word("p-member"),
    "/tasks/{id}": .common("task"), "/cache/{id}": .common("image"), "/cache/nodes/{id}": .common("image"),
    "/metadefs/namespaces/{namespace}": .common("namespace"),
    "/metadefs/namespaces/{namespace}/objects/{name}": .word("disk"),
    "/metadefs/namespaces/{namespace}/properties/{name}": .word("color"),
    "/metadefs/namespaces/{namespace}/tags/{name}": .word("gold"),
    "/metadefs/namespaces/{namespace}/resource_types/{name}": .word("OS::Nova::Flavor"),
    "/stores/{store_id}": .word("second"), "/stores/{store_id}/{id}": .owned("image"),
  ]

  private static let placement: [String: Place] = [
    "/resource_providers/{id}": .common("provider"), "/resource_providers/{id}/inventories/{class}": .word("VCPU"),
    "/traits/{name}": .word("CUSTOM_GOLD"), "/resource_classes/{name}": .word("CUSTOM_GOLD"),
    "/allocations/{consumer}": .owned("consumer"),
  ]

  private static let keystone: [String: Place] = [
    "/domains/{id}": .common("spare"), "/projects/{id}": .owned("project"),
    "/projects/{id}/tags/{tag}": .word("gold"), "/users/{id}": .owned("user"), "/groups/{id}": .owned("group"),
    "/groups/{id}/users/{user}": .owned("user"), "/roles/{id}": .common("role"),
    "/roles/{id}/implies/{implied}": .common("implied"), "/services/{id}": .common("service"),
    "/endpoints/{id}": .common("endpoint"), "/regions/{id}": .common("region"),
    "/credentials/{id}": .owned("credential"), "/users/{user}": .owned("user"),
    "/users/{user}/credentials/OS-EC2/{access}": .owned("access"),
    "/users/{user}/application_credentials/{id}": .owned("application"),
  ]
  private static let keystoneExtensions: [String: Place] = [
    "/policies/{id}": .common("policy"), "/policies/{id}/OS-ENDPOINT-POLICY/endpoints/{endpoint}": .common("endpoint"),
    "/policies/{id}/OS-ENDPOINT-POLICY/services/{service}": .common("service"),
    "/policies/{id}/OS-ENDPOINT-POLICY/services/{service}/regions/{region}": .common("region"),
    "/endpoints/{endpoint}": .common("endpoint"), "/OS-EP-FILTER/endpoint_groups/{id}": .common("endpoint_group"),
    "/OS-EP-FILTER/endpoint_groups/{id}/projects/{project}": .owned("project"),
    "/OS-EP-FILTER/endpoints/{endpoint}": .common("endpoint"), "/OS-EP-FILTER/projects/{project}": .owned("project"),
    "/OS-EP-FILTER/projects/{project}/endpoints/{endpoint}": .common("endpoint"),
    "/domains/config/{group}": .word("identity"), "/domains/config/{group}/{option}": .word("driver"),
    "/domains/{id}/config/{group}": .word("identity"), "/domains/{id}/config/{group}/{option}": .word("driver"),
    "/domains/{id}/config/security_compliance/{option}": .word("password_regex"),
    "/domains/{id}/config/security_compliance": .common("domain"),
    "/domains/{id}/config/security_compliance/{option} /domains/{id}": .common("domain"),
    "/users/{user}/access_rules/{id}": .owned("access_rule"), "/OS-TRUST/trusts/{id}": .owned("trust"),
    "/OS-TRUST/trusts/{id}/roles/{role}": .common("role"), "/OS-OAUTH1/consumers/{id}": .common("consumer"),
    // It is authorised with a token that identity has issued, and callers here have none.
    "/OS-OAUTH1/authorize/{id}": .none, "/users/{user}/OS-OAUTH1/access_tokens/{id}": .owned("access_token"),
    "/users/{user}/OS-OAUTH1/access_tokens/{id}/roles/{role}": .common("role"),
    "/OS-FEDERATION/identity_providers/{id}": .common("idp"), "/OS-FEDERATION/mappings/{id}": .common("mapping"),
    "/OS-FEDERATION/identity_providers/{id}/protocols/{protocol}": .word("openid"),
    "/OS-FEDERATION/service_providers/{id}": .common("service_provider"),
    "/auth/OS-FEDERATION/websso/{protocol}": .word("openid"),
    "/auth/OS-FEDERATION/identity_providers/{id}": .common("idp"),
    "/auth/OS-FEDERATION/identity_providers/{id}/protocols/{protocol}": .word("openid"),
    "/registered_limits/{id}": .common("registered_limit"), "/limits/{id}": .common("limit"),
  ]
  /// A role of a user or group on a project, a domain or the system, inherited or not.
  private static let keystoneGrants: [String: Place] = {
    var all: [String: Place] = [:]
    for target in ["/projects/{project}", "/domains/{domain}", "/system"] {
      for prefix in ["", "/OS-INHERIT"] {
        if target != "/system" {
          all[prefix + target] = target.contains("project") ? .owned("project") : .common("domain")
        }
        for actor in ["user", "group"] {
          let path = "\(prefix)\(target)/\(actor)s/{\(actor)}"
          all[path] = .owned(actor)
          all[path + "/roles/{role}"] = .common("role")
        }
      }
    }
    return all
  }()
}
