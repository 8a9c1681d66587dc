"""The cases: for each service the data it needs and what is asked of it. Names and data are those of upstream.jsonl.

`_cd` is create and delete, the pair being one operation. `boot_N_single` are N requests by eight clients until all
servers are ACTIVE, `boot_N_multi` one request for N servers, `delete_N` N requests until the list is empty; their
latencies are those of the request alone.
"""
import asyncio
import itertools
import json
import os
import time

from load import Broken, percentile

BYTES = {"Content-Type": "application/octet-stream"}
PLACEMENT = {"OpenStack-API-Version": "placement 1.36"}
BIG = 64 << 20


class Cloud:
    """Where the services are, and who asks."""

    def __init__(self, cloud, session):
        self.identity = cloud.url(5000, "/v3")
        self.image = cloud.url(9292, "/v2")
        self.placement = cloud.url(8778)
        self.network = cloud.url(9696, "/v2.0")
        self.volume = cloud.url(8776, "/v3/" + session.project)
        self.compute = cloud.url(8774, "/v2.1")
        self.project, self.password = session.project, cloud.password("martlet")


async def prepare(load, cloud):
    """Lifts the quotas that settings do not."""
    await load.one("PUT", cloud.network + "/quotas/" + cloud.project, {
        "quota": dict.fromkeys(("network", "subnet", "port"), -1)})


async def keystone(load, cloud):
    url, domain = cloud.identity, {"id": "default"}
    scope = {"project": {"id": cloud.project}}
    by_password = {"methods": ["password"], "password": {"user": {
        "name": "admin", "domain": domain, "password": cloud.password}}}
    by_token = {"methods": ["token"], "token": {"id": load.token}}
    have = (await load.one("GET", url + "/users"))["users"]
    for i in range(20 - len(have)):
        await load.one("POST", url + "/users", {"user": {"name": "bench-%d" % i, "password": "bench"}})
    tokens = url + "/auth/tokens"
    for case, identity in ("auth_password", by_password), ("auth_token", by_token):
        await load.fixed("keystone." + case, "POST", tokens, {"auth": {"identity": identity, "scope": scope}},
                         {"X-Auth-Token": ""})
    await load.fixed("keystone.validate", "GET", tokens, headers={"X-Subject-Token": load.token})
    await load.fixed("keystone.users_20", "GET", url + "/users")

    async def pair(client, i):
        body = {"project": {"name": "bench-%d" % time.time_ns()}}
        project = (await client.ask("POST", url + "/projects", body))["project"]["id"]
        await client.ask("DELETE", url + "/projects/" + project)
    await load.sequence("keystone.project_cd", pair)


async def glance(load, cloud):
    url = cloud.image + "/images"

    def image(name):
        return {"name": name, "disk_format": "raw", "container_format": "bare"}
    if load.wants("glance.images_100"):
        await load.many(lambda client, i: client.ask("POST", url, image("image-%d" % i)), 100)
    await load.fixed("glance.images_100", "GET", url + "?limit=100")
    data, made = os.urandom(1 << 20) * 64, []

    async def upload(client, i):
        one = (await client.ask("POST", url, image("big")))["id"]
        made.append(one)
        await client.ask("PUT", url + "/%s/file" % one, data, BYTES)

    async def download(client, i):
        await client.ask("GET", url + "/%s/file" % made[i % 4], sink=True)
    await load.sequence("glance.upload_64m", upload, clients=[1, 8], bytes_each=BIG)
    if load.wants("glance.download_64m"):
        await load.many(upload, max(0, 4 - len(made)), 1)
        await load.sequence("glance.download_64m", download, clients=[1, 8], bytes_each=BIG)
    for one in made:
        await load.one("DELETE", url + "/" + one)


