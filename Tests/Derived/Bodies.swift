import SmallCloud
import HTTP
import JSON

/// What a row is asked with, so that nothing but the caller can be the reason for a refusal. `$word` is the id
/// of something that p-demo has, `@word` of what is everyone's. A row that is not here takes an empty object, or null
/// as its action's argument.
///
/// A row is named `POST /servers`, or `servers reboot` when it is an action.
enum Bodies {
  static let all: [String: [String: String]] = [
    "nova": nova, "cinder": cinder, "neutron": neutron, "glance": glance, "placement": placement, "keystone": keystone,
  ]

  /// Queries that a row needs, or by which it reaches for what belongs to others.
  static let queries: [String: [String: String]] = [
    "nova": [
      "GET /os-keypairs/{id}": "user_id=u-demo", "DELETE /os-keypairs/{id}": "user_id=u-demo",
    ],
    "keystone": ["GET /OS-TRUST/trusts": "trustor_user_id=$user"],
    "placement": [
      "GET /usages": "project_id=p-demo", "GET /allocation_candidates": "resources=VCPU:1",
    ],
  ]

  static let headers: [String: [String: Headers]] = [
    "glance": ["PATCH /images/{id}": ["Content-Type": "application/openstack-images-v2.1-json-patch"]],
    "keystone": [
      "GET /auth/tokens": ["X-Subject-Token": "$token"], "HEAD /auth/tokens": ["X-Subject-Token": "$token"],
      "DELETE /auth/tokens": ["X-Subject-Token": "$token"],
    ],
  ]

  private static let nova: [String: String] = [
    "POST /flavors": #"{"flavor": {"name": "new", "ram": 64, "vcpus": 1, "disk": 1}}"#,
    "PUT /flavors/{id}": #"{"flavor": {"description": "a color"}}"#,
    "flavors addTenantAccess": #"{"tenant": "p-more"}"#, "flavors removeTenantAccess": #"{"tenant": "p-more"}"#,
    "POST /flavors/{id}/os-extra_specs": #"{"extra_specs": {"hw:color": "red"}}"#,
    "PUT /flavors/{id}/os-extra_specs/{key}": #"{"hw:color": "red"}"#,
    "POST /os-keypairs": #"{"keypair": {"name": "new", "public_key": "@key"}}"#,
    "POST /servers": """
    {"server": {"name": "new", "flavorRef": "1", "imageRef": "$image", "networks": [{"uuid": "$network"}]}}
    """,
    "PUT /servers/{id}": #"{"server": {"name": "renamed"}}"#,
    "servers reboot": #"{"type": "HARD"}"#, "servers createImage": #"{"name": "copy"}"#,
    "servers rebuild": #"{"imageRef": "$image"}"#, "servers os-resetState": #"{"state": "active"}"#,
    "servers changePassword": #"{"adminPass": "secret"}"#, "servers addSecurityGroup": #"{"name": "default"}"#,
    "servers removeSecurityGroup": #"{"name": "default"}"#, "servers os-getVNCConsole": #"{"type": "novnc"}"#,
    "POST /servers/{id}/remote-consoles": #"{"remote_console": {"protocol": "vnc", "type": "novnc"}}"#,
    "POST /servers/{id}/metadata": #"{"metadata": {"shape": "round"}}"#,
    "PUT /servers/{id}/metadata": #"{"metadata": {"color": "red"}}"#,
    "PUT /servers/{id}/metadata/{key}": #"{"meta": {"color": "green"}}"#,
    "PUT /servers/{id}/tags": #"{"tags": ["gold", "silver"]}"#,
    "POST /servers/{id}/os-interface": #"{"interfaceAttachment": {"net_id": "$network"}}"#,
    "POST /servers/{id}/os-volume_attachments": #"{"volumeAttachment": {"volumeId": "$spare"}}"#,
    "PUT /servers/{id}/os-volume_attachments/{volume}":
      #"{"volumeAttachment": {"volumeId": "$volume", "delete_on_termination": true}}"#,
    "PUT /os-quota-sets/{id}": #"{"quota_set": {"instances": 7}}"#,
    "PUT /os-services/enable": #"{"host": "node1", "binary": "nova-compute"}"#,
    "PUT /os-services/disable": #"{"host": "node1", "binary": "nova-compute"}"#,
    "PUT /os-services/disable-log-reason":
      #"{"host": "node1", "binary": "nova-compute", "disabled_reason": "rest"}"#,
    "PUT /os-services/force-down": #"{"host": "node1", "binary": "nova-compute", "forced_down": false}"#,
    "PUT /os-services/{id}": #"{"status": "enabled"}"#,
    "POST /os-aggregates": #"{"aggregate": {"name": "new"}}"#,
    "PUT /os-aggregates/{id}": #"{"aggregate": {"name": "renamed"}}"#,
    "os-aggregates add_host": #"{"host": "node1"}"#, "os-aggregates remove_host": #"{"host": "node1"}"#,
    "os-aggregates set_metadata": #"{"metadata": {"color": "red"}}"#,
    "POST /os-server-groups": #"{"server_group": {"name": "new", "policy": "affinity"}}"#,
    "POST /os-server-external-events": #"{"events": [{"name": "network-changed", "server_uuid": "$server"}]}"#,
  ]

