#!/usr/bin/env python3
"""Drives a cloud on the fakes as its users do, with the genuine openstacksdk and `openstack`; nothing of either is
changed. The breadth is here, in one process, since a call of `openstack` costs a second; commands.sh has the rest.
"""
import argparse
import os
import subprocess
import sys
import tempfile
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))
from cloud import FAKES, Cloud  # noqa: E402


class Check:
    """Counts what holds and what does not."""

    def __init__(self):
        self.passed, self.failed = 0, 0

    def __call__(self, what, holds, detail=""):
        if holds:
            self.passed += 1
            print("ok %3d  %s" % (self.passed, what), flush=True)
        else:
            self.failed += 1
            print("FAILED  %s  %s" % (what, detail), flush=True)
        return bool(holds)

    def same(self, what, found, expected):
        return self(what, found == expected, "%r, not %r" % (found, expected))

    def refused(self, what, status, call, words=""):
        """That the call is refused with this status, in words that say why."""
        import keystoneauth1.exceptions
        import openstack.exceptions
        try:
            result = call()
        except (openstack.exceptions.HttpException, keystoneauth1.exceptions.HttpError) as error:
            found = getattr(error, "status_code", None) or error.http_status
            return self(what, found == status and words.lower() in str(error).lower(), "%s %s" % (found, error))
        return self(what, False, "it was allowed: %r" % (result,))

    def until(self, what, probe, seconds=30):
        end = time.monotonic() + seconds
        while True:
            last = probe()
            if last or time.monotonic() > end:
                return self(what, last, "not within %d s" % seconds)
            time.sleep(0.1)


class Visit:
    """A cloud and those who use it."""

    def __init__(self, cloud, check):
        import openstack
        self.cloud, self.check = cloud, check
        self.config = os.path.join(cloud.state, "clouds.yaml")
        os.environ["OS_CLIENT_CONFIG_FILE"] = self.config
        self.demo = openstack.connect(cloud="demo")
        self.admin = openstack.connect(cloud="martlet")
        self.work = tempfile.mkdtemp(prefix="work-", dir=cloud.state)

    def as_user(self, name, password, project):
        import openstack
        return openstack.connect(
            auth_url=self.cloud.url(5000, "/v3"), username=name, password=password, project_name=project,
            user_domain_id="default", project_domain_id="default", region_name="RegionOne", load_yaml_config=False,
            load_envvars=False)


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--binary", default=".build/release/martlet")
    options.add_argument("--clients", default=".build/clients/bin")
    options.add_argument("--offset", type=int, default=22000)
    options.add_argument("--only", default="", help="names of parts, with commas between")
    options = options.parse_args()
    import descriptions, identity, images, networks, refusals, servers, volumes  # noqa: E401,E402
    parts = [identity.run, images.run, networks.run, volumes.run, servers.run, refusals.run, descriptions.run]
    parts = [p for p in parts if not options.only or p.__module__ in options.only.split(",")]
    check, start = Check(), time.monotonic()
    cloud = Cloud(options.binary, offset=options.offset, sets=FAKES + ["compute.shutdown_timeout=2"])
    try:
        cloud.start()
        visit = Visit(cloud, check)
        for part in parts:
            print("# " + part.__module__, flush=True)
            try:
                part(visit, check)
            except Exception:  # the rest is looked at all the same
                traceback.print_exc()
                check("%s goes through to its end" % part.__module__, False)
        if not options.only or "commands" in options.only:
            commands(visit, check, options.clients)
        status = cloud.stop()
        check.same("the cloud ends on SIGTERM", status, 0)
    finally:
        cloud.stop()
    if check.failed:
        print("state and log are kept in " + cloud.state)
    else:
        cloud.remove()
    print("# %.0f s" % (time.monotonic() - start))
    print("%d passed, %d failed" % (check.passed, check.failed))
    return 1 if check.failed else 0


def commands(visit, check, clients):
    """The commands people type; each line of their own counts as a check."""
    print("# commands", flush=True)
    found = dict(os.environ, OS_CLOUD="demo", PATH=os.path.abspath(clients) + ":" + os.environ["PATH"])
    script = subprocess.Popen(
        ["bash", os.path.join(HERE, "commands.sh")], env=found, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, cwd=visit.work)
    for line in script.stdout:
        if line.startswith("ok "):
            check(line[3:].strip(), True)
        else:
            print("        " + line.rstrip())
    check("commands.sh goes through to its end", script.wait() == 0)


if __name__ == "__main__":
    sys.exit(main())
