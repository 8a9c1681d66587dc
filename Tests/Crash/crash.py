#!/usr/bin/env python3
"""Kills the cloud with kill -9 again and again in the middle of its work, and counts what is left.

Twenty boots are always in flight; servers, volumes and attachments come and go. After the last restart every server
must become ACTIVE, or ERROR with a reason, or be gone as asked, within 60 seconds; and no port, allocation, volume
attachment or guest may be there without its owner. A run is repeated with --seed.
"""
import argparse
import http.client
import json
import os
import random
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from cloud import FAKES, Cloud, Refused, Session, wait  # noqa: E402

UNLIMITED = ["quota.%s=-1" % name for name in ("instances", "cores", "ram", "volumes", "gigabytes")]
LOST = (OSError, http.client.HTTPException, ValueError)  # what a caller sees of a cloud that dies under it


class Users:
    """What users do, over and over, while the cloud lives."""

    def __init__(self, cloud, seed, flight):
        self.cloud, self.random, self.flight = cloud, random.Random(seed), flight
        self.asked_to_go, self.made, self.refused = set(), 0, []
        self.stopping = threading.Event()

    def prepare(self):
        s = Session(self.cloud, "admin", "admin")
        image = s.call("POST", 9292, "/v2/images", {"name": "small", "disk_format": "raw", "container_format": "bare"})
        s.open("PUT", self.cloud.url(9292, "/v2/images/%s/file" % image["id"]), data=b"\0" * 65536,
               headers={"Content-Type": "application/octet-stream"})
        net = s.call("POST", 9696, "/v2.0/networks", {"network": {"name": "crash"}})["network"]
        s.call("POST", 9696, "/v2.0/subnets",
               {"subnet": {"network_id": net["id"], "ip_version": 4, "cidr": "10.10.0.0/16"}})
        self.image, self.network = image["id"], net["id"]

    def run(self):
        while not self.stopping.is_set():
            try:
                session = Session(self.cloud, "admin", "admin")
                while not self.stopping.is_set():
                    self.act(session)
            except LOST:
                time.sleep(0.05)
            except Refused as refusal:
                if refusal.status >= 500 and refusal.status != 503:
                    self.refused.append(str(refusal))
                time.sleep(0.02)

    def act(self, s):
        servers = s.call("GET", 8774, "/v2.1/servers/detail")["servers"]
        building = [x for x in servers if x["status"] == "BUILD"]
        for _ in range(self.flight - len(building)):
            self.made += 1
            s.call("POST", 8774, "/v2.1/servers", {"server": {
                "name": "crash-%d" % self.made, "imageRef": self.image, "flavorRef": "1",
                "networks": [{"uuid": self.network}]}})
        if servers and (len(servers) > 60 or self.random.random() < 0.5):
            for victim in self.random.sample(servers, min(8, len(servers))):
                self.asked_to_go.add(victim["id"])
                s.call("DELETE", 8774, "/v2.1/servers/" + victim["id"])
        active = [x for x in servers if x["status"] == "ACTIVE" and x["id"] not in self.asked_to_go]
        if active:
            self.volume(s, self.random.choice(active)["id"])

    def volume(self, s, server):
        volumes = s.call("GET", 8776, "/v3/volumes/detail")["volumes"]
        free = [v["id"] for v in volumes if v["status"] == "available"]
        if len(volumes) < 20:
            s.call("POST", 8776, "/v3/volumes", {"volume": {"size": 1}})
        if free:
            s.call("POST", 8774, "/v2.1/servers/%s/os-volume_attachments" % server,
                   {"volumeAttachment": {"volumeId": self.random.choice(free)}})


def settled(s, users):
    """Whether every server has reached an end; None while one is on its way."""
    servers = s.call("GET", 8774, "/v2.1/servers/detail?limit=1000")["servers"]
    for x in servers:
        if x["status"] not in ("ACTIVE", "ERROR", "SHUTOFF") or x["OS-EXT-STS:task_state"]:
            return None
        if x["id"] in users.asked_to_go and x["status"] != "ERROR":
            return None
    volumes = s.call("GET", 8776, "/v3/volumes/detail")["volumes"]
    if any(v["status"] not in ("available", "in-use", "error") for v in volumes):
        return None
    return servers or True


