"""Servers: their whole life, with cards, disks, consoles, keys, groups; quotas; what administrators see."""
import base64
import urllib.request

from images import make, other


def run(visit, check):
    demo = visit.demo
    image, _ = make(visit, "acc-root")
    net = demo.network.create_network(name="acc-srv-net")
    demo.network.create_subnet(network_id=net.id, ip_version=4, cidr="10.78.0.0/24")
    key = demo.compute.create_keypair(name="acc-key")
    check("a key pair has a private key once", "PRIVATE KEY" in key.private_key)
    flavors = {f.name: f for f in demo.compute.flavors()}
    check("flavors are listed", {"m1.tiny", "m1.xlarge"} <= set(flavors), flavors.keys())
    group = demo.compute.create_server_group(name="acc-group", policy="anti-affinity")
    server = demo.create_server(
        "acc-srv", image=image.id, flavor=flavors["m1.tiny"], network=net.id, key_name="acc-key", wait=True, timeout=60,
        userdata="#!/bin/sh\necho hello\n", meta={"colour": "red"}, auto_ip=False)
    check.same("a server becomes ACTIVE", server.status, "ACTIVE")
    check("it has an address", server.private_v4.startswith("10.78.0.") if server.private_v4 else server.addresses)
    check.same("it keeps its key's name and metadata", (server.key_name, server.metadata),
               ("acc-key", {"colour": "red"}))
    check.same("it keeps its user data", base64.b64decode(visit.admin.compute.get_server(server.id).user_data or ""), b"#!/bin/sh\necho hello\n")
    check("its console has a log", "acc-srv" in demo.compute.get_server_console_output(server.id)["output"])
    url = demo.compute.create_console(server, console_type="novnc")["url"]
    check("the page of its console answers", urllib.request.urlopen(url, timeout=10).status == 200)
    check("its actions are told", "create" in [a.action for a in demo.compute.server_actions(server)])
    check.refused("a server of others is not there", 404, lambda: other(visit).compute.get_server(server.id))
    check("nor is it listed", not list(other(visit).compute.servers()))
    life(demo, check, server, image)
    cards(demo, check, server, net)
    disks(demo, check, server)
    picture(demo, check, server, flavors, net)
    limits(visit, check, server, image, flavors, net)
    seen_by_administrators(visit, check, server)

    demo.compute.delete_server(server)
    demo.compute.wait_for_delete(server, interval=0.2, wait=30)
    check.refused("a deleted server is gone", 404, lambda: demo.compute.get_server(server.id))
    check.until("its ports are gone", lambda: not [
        p for p in demo.network.ports(network_id=net.id) if p.device_owner.startswith("compute:")])
    demo.compute.delete_server_group(group)
    demo.compute.delete_keypair(key)
    demo.network.delete_network(net, ignore_missing=False)
    demo.image.delete_image(image)


def becomes(demo, check, server, status):
    return check.until("... %s" % status, lambda: demo.compute.get_server(server.id).status == status
                       and not demo.compute.get_server(server.id).task_state)


def life(demo, check, server, image):
    compute = demo.compute
    compute.stop_server(server)
    becomes(demo, check, server, "SHUTOFF")
    check.refused("what is stopped is not paused", 409, lambda: compute.pause_server(server))
    compute.start_server(server)
    becomes(demo, check, server, "ACTIVE")
    for kind in ("SOFT", "HARD"):
        compute.reboot_server(server, kind)
        becomes(demo, check, server, "ACTIVE")
    compute.pause_server(server)
    becomes(demo, check, server, "PAUSED")
    compute.unpause_server(server)
    becomes(demo, check, server, "ACTIVE")
    compute.suspend_server(server)
    becomes(demo, check, server, "SUSPENDED")
    compute.resume_server(server)
    becomes(demo, check, server, "ACTIVE")
    compute.lock_server(server)
    check("it is locked", compute.get_server(server.id).is_locked)
    compute.unlock_server(server)
    compute.rebuild_server(server, image=image.id, name="acc-srv")
    becomes(demo, check, server, "ACTIVE")
    compute.update_server(server, name="acc-srv2")
    check.same("a server is renamed and found", compute.find_server("acc-srv2").id, server.id)
    compute.set_server_metadata(server, size="small")
    check.same("metadata is added", compute.get_server(server.id).metadata, {"colour": "red", "size": "small"})
    compute.add_tag_to_server(server, "acc-tag")
    check.same("a tag finds it", [s.id for s in compute.servers(tags="acc-tag")], [server.id])


def cards(demo, check, server, net):
    compute = demo.compute
    port = demo.network.create_port(network_id=net.id, name="acc-card")
    compute.create_server_interface(server, port_id=port.id)
    check.until("a port is plugged", lambda: demo.network.get_port(port.id).status == "ACTIVE")
    check.until("it is the server's", lambda: len(list(compute.server_interfaces(server))) == 2)
    compute.delete_server_interface(port.id, server=server)
    check.until("it is unplugged and stays its owner's", lambda: not demo.network.get_port(port.id).device_id)
    demo.network.delete_port(port)
    public = demo.network.find_network("public")
    router = demo.network.create_router(name="acc-srv-rtr", external_gateway_info={"network_id": public.id})
    subnet = demo.network.get_network(net.id).subnet_ids[0]
    demo.network.add_interface_to_router(router, subnet_id=subnet)
    floating = demo.network.create_ip(floating_network_id=public.id)
    demo.add_ip_list(
        demo.get_server_by_id(server.id), [floating.floating_ip_address], wait=True, timeout=30)
    addresses = [a["addr"] for a in compute.get_server(server.id).addresses["acc-srv-net"]]
    check("its floating address is shown", floating.floating_ip_address in addresses, addresses)
    demo.network.delete_ip(floating)
    demo.network.remove_interface_from_router(router, subnet_id=subnet)
    demo.network.delete_router(router)
    group = demo.network.create_security_group(name="acc-srv-sg")
    compute.add_security_group_to_server(server, {"name": "acc-srv-sg"})
    check("a security group is added", "acc-srv-sg" in [
        g["name"] for g in compute.get_server(server.id).security_groups])
    compute.remove_security_group_from_server(server, {"name": "acc-srv-sg"})
    demo.network.delete_security_group(group, ignore_missing=False)


