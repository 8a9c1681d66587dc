"""Disks of every format for Tempest's tests of formats, with the manifest that lists them."""
import os
import subprocess

# Of each: its name, the format that an image of it declares, and how qemu-img makes it.
USABLE = [
    ("raw", "raw", ["-f", "raw"]),
    ("qcow2", "qcow2", ["-f", "qcow2"]),
    ("vmdk", "vmdk", ["-f", "vmdk", "-o", "subformat=monolithicSparse"]),
    ("vmdk-stream", "vmdk", ["-f", "vmdk", "-o", "subformat=streamOptimized"]),
    ("vdi", "vdi", ["-f", "vdi"]),
    ("vhd", "vhd", ["-f", "vpc"]),
    ("vhdx", "vhdx", ["-f", "vhdx"]),
]
REFUSED = [
    ("qcow2-backing", "qcow2", ["-f", "qcow2", "-u", "-b", "/etc/passwd", "-F", "raw"]),
    ("qcow2-data-file", "qcow2", ["-f", "qcow2", "-o", "data_file={folder}/data"]),
    ("vmdk-flat", "vmdk", ["-f", "vmdk", "-o", "subformat=monolithicFlat"]),
    ("vmdk-split", "vmdk", ["-f", "vmdk", "-o", "subformat=twoGbMaxExtentSparse"]),
    ("qed", "qcow2", ["-f", "qed"]),
]


def manifest(folder, disks, usable):
    """Makes the disks in the folder; the path of their manifest."""
    lines = ["images:"]
    for name, format, options in disks:
        file = name + ".disk"
        options = [option.format(folder=folder) for option in options]
        subprocess.run(["qemu-img", "create", "-q", *options, os.path.join(folder, file), "4M"], check=True)
        lines += ["- name: " + name, "  filename: " + file, "  format: " + format, "  usable: %s" % str(usable).lower()]
    path = os.path.join(folder, "manifest.yaml")
    with open(path, "w") as output:
        output.write("\n".join(lines) + "\n")
    return path