  private static let cinder: [String: String] = {
    var all: [String: String] = [
      "POST /volumes": #"{"volume": {"size": 1, "snapshot_id": "$snapshot"}}"#,
      "PUT /volumes/{id}": #"{"volume": {"name": "renamed"}}"#,
      "volumes os-extend": #"{"new_size": 2}"#, "volumes os-set_bootable": #"{"bootable": true}"#,
      "volumes os-update_readonly_flag": #"{"readonly": false}"#,
      "volumes os-volume_upload_image": #"{"image_name": "copy", "force": true}"#,
      "volumes os-reset_status": #"{"status": "available"}"#,
      "volumes os-set_image_metadata": #"{"metadata": {"kernel": "none"}}"#,
      "volumes os-unset_image_metadata": #"{"key": "kernel"}"#,
      "volumes os-attach": #"{"instance_uuid": "5ea2c4f1-3a1c-4c80-8a39-3f5d5b6ac002", "mountpoint": "/dev/vdb"}"#,
      "volumes os-initialize_connection": #"{"connector": {"host": "node1"}}"#,
      "volumes os-terminate_connection": #"{"connector": {"host": "node1"}}"#,
      "POST /attachments":
        #"{"attachment": {"volume_uuid": "$spare", "instance_uuid": "5ea2c4f1-3a1c-4c80-8a39-3f5d5b6ac002"}}"#,
      "PUT /attachments/{id}": #"{"attachment": {"connector": {"host": "node1"}}}"#,
      "POST /snapshots": #"{"snapshot": {"volume_id": "$spare"}}"#,
      "PUT /snapshots/{id}": #"{"snapshot": {"name": "renamed"}}"#,
      "snapshots os-reset_status": #"{"status": "available"}"#,
      "POST /types": #"{"volume_type": {"name": "slow"}}"#, "PUT /types/{id}": #"{"volume_type": {"name": "faster"}}"#,
      "types addProjectAccess": #"{"project": "p-more"}"#, "types removeProjectAccess": #"{"project": "p-more"}"#,
      "POST /types/{type_id}/extra_specs": #"{"extra_specs": {"color": "red"}}"#,
      "PUT /types/{type_id}/extra_specs/{key}": #"{"color": "red"}"#,
      "PUT /os-quota-sets/{tenant}": #"{"quota_set": {"volumes": 7}}"#,
      "PUT /os-services/{action}": #"{"host": "node1", "binary": "cinder-volume"}"#,
    ]
    for resource in ["volumes", "snapshots"] {
      all["POST /\(resource)/{id}/metadata"] = #"{"metadata": {"shape": "round"}}"#
      all["PUT /\(resource)/{id}/metadata"] = #"{"metadata": {"color": "red"}}"#
      all["PUT /\(resource)/{id}/metadata/{key}"] = #"{"meta": {"color": "green"}}"#
    }
    for (path, key) in [("os-volume-transfer", "@key"), ("volume-transfers", "@newer_key")] {
      all["POST /\(path)"] = #"{"transfer": {"volume_id": "$free"}}"#
      all["POST /\(path)/{id}/accept"] = "{\"accept\": {\"auth_key\": \"\(key)\"}}"
    }
    return all
  }()

