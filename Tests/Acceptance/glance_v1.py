"""The image API v1 through `glance image-…` and `glance member-…`, which every release has; what differs between
them is looked up in what each says of itself.
"""
import hashlib
import os
import urllib.parse

from glance_command import BYTES, FORM
from cloud import wait

NOBODY = "11111111-1111-4111-8111-111111111111"


def run(cloud, demo, admin, web):
    mark = demo.title[:1] + "-"
    demo.say("help", "image-create", has="--copy-from")
    path = os.path.join(demo.program.folder, "image")
    with open(path, "wb") as file:
        file.write(BYTES)
    image = create(demo, mark, path)
    lists(demo, mark, image)
    update(demo, mark, image)
    from_the_web(demo, admin, mark, web)
    members(demo, admin, image)
    odd(demo, mark, path)
    pages(demo, mark)
    delete(demo, admin, mark, image)


def is_old(demo):
    """Whether this is a client that asks the cloud what today's finds out by itself."""
    return not demo.title.startswith("today")


def create(demo, mark, path):
    """An image of a file, shown and fetched."""
    image = demo.one("image-create", "--name", mark + "file", *FORM, "--min-disk", "1", "--min-ram", "64", "--property",
                     "color=blue", "--property", "hw_disk_bus=virtio", "--checksum", hashlib.md5(BYTES).hexdigest(),
                     "--file", path)
    demo.same("an image of a file is active",
              [image[key] for key in ("status", "size", "is_public", "protected", "deleted", "checksum")],
              ["active", str(len(BYTES)), "False", "False", "False", hashlib.md5(BYTES).hexdigest()])
    shown = demo.one("image-show", image["id"])
    demo.same("it has its properties", [shown[key] for key in (
        "name", "Property 'color'", "Property 'hw_disk_bus'", "min_ram", "min_disk", "disk_format",
        "container_format")],
        [mark + "file", "blue", "virtio", "64", "1", "raw", "bare"])
    demo.say("image-show", "--human-readable", mark + "file", has="68kB")
    demo.say("image-download", "--file", path + ".got", image["id"])
    demo.holds("what comes down is what went up", open(path + ".got", "rb").read() == BYTES)
    demo.holds("also on standard output", demo.say("image-download", mark + "file", raw=True) == BYTES)
    demo.refused("No image with a name or ID of '%s' exists." % NOBODY, "image-show", NOBODY)
    demo.refused("No image with a name or ID of 'none such' exists.", "image-download", "none such")
    demo.refused("Invalid disk format", "image-create", "--name", "x", "--disk-format", "floppy",
                 "--container-format", "bare")
    demo.refused("Invalid container format", "image-create", "--name", "x", "--disk-format", "raw",
                 "--container-format", "box")
    demo.refused("Invalid mix of disk and container formats", "image-create", "--name", "x", "--disk-format", "ami",
                 "--container-format", "bare")
    demo.refused("403 Forbidden", "image-create", "--name", "x", *FORM, "--is-public", "True", "--file", path)
    demo.refused("409 Conflict", "image-create", "--id", image["id"], "--name", "x", *FORM, "--file", path)
    demo.refused("Invalid image id format", "image-create", "--id", "seven", "--name", "x", *FORM, "--file", path)
    demo.refused("Supplied checksum", "image-create", "--name", mark + "wrong", *FORM, "--checksum", "0" * 32,
                 "--file", path)
    demo.say("image-delete", mark + "wrong")
    return image["id"]


def lists(demo, mark, image):
    row = [row for row in demo.rows("image-list") if row["ID"] == image][0]
    demo.same("the list has it", row, {"ID": image, "Name": mark + "file", "Disk Format": "raw",
                                      "Size": str(len(BYTES)), "Container Format": "bare", "Status": "active"})
    for words in (("--name", mark + "file"), ("--status", "active"), ("--disk-format", "raw"), ("--size-min", "100"),
                  ("--size-max", "70000"), ("--container-format", "bare"), ("--property-filter", "color=blue"),
                  ("--page-size", "1"), ("--sort-key", "size", "--sort-dir", "desc"), ("--is-public", "False")):
        demo.say("image-list", *words, has=image)
    demo.say("image-list", "--human-readable", has=(image, "68kB"))
    for words in (("--name", "file"), ("--status", "queued"), ("--disk-format", "qcow2"), ("--size-min", "70000"),
                  ("--size-max", "100"), ("--container-format", "ovf"), ("--property-filter", "color=red"),
                  ("--property-filter", "hw_disk_bus=virti")):
        demo.say("image-list", *words, lacks=image)
    help = demo.say("help", "image-list")
    if "--owner" in help:
        owner = demo.one("image-show", image)["owner"]
        demo.say("image-list", "--owner", owner, has=image)
        demo.say("image-list", "--owner", "somebody", lacks=image)
        demo.say("image-list", "--all-tenants", has=image)
    if "--changes-since" in help:
        demo.say("image-list", "--changes-since", "2020-01-01T00:00:00", has=image)
        demo.say("image-list", "--changes-since", "2099-01-01T00:00:00Z", lacks=image)
        demo.refused("Unrecognized changes-since value", "image-list", "--changes-since", "yesterday")
    if is_old(demo):
        demo.refused("400 Bad Request", "image-list", "--size-min", "large")
    else:
        demo.refused("invalid int value: 'large'", "image-list", "--size-min", "large", status=2)
    demo.refused("400 Bad Request", "image-list", "--size-min", "-1")


