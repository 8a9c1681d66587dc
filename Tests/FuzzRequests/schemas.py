#!/usr/bin/env python3
"""Schemathesis on every service's own OpenAPI document, as the administrator and as a member of a project.

No answer may be a 5xx but 501, and answers of the kinds that the document names have the form that it names. What
fails is printed by Schemathesis as a line of curl, with its seed.
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from cloud import FAKES, Cloud, Session

PORTS = {"keystone": 5000, "glance": 9292, "placement": 8778, "neutron": 9696, "cinder": 8776, "nova": 8774}
TYPES = {"placement": "placement 1.39", "cinder": "volume 3.71", "nova": "compute 2.96"}
SETTINGS = """
[checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", 501]
"""


def run(cloud, service, port, token, folder, options):
    """What it found, as text; empty when all was well."""
    settings = os.path.join(folder, "schemathesis.toml")
    with open(settings, "w") as file:
        file.write(SETTINGS)
    words = [os.path.join(os.path.dirname(sys.executable), "schemathesis"), "--config-file", settings, "run",
             cloud.url(port, "/openapi.json"), "--url", cloud.url(port), "--phases", "coverage,fuzzing",
             "--checks", "not_a_server_error,content_type_conformance,response_schema_conformance",
             "-H", "X-Auth-Token: " + token, "-n", str(options.examples), "--seed", str(options.seed),
             "--request-timeout", "20", "--suppress-health-check", "all", "--continue-on-failure", "--warnings", "off",
             "--exclude-method", "TRACE", "--generation-database", "none", "-w", "1"]
    # Under every mount the same rows answer; one is enough.
    words += ["--exclude-path-regex", r"^/v[0-9.]+/\{project_id\}|^/v2/" if service in ("nova", "cinder") else "^/nothing$"]
    if service in TYPES:
        words += ["-H", "OpenStack-API-Version: " + TYPES[service]]
    start = time.monotonic()
    done = subprocess.run(words, capture_output=True, text=True, cwd=folder)
    text = done.stdout + done.stderr
    count = re.search(r"([\d,]+) generated", text)
    print("  %-10s %s requests, %.0f s, %s" % (
        service, count.group(1) if count else "?", time.monotonic() - start, "ok" if done.returncode == 0 else "FAILED"),
        flush=True)
    return int(count.group(1).replace(",", "")) if count else 0, "" if done.returncode == 0 else text


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", default=".build/release/martlet")
    parser.add_argument("--offset", type=int, default=31000, help="added to every port")
    parser.add_argument("--examples", type=int, default=20, help="of each operation")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="names of services, with commas between")
    options = parser.parse_args()
    cloud = Cloud(options.binary, options.offset, FAKES + ["identity.password_cost=4", "log.level=error"]).start()
    total, failures = 0, []
    try:
        for user, project in (("admin", "admin"), ("demo", "demo")):
            print("as " + user)
            for service, port in PORTS.items():
                if options.only and service not in options.only.split(","):
                    continue
                token = Session(cloud, user, project).token
                with tempfile.TemporaryDirectory(dir=cloud.state) as folder:
                    count, found = run(cloud, service, port, token, folder, options)
                total += count
                if found:
                    failures.append(found)
                    print(found)
        alive = cloud.process.poll() is None
        print("%d requests by Schemathesis, %d of its runs failed%s" % (
            total, len(failures), "" if alive else "; the process died"))
        return 1 if failures or not alive else 0
    finally:
        cloud.remove()


if __name__ == "__main__":
    sys.exit(main())
