#!/usr/bin/env python3
"""Kills the cloud with kill -9 again and again in the middle of its work, and counts what is left.

Twenty boots are always in flight; servers, volumes, attachments, cards and snapshots come and go. After the last
restart every server must become what was asked, or ERROR with a reason, or be gone, within 60 seconds; and nothing may
be there without its owner: see leftovers.py. A run is repeated with --seed.
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
from leftovers import Rest, pages, store  # noqa: E402

UNLIMITED = ["quota.%s=-1" % name for name in ("instances", "cores", "ram", "volumes", "gigabytes")]
LOST = (OSError, http.client.HTTPException, ValueError)  # what a caller sees of a cloud that dies under it


class Users:
    """What users do, over and over, while the cloud lives."""

    def __init__(self, cloud, seed, flight):
        self.cloud, self.random, self.flight = cloud, random.Random(seed), flight
        self.asked_to_go, self.answered, self.made, self.refused = set(), set(), 0, []
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

    def ask(self, s, *words):
        """Asks, and takes a refusal: others work on the same things. Only a 5xx is the cloud's fault,
        save for what it says that it does not offer."""
        try:
            return s.call(*words)
        except Refused as refusal:
            if refusal.status >= 500 and refusal.status not in (501, 503):
                self.refused.append("%s %s: %s" % (words[0], words[2], refusal))
            return None

    def act(self, s):
        servers = pages(s, 8774, "/v2.1/servers/detail", "servers")
        building = [x for x in servers if x["status"] == "BUILD"]
        for _ in range(self.flight - len(building)):
            self.boot(s)
        if servers and (len(servers) > 60 or self.random.random() < 0.5):
            for victim in self.random.sample(servers, min(8, len(servers))):
                self.asked_to_go.add(victim["id"])
                self.ask(s, "DELETE", 8774, "/v2.1/servers/" + victim["id"])
        steady = [x["id"] for x in servers if x["status"] in ("ACTIVE", "SHUTOFF") and x["id"] not in self.asked_to_go]
        volumes = pages(s, 8776, "/v3/volumes/detail?name=users", "volumes")
        if len(volumes) < 20:
            self.ask(s, "POST", 8776, "/v3/volumes", {"volume": {"size": 1, "name": "users"}})
        if steady:
            for act in self.random.sample([self.attach, self.detach, self.power, self.card, self.picture], 3):
                act(s, self.random.choice(steady), volumes)
        if volumes and self.random.random() < 0.2:
            self.ask(s, "DELETE", 8776, "/v3/volumes/" + self.random.choice(volumes)["id"])

    def boot(self, s):
        self.made += 1
        server = {"name": "crash-%d" % self.made, "flavorRef": "1", "networks": [{"uuid": self.network}]}
        if self.made % 10 == 0:
            server["block_device_mapping_v2"] = [{
                "boot_index": 0, "uuid": self.image, "source_type": "image", "destination_type": "volume",
                "volume_size": 1, "delete_on_termination": True}]
        else:
            server["imageRef"] = self.image
        made = self.ask(s, "POST", 8774, "/v2.1/servers", {"server": server})
        if made:
            self.answered.add(made["server"]["id"])

    def attach(self, s, server, volumes):
        free = [v["id"] for v in volumes if v["status"] == "available"]
        if free:
            self.ask(s, "POST", 8774, "/v2.1/servers/%s/os-volume_attachments" % server,
                     {"volumeAttachment": {"volumeId": self.random.choice(free)}})

    def detach(self, s, server, volumes):
        used = [a for v in volumes for a in v["attachments"]]
        if used:
            one = self.random.choice(used)
            self.ask(s, "DELETE", 8774, "/v2.1/servers/%s/os-volume_attachments/%s" % (
                one["server_id"], one["volume_id"]))

    def power(self, s, server, volumes):
        word = self.random.choice([{"os-stop": None}, {"os-start": None}, {"reboot": {"type": "HARD"}}])
        self.ask(s, "POST", 8774, "/v2.1/servers/%s/action" % server, word)

    def card(self, s, server, volumes):
        path = "/v2.1/servers/%s/os-interface" % server
        cards = (self.ask(s, "GET", 8774, path) or {}).get("interfaceAttachments", [])
        if len(cards) > 1:
            self.ask(s, "DELETE", 8774, path + "/" + cards[-1]["port_id"])
        else:
            self.ask(s, "POST", 8774, path, {"interfaceAttachment": {"net_id": self.network}})

    def picture(self, s, server, volumes):
        self.ask(s, "POST", 8774, "/v2.1/servers/%s/action" % server, {"createImage": {"name": "picture"}})


def settled(s, users):
    """Whether everything has reached an end; None while something is on its way."""
    servers = pages(s, 8774, "/v2.1/servers/detail", "servers")
    for x in servers:
        if x["status"] not in ("ACTIVE", "ERROR", "SHUTOFF") or x["OS-EXT-STS:task_state"]:
            return None
        if x["id"] in users.asked_to_go and x["status"] != "ERROR":
            return None
    volumes = pages(s, 8776, "/v3/volumes/detail", "volumes")
    if any(v["status"] not in ("available", "in-use", "error") for v in volumes):
        return None
    return servers or True


def harm(cloud, users, chance, kills):
    """Users work, and the cloud is killed under them."""
    threads = [threading.Thread(target=users.run, daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    for n in range(kills):
        time.sleep(chance.uniform(0.05, 1.5))
        cloud.kill()
        cloud.start()
        print("kill %2d: %s" % (n + 1, cloud.ready.split(":")[0]), flush=True)
    time.sleep(0.5)
    users.stopping.set()
    for thread in threads:
        thread.join()


def examine(cloud, users):
    """Lets the cloud come to rest, ends it, and says what is wrong."""
    # What users asked for last may have died with the cloud before it was heard; they ask again.
    s = Session(cloud, "admin", "admin")
    for server in pages(s, 8774, "/v2.1/servers", "servers"):
        if server["id"] in users.asked_to_go:
            users.ask(s, "DELETE", 8774, "/v2.1/servers/" + server["id"])
    start = time.monotonic()
    wait(60, "everything at an end", lambda: settled(s, users))
    took = time.monotonic() - start
    # What died between two services is found by comparing them, which reconcilers do in turn.
    while True:
        rest = Rest(s, cloud.state)
        if not rest.check() or time.monotonic() - start > 60:
            break
        time.sleep(1)
    states = {}
    for x in rest.servers.values():
        states[x["status"]] = states.get(x["status"], 0) + 1
    print("%d boots asked for, %d deletes; settled after %.1f s, nothing left over after %.1f s: %s" % (
        users.made, len(users.asked_to_go), took, time.monotonic() - start, json.dumps(states)))
    for x in rest.servers.values():
        if x["status"] == "ERROR":
            print("  %s: %s" % (x["name"], x.get("fault", {}).get("message")))
    status = cloud.stop()
    wrong = rest.wrong + store(cloud.state, users) + ["answered %s" % r for r in sorted(set(users.refused))]
    if status != 0:
        wrong.append("SIGTERM: status %r" % status)
    return wrong


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--binary", default=".build/release/martlet")
    options.add_argument("--kills", type=int, default=20)
    options.add_argument("--flight", type=int, default=20)
    options.add_argument("--offset", type=int, default=21000)
    options.add_argument("--seed", type=int, default=int(time.time()))
    options = options.parse_args()
    cloud = Cloud(options.binary, offset=options.offset, sets=FAKES + UNLIMITED + ["log.level=warning"])
    try:
        cloud.start()
        print("seed %d, state %s" % (options.seed, cloud.state), flush=True)
        users = Users(cloud, options.seed, options.flight)
        wait(30, "a compute host",
             lambda: Session(cloud, "admin", "admin").call("GET", 8774, "/v2.1/os-hypervisors")["hypervisors"])
        users.prepare()
        harm(cloud, users, random.Random(options.seed), options.kills)
        wrong = examine(cloud, users)
    finally:
        cloud.stop()
    for line in wrong:
        print("WRONG  " + line)
    if not wrong:
        cloud.remove()
    print("%d passed, %d failed" % (options.kills, len(wrong)))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