def leftovers(s, state):
    """Everything that has lost its owner."""
    wrong = []
    servers = {x["id"]: x for x in s.call("GET", 8774, "/v2.1/servers/detail?all_tenants=1&limit=1000")["servers"]}
    for x in servers.values():
        if x["status"] == "ERROR" and not x.get("fault", {}).get("message"):
            wrong.append("server %s is in ERROR without a reason" % x["id"])
    ports = {}
    for port in s.call("GET", 9696, "/v2.0/ports")["ports"]:
        if port["device_owner"].startswith("compute:"):
            ports.setdefault(port["device_id"], []).append(port["id"])
            if port["device_id"] not in servers:
                wrong.append("port %s belongs to no server" % port["id"])
    addresses = [(p["network_id"], f["ip_address"]) for p in s.call("GET", 9696, "/v2.0/ports")["ports"]
                 for f in p["fixed_ips"]]
    for address in {a for a in addresses if addresses.count(a) > 1}:
        wrong.append("address %s is given twice" % (address,))
    for x in servers.values():
        if x["status"] == "ACTIVE" and len(ports.get(x["id"], [])) != 1:
            wrong.append("server %s has %d ports, not one" % (x["id"], len(ports.get(x["id"], []))))
    version = {"OpenStack-API-Version": "placement 1.39"}
    for provider in s.call("GET", 8778, "/resource_providers", headers=version)["resource_providers"]:
        held = s.call("GET", 8778, "/resource_providers/%s/allocations" % provider["uuid"], headers=version)["allocations"]
        wrong += ["allocation of %s belongs to no server" % c for c in held if c not in servers]
        for x in servers.values():
            if x["status"] == "ACTIVE" and x["id"] not in held:
                wrong.append("server %s runs without an allocation" % x["id"])
    attached = {}
    for v in s.call("GET", 8776, "/v3/volumes/detail?all_tenants=1")["volumes"]:
        for a in v["attachments"]:
            attached[v["id"]] = a["server_id"]
            if a["server_id"] not in servers:
                wrong.append("volume %s is attached to no server" % v["id"])
        if v["status"] == "in-use" and not v["attachments"]:
            wrong.append("volume %s is in use by nobody" % v["id"])
    for x in servers.values():
        for a in s.call("GET", 8774, "/v2.1/servers/%s/os-volume_attachments" % x["id"])["volumeAttachments"]:
            if attached.get(a["volumeId"]) != x["id"]:
                wrong.append("server %s believes to have volume %s" % (x["id"], a["volumeId"]))
    text = ""
    for root, _, files in os.walk(os.path.join(state, "hypervisor")):
        for name in files:
            text += name + open(os.path.join(root, name)).read()
    for root, _, files in os.walk(os.path.join(state, "disks")):
        text += root + " ".join(files)
    active = [x["id"] for x in servers.values() if x["status"] == "ACTIVE"]
    wrong += ["server %s has no guest" % x for x in active if x not in text]
    return wrong, servers


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--binary", default=".build/release/martlet")
    options.add_argument("--kills", type=int, default=20)
    options.add_argument("--flight", type=int, default=20)
    options.add_argument("--seed", type=int, default=int(time.time()))
    options = options.parse_args()
    chance = random.Random(options.seed)
    cloud = Cloud(options.binary, offset=21000, sets=FAKES + UNLIMITED + ["log.level=warning"]).start()
    print("seed %d, state %s" % (options.seed, cloud.state), flush=True)
    users = Users(cloud, options.seed, options.flight)
    wait(30, "a compute host", lambda: Session(cloud, "admin", "admin").call("GET", 8774, "/v2.1/os-hypervisors")["hypervisors"])
    users.prepare()
    threads = [threading.Thread(target=users.run, daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    for n in range(options.kills):
        time.sleep(chance.uniform(0.05, 1.5))
        cloud.kill()
        cloud.start()
        print("kill %2d: %s" % (n + 1, cloud.ready.split(":")[0]), flush=True)
    time.sleep(0.5)
    users.stopping.set()
    for thread in threads:
        thread.join()
    # What users asked for last may have died with the cloud before it was heard; they ask again.
    s = Session(cloud, "admin", "admin")
    for server in s.call("GET", 8774, "/v2.1/servers?limit=1000")["servers"]:
        if server["id"] in users.asked_to_go:
            s.call("DELETE", 8774, "/v2.1/servers/" + server["id"])
    start = time.monotonic()
    wait(60, "every server at an end", lambda: settled(s, users))
    took = time.monotonic() - start
    wrong, servers = leftovers(s, cloud.state)
    if wrong:
        time.sleep(5)  # reconcilers may be on their way
        wrong, servers = leftovers(s, cloud.state)
    states = {}
    for x in servers.values():
        states[x["status"]] = states.get(x["status"], 0) + 1
    print("%d boots asked for, %d deletes; settled after %.1f s: %s" % (
        users.made, len(users.asked_to_go), took, json.dumps(states)))
    for line in wrong + ["answered %s" % r for r in sorted(set(users.refused))]:
        print("WRONG  " + line)
    status = cloud.stop()
    if status != 0:
        wrong.append("SIGTERM: status %r" % status)
        print("WRONG  " + wrong[-1])
    failed = len(wrong) + len(set(users.refused))
    if not failed:
        cloud.remove()
    print("%d passed, %d failed" % (options.kills, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