async def placement(load, cloud):
    url, made, numbers = cloud.placement + "/resource_providers", [], itertools.count()
    inventories = {"VCPU": {"total": 64, "allocation_ratio": 4.0}, "MEMORY_MB": {"total": 262144},
                   "DISK_GB": {"total": 4000}}

    async def provider(client, i):
        one = await client.ask("POST", url, {"name": "bench-%d" % next(numbers)}, PLACEMENT)
        made.append(one["uuid"])
        await client.ask("PUT", url + "/%s/inventories" % one["uuid"], {
            "resource_provider_generation": one["generation"], "inventories": inventories}, PLACEMENT)
    ask = cloud.placement + "/allocation_candidates?resources=VCPU:1,MEMORY_MB:512,DISK_GB:1"
    await load.many(provider, 10)
    await load.fixed("placement.candidates_10", "GET", ask, headers=PLACEMENT)
    if load.wants("placement.candidates_1000", "placement.cand_1000_lim10"):
        await load.many(provider, 990)
    await load.fixed("placement.candidates_1000", "GET", ask, headers=PLACEMENT)
    await load.fixed("placement.cand_1000_lim10", "GET", ask + "&limit=10", headers=PLACEMENT)
    await load.many(lambda client, i: client.ask("DELETE", url + "/" + made[i], headers=PLACEMENT), len(made))


