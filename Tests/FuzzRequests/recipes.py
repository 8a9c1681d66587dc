"""Requests that make things, so that ids exist and what follows goes deep: (service, method, path, body of ids)."""
import values

GIB = 1 << 30


def one(ids, random, key):
    return ids.some(key, random) or values.uuid(random)


def server(ids, random):
    return {"server": {"name": values.name(random), "flavorRef": random.choice("12345"), "imageRef": ids.image,
                       "networks": random.choice(["none", "auto", [{"uuid": one(ids, random, "network")}]])}}


def volume(ids, random):
    more = random.choice([{}, {}, {"imageRef": ids.image}, {"snapshot_id": one(ids, random, "snapshot")},
                          {"source_volid": one(ids, random, "volume")}])
    return {"volume": {"name": values.name(random), "size": random.choice([1, 2]), **more}}


def subnet(ids, random):
    return {"subnet": {"network_id": one(ids, random, "network"), "ip_version": 4, "name": values.name(random),
                       "cidr": "10.%d.%d.0/24" % (random.randrange(256), random.randrange(256))}}


def inventory(random):
    return {"total": random.choice([1, 100, 4096]), "reserved": 0, "max_unit": 64, "allocation_ratio": 1.5}


def named(wrapper, **more):
    return lambda ids, random: {wrapper: {"name": values.name(random), **more}}


def allocations(ids, random):
    return {"allocations": {one(ids, random, "resource_provider"): {"resources": {random.choice(["VCPU", "MEMORY_MB"]): 1}}},
            "project_id": values.uuid(random), "user_id": values.uuid(random), "consumer_generation": None,
            "consumer_type": "INSTANCE"}


def action(*choices):
    return lambda ids, random: random.choice(choices)(ids, random) if choices else None


def nothing(ids, random):
    return None


def inside(action_name, **body):
    return lambda ids, random: {action_name: body or None}


SERVER_ACTIONS = action(
    inside("os-start"), inside("os-stop"), inside("pause"), inside("unpause"), inside("suspend"), inside("resume"),
    inside("unlock"), inside("unlock"), inside("reboot", type="HARD"), inside("createImage", name="shot"),
    inside("os-getConsoleOutput", length=10), inside("os-resetState", state="active"), inside("forceDelete"),
    inside("addSecurityGroup", name="default"), inside("removeSecurityGroup", name="default"),
    lambda ids, random: {"rebuild": {"imageRef": one(ids, random, "image")}})
VOLUME_ACTIONS = action(
    inside("os-extend", new_size=3), inside("os-reset_status", status="available"), inside("os-reserve"),
    inside("os-unreserve"), inside("os-set_bootable", bootable=True), inside("os-begin_detaching"),
    inside("os-roll_detaching"), inside("os-attach", instance_uuid="00000000-0000-4000-8000-000000000001", mountpoint="/dev/vdb",
                                        mode="rw"), inside("os-detach"), inside("os-force_delete"),
    inside("os-initialize_connection", connector={"host": "here", "initiator": "iqn.x"}),
    inside("os-update_readonly_flag", readonly=True), inside("os-set_image_metadata", metadata={"a": "b"}),
    inside("os-show_image_metadata"), inside("os-volume_upload_image", image_name="up", container_format="bare"))

