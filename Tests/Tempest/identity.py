"""Runs Tempest's tests of the identity API v3 against a cloud on the fakes: see common.py."""
import sys

from common import THIRD, Run, available

# As the tests want a server to be that has every feature on; the figures stand in tempest.conf too.
SETS = [
    "identity.password_cost=4",
    "identity.lockout_failure_attempts=2",
    "identity.lockout_duration=5s",
    "identity.unique_last_password_count=2",
    "identity.throttle_attempts=0",
]

CONFIGURATION = """
admin_system = all""" + THIRD + """user_lockout_failure_attempts = 2
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
""" + available()

if __name__ == "__main__":
    sys.exit(Run("identity v3", "identity", SETS, CONFIGURATION, 138, lambda id: ".v2." not in id, smoke=14).main(22800))