async def neutron(load, cloud):
    url = cloud.network

    async def network(client, name):
        return (await client.ask("POST", url + "/networks", {"network": {"name": name}}))["network"]["id"]
    await load.many(lambda client, i: network(client, "bench-%d" % i), 100)
    await load.fixed("neutron.networks_100", "GET", url + "/networks?limit=100")

    async def network_pair(client, i):
        await client.ask("DELETE", url + "/networks/" + await network(client, "cd"))
    await load.sequence("neutron.network_cd", network_pair)
    homes = await load.many(lambda client, i: network(client, "bench-subnet-%d" % i), 32)

    async def subnet_pair(client, i):
        body = {"network_id": homes[i % 32], "ip_version": 4, "cidr": "172.%d.%d.0/24" % (16 + i // 256 % 16, i % 256)}
        one = (await client.ask("POST", url + "/subnets", {"subnet": body}))["subnet"]["id"]
        await client.ask("DELETE", url + "/subnets/" + one)
    await load.sequence("neutron.subnet_cd", subnet_pair)
    home = (await load.one("POST", url + "/networks", {"network": {"name": "bench-ports"}}))["network"]["id"]
    await load.one("POST", url + "/subnets", {"subnet": {"network_id": home, "ip_version": 4, "cidr": "10.99.0.0/16"}})

    async def port_pair(client, i):
        body = {"port": {"network_id": home, "name": "cd"}}
        one = (await client.ask("POST", url + "/ports", body))["port"]["id"]
        await client.ask("DELETE", url + "/ports/" + one)
    await load.sequence("neutron.port_cd", port_pair)


async def ports(load, cloud):
    """After the boots: upstream's were measured before these ports were there."""
    if not load.wants("neutron.ports_1000"):
        return
    url = cloud.network
    home = (await load.one("POST", url + "/networks", {"network": {"name": "bench-many"}}))["network"]["id"]
    await load.one("POST", url + "/subnets", {"subnet": {"network_id": home, "ip_version": 4, "cidr": "10.98.0.0/16"}})
    for _ in range(50):
        await load.one("POST", url + "/ports", {"ports": [{"network_id": home, "name": "p"}] * 20})
    await load.fixed("neutron.ports_1000", "GET", url + "/ports?network_id=" + home)


class Servers:
    """Servers on one network, made and removed in numbers."""

    def __init__(self, load, cloud):
        self.load, self.cloud, self.url = load, cloud, cloud.compute + "/servers"

    async def prepare(self):
        """The image and the network that servers need."""
        image = {"name": "boot", "disk_format": "raw", "container_format": "bare"}
        self.image = (await self.load.one("POST", self.cloud.image + "/images", image))["id"]
        await self.load.one("PUT", self.cloud.image + "/images/%s/file" % self.image, b"x" * 1024, BYTES)
        url, network = self.cloud.network, {"name": "servers"}
        self.network = (await self.load.one("POST", url + "/networks", {"network": network}))["network"]["id"]
        await self.load.one("POST", url + "/subnets", {
            "subnet": {"network_id": self.network, "ip_version": 4, "cidr": "10.50.0.0/16"}})

    async def boot(self, name, count, each=1, clients=8):
        """Boots them, `each` a request; the milliseconds that the requests took."""
        before = len(await self.ids(name))
        server = {"name": name, "imageRef": self.image, "flavorRef": "1", "networks": [{"uuid": self.network}],
                  "min_count": each, "max_count": each}
        taken = await self.load.many(
            lambda client, i: timed(client.ask("POST", self.url, {"server": server})), count // each, clients)
        while len(await self.ids(name + "&status=ACTIVE")) < before + count:
            failed = (await self.load.one("GET", self.url + "/detail?status=ERROR&limit=1"))["servers"]
            if failed:
                raise Broken("a server in ERROR: %s" % json.dumps(failed[0].get("fault")))
            await asyncio.sleep(0.2)
        return taken

    async def ids(self, name):
        return [s["id"] for s in (await self.load.one("GET", self.url + "?limit=1000&name=" + name))["servers"]]

    async def remove(self, name):
        ids = await self.ids(name)
        taken = await self.load.many(
            lambda client, i: timed(client.ask("DELETE", self.url + "/" + ids[i])), len(ids))
        while await self.ids(name):
            await asyncio.sleep(0.2)
        return taken


async def timed(work):
    start = time.monotonic()
    await work
    return (time.monotonic() - start) * 1000


async def nova(load, cloud):
    servers = Servers(load, cloud)
    await load.fixed("nova.flavors_detail_5", "GET", cloud.compute + "/flavors/detail")
    await servers.prepare()
    await servers.boot("warm", 5)
    await servers.remove("warm")
    kept = 0
    for count in 50, 200:
        work = {"nova.boot_%d_single" % count: (8, lambda: servers.boot("list", count)),
                "nova.boot_%d_multi" % count: (1, lambda: servers.boot("away", count, each=count)),
                "nova.delete_%d" % count: (8, lambda: servers.remove("away"))}
        if not load.wants(*work):
            continue
        for case, (clients, operation) in work.items():
            load.begin(case)
            taken = await operation()
            load.end(case, clients, count, percentile(taken, 50), percentile(taken, 99))
        kept += count
    if load.wants("nova.server_get", "nova.servers_detail_1", "nova.servers_detail_100", "nova.servers_detail_1000"):
        await servers.boot("list", 1000 - kept, each=50, clients=2)
        await load.fixed("nova.server_get", "GET", servers.url + "/" + (await servers.ids("list"))[0])
        for count in 1, 100, 1000:
            await load.fixed("nova.servers_detail_%d" % count, "GET",
                             servers.url + "/detail?name=list&limit=%d" % count)


async def cinder(load, cloud):
    url = cloud.volume + "/volumes"

    async def wait(client, volume, want):
        while True:
            status, _, data = await client.ask("GET", url + "/" + volume, ok=(200, 404), raw=True)
            is_now = 404 if status == 404 else json.loads(data)["volume"]["status"]
            if is_now == want:
                return
            if is_now == 404 or "error" in is_now:
                raise Broken("volume %s: %s" % (volume, is_now))
            await asyncio.sleep(0.05)

    async def make(client, i):
        one = (await client.ask("POST", url, {"volume": {"size": 1, "name": "v%d" % i}}))["volume"]["id"]
        await wait(client, one, "available")
        return one

    async def pair(client, i):
        one = await make(client, i)
        await client.ask("DELETE", url + "/" + one)
        await wait(client, one, 404)
    await load.many(make, 100)
    await load.fixed("cinder.volumes_100", "GET", url + "/detail?limit=100")
    await load.sequence("cinder.volume_cd", pair)


SERVICES = [("keystone", keystone), ("glance", glance), ("placement", placement), ("neutron", neutron), ("nova", nova),
            ("neutron", ports), ("cinder", cinder)]