def disks(demo, check, server):
    compute, storage = demo.compute, demo.block_storage
    volume = demo.create_volume(1, name="acc-disk", wait=True)
    made = compute.create_volume_attachment(server, volume_id=volume.id)
    check.same("an attached volume has a device", made.device, "/dev/vdb")
    check.until("the volume is in use", lambda: storage.get_volume(volume.id).status == "in-use")
    check.same("by the server", storage.get_volume(volume.id).attachments[0]["server_id"], server.id)
    check.refused("it is attached once", 400,
                  lambda: compute.create_volume_attachment(server, volume_id=volume.id))
    check.refused("what is in use stays", 400, lambda: storage.delete_volume(volume, ignore_missing=False))
    compute.delete_volume_attachment(server, volume.id)
    check.until("it is free again", lambda: storage.get_volume(volume.id).status == "available")
    storage.delete_volume(volume)
    check.until("and goes", lambda: not list(storage.volumes()))


def picture(demo, check, server, flavors, net):
    image = demo.compute.create_server_image(server, "acc-picture")
    check.until("a snapshot becomes an image", lambda: demo.image.get_image(image.id).status == "active")
    second = demo.create_server(
        "acc-second", image=image.id, flavor=flavors["m1.tiny"], network=net.id, wait=True, auto_ip=False)
    check.same("a server boots from it", second.status, "ACTIVE")
    demo.compute.delete_server(second)
    booted = demo.create_server(
        "acc-volume", image=image.id, flavor=flavors["m1.tiny"], network=net.id, wait=True, auto_ip=False,
        boot_from_volume=True, volume_size=1, terminate_volume=True)
    check.same("a server boots from a volume", booted.status, "ACTIVE")
    check.same("the volume is its own", len(list(demo.block_storage.volumes())), 1)
    demo.compute.delete_server(booted)
    demo.compute.wait_for_delete(booted, interval=0.2, wait=30)
    demo.compute.wait_for_delete(second, interval=0.2, wait=30)
    check.until("the volume goes with it", lambda: not list(demo.block_storage.volumes()))
    demo.image.delete_image(image.id)


def limits(visit, check, server, image, flavors, net):
    demo, admin = visit.demo, visit.admin
    def boot(**more):
        return demo.compute.create_server(**{
            "name": "refused", "flavor_id": flavors["m1.tiny"].id, "image_id": image.id,
            "networks": [{"uuid": net.id}], **more})
    check.refused("too many servers are refused, and the quota named", 403,
                  lambda: boot(min_count=50, max_count=50), "quota")
    check.refused("an unknown flavor is refused", 400, lambda: boot(flavor_id="none"))
    check.refused("an unknown image is refused", 400, lambda: boot(image_id="0" * 8 + "-0000-4000-8000-000000000000"))
    check.refused("an unknown network is refused", 400,
                  lambda: boot(networks=[{"uuid": "0" * 8 + "-0000-4000-8000-000000000000"}]))
    check.refused("an unknown zone is refused", 400, lambda: boot(availability_zone="moon"))
    check.refused("an unknown key is refused", 400, lambda: boot(key_name="none"))
    usage = demo.compute.get_limits().absolute
    check.same("the limits tell what is used", usage.instances_used, 1)
    admin.compute.update_quota_set(demo.current_project_id, instances=1)
    check.refused("a project's own quota is kept", 403, boot, "quota")
    admin.compute.revert_quota_set(demo.current_project_id)
    check.same("and taken back", demo.compute.get_limits().absolute.instances, 10)


def seen_by_administrators(visit, check, server):
    demo, admin = visit.demo, visit.admin
    check("availability zones are listed", [z.name for z in demo.compute.availability_zones()] == ["nova"])
    hypervisors = list(admin.compute.hypervisors(details=True))
    check("hypervisors are listed", len(hypervisors) == 1 and hypervisors[0].state == "up")
    check.refused("though not to everyone", 403, lambda: list(demo.compute.hypervisors()))
    services = {s.binary for s in admin.compute.services()}
    check("services are listed", "nova-compute" in services, services)
    check("an administrator sees all servers", server.id in [s.id for s in admin.compute.servers(all_projects=True)])
    flavor = admin.compute.create_flavor(name="acc-flavor", ram=128, vcpus=1, disk=1)
    admin.compute.create_flavor_extra_specs(flavor, {"hw:cpu_policy": "shared"})
    check.same("flavors are made", demo.compute.find_flavor("acc-flavor").ram, 128)
    admin.compute.delete_flavor(flavor)
    aggregate = admin.compute.create_aggregate(name="acc-aggregate", availability_zone="acc-zone")
    admin.compute.add_host_to_aggregate(aggregate, hypervisors[0].name)
    check("an aggregate makes a zone", "acc-zone" in [z.name for z in demo.compute.availability_zones()])
    admin.compute.remove_host_from_aggregate(aggregate, hypervisors[0].name)
    admin.compute.delete_aggregate(aggregate)
    providers = list(admin.placement.resource_providers())
    check.same("placement knows the host", [p.name for p in providers], [hypervisors[0].name])
