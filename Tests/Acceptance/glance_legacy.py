"""The names that the sub-commands of `glance` had before: they take `name=value` and print what scripts read."""
import re

from glance_command import BYTES, glance

FORM = ("disk_format=raw", "container_format=bare")
OTHER = "fedcba9876543210fedcba9876543210"


def run(cloud, demo, admin, web):
    mark = demo.title[:1] + "-"
    image = add(demo, mark, web)
    lists(demo, mark, image)
    out = demo.say("update", image, "name=%schanged" % mark, "color=white", "min_ram=5", has="Updated image " + image)
    demo.say("show", image, has=("Name: %schanged" % mark, "Property 'color': white", "(MB): 5"))
    demo.say("--verbose", "update", image, "protected=True", has="Protected: Yes")
    demo.say("--dry-run", "update", image, "name=never", has=("Dry run", "never"))
    demo.say("update", image, "protected=False", "size=7", has="Found non-modifiable field size. Removing.")
    demo.refused("403 Forbidden", "update", image, "is_public=True")
    sharing(demo, admin, image)
    demo.refused("Not deleting image " + image, "delete", image, data=b"", status=0)
    demo.say("--force", "delete", image)
    demo.refused("404", "show", image)
    demo.refused("404", "--force", "delete", image)
    # `clear` is driven last, below, when nobody else's images are there to be deleted.
    demo.ran.add("clear")
    demo.all_driven()


def add(demo, mark, web):
    out = demo.say("--verbose", "add", "name=%sadded" % mark, *FORM, "color=green", "min_disk=2", "status=active",
                   data=BYTES, has=("Added new image with ID: ", "status => active", "Found non-settable field status"))
    image = re.search(r"ID: (\S+)", out).group(1)
    demo.say("show", image, has=("Name: %sadded" % mark, "Status: active", "Size: %d" % len(BYTES), "Public: No",
                                 "Property 'color': green", "Disk format: raw", "(GB): 2", "URI: http://"))
    demo.say("--dry-run", "add", "name=never", has=("Dry run", "never"))
    demo.refused("403 Forbidden", "add", "name=x", *FORM, "is_public=True", data=BYTES)
    demo.refused("Disk format is not specified", "add", "name=x", "container_format=bare", data=BYTES)
    # The client of Grizzly reads its input even so: it is what a person ends with Control-D.
    out = demo.say("add", "name=%sweb" % mark, *FORM, "copy_from=" + web.url, data=b"", has="Added new image with ID: ")
    fetched = re.search(r"ID: (\S+)", out).group(1)
    demo.becomes(fetched, "active")
    demo.holds("what was copied is whole", demo.say("image-download", fetched, raw=True) == BYTES)
    if "grizzly" in demo.title:
        demo.refused("multiple image sources", "add", "name=x", *FORM, "copy_from=" + web.url, data=BYTES)
    out = demo.say("add", "name=%sthere" % mark, *FORM, "location=" + web.url, has="Added new image with ID: ")
    there = re.search(r"ID: (\S+)", out).group(1)
    demo.say("show", there, has=("Status: active", "Size: %d" % len(BYTES)))
    for one in (fetched, there):
        demo.say("--force", "delete", one)
    demo.say("image-list", lacks=(mark + "web", mark + "there"))
    return image


def lists(demo, mark, image):
    demo.say("index", "--limit", "50", has=(image, mark + "added", str(len(BYTES))))
    demo.say("index", "--limit", "1", "--sort_key", "name", "--sort_dir", "asc", has=image)
    demo.say("index", "name=%sadded" % mark, has=image)
    demo.say("index", "color=green", "size_min=100", has=image)
    for words in (("color=red",), ("size_max=100",), ("status=killed",), ("changes-since=2099-01-01T00:00:00",)):
        demo.say("index", *words, lacks=image)
    demo.say("index", "changes-since=2020-01-01T00:00:00", "name=%sadded" % mark, has=image)
    demo.say("index", "--marker", image, lacks=image)
    demo.refused("400 Bad Request", "index", "--marker", "11111111-1111-4111-8111-111111111111")
    demo.say("details", "--limit", "50", "name=%sadded" % mark, 
             has=("=" * 80, "Property 'color': green", "Id: " + image))


def sharing(demo, admin, image):
    project = admin.one("image-create", "--name", "whose")
    admin.say("image-delete", project["id"])
    demo.say("--dry-run", "member-add", image, project["owner"], has="Dry run")
    demo.say("member-add", "--can-share", image, project["owner"])
    demo.same("image-members says with whom", demo.say("image-members", image).split(),
              [project["owner"], "*", "(*:", "Can", "share", "image)"])
    admin.say("member-images", project["owner"], has=image)
    admin.say("member-add", image, OTHER)
    demo.say("--dry-run", "members-replace", image, OTHER, has="Dry run")
    demo.say("members-replace", image, OTHER)
    demo.same("members are replaced", demo.say("image-members", image).split(), [OTHER])
    admin.say("member-images", OTHER, has=image)
    demo.say("member-images", "nobody", has="No images shared with member nobody")
    demo.refused("404", "image-members", "11111111-1111-4111-8111-111111111111")


def clear(cloud, check, release):
    """`clear` deletes every image that one sees: those of a project of its own, when nothing public is there. That it
    asks or fails it only says, and ends with 0."""
    lone = glance(check, release, cloud, release + "-clear", release)
    for name in ("one", "two"):
        lone.say("add", "name=" + name, *FORM, data=BYTES)
    lone.refused("Not deleting any images", "clear", data=b"", status=0)
    lone.same("clear asks first", lone.column("Name", "image-list"), ["one", "two"])
    lone.say("--force", "--verbose", "clear", has=("Deleting image", "done"))
    lone.same("and then clears", lone.column("Name", "image-list"), [])
    kept = lone.one("image-create", "--name", "kept", "--is-protected", "True")["id"]
    lone.refused("Failed to delete image " + kept, "--force", "clear", status=0)
    lone.say("image-update", "--is-protected", "False", kept)
    lone.say("image-delete", kept)
    lone.program.close()
