"""Runs Tempest's tests of the identity API v3 against a cloud on the fakes, one after another.

Fails when a test fails, when one is skipped, and when there are fewer tests than there should be: a test that does not
run proves nothing. Where a skip is right, it stands in SKIPS with its reason.
"""
import argparse
import os
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import cloud as clouds  # noqa: E402

# As the tests want a server to be that has every feature on; the figures stand in tempest.conf too.
SETS = [
    "identity.password_cost=4",
    "identity.lockout_failure_attempts=2",
    "identity.lockout_duration=5s",
    "identity.unique_last_password_count=2",
    "identity.throttle_attempts=0",
]

# Test by its id's part after `tempest.api.identity.`: why it must be skipped.
SKIPS = {}

EXPECTED = {"all": 138, "smoke": 14}

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
admin_system = all
[identity]
uri_v3 = {identity}
auth_version = v3
v3_endpoint_type = public
region = RegionOne
catalog_type = identity
admin_role = admin
default_domain_id = default
user_lockout_failure_attempts = 2
user_lockout_duration = 5
user_unique_last_password_count = 2
[identity-feature-enabled]
api_v3 = True
trust = True
access_rules = True
api_extensions = all
domain_specific_drivers = False
security_compliance = True
immutable_user_source = False
[enforce_scope]
keystone = True
[service_available]
nova = False
glance = False
neutron = False
cinder = False
swift = False
horizon = False
"""


def configure(cloud, directory):
    """Writes tempest.conf and has Tempest read it."""
    with open(os.path.join(directory, "tempest.conf"), "w") as file:
        file.write(CONFIGURATION.format(
            directory=directory, password=cloud.password("martlet"), identity=cloud.url(5000, "/v3")))
    os.environ["TEMPEST_CONFIG_DIR"] = directory
    os.environ["TEMPEST_CONFIG"] = "tempest.conf"


def tests_of(suite):
    for one in suite:
        if isinstance(one, unittest.TestSuite):
            yield from tests_of(one)
        else:
            yield one


def collect(smoke, pattern):
    """All tests of the API v3, class by class, so that each class sets up once."""
    import tempest
    root = os.path.dirname(os.path.dirname(tempest.__file__))
    found = unittest.TestLoader().discover(os.path.join(root, "tempest/api/identity"), top_level_dir=root)
    chosen = unittest.TestSuite()
    for test in tests_of(found):
        tags = test.id().partition("[")[2].rstrip("]").split(",")
        if ".v2." in test.id() or (smoke and "smoke" not in tags) or pattern not in test.id():
            continue
        chosen.addTest(test)
    return chosen


class Outcome(unittest.TextTestResult):
    """Says a line as each test ends; what went wrong comes at the end, as usual."""

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.stream.writeln("   (%s)" % reason)

    def getDescription(self, test):
        return str(test.id()).replace("tempest.api.identity.", "")


def unexpected(outcome):
    return [(test.id(), reason) for test, reason in outcome.skipped
            if not any(part in test.id() for part in SKIPS)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--offset", type=int, default=24000)
    parser.add_argument("--smoke", action="store_true", help="the smoke tests alone")
    parser.add_argument("--only", default="", help="a part of the ids of the tests to run")
    parser.add_argument("--keep", action="store_true", help="leaves the state directory for a look")
    arguments = parser.parse_args()

    cloud = clouds.Cloud(arguments.binary, arguments.offset, clouds.FAKES + SETS).start()
    directory = tempfile.mkdtemp(prefix="martlet-tempest-", dir=cloud.state)
    begin = time.monotonic()
    try:
        configure(cloud, directory)
        suite = collect(arguments.smoke, arguments.only)
        count = suite.countTestCases()
        outcome = unittest.TextTestRunner(verbosity=2, resultclass=Outcome, stream=sys.stdout).run(suite)
    finally:
        if arguments.keep:
            cloud.stop()
            print("state and logs: %s" % cloud.state)
        else:
            cloud.remove()

    skipped = unexpected(outcome)
    wanted = count if arguments.only else EXPECTED["smoke" if arguments.smoke else "all"]
    broken = len(outcome.failures) + len(outcome.errors)
    print("tempest identity v3: %d passed, %d failed, %d skipped of %d in %d s" % (
        count - broken - len(outcome.skipped), broken, len(outcome.skipped), count, time.monotonic() - begin))
    for name, reason in skipped:
        print("skipped without leave: %s: %s" % (name, reason))
    if count < wanted:
        print("%d tests were found, %d were to be run" % (count, wanted))
    return 1 if broken or skipped or count < wanted else 0


if __name__ == "__main__":
    sys.exit(main())
