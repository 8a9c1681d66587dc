"""Runs Tempest 35's tests of the image API v1 against a cloud on the fakes: see common.py."""
import sys

from common import THIRD, Run, available
from image import SETS

CONFIGURATION = THIRD + """[image]
region = RegionOne
container_formats = bare,ami,ari,aki,ovf
disk_formats = raw,qcow2,ami,ari,aki,vhd,vmdk,vdi,iso
http_image = {web}/image.raw
[image-feature-enabled]
api_v1 = True
api_v2 = True
deactivate_image = True
""" + available("glance")

if __name__ == "__main__":
    sys.exit(Run("image v1", "image", SETS, CONFIGURATION, 27, lambda id: ".v1." in id).main(22800))
