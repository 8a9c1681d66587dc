"""Networks: subnets, routers, addresses, ports, security groups, quotas."""
from images import other


def run(visit, check):
    demo, admin = visit.demo, visit.admin
    net = demo.network.create_network(name="acc-net", mtu=1400)
    subnet = demo.network.create_subnet(
        name="acc-sub", network_id=net.id, ip_version=4, cidr="10.77.0.0/24", dns_nameservers=["9.9.9.9"],
        allocation_pools=[{"start": "10.77.0.10", "end": "10.77.0.20"}])
    check.same("a subnet has its first address as the gateway", subnet.gateway_ip, "10.77.0.1")
    check.same("a network knows its subnets", demo.network.get_network(net.id).subnet_ids, [subnet.id])
    demo.network.update_network(net, name="acc-net2")
    check.same("a network is renamed", demo.network.find_network("acc-net2").id, net.id)
    check.refused("overlapping subnets are refused", 400, lambda: demo.network.create_subnet(
        network_id=net.id, ip_version=4, cidr="10.77.0.128/25"), "overlap")
    six = demo.network.create_subnet(
        network_id=net.id, ip_version=6, cidr="fd00:77::/64", ipv6_address_mode="slaac", ipv6_ra_mode="slaac")
    check.same("IPv6 subnets are kept", six.cidr, "fd00:77::/64")
    public = demo.network.find_network("public")
    check("there is an external network", public and public.is_router_external)

    router = demo.network.create_router(name="acc-rtr", external_gateway_info={"network_id": public.id})
    check("a router has an address outside", router.external_gateway_info["external_fixed_ips"])
    demo.network.add_interface_to_router(router, subnet_id=subnet.id)
    owners = {p.device_owner for p in demo.network.ports(device_id=router.id)}
    check("a router's interface is a port", "network:router_interface" in owners, owners)
    check.refused("a router in use stays", 409, lambda: demo.network.delete_router(router, ignore_missing=False))
    check.refused("a subnet in use stays", 409, lambda: demo.network.delete_subnet(subnet, ignore_missing=False))

    port = demo.network.create_port(network_id=net.id, name="acc-port", fixed_ips=[
        {"subnet_id": subnet.id, "ip_address": "10.77.0.15"}])
    check.same("a port has the address that was asked for", port.fixed_ips[0]["ip_address"], "10.77.0.15")
    check.refused("an address is given once", 409, lambda: demo.network.create_port(
        network_id=net.id, fixed_ips=[{"subnet_id": subnet.id, "ip_address": "10.77.0.15"}]))
    floating = demo.network.create_ip(floating_network_id=public.id, port_id=port.id)
    check.same("a floating address leads to the port", floating.fixed_ip_address, "10.77.0.15")
    demo.network.update_ip(floating, port_id=None)
    check("it is taken away again", demo.network.get_ip(floating.id).port_id is None)
    demo.network.delete_ip(floating)
    demo.network.update_port(port, name="acc-port2", allowed_address_pairs=[{"ip_address": "10.77.0.99"}])
    check.same("a port is changed", demo.network.get_port(port.id).name, "acc-port2")

    group = demo.network.create_security_group(name="acc-sg")
    check.same("a new group lets everything out", {r["direction"] for r in group.security_group_rules}, {"egress"})
    rule = demo.network.create_security_group_rule(
        security_group_id=group.id, direction="ingress", protocol="tcp", port_range_min=22, port_range_max=22)
    check.refused("a rule is there once", 409, lambda: demo.network.create_security_group_rule(
        security_group_id=group.id, direction="ingress", protocol="tcp", port_range_min=22, port_range_max=22))
    demo.network.update_port(port, security_group_ids=[group.id])
    check.same("a port has the group", demo.network.get_port(port.id).security_group_ids, [group.id])
    check.refused("a group in use stays", 409,
                  lambda: demo.network.delete_security_group(group, ignore_missing=False))
    demo.network.delete_security_group_rule(rule)
    demo.network.delete_port(port)
    demo.network.delete_security_group(group, ignore_missing=False)

    check.refused("a network of others is not there", 404, lambda: other(visit).network.get_network(net.id))
    check("nor is it listed", net.id not in [n.id for n in other(visit).network.networks()])
    check("tags are kept", set(demo.network.set_tags(net, ["a", "b"]).tags) == {"a", "b"})
    quota = admin.network.get_quota(demo.current_project_id)
    admin.network.update_quota(demo.current_project_id, networks=1)
    check.refused("a quota of networks is kept", 409, lambda: demo.network.create_network(name="too-many"), "quota")
    admin.network.update_quota(demo.current_project_id, networks=quota.networks)
    check("agents, extensions and zones are listed", list(admin.network.agents())
          and len(list(demo.network.extensions())) > 10 and list(demo.network.availability_zones()))

    demo.network.remove_interface_from_router(router, subnet_id=subnet.id)
    demo.network.delete_router(router, ignore_missing=False)
    demo.network.delete_network(net, ignore_missing=False)
    check("router, subnets and network are gone", not demo.network.find_network("acc-net2")
          and not [p for p in demo.network.ports(network_id=net.id)])
