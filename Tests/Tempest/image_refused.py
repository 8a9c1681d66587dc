"""Runs Tempest's tests of formats with disks that point outside themselves, which no import may make usable."""
import sys

from common import Run, computing
from disks import REFUSED, manifest
from image import SETS
from image_lenient import LENIENT, MORE

SKIPS = {
    "test_accept_usable_formats": "none of these is usable",
    "test_compute_rejects_invalid": "the image service refuses them, so compute never sees them",
    "test_compute_rejects_format_mismatch": "image_lenient.py runs it",
}

if __name__ == "__main__":
    configuration = LENIENT.replace("image_format_enforcement = False", "image_format_enforcement = True")
    sys.exit(Run(
        "image v2, refused", "image", SETS + [one for one in MORE if "format_match" not in one], configuration, 20,
        lambda id: "ImagesFormatTest" in id, skips=SKIPS,
        prepare=lambda cloud, folder: dict(computing(cloud), manifest=manifest(folder, REFUSED, False)),
    ).main(22800))
