#!/usr/bin/env python3
"""A hundred thousand requests that no client would send, over every service, made from their own OpenAPI documents.

None may be answered with a 5xx (501 in words is one), none may go without an answer, every refusal has the service's own
form, and the process lives on in the memory it had. What fails is printed with its seed and as a line of curl.
"""
import argparse
import collections
import json
import multiprocessing
import os
import random
import subprocess
import sys
import time
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from cloud import FAKES, Cloud, Session
import plan
import recipes
import wire

SETS = ["identity.password_cost=4", "network.public_cidr=172.24.0.0/16", "log.level=error"]


# What must hold of an answer

def shape_of_nova(answer, status):
    (name, inner), = answer.items()
    return inner["code"] == status and isinstance(inner["message"], str) and inner["message"]


SHAPES = {
    "keystone": lambda a, s: a["error"]["code"] == s and a["error"]["title"] and a["error"]["message"],
    "nova": shape_of_nova, "cinder": shape_of_nova,
    "neutron": lambda a, s: a["NeutronError"]["type"] and isinstance(a["NeutronError"]["message"], str),
    "placement": lambda a, s: a["errors"][0]["status"] == s and a["errors"][0]["detail"],
}


def complaint(request, status, headers, body, seconds, slow):
    """Why the answer is wrong; None when it is not."""
    if seconds > slow:
        return "took %.1f s" % seconds
    if status >= 500 and not (status == 501 and len(body) > 20):
        return "status %d" % status
    if request.is_rough and status >= 400:
        return None
    if "x-openstack-request-id" not in headers:
        return "no request id"
    if request.method == b"HEAD":
        return None
    is_json = "json" in headers.get("content-type", "")
    answer = None
    if is_json:
        try:
            answer = json.loads(body)
        except ValueError as error:
            return "broken JSON: %s" % error
    if status < 400:
        return None
    if request.service == "glance":
        return None if b"<h1>%d" % status in body else "a refusal in another form"
    try:
        return None if SHAPES[request.service](answer, status) else "a refusal without words"
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        return "a refusal in another form"


# The drive

