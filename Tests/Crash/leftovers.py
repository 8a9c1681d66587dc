"""What may be left when a cloud has come to rest: nothing that has lost its owner.

The APIs are asked as any administrator may; the store and the fakes' files are read beside them, since what the APIs
do not show is just what nobody would ever find.
"""
import json
import os
import sqlite3

PLACEMENT = {"OpenStack-API-Version": "placement 1.39"}
# What a guest is, on the host, for a server in that status; ERROR may be either.
POWER = {"ACTIVE": {"running"}, "SHUTOFF": {"stopped"}, "PAUSED": {"paused"}}


def known(state, folder, file):
    """What a fake remembers, by id: its file has a line for each change."""
    path, parts = os.path.join(state, folder, file), {}
    for line in open(path) if os.path.exists(path) else ():
        one, part = json.loads(line)
        parts[one] = part
    return {one: part for one, part in parts.items() if part is not None}


def pages(s, port, path, what):
    """The whole of a list, page after page."""
    rows, marker = [], ""
    while True:
        page = s.call("GET", port, path + ("&" if "?" in path else "?") + "limit=500" + marker)[what]
        rows += page
        if len(page) < 500:
            return rows
        marker = "&marker=" + page[-1]["id"]


class Rest:
    """A cloud at rest, and what is wrong with it."""

    def __init__(self, s, state):
        self.s, self.state, self.wrong = s, state, []
        self.servers = {x["id"]: x for x in pages(s, 8774, "/v2.1/servers/detail?all_tenants=1", "servers")}
        self.volumes = {v["id"]: v for v in pages(s, 8776, "/v3/volumes/detail?all_tenants=1", "volumes")}
        self.ports = s.call("GET", 9696, "/v2.0/ports")["ports"]
        self.guests = known(state, "hypervisor", "fake-guests.jsonl")

    def check(self):
        for x in self.servers.values():
            if x["status"] == "ERROR" and not x.get("fault", {}).get("message"):
                self.say("server %s is in ERROR without a reason" % x["id"])
        self.check_ports()
        self.check_allocations()
        self.check_attachments()
        self.check_guests()
        self.check_disks()
        self.check_images()
        return self.wrong

    def say(self, line):
        self.wrong.append(line)

    def running(self):
        """Servers that must have everything they were made with."""
        return [x for x in self.servers.values() if x["status"] in POWER]

    def check_ports(self):
        mine, addresses, serving = {}, set(), {}
        for port in self.ports:
            if port["device_owner"].startswith("compute:"):
                mine.setdefault(port["device_id"], set()).add(port["id"])
                if port["device_id"] not in self.servers:
                    self.say("port %s belongs to no server" % port["id"])
            elif port["device_owner"] == "network:dhcp":
                serving[port["network_id"]] = serving.get(port["network_id"], 0) + 1
            else:
                self.say("port %s of %r belongs to nobody" % (port["id"], port["device_owner"]))
            for fixed in port["fixed_ips"]:
                address = (port["network_id"], fixed["ip_address"])
                if address in addresses:
                    self.say("address %s is given twice" % (address,))
                addresses.add(address)
        for network, count in serving.items():
            if count > 1:
                self.say("network %s has %d DHCP ports" % (network, count))
        for x in self.running():
            shown = {i["port_id"] for i in self.s.call("GET", 8774, "/v2.1/servers/%s/os-interface" % x["id"])[
                "interfaceAttachments"]}
            cards = {n["mac"] for n in self.guests.get(x["id"], {}).get("spec", {}).get("nics", [])}
            macs = {p["mac_address"] for p in self.ports if p["id"] in mine.get(x["id"], ())}
            if not macs or shown != mine.get(x["id"], set()):
                self.say("server %s shows ports %s, has %s" % (x["id"], shown, mine.get(x["id"])))
            if x["status"] != "SHUTOFF" and cards != macs:  # a stopped guest gets its cards when it starts
                self.say("server %s has cards %s, its ports are %s" % (x["id"], cards, macs))

    def check_allocations(self):
        for provider in self.s.call("GET", 8778, "/resource_providers", headers=PLACEMENT)["resource_providers"]:
            path = "/resource_providers/%s/allocations" % provider["uuid"]
            held = self.s.call("GET", 8778, path, headers=PLACEMENT)["allocations"]
            for consumer in held:
                if consumer not in self.servers:
                    self.say("an allocation of %s belongs to no server" % consumer)
            for x in self.running():
                if x["id"] not in held:
                    self.say("server %s is there without an allocation" % x["id"])

    def check_attachments(self):
        attached = {}
        snapshots = pages(self.s, 8776, "/v3/snapshots/detail?all_tenants=1", "snapshots")
        pictured = {x["volume_id"] for x in snapshots}
        images = {x["id"] for x in pages(self.s, 9292, "/v2/images", "images")}
        for x in snapshots:
            if x["metadata"].get("taken_for_image") not in images:
                self.say("snapshot %s was taken for an image that is not there" % x["id"])
        for v in self.volumes.values():
            for a in v["attachments"]:
                attached.setdefault(a["server_id"], set()).add(v["id"])
                if a["server_id"] not in self.servers:
                    self.say("volume %s is attached to no server" % v["id"])
            if v["status"] == "in-use" and not v["attachments"]:
                self.say("volume %s is in use by nobody" % v["id"])
            # What users did not ask for was made for a server, and is to end with it, unless an image names it.
            if v["name"] != "users" and not v["attachments"] and v["id"] not in pictured:
                self.say("volume %s was made for a server that does not have it: %s" % (v["id"], v["metadata"]))
        for x in self.servers.values():
            path = "/v2.1/servers/%s/os-volume_attachments" % x["id"]
            believed = {a["volumeId"] for a in self.s.call("GET", 8774, path)["volumeAttachments"]}
            if believed != attached.get(x["id"], set()):
                self.say("server %s believes to have volumes %s, has %s" % (x["id"], believed, attached.get(x["id"])))
            if x["id"] in self.guests and x["status"] in POWER:
                disks = {d["serial"] for d in self.guests[x["id"]]["spec"]["disks"]} - {"root", "config"}
                # A stopped guest's description is made anew when it starts.
                if x["status"] != "SHUTOFF" and disks != believed:
                    self.say("the guest of server %s has disks %s, not %s" % (x["id"], disks, believed))

    def check_guests(self):
        for x in self.running():
            power = self.guests.get(x["id"], {}).get("power")
            if power not in POWER[x["status"]]:
                self.say("server %s is %s, its guest is %s" % (x["id"], x["status"], power or "not there"))
        for one in self.guests:
            if one not in self.servers:
                self.say("guest %s belongs to no server" % one)

    def check_disks(self):
        disks = known(self.state, "disks", "fake-disks.jsonl")
        volumes = known(self.state, "volumes", "fake-volumes.jsonl")
        self.wrong += ["the disks of %s belong to no server" % x for x in disks if x not in self.servers]
        self.wrong += ["server %s has no disks" % x["id"] for x in self.running() if x["image"] and x["id"] not in disks]
        self.wrong += ["the disk of volume %s belongs to nothing" % v for v in volumes if v not in self.volumes]
        for v in self.volumes.values():
            if v["status"] in ("available", "in-use") and v["id"] not in volumes:
                self.say("volume %s has no disk" % v["id"])
        for folder, files in (("disks", {"fake-bases.jsonl", "fake-disks.jsonl"}),
                              ("hypervisor", {"fake-guests.jsonl"}),
                              ("volumes", {"fake-volumes.jsonl", "fake-snapshots.jsonl"})):
            top = os.path.join(self.state, folder)
            for root, _, names in os.walk(top):
                for name in names:
                    if root != top or name not in files:
                        self.say("file %s is a leftover" % os.path.join(root, name))

    def check_images(self):
        for image in self.s.call("GET", 9292, "/v2/images?limit=1000")["images"]:
            if image["status"] != "active":
                self.say("image %s is %s" % (image["id"], image["status"]))


