"""Runs Tempest 35's tests of the identity API v2.0 against a cloud on the fakes, with tokens of v2.0 throughout.

Fails when a test fails, when one is skipped, and when there are fewer than 97.
"""
import argparse
import os
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..")]
import cloud as clouds  # noqa: E402
from identity import Outcome, tests_of  # noqa: E402

EXPECTED = 97

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
[identity]
uri = {second}
uri_v3 = {third}
auth_version = v2
v2_public_endpoint_type = publicURL
v2_admin_endpoint_type = adminURL
region = RegionOne
catalog_type = identity
admin_role = admin
default_domain_id = default
[identity-feature-enabled]
api_v2 = True
api_v2_admin = True
api_v3 = True
api_extensions = all
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
            directory=directory, password=cloud.password("martlet"), second=cloud.url(5000, "/v2.0"),
            third=cloud.url(5000, "/v3")))
    os.environ["TEMPEST_CONFIG_DIR"] = directory
    os.environ["TEMPEST_CONFIG"] = "tempest.conf"


def collect(pattern):
    """All tests of the API v2.0, class by class, so that each class sets up once."""
    import tempest
    root = os.path.dirname(os.path.dirname(tempest.__file__))
    found = unittest.TestLoader().discover(os.path.join(root, "tempest/api/identity"), top_level_dir=root)
    return unittest.TestSuite(test for test in tests_of(found) if ".v2." in test.id() and pattern in test.id())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--offset", type=int, default=25000)
    parser.add_argument("--only", default="", help="a part of the ids of the tests to run")
    arguments = parser.parse_args()

    cloud = clouds.Cloud(
        arguments.binary, arguments.offset, clouds.FAKES + ["identity.password_cost=4"]).start()
    begin = time.monotonic()
    try:
        configure(cloud, tempfile.mkdtemp(prefix="martlet-tempest-", dir=cloud.state))
        suite = collect(arguments.only)
        count = suite.countTestCases()
        outcome = unittest.TextTestRunner(verbosity=2, resultclass=Outcome, stream=sys.stdout).run(suite)
    finally:
        cloud.remove()

    broken = len(outcome.failures) + len(outcome.errors)
    print("tempest identity v2: %d passed, %d failed, %d skipped of %d in %d s" % (
        count - broken - len(outcome.skipped), broken, len(outcome.skipped), count, time.monotonic() - begin))
    for test, reason in outcome.skipped:
        print("skipped: %s: %s" % (test.id(), reason))
    is_short = not arguments.only and count < EXPECTED
    if is_short:
        print("%d tests were found, %d were to be run" % (count, EXPECTED))
    return 1 if broken or outcome.skipped or is_short else 0


if __name__ == "__main__":
    sys.exit(main())
