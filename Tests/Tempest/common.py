"""What all runs of Tempest share: a cloud on the fakes, the tests found and run one after another, and a count of them.

A run fails when a test fails, when one is skipped, and when there are fewer tests than there should be: a test that does
not run proves nothing. Where a skip is right, it stands with its reason in the run's own file.
"""
import argparse
import contextlib
import http.server
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import cloud as clouds  # noqa: E402
import postgres  # noqa: E402

# The sections that every tempest.conf begins with; what comes behind them is the run's own.
CONFIGURATION = """
[DEFAULT]
log_file = {directory}/tempest.log
[oslo_concurrency]
lock_path = {directory}/locks
[auth]
use_dynamic_credentials = True
create_isolated_networks = False
admin_username = admin
admin_password = {password}
admin_project_name = admin
admin_domain_name = Default
default_credentials_domain_name = Default
tempest_roles = member
"""

# How identity v3 is reached; a run's own options of the section come behind.
THIRD = """
[identity]
uri_v3 = {third}
auth_version = v3
v3_endpoint_type = public
region = RegionOne
catalog_type = identity
admin_role = admin
default_domain_id = default
"""

SERVICES = ["nova", "glance", "neutron", "cinder", "swift", "horizon"]


def available(*names):
    """The section that says which services there are."""
    return "[service_available]\n" + "".join("%s = %s\n" % (name, name in names) for name in SERVICES)


def computing(cloud):
    """An image and a flavor with which servers can be made."""
    admin = clouds.Session(cloud, "admin", "admin")
    image = admin.call("POST", 9292, "/v2/images", {
        "name": "boot", "disk_format": "raw", "container_format": "bare", "visibility": "public"})["id"]
    admin.open("PUT", cloud.url(9292, "/v2/images/%s/file" % image), data=bytes(1 << 20), headers=[
        ("Content-Type", "application/octet-stream")])
    flavors = admin.call("GET", 8774, "/v2.1/flavors")["flavors"]
    return {"image": image, "flavor": flavors[0]["id"]}


def publish(cloud, name, url):
    """Enters a service into the catalogue, under its name as its type."""
    admin = clouds.Session(cloud, "admin", "admin")
    service = admin.call("POST", 5000, "/v3/services", {"service": {"type": name, "name": name}})["service"]
    admin.call("POST", 5000, "/v3/endpoints", {"endpoint": {
        "service_id": service["id"], "interface": "public", "region_id": "RegionOne", "url": url}})


def configure(text, **values):
    """Writes tempest.conf and has Tempest read it."""
    with open(os.path.join(values["directory"], "tempest.conf"), "w") as file:
        file.write((CONFIGURATION + text).format(**values))
    os.environ["TEMPEST_CONFIG_DIR"] = values["directory"]
    os.environ["TEMPEST_CONFIG"] = "tempest.conf"


def tests_of(suite):
    for one in suite:
        if isinstance(one, unittest.TestSuite):
            yield from tests_of(one)
        else:
            yield one


def tags_of(test):
    return test.id().partition("[")[2].rstrip("]").split(",")