def update(demo, mark, image):
    demo.say("image-update", "--name", mark + "renamed", "--property", "color=red", image, has=mark + "renamed")
    shown = demo.one("image-show", image)
    demo.same("an update keeps what it does not name",
              (shown["name"], shown["Property 'color'"], shown.get("Property 'hw_disk_bus'"), shown["min_ram"]),
              (mark + "renamed", "red", "virtio", "64"))
    demo.say("image-update", "--purge-props", "--property", "size_class=large", mark + "renamed",
             has="Property 'size_class'", lacks="Property 'color'")
    demo.say("image-update", "--min-disk", "2147483647", "--min-ram", "0", image, has="2147483647")
    demo.refused("400 Bad Request", "image-update", "--min-disk", "99999999999999999999", image)
    demo.refused("400 Bad Request", "image-update", "--min-disk", "-1", image)
    demo.refused("403 Forbidden", "image-update", "--is-public", "True", image)
    demo.refused("403 Forbidden", "image-update", "--size", "7", image)
    demo.refused("No image with a name or ID of 'none such' exists.", "image-update", "--name", "x", "none such")
    later = demo.one("image-create", "--name", mark + "later", *FORM)
    demo.same("an image waits for its bytes", later["status"], "queued")
    demo.refused("404 Not Found", "image-download", later["id"])
    filled = demo.one("image-update", later["id"], data=BYTES)
    demo.same("and takes them later", (filled["status"], filled["size"]), ("active", str(len(BYTES))))
    demo.say("image-delete", later["id"])


def from_the_web(demo, admin, mark, web):
    copied = admin.one("image-create", "--name", mark + "copy", *FORM, "--is-public", "true", "--copy-from", web.url)
    admin.becomes(copied["id"], "active")
    shown = demo.one("image-show", copied["id"])
    demo.same("an image is copied from the web, and everybody sees it",
              [shown[key] for key in ("size", "is_public", "checksum")],
              [str(len(BYTES)), "True", hashlib.md5(BYTES).hexdigest()])
    demo.say("image-list", "--is-public", "True", has=copied["id"])
    demo.holds("it comes down too", demo.say("image-download", mark + "copy", raw=True) == BYTES)
    demo.refused("403 Forbidden", "image-update", "--name", "mine", mark + "copy")
    admin.say("image-update", "--is-protected", "True", copied["id"], has="protected")
    admin.say("image-delete", copied["id"], has="Unable to delete image " + copied["id"])
    admin.say("image-show", copied["id"], has="active")
    admin.say("image-update", "--is-protected", "False", "--is-public", "False", copied["id"])
    demo.refused("No image with a name or ID", "image-show", copied["id"])

    there = admin.one("image-create", "--name", mark + "there", *FORM, "--location", web.url, "--size", str(len(BYTES)))
    admin.same("an image that stays elsewhere is active at once", (there["status"], there["size"]),
               ("active", str(len(BYTES))))
    admin.holds("and is fetched from there", admin.say("image-download", there["id"], raw=True) == BYTES)
    later = demo.one("image-create", "--name", mark + "web", *FORM)
    demo.say("image-update", "--copy-from", web.url, later["id"])
    demo.becomes(later["id"], "active")
    for option in ("--copy-from", "--location"):
        demo.refused("External sources are not supported", "image-create", "--name", "x", *FORM, option,
                     "file:///etc/passwd")
        words = "Disk format is not specified" if is_old(demo) else "Must provide --disk-format when using " + option
        demo.refused(words, "image-create", "--name", "x", "--container-format", "bare", option, web.url)
    lost = demo.one("image-create", "--name", mark + "lost", *FORM, "--copy-from", web.root + "/nothing")
    wait(20, "the image is not saved", lambda: demo.one("image-show", lost["id"])["status"] != "saving")
    demo.holds("an image that is not there never becomes active",
               demo.one("image-show", lost["id"])["status"] in ("queued", "killed"))
    admin.say("image-delete", copied["id"], mark + "there")
    demo.say("image-delete", later["id"], lost["id"])


