"""Runs Tempest 35's tests of the identity API v2.0 against a cloud on the fakes, with tokens of v2.0 throughout."""
import sys

from common import Run, available

CONFIGURATION = """
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
""" + available()

if __name__ == "__main__":
    sys.exit(Run(
        "identity v2", "identity", ["identity.password_cost=4"], CONFIGURATION, 97, lambda id: ".v2." in id).main(22800))