def work(worker, options, documents, state, queue):
    made = plan.Plan(documents, recipes.RECIPES, state["tokens"], state["ids"])
    lines = {name: wire.Line(port + options.offset, options.hang) for name, port in plan.PORTS.items()}
    statuses, failures, slowest = collections.Counter(), [], 0
    for number in range(options.count // options.workers):
        seed = "%d/%d/%d" % (options.seed, worker, number)
        chance = random.Random(seed)
        request = made.next(chance)
        try:
            status, headers, body, seconds = lines[request.service].ask(
                request.method, request.target, request.headers, request.body)
        except Exception as error:  # whatever went wrong, the request that did it is wanted
            status, why = 0, "no answer: %s: %s" % (type(error).__name__, error)
            headers, body, seconds = {}, b"", 0
            if request.is_rough and isinstance(error, ConnectionError):
                why = None
        else:
            why = complaint(request, status, headers, body, seconds, options.slow)
        statuses[request.service, status] += 1
        slowest = max(slowest, seconds)
        if why:
            failures.append((why, seed, plan.PORTS[request.service] + options.offset, request, status, body[:400]))
            queue.put(("failed", describe(failures[-1])))
            if not os.path.exists("/proc/%d" % state["pid"]):
                break
        if not why and 200 <= status < 300 and body and "json" in headers.get("content-type", ""):
            made.ids.learn(json.loads(body), request.service)
        elif status in (202, 204, 404) and (request.method == b"DELETE" or request.body == b'{"forceDelete": null}'):
            made.ids.forget(request.target.decode("latin1"))
        if number % 200 == 199:
            queue.put(("some", 200))
    queue.put(("ended", (statuses, len(failures), slowest)))


def describe(failure):
    why, seed, port, request, status, body = failure
    return "%s: seed %s, status %s\n  %s\n  %s" % (
        why, seed, status, wire.curl(port, request.method, request.target, request.headers, request.body), body)


def memory(pid):
    """The process's resident memory in MiB."""
    for line in open("/proc/%d/status" % pid):
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0


def prepare(cloud, options, documents):
    admin, demo = Session(cloud, "admin", "admin"), Session(cloud, "demo", "demo")
    ids = plan.Ids()
    for path in ("users", "projects", "domains", "roles", "services", "endpoints", "regions", "groups"):
        answer = admin.call("GET", 5000, "/v3/" + path)
        ids.learn(answer)
        ids.protected |= {one["id"] for one in answer[path]}
    networks = admin.call("GET", 9696, "/v2.0/networks?router:external=true")["networks"]
    ids.external = networks[0]["id"]
    ids.own = admin.project
    ids.host = admin.call("GET", 8774, "/v2.1/os-hypervisors")["hypervisors"][0]["hypervisor_hostname"]
    for port, path in ((9696, "/v2.0/networks"), (8774, "/v2.1/flavors"), (8778, "/resource_providers")):
        ids.learn(admin.call("GET", port, path))
    ids.learn(admin.call("GET", 8774, "/v2.1/os-services", headers={"OpenStack-API-Version": "compute 2.96"}), "nova")
    image = admin.call("POST", 9292, "/v2/images", {
        "name": "steady", "disk_format": "raw", "container_format": "bare", "visibility": "public", "protected": True})
    admin.open("PUT", cloud.url(9292, "/v2/images/%s/file" % image["id"]), data=b"data" * 500,
               headers={"Content-Type": "application/octet-stream"})
    ids.image = image["id"]
    ids.protected.add(ids.image)
    tokens = {"admin": admin.token.encode(), "demo": demo.token.encode(), "project": admin.project.encode(),
              "user": next(u["id"] for u in admin.call("GET", 5000, "/v3/users")["users"] if u["name"] == "admin").encode()}
    state = {"tokens": tokens, "ids": ids, "pid": cloud.process.pid}
    # Every recipe must work at least once, or the drive would not go as deep as it says.
    made = plan.Plan(documents, recipes.RECIPES, tokens, ids)
    chance, worked, refusals = random.Random(options.seed), set(), {}
    lines = {name: wire.Line(port + options.offset, options.hang) for name, port in plan.PORTS.items()}
    for number in range(100):
        if number >= 20 and len(worked) == len({recipe[:3] for recipe in recipes.RECIPES}):
            break
        for recipe in recipes.RECIPES:
            if recipe[1] == "DELETE" and number % 10 < 9:
                continue
            request = made.valid(chance, recipe)
            status, headers, body, _ = lines[request.service].ask(
                request.method, request.target, request.headers, request.body)
            if status < 300:
                worked.add(recipe[:3])
                if body and "json" in headers.get("content-type", ""):
                    ids.learn(json.loads(body), request.service)
                if request.method == b"DELETE":
                    ids.forget(request.target.decode())
            else:
                refusals[recipe[:3]] = (request.target, status, body[:200])
    return state, {recipe: why for recipe, why in refusals.items() if recipe not in worked}


def drive(cloud, options, documents, state):
    queue = multiprocessing.Queue()
    workers = [multiprocessing.Process(target=work, args=(n, options, documents, state, queue))
               for n in range(options.workers)]
    for worker in workers:
        worker.start()
    statuses, failed, ended, sent, slowest, warm = collections.Counter(), 0, 0, 0, 0, None
    start = time.monotonic()
    while ended < len(workers):
        kind, value = queue.get(timeout=options.hang + 60)
        if kind == "failed":
            print(value, flush=True)
        elif kind == "some":
            sent += value
            if warm is None and sent >= options.count * 0.3:
                warm = memory(cloud.process.pid)
        else:
            ended += 1
            statuses.update(value[0])
            failed += value[1]
            slowest = max(slowest, value[2])
    for worker in workers:
        worker.join()
    return statuses, failed, slowest, warm or 0, time.monotonic() - start


def stuck_work(cloud):
    """The long work that could go neither on nor back, as `martlet status` tells it."""
    text = subprocess.run([cloud.binary, "status", "--state", cloud.state], capture_output=True, text=True).stdout
    return "\n".join(line for line in text.splitlines() if "  stuck at" in line)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", default=".build/release/martlet")
    parser.add_argument("--count", type=int, default=100000, help="how many requests of our own")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--offset", type=int, default=31000, help="added to every port")
    parser.add_argument("--slow", type=float, default=5, help="the longest an answer may take, in seconds")
    parser.add_argument("--hang", type=float, default=20, help="when to give up on an answer")
    parser.add_argument("--growth", type=float, default=40, help="MiB that the process may have grown by")
    parser.add_argument("--documents", help="a folder with the services' documents, where the binary serves none")
    parser.add_argument("--set", action="append", default=[], help="a setting more, as `serve` takes it")
    parser.add_argument("--keep", action="store_true", help="leave the state directory")
    options = parser.parse_args()

    cloud = Cloud(options.binary, options.offset, FAKES + SETS + options.set).start()
    try:
        documents = {name: json.load(
            open("%s/%s.json" % (options.documents, name)) if options.documents
            else urllib.request.urlopen(cloud.url(port, "/openapi.json"))) for name, port in plan.PORTS.items()}
        state, missing = prepare(cloud, options, documents)
        for recipe, why in sorted(missing.items()):
            print("never worked: %s %s %s:" % recipe, *why)
        before = memory(cloud.process.pid)
        statuses, failed, slowest, warm, seconds = drive(cloud, options, documents, state)
        alive = cloud.process.poll() is None
        after = memory(cloud.process.pid) if alive else 0
        report(statuses, seconds, slowest)
        print("memory: %.0f MiB before, %.0f MiB after a third, %.0f MiB at the end" % (before, warm, after))
        grown = after - warm > options.growth
        if not alive:
            print("the process died: status %s, see %s" % (cloud.process.returncode, cloud.log.name))
        if grown:
            print("the process grew by %.0f MiB" % (after - warm))
        stuck = stuck_work(cloud) if alive else ""
        if stuck:
            print("work that is stuck:\n" + stuck)
        ending = cloud.stop() if alive else None
        if alive and ending != 0:
            print("the process ended with %s" % ending)
        bad = failed or grown or not alive or ending != 0 or missing or stuck
        print("FAILED: %d requests" % failed if bad else "every answer was in order")
        return 1 if bad else 0
    finally:
        if options.keep:
            cloud.stop()
            print("state in", cloud.state)
        else:
            cloud.remove()


def report(statuses, seconds, slowest):
    total = sum(statuses.values())
    print("%d requests in %.0f s (%.0f a second), the slowest took %.2f s" % (total, seconds, total / seconds, slowest))
    for service in sorted({service for service, _ in statuses}):
        row = sorted((status, count) for (name, status), count in statuses.items() if name == service)
        print("  %-10s %s" % (service, "  ".join("%s: %d" % (status or "none", count) for status, count in row)))


if __name__ == "__main__":
    sys.exit(main())