  private static let neutron: [String: String] = {
    var all: [String: String] = [
      "POST /networks": #"{"network": {"name": "new"}}"#,
      "POST /subnets": #"{"subnet": {"network_id": "$network", "cidr": "10.1.0.0/24", "ip_version": 4}}"#,
      "POST /ports": #"{"port": {"network_id": "$network"}}"#, "POST /routers": #"{"router": {"name": "new"}}"#,
      "POST /floatingips": #"{"floatingip": {"floating_network_id": "@public"}}"#,
      "POST /security-groups": #"{"security_group": {"name": "new"}}"#,
      "POST /security-group-rules":
        #"{"security_group_rule": {"security_group_id": "$group", "direction": "egress", "protocol": "udp"}}"#,
      "POST /subnetpools": #"{"subnetpool": {"name": "new", "prefixes": ["10.9.0.0/16"]}}"#,
      "POST /address-scopes": #"{"address_scope": {"name": "new", "ip_version": 4}}"#,
      "PUT /quotas/{id}": #"{"quota": {"network": 7}}"#,
      "PUT /agents/{id}": #"{"agent": {"description": "mine"}}"#,
      "PUT /routers/{id}/add_router_interface": #"{"subnet_id": "$subnet"}"#,
      "PUT /routers/{id}/remove_router_interface": #"{"subnet_id": "$subnet"}"#,
    ]
    for verb in ["add", "remove"] {
      all["PUT /routers/{id}/\(verb)_extraroutes"] =
        #"{"router": {"routes": [{"destination": "10.99.0.0/24", "nexthop": "10.5.0.9"}]}}"#
    }
    for name in ["network", "subnet", "port", "router", "security_group", "subnetpool", "address_scope"] {
      all["PUT /\(name.replacing("_", with: "-"))s/{id}"] = "{\"\(name)\": {\"name\": \"renamed\"}}"
    }
    all["PUT /floatingips/{id}"] = #"{"floatingip": {"description": "mine"}}"#
    for path in Places.tagged {
      all["PUT /\(path)/{id}/tags"] = #"{"tags": ["gold", "silver"]}"#
      all["POST /\(path)/{id}/tags"] = #"{"tags": ["bronze"]}"#
    }
    return all
  }()

  private static let glance: [String: String] = [
    "POST /images": #"{"name": "new", "disk_format": "raw", "container_format": "bare"}"#,
    "PATCH /images/{id}": #"[{"op": "replace", "path": "/name", "value": "renamed"}]"#,
    "POST /images/{id}/import": #"{"method": {"name": "glance-direct"}}"#,
    "POST /images/{id}/locations": "{\"url\": \"\(SmallCloud.page)\"}",
    "POST /images/{id}/members": #"{"member": "p-more"}"#,
    "PUT /images/{id}/members/{member}": #"{"status": "accepted"}"#,
    "POST /tasks": """
    {"type": "import", "input": {"import_from": "http://images.example.org/guest", "import_from_format": "raw",
     "image_properties": {"disk_format": "raw", "container_format": "bare"}}}
    """,
    "POST /metadefs/namespaces": #"{"namespace": "New"}"#,
    "PUT /metadefs/namespaces/{namespace}": #"{"namespace": "$namespace", "visibility": "public"}"#,
    "POST /metadefs/namespaces/{namespace}/objects": #"{"name": "new"}"#,
    "PUT /metadefs/namespaces/{namespace}/objects/{name}": #"{"name": "disk"}"#,
    "POST /metadefs/namespaces/{namespace}/properties": #"{"name": "new", "title": "New", "type": "string"}"#,
    "PUT /metadefs/namespaces/{namespace}/properties/{name}": #"{"name": "color", "title": "C", "type": "string"}"#,
    "POST /metadefs/namespaces/{namespace}/tags": #"{"tags": [{"name": "gold"}]}"#,
    "PUT /metadefs/namespaces/{namespace}/tags/{name}": #"{"name": "gold"}"#,
    "POST /metadefs/namespaces/{namespace}/resource_types": #"{"name": "OS::Glance::Image"}"#,
  ]

  private static let placement: [String: String] = [
    "POST /resource_providers": #"{"name": "new"}"#, "PUT /resource_providers/{id}": #"{"name": "renamed"}"#,
    "POST /resource_providers/{id}/inventories": #"{"resource_class": "DISK_GB", "total": 8}"#,
    "PUT /resource_providers/{id}/inventories":
      #"{"resource_provider_generation": 0, "inventories": {"VCPU": {"total": 9}}}"#,
    "PUT /resource_providers/{id}/inventories/{class}": #"{"resource_provider_generation": 0, "total": 9}"#,
    "PUT /resource_providers/{id}/traits": #"{"resource_provider_generation": 0, "traits": ["CUSTOM_GOLD"]}"#,
    "PUT /resource_providers/{id}/aggregates": #"{"resource_provider_generation": 0, "aggregates": []}"#,
    "POST /resource_classes": #"{"name": "CUSTOM_SILVER"}"#, "PUT /resource_classes/{name}": #"{"name": "CUSTOM_TIN"}"#,
    "PUT /allocations/{consumer}": """
    {"allocations": {"@provider": {"resources": {"VCPU": 2}}}, "project_id": "p-demo", "user_id": "u-demo",
     "consumer_generation": 1, "consumer_type": "INSTANCE"}
    """,
    "POST /allocations": """
    {"$consumer": {"allocations": {"@provider": {"resources": {"VCPU": 2}}}, "project_id": "p-demo",
     "user_id": "u-demo", "consumer_generation": 2, "consumer_type": "INSTANCE"}}
    """,
    "POST /reshaper": """
    {"inventories": {"@provider": {"resource_provider_generation": 0, "inventories": {"VCPU": {"total": 9}}}},
     "allocations": {}}
    """,
  ]

