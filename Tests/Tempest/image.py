"""Runs Tempest's tests of the image API v2 against a cloud on the fakes: see common.py."""
import sys

from common import Run, available

CONFIGURATION = """
[identity]
uri_v3 = {third}
auth_version = v3
v3_endpoint_type = public
region = RegionOne
catalog_type = identity
admin_role = admin
default_domain_id = default
[image]
region = RegionOne
container_formats = bare,ami,ari,aki,ovf
disk_formats = raw,qcow2,ami,ari,aki,vhd,vmdk,vdi,iso
image_caching_enabled = True
http_image = {web}/image.raw
http_qcow2_image = {web}/image.qcow2
[image-feature-enabled]
api_v2 = True
import_image = True
os_glance_reserved = True
manage_locations = True
image_format_enforcement = False
do_secure_hash = True
http_store_enabled = True
""" + available("glance")

# Two stores, one of which is the web; images may be fetched from this machine, which else nobody may.
SETS = [
    "identity.password_cost=4", "image.enabled_backends=file:file,second:file,web:http", "image.show_multiple_locations=true",
    "image.web_download_allowed_ports=", "image.web_download_allowed_networks=127.0.0.0/8",
]

if __name__ == "__main__":
    sys.exit(Run("image v2", "image", SETS, CONFIGURATION, 102, lambda id: ".v2." in id, smoke=4).main(25000))