class Web(http.server.ThreadingHTTPServer):
    """A web server on the loopback from which images can be fetched: 1 MiB raw, and an empty qcow2 disk."""

    FILES = {"/image.raw": b"martlet " * 131072}

    @staticmethod
    def disk():
        """An empty disk of 1 MiB as qcow2."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "disk")
            subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", path, "1M"], check=True)
            with open(path, "rb") as file:
                return file.read()

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            content = Web.FILES.get(self.path)
            self.send_response(404 if content is None else 200)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content or b"")

        do_HEAD = do_GET

        def log_message(self, *_):
            pass

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Web.Answer)
        Web.FILES["/image.qcow2"] = Web.disk()
        self.daemon_threads = True
        threading.Thread(target=self.serve_forever, daemon=True).start()
        self.url = "http://127.0.0.1:%d" % self.server_address[1]


class Outcome(unittest.TextTestResult):
    """Says a line as each test ends; what went wrong comes at the end, as usual."""

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.stream.writeln("   (%s)" % reason)

    def getDescription(self, test):
        return str(test.id()).replace("tempest.api.", "")


class Run:
    """One of Tempest's folders of tests against one cloud.

    - folder: of Tempest's, such as `identity`; chosen: whether a test of it belongs to this run.
    - expected: how many there must be, `smoke` of them among the smoke tests.
    - skips: tests by a part of their ids, each with why it must be skipped.
    - prepare: makes what the configuration names, in the cloud and in a folder; the values to name it by.
    - shares: whether a second process serves images too, on the same PostgreSQL and the same files; the catalogue calls
      it `image_remote`.
    """

    def __init__(
            self, name, folder, sets, configuration, expected, chosen, smoke=0, skips=None, prepare=None, shares=False):
        self.prepare = prepare or (lambda cloud, folder: {})
        self.shares = shares
        self.name, self.folder, self.sets, self.configuration = name, folder, sets, configuration
        self.expected, self.smoke, self.chosen, self.skips = expected, smoke, chosen, skips or {}

    def collect(self, smoke, pattern):
        """The run's tests, class by class, so that each class sets up once."""
        import tempest
        from tempest.lib import decorators
        # Tempest leaves out what bugs of upstream's break; they are none of ours.
        decorators.skip_because = lambda **_: lambda test: test
        root = os.path.dirname(os.path.dirname(tempest.__file__))
        found = unittest.TestLoader().discover(
            os.path.join(root, "tempest/api", self.folder), top_level_dir=root)
        return unittest.TestSuite(
            test for test in tests_of(found)
            if self.chosen(test.id()) and pattern in test.id() and (not smoke or "smoke" in tags_of(test)))

    def main(self, offset):
        parser = argparse.ArgumentParser(description="Runs Tempest's tests: " + self.name)
        parser.add_argument("--binary", required=True)
        parser.add_argument("--offset", type=int, default=offset)
        parser.add_argument("--smoke", action="store_true", help="the smoke tests alone")
        parser.add_argument("--only", default="", help="a part of the ids of the tests to run")
        parser.add_argument("--keep", action="store_true", help="leaves the state directory for a look")
        arguments = parser.parse_args()
        with contextlib.ExitStack() as stack:
            return self.run(arguments, stack)

    def run(self, arguments, stack):
        sets = clouds.FAKES + self.sets
        if self.shares:
            database = postgres.Postgres().start()
            stack.callback(database.remove)
            files = tempfile.mkdtemp(prefix="martlet-tempest-stores-")
            stack.callback(shutil.rmtree, files)
            sets += ["database.url=" + database.url, "file.filesystem_store_datadir=%s/file" % files,
                     "second.filesystem_store_datadir=%s/second" % files]
        cloud = clouds.Cloud(arguments.binary, arguments.offset, sets).start()
        begin = time.monotonic()
        web = Web()
        other = None
        try:
            if self.shares:
                other = cloud.beside(arguments.offset + 50).start()
                publish(cloud, "image_remote", other.url(9292))
            directory = tempfile.mkdtemp(prefix="martlet-tempest-", dir=cloud.state)
            configure(
                self.configuration, directory=directory, password=cloud.password("martlet"),
                second=cloud.url(5000, "/v2.0"), third=cloud.url(5000, "/v3"), web=web.url,
                **self.prepare(cloud, directory))
            suite = self.collect(arguments.smoke, arguments.only)
            ids = [test.id() for test in tests_of(suite)]
            outcome = unittest.TextTestRunner(verbosity=2, resultclass=Outcome, stream=sys.stdout).run(suite)
        finally:
            web.shutdown()
            for one in filter(None, [other, cloud]):
                if arguments.keep:
                    one.stop()
                    print("state and logs: %s" % one.state)
                else:
                    one.remove()
        return self.report(arguments, ids, outcome, time.monotonic() - begin)

    def report(self, arguments, ids, outcome, seconds):
        """Says how the run went; a class that was skipped skipped all its tests."""
        skipped = {}
        for test, reason in outcome.skipped:
            whole = test.id().removeprefix("setUpClass (").removesuffix(")")
            skipped.update((id, reason) for id in ids if id == test.id() or id.startswith(whole + "."))
        unasked = [(id, reason) for id, reason in skipped.items() if not any(part in id for part in self.skips)]
        wanted = len(ids) if arguments.only else self.smoke if arguments.smoke else self.expected
        broken = len(outcome.failures) + len(outcome.errors)
        print("tempest %s: %d passed, %d failed, %d skipped of %d in %d s" % (
            self.name, len(ids) - broken - len(skipped), broken, len(skipped), len(ids), seconds))
        for name, reason in unasked:
            print("skipped without leave: %s: %s" % (name, reason))
        if len(ids) < wanted:
            print("%d tests were found, %d were to be run" % (len(ids), wanted))
        return 1 if broken or unasked or len(ids) < wanted else 0