RECIPES = [
    ("keystone", "POST", "/v3/projects", named("project")),
    ("keystone", "POST", "/v3/users", named("user", password="secret-word")),
    ("keystone", "POST", "/v3/groups", named("group")),
    ("keystone", "POST", "/v3/roles", named("role")),
    ("keystone", "POST", "/v3/domains", named("domain")),
    ("keystone", "POST", "/v3/regions", lambda ids, random: {"region": {"id": values.name(random)}}),
    ("keystone", "POST", "/v3/services", named("service", type="fuzz")),
    ("keystone", "POST", "/v3/endpoints", lambda ids, random: {"endpoint": {
        "service_id": one(ids, random, "service"), "interface": "public", "url": "http://127.0.0.1/$(project_id)s"}}),
    ("keystone", "POST", "/v3/credentials", lambda ids, random: {"credential": {
        "type": "ec2", "blob": '{"access":"%s","secret":"b"}' % values.name(random), "user_id": one(ids, random, "user"),
        "project_id": one(ids, random, "project")}}),
    ("keystone", "POST", "/v3/users/{user}/application_credentials", named("application_credential")),
    ("keystone", "POST", "/v3/users/{user}/credentials/OS-EC2", lambda ids, random: {
        "tenant_id": ids.own}),
    ("keystone", "PUT", "/v3/projects/{project}/users/{user}/roles/{role}", nothing),
    ("keystone", "PUT", "/v3/domains/{domain}/groups/{group}/roles/{role}", nothing),
    ("keystone", "PUT", "/v3/groups/{id}/users/{user}", nothing),
    ("keystone", "PUT", "/v3/roles/{id}/implies/{implied}", nothing),
    ("keystone", "PUT", "/v3/projects/{id}/tags", lambda ids, random: {"tags": [values.name(random), "b"]}),
    ("keystone", "PATCH", "/v3/users/{id}", lambda ids, random: {"user": {"description": values.name(random)}}),
    ("keystone", "POST", "/v3/auth/tokens", lambda ids, random: {"auth": {"identity": {
        "methods": ["password"], "password": {"user": {"id": one(ids, random, "user"), "password": "secret-word"}}},
        **random.choice([{}, {"scope": {"project": {"id": one(ids, random, "project")}}}])}}),
    ("glance", "POST", "/v2/images", (lambda ids, random: {
        "name": values.name(random), "disk_format": "raw", "container_format": "bare",
        "visibility": random.choice(["public", "public", "shared"])})),
    ("glance", "PUT", "/v2/images/{id}/file", lambda ids, random: b"data" * random.choice([1, 500])),
    ("glance", "PUT", "/v2/images/{id}/stage", lambda ids, random: b"data" * random.choice([1, 500])),
    ("glance", "POST", "/v2/images/{id}/import", lambda ids, random: {"method": {"name": "glance-direct"}}),
    ("glance", "PATCH", "/v2/images/{id}", lambda ids, random: [
        {"op": random.choice(["add", "replace", "remove"]), "path": "/" + random.choice(["name", "tags", "x", "min_ram"]),
         "value": random.choice(["a", 1, ["t"], None])}]),
    ("glance", "POST", "/v2/images/{id}/members", lambda ids, random: {"member": values.uuid(random)}),
    ("glance", "PUT", "/v2/images/{id}/tags/{tag}", nothing),
    ("neutron", "POST", "/v2.0/networks", named("network")),
    ("neutron", "POST", "/v2.0/subnets", subnet),
    ("neutron", "POST", "/v2.0/ports", lambda ids, random: {"port": {"network_id": one(ids, random, "network")}}),
    ("neutron", "POST", "/v2.0/routers", named("router")),
    ("neutron", "POST", "/v2.0/security-groups", named("security_group")),
    ("neutron", "POST", "/v2.0/security-group-rules", lambda ids, random: {"security_group_rule": {
        "security_group_id": one(ids, random, "security_group"), "direction": random.choice(["ingress", "egress"]),
        "protocol": random.choice(["tcp", "udp", "icmp", 6, None]), "port_range_min": 22, "port_range_max": 22}}),
    ("neutron", "POST", "/v2.0/floatingips", lambda ids, random: {"floatingip": {
        "floating_network_id": ids.external}}),
    ("neutron", "PUT", "/v2.0/floatingips/{id}", lambda ids, random: {"floatingip": {"port_id": ids.some("port", random)}}),
    ("neutron", "POST", "/v2.0/subnetpools", named("subnetpool", prefixes=["10.0.0.0/8"])),
    ("neutron", "POST", "/v2.0/address-scopes", named("address_scope", ip_version=4)),
    ("neutron", "PUT", "/v2.0/routers/{id}/add_router_interface", lambda ids, random: {
        "subnet_id": one(ids, random, "subnet")}),
    ("neutron", "PUT", "/v2.0/routers/{id}/remove_router_interface", lambda ids, random: {
        "subnet_id": one(ids, random, "subnet")}),
    ("neutron", "PUT", "/v2.0/routers/{id}", lambda ids, random: {"router": {
        "external_gateway_info": {"network_id": ids.external}}}),
    ("neutron", "PUT", "/v2.0/networks/{id}/tags", lambda ids, random: {"tags": [values.name(random)]}),
    ("neutron", "PUT", "/v2.0/quotas/{project_id}", lambda ids, random: {"quota": {
        "network": 5000, "port": 9000, "router": 500, "subnet": 5000, "security_group": 500, "floatingip": 200,
        "security_group_rule": 9000}}),
    ("cinder", "POST", "/v3/volumes", volume),
    ("cinder", "POST", "/v3/snapshots", lambda ids, random: {"snapshot": {
        "volume_id": one(ids, random, "volume"), "force": True, "name": values.name(random)}}),
    ("cinder", "POST", "/v3/volumes/{id}/action", VOLUME_ACTIONS),
    ("cinder", "POST", "/v3/volumes/{id}/metadata", lambda ids, random: {"metadata": {"a": "b"}}),
    ("cinder", "POST", "/v3/types", named("volume_type")),
    ("cinder", "POST", "/v3/types/{type_id}/extra_specs", lambda ids, random: {"extra_specs": {"a": "b"}}),
    ("cinder", "POST", "/v3/volume-transfers", lambda ids, random: {"transfer": {"volume_id": one(ids, random, "volume")}}),
    ("cinder", "POST", "/v3/attachments", lambda ids, random: {"attachment": {
        "volume_uuid": one(ids, random, "volume"), "instance_uuid": values.uuid(random)}}),
    ("cinder", "PUT", "/v3/os-quota-sets/{project_id}", lambda ids, random: {"quota_set": {
        "volumes": 1000, "gigabytes": 9000, "snapshots": 900}}),
    ("cinder", "PUT", "/v3/os-services/enable", lambda ids, random: {"binary": "cinder-volume", "host": ids.host}),
    ("nova", "POST", "/v2.1/servers", server),
    ("nova", "POST", "/v2.1/servers/{id}/action", SERVER_ACTIONS),
    ("nova", "POST", "/v2.1/flavors", lambda ids, random: {"flavor": {
        "name": values.name(random), "ram": 64, "vcpus": 1, "disk": 0, "id": "auto"}}),
    ("nova", "POST", "/v2.1/flavors/{id}/os-extra_specs", lambda ids, random: {"extra_specs": {"a:b": "c"}}),
    ("nova", "POST", "/v2.1/os-keypairs", lambda ids, random: {"keypair": {
        "name": values.name(random), "type": "ssh",
        "public_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHq3Zk0qS9m0n0vGm0p8c3rQk9x4mJ0n1xqf1l0m3v7d x"}}),
    ("nova", "POST", "/v2.1/os-server-groups", lambda ids, random: {"server_group": {
        "name": values.name(random), "policy": "anti-affinity"}}),
    ("nova", "POST", "/v2.1/os-aggregates", lambda ids, random: {"aggregate": {"name": values.name(random)}}),
    ("nova", "POST", "/v2.1/os-aggregates/{id}/action", action(
        lambda ids, random: {"add_host": {"host": ids.host}}, inside("set_metadata", metadata={"a": "b"}))),
    ("nova", "POST", "/v2.1/servers/{id}/os-interface", lambda ids, random: {"interfaceAttachment": {
        "net_id": one(ids, random, "network")}}),
    ("nova", "POST", "/v2.1/servers/{id}/os-volume_attachments", lambda ids, random: {"volumeAttachment": {
        "volumeId": one(ids, random, "volume")}}),
    ("nova", "POST", "/v2.1/servers/{id}/metadata", lambda ids, random: {"metadata": {"a": "b"}}),
    ("nova", "PUT", "/v2.1/servers/{id}/tags", lambda ids, random: {"tags": [values.name(random)]}),
    ("nova", "POST", "/v2.1/servers/{id}/remote-consoles", lambda ids, random: {"remote_console": {
        "protocol": "vnc", "type": "novnc"}}),
    ("nova", "POST", "/v2.1/os-server-external-events", lambda ids, random: {"events": [{
        "name": "network-changed", "server_uuid": one(ids, random, "server")}]}),
    ("nova", "DELETE", "/v2.1/servers/{id}", lambda ids, random: None),
    ("nova", "PUT", "/v2.1/os-quota-sets/{project_id}", lambda ids, random: {"quota_set": {
        "instances": 60, "cores": 9000, "ram": 9000000, "key_pairs": 5000, "server_groups": 5000}}),
    ("nova", "PUT", "/v2.1/os-services/{id}", lambda ids, random: {"status": "enabled", "forced_down": False}),
    ("placement", "POST", "/resource_providers", lambda ids, random: {"name": values.name(random)}),
    ("placement", "POST", "/resource_providers/{id}/inventories", lambda ids, random: {
        "resource_class": random.choice(["VCPU", "MEMORY_MB", "DISK_GB"]), **inventory(random)}),
    ("placement", "PUT", "/resource_providers/{id}/inventories", lambda ids, random: {
        "resource_provider_generation": random.randrange(4), "inventories": {"VCPU": inventory(random)}}),
    ("placement", "PUT", "/resource_providers/{id}/traits", lambda ids, random: {
        "resource_provider_generation": random.randrange(4), "traits": ["HW_CPU_X86_VMX"]}),
    ("placement", "PUT", "/resource_providers/{id}/aggregates", lambda ids, random: {
        "resource_provider_generation": random.randrange(4), "aggregates": [values.uuid(random)]}),
    ("placement", "PUT", "/traits/{name}", nothing),
    ("placement", "PUT", "/resource_classes/{name}", nothing),
    ("placement", "POST", "/resource_classes", lambda ids, random: {"name": "CUSTOM_" + values.name(random).upper()[5:]}),
    ("placement", "PUT", "/allocations/{consumer}", allocations),
    ("placement", "POST", "/allocations", lambda ids, random: {values.uuid(random): allocations(ids, random)}),
    ("placement", "POST", "/reshaper", lambda ids, random: {"allocations": {}, "inventories": {
        one(ids, random, "resource_provider"): {"resource_provider_generation": 1, "inventories": {"VCPU": inventory(random)}}}}),
]
