#!/usr/bin/env python3
"""Start time, idle memory, binary size, and the rate and CPU of common requests, of one martlet on the fakes."""
import argparse
import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from cloud import FAKES, Cloud, Session, wait  # noqa: E402

TICK = os.sysconf("SC_CLK_TCK")


def memory(pid):
    """Resident memory in MiB."""
    return int(re.search(r"VmRSS:\s+(\d+)", open("/proc/%d/status" % pid).read()).group(1)) / 1024


def cpu(pid):
    fields = open("/proc/%d/stat" % pid).read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def ready(cloud):
    return float(re.match(r"ready in ([\d.]+) s", cloud.ready).group(1))


def wrk(cloud, session, what, url, seconds):
    before, start = cpu(cloud.process.pid), time.monotonic()
    out = subprocess.run(
        ["wrk", "-t1", "-c8", "-d%ds" % seconds, "--latency", "-H", "X-Auth-Token: " + session.token, url],
        capture_output=True, text=True, check=True).stdout
    used, took = cpu(cloud.process.pid) - before, time.monotonic() - start
    n = int(re.search(r"(\d+) requests in", out).group(1))
    p99 = re.search(r"^\s+99%\s+(\S+)", out, re.M).group(1)
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    print("%-28s %9.0f /s   p99 %9s   %7.3f CPU s per 1,000%s" % (
        what, n / took, p99, used / n * 1000, "   %s refused" % bad.group(1) if bad else ""), flush=True)


def boots(cloud, session, count, image, network):
    """Boots on the fake hypervisor, from the request to ACTIVE."""
    before, start = cpu(cloud.process.pid), time.monotonic()
    ids = [session.call("POST", 8774, "/v2.1/servers", {"server": {
        "name": "bench", "imageRef": image, "flavorRef": "1", "networks": [{"uuid": network}]}})["server"]["id"]
        for _ in range(count)]

    def done():
        servers = session.call("GET", 8774, "/v2.1/servers/detail?limit=1000")["servers"]
        return all(s["status"] == "ACTIVE" for s in servers if s["id"] in ids)
    wait(60, "%d boots" % count, done, pause=0.02)
    took = time.monotonic() - start
    print("%-28s %9.1f /s   %37.3f CPU s per 1,000" % (
        "boots on the fake hypervisor", count / took, (cpu(cloud.process.pid) - before) / count * 1000), flush=True)


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--binary", default=".build/release/martlet")
    options.add_argument("--seconds", type=int, default=5)
    options = options.parse_args()
    sets = FAKES + ["log.level=warning", "quota.instances=-1", "quota.cores=-1", "quota.ram=-1"]
    cloud = Cloud(options.binary, offset=22000, sets=sets).start()
    print("start from nothing           %9.2f s" % ready(cloud))
    cloud.stop()
    cloud.start()
    print("start from existing state    %9.2f s" % ready(cloud))
    time.sleep(3)
    print("resident memory when idle    %9.1f MiB" % memory(cloud.process.pid))
    print("binary                       %9.1f MiB" % (os.path.getsize(cloud.binary) / 2**20), flush=True)
    s = Session(cloud, "admin", "admin")
    image = s.call("POST", 9292, "/v2/images", {"name": "b", "disk_format": "raw", "container_format": "bare"})["id"]
    s.open("PUT", cloud.url(9292, "/v2/images/%s/file" % image), data=b"\0" * 65536,
           headers={"Content-Type": "application/octet-stream"})
    net = s.call("POST", 9696, "/v2.0/networks", {"network": {"name": "b"}})["network"]["id"]
    s.call("POST", 9696, "/v2.0/subnets", {"subnet": {"network_id": net, "ip_version": 4, "cidr": "10.20.0.0/16"}})
    boots(cloud, s, 50, image, net)
    server = s.call("GET", 8774, "/v2.1/servers")["servers"][0]["id"]
    for what, port, path in (
            ("keystone: version", 5000, "/v3"), ("keystone: catalogue", 5000, "/v3/auth/catalog"),
            ("keystone: projects", 5000, "/v3/projects"), ("glance: one image", 9292, "/v2/images/" + image),
            ("neutron: networks", 9696, "/v2.0/networks"), ("neutron: 50 ports", 9696, "/v2.0/ports"),
            ("cinder: volumes", 8776, "/v3/volumes/detail"), ("placement: providers", 8778, "/resource_providers"),
            ("nova: flavors", 8774, "/v2.1/flavors/detail"), ("nova: one server", 8774, "/v2.1/servers/" + server),
            ("nova: 50 servers, detail", 8774, "/v2.1/servers/detail")):
        wrk(cloud, s, what, cloud.url(port, path), options.seconds)
    print("resident memory after that   %9.1f MiB" % memory(cloud.process.pid))
    cloud.remove()
    return 0


if __name__ == "__main__":
    sys.exit(main())