def store(state, users):
    """What the store itself holds after the cloud has ended."""
    wrong = []
    db = sqlite3.connect("file:%s/martlet.db?mode=ro" % state, uri=True)
    one = lambda text, *values: db.execute(text, values).fetchone()[0]  # noqa: E731
    if one("PRAGMA integrity_check") != "ok":
        wrong.append("the store is damaged")
    for name, subject, phase, fault in db.execute("SELECT name, subject, phase, fault FROM sagas"):
        wrong.append("saga %s on %s is left, %s: %s" % (name, subject, phase, fault))
    for table, condition, what in (
            ("neutron_addresses", "port_id NOT IN (SELECT id FROM neutron_ports)", "addresses without a port"),
            ("nova_volume_attachments", "server_id NOT IN (SELECT id FROM nova_servers)", "attachments of no server"),
            ("nova_volume_attachments", "attachment_id NOT IN (SELECT id FROM cinder_attachments)",
             "attachments that cinder does not know"),
            ("cinder_attachments", "volume_id NOT IN (SELECT id FROM cinder_volumes)", "attachments of no volume"),
            ("cinder_attachments", "id NOT IN (SELECT attachment_id FROM nova_volume_attachments)",
             "attachments that nova does not know"),
            ("placement_consumers", "id NOT IN (SELECT consumer_id FROM placement_allocations)", "idle consumers"),
            ("nova_servers", "saga IS NOT NULL OR doing IS NOT NULL", "servers held by nothing"),
            ("cinder_volumes", "saga IS NOT NULL OR doing IS NOT NULL", "volumes held by nothing"),
            ("nova_instance_actions", "finish_time IS NULL", "actions without an end")):
        count = one("SELECT COUNT(*) FROM %s WHERE %s" % (table, condition))
        if count:
            wrong.append("%s: %d %s" % (table, count, what))
    # Every server that was ever answered to a user has its story in the change log, to the end.
    told = dict(db.execute("SELECT record_id, group_concat(DISTINCT action) FROM changes"
                           " WHERE table_name = 'nova_servers' GROUP BY record_id"))
    alive = {row[0] for row in db.execute("SELECT id FROM nova_servers")}
    for server in users.answered | alive:
        actions = (told.get(server) or "").split(",")
        if "insert" not in actions or ("delete" in actions) != (server not in alive):
            wrong.append("the change log tells %s of server %s, which is %s" % (
                actions, server, "there" if server in alive else "gone"))
    db.close()
    return wrong