  private static let keystone: [String: String] = {
    var all: [String: String] = [
      "POST /auth/tokens": "{}",
      "POST /users/{id}/password": #"{"user": {"password": "another secret", "original_password": "@password"}}"#,
      "POST /credentials": #"{"credential": {"type": "cert", "blob": "{}", "user_id": "$user"}}"#,
      "POST /users/{user}/credentials/OS-EC2": #"{"tenant_id": "$project"}"#,
      "POST /users/{user}/application_credentials": #"{"application_credential": {"name": "new"}}"#,
      "PUT /projects/{id}/tags": #"{"tags": ["gold", "silver"]}"#,
      "POST /services": #"{"service": {"type": "new", "name": "new"}}"#,
      "POST /endpoints":
        #"{"endpoint": {"service_id": "@service", "interface": "admin", "url": "http://127.0.0.1:1"}}"#,
      "PUT /regions/{id}": #"{"region": {"description": "cold"}}"#, "POST /regions": #"{"region": {"id": "new"}}"#,
      "POST /users": #"{"user": {"name": "new", "domain_id": "default"}}"#,
      "PATCH /domains/{id}": #"{"domain": {"enabled": false}}"#,
      "POST /policies": #"{"policy": {"blob": "{}", "type": "application/json"}}"#,
      "PATCH /policies/{id}": #"{"policy": {"type": "text/plain"}}"#,
      "POST /OS-EP-FILTER/endpoint_groups":
        #"{"endpoint_group": {"name": "new", "filters": {"interface": "public"}}}"#,
      "PATCH /OS-EP-FILTER/endpoint_groups/{id}": #"{"endpoint_group": {"name": "renamed"}}"#,
      "PATCH /domains/{id}/config/{group}/{option}": #"{"config": {"driver": "ldap"}}"#,
      "POST /OS-TRUST/trusts": """
      {"trust": {"trustor_user_id": "$user", "trustee_user_id": "@trustee", "impersonation": false,
       "project_id": "$project", "roles": [{"id": "@role"}]}}
      """,
      "POST /OS-OAUTH1/consumers": #"{"consumer": {"description": "new"}}"#,
      "PATCH /OS-OAUTH1/consumers/{id}": #"{"consumer": {"description": "mine"}}"#,
      "POST /registered_limits": """
      {"registered_limits": [{"service_id": "@service", "resource_name": "new", "default_limit": 1}]}
      """,
      "PATCH /registered_limits/{id}": #"{"registered_limit": {"default_limit": 2}}"#,
      "POST /limits": """
      {"limits": [{"service_id": "@service", "resource_name": "paint", "resource_limit": 1, "domain_id": "@domain"}]}
      """,
      "PATCH /limits/{id}": #"{"limit": {"resource_limit": 2}}"#,
      "POST /ec2tokens": """
      {"credentials": {"access": "@access", "signature": "@signature", "params": {"SignatureVersion": "0"}}}
      """,
      "POST /s3tokens": #"{"credentials": {"access": "@access", "signature": "@signature", "token": ""}}"#,
      "PUT /OS-OAUTH1/authorize/{id}": #"{"roles": [{"id": "@role"}]}"#,
    ]
    let provider = "/OS-FEDERATION/identity_providers/{id}"
    for method in ["PUT", "PATCH"] {
      all["\(method) \(provider)"] = #"{"identity_provider": {"enabled": true}}"#
      all["\(method) \(provider)/protocols/{protocol}"] = #"{"protocol": {"mapping_id": "@mapping"}}"#
      all["\(method) /OS-FEDERATION/mappings/{id}"] =
        #"{"mapping": {"rules": [{"local": [{"user": {"name": "{0}"}}], "remote": [{"type": "OIDC-sub"}]}]}}"#
      all["\(method) /OS-FEDERATION/service_providers/{id}"] =
        #"{"service_provider": {"auth_url": "http://127.0.0.1:1/x", "sp_url": "http://127.0.0.1:1/y"}}"#
    }
    for row in ["PUT /domains/{id}/config", "PATCH /domains/{id}/config", "PATCH /domains/{id}/config/{group}"] {
      all[row] = #"{"config": {"identity": {"driver": "ldap"}}}"#
    }
    for name in ["domain", "project", "group", "role"] { all["POST /\(name)s"] = "{\"\(name)\": {\"name\": \"new\"}}" }
    for name in ["project", "group", "user", "role", "service", "endpoint", "region", "credential"] {
      let change = ["endpoint": "url", "region": "description", "credential": "blob"][name] ?? "name"
      all["PATCH /\(name)s/{id}"] = "{\"\(name)\": {\"\(change)\": \"http://127.0.0.1:2\"}}"
    }
    return all
  }()
}