def members(demo, admin, image):
    """Sharing an image of demo's with the administrator's project and with one that nobody knows."""
    other = hashlib.md5(demo.title.encode()).hexdigest()
    demo.say("member-create", "--can-share", image, other)
    demo.same("an image has its member", demo.rows("member-list", "--image-id", image),
              [{"Image ID": image, "Member ID": other, "Can Share": "True"}])
    demo.same("and the member its image", admin.rows("member-list", "--tenant-id", other),
              [{"Image ID": image, "Member ID": other, "Can Share": "True"}])
    demo.say("member-create", image, other)
    demo.say("member-delete", image, other)
    demo.same("a member can be taken away", demo.rows("member-list", "--image-id", image), [])
    demo.refused("404 Not Found", "member-delete", image, other)
    demo.refused("404 Not Found", "member-list", "--image-id", NOBODY)
    demo.refused("No image with a name or ID", "member-create", NOBODY, other)
    demo.refused("Unable to list all members. Specify --image-id or --tenant-id", "member-list")
    demo.refused("Unable to filter members by both", "member-list", "--image-id", image, "--tenant-id", other)


def odd(demo, mark, path):
    """What people do though nobody would think of it."""
    name, title = mark + "Bücher & <b>\"Größe\"</b> 北京", "ß=ü = 1"
    image = demo.one("image-create", "--name", name, *FORM, "--property", "title=" + title, "--file", path)
    if not is_old(demo):
        # Today's client quotes headers as if they were parts of a URL, and shows what was kept of them as it is.
        name, title = urllib.parse.quote(name), urllib.parse.quote(title)
    demo.same("a name has any letters", image["name"], name)
    demo.same("so has a property's value", demo.one("image-show", name)["Property 'title'"], title)
    demo.say("image-list", "--name", name, has=image["id"])
    demo.say("image-list", "--property-filter", "title=" + title, has=image["id"])
    plain = demo.one("image-create", "--name", mark + "twin", *FORM)["id"]
    twin = demo.one("image-create", "--name", mark + "twin", *FORM)["id"]
    demo.refused("Multiple image matches found for", "image-show", mark + "twin")
    demo.say("image-delete", plain, twin)
    demo.say("image-delete", name)
    empty = demo.one("image-create", "--name", mark + "empty", *FORM, data=b"")
    demo.same("an image of no bytes is whole", (empty["status"], empty["size"]), ("active", "0"))
    demo.holds("and comes down as none", demo.say("image-download", empty["id"], raw=True) == b"")
    demo.say("image-delete", empty["id"])
    piped = demo.one("image-create", "--name", mark + "piped", *FORM, data=BYTES, pipe=True)
    demo.same("an image comes through a pipe", (piped["status"], piped["size"]), ("active", str(len(BYTES))))
    if "--progress" in demo.say("help", "image-download"):
        demo.say("image-download", "--progress", "--file", path + ".bar", piped["id"], screen=True, has="100%")
        demo.say("image-create", "--progress", "--name", mark + "bar", *FORM, "--file", path, screen=True, has="100%")
        demo.say("image-delete", mark + "bar")
    demo.say("image-delete", piped["id"])
    demo.refused("400 Bad Request", "image-create", "--name", "x" * 256, *FORM, "--file", path)
    demo.refused("400 Bad Request", "image-create", "--name", "x", *FORM, "--min-ram", "-5", "--file", path)
    demo.refused("400 Bad Request", "image-create", "--name", "x", *FORM, "--store", "attic", "--file", path)
    second = demo.one("image-create", "--name", mark + "second", *FORM, "--store", "second", "--file", path)
    demo.say("image-delete", second["id"])


def pages(demo, mark):
    """The clients ask page by page themselves, each from the last of the page before."""
    made = [demo.one("image-create", "--name", "%spage-%d" % (mark, n), *FORM)["id"] for n in (2, 0, 1)]
    for key, order in (("name", [1, 2, 0]), ("id", sorted(range(3), key=made.__getitem__))):
        for direction in ("asc", "desc"):
            found = demo.column("ID", "image-list", "--page-size", "1", "--sort-key", key, "--sort-dir", direction)
            wanted = [made[n] for n in order]
            demo.same("pages of one by %s, %s" % (key, direction), [one for one in found if one in made],
                      wanted if direction == "asc" else wanted[::-1])
    demo.say("image-delete", *made)


def delete(demo, admin, mark, image):
    admin.say("image-update", "--is-public", "True", image)
    stranger = admin.one("image-create", "--name", mark + "admins", *FORM, "--is-public", "True")["id"]
    demo.say("image-delete", stranger, has=("403 Forbidden", "Unable to delete image " + stranger))
    admin.say("image-delete", stranger)
    demo.refused("No image with a name or ID of 'none such' exists.", "image-delete", "none such")
    demo.say("--verbose", "image-delete", image, has=("Requesting image delete for " + image, "[Done]"))
    demo.refused("No image with a name or ID", "image-show", image)
