"""The image API v2 through `glance`: what the releases of 2013 know of it, and all that today's does."""
import hashlib
import json
import os

from glance_command import BYTES, FORM
from cloud import wait

NOBODY = "11111111-1111-4111-8111-111111111111"
PROJECT = "0123456789abcdef0123456789abcdef"


def of_2013(cloud, second, first):
    """It reads, tags and shares, and makes images by v1."""
    image = first.one("image-create", "--name", second.title[:1] + "-v2", *FORM, "--property", "color=blue", data=BYTES)
    id = image["id"]
    second.say("image-list", has=(id, image["name"]))
    second.say("image-list", "--page-size", "1", "--owner", image["owner"], has=id)
    second.say("image-list", "--visibility", "shared", has=id)
    second.say("image-list", "--visibility", "public", lacks=id)
    shown = second.one("image-show", id)
    second.same("an image of v1 is shown by v2", [
        shown[key] for key in ("name", "status", "visibility", "color", "size")],
                [image["name"], "active", "shared", "blue", str(len(BYTES))])
    second.refused("404 Not Found", "image-show", NOBODY)
    second.say("explain", "image", has=("disk_format", "container_format", "visibility"))
    second.refused("Unable to find requested model 'house'", "explain", "house")
    commands = second.commands()
    if "image-download" in commands:
        second.holds("it comes down", second.say("image-download", id, raw=True) == BYTES)
    if "image-tag-update" in commands:
        second.say("image-list", "--checksum", hashlib.md5(BYTES).hexdigest(), has=id)
        second.say("image-tag-update", id, "gold", has="gold")
        second.say("image-tag-delete", id, "gold")
        second.refused("404 Not Found", "image-tag-delete", id, "gold")
        second.same("a member waits to accept", second.rows("member-create", id, PROJECT),
                    [{"Image ID": id, "Member ID": PROJECT, "Status": "pending"}])
        second.refused("403 Forbidden", "member-update", id, PROJECT, "accepted")
        second.same("members are listed", second.column("Member ID", "member-list", "--image-id", id), [PROJECT])
        second.say("member-delete", id, PROJECT)
        second.same("and taken away", second.column("Member ID", "member-list", "--image-id", id), [])
    second.say("image-delete", id)
    second.refused("404 Not Found", "image-delete", id)
    second.all_driven()


def of_today(cloud, demo, admin, web):
    path = os.path.join(demo.program.folder, "v2-image")
    with open(path, "wb") as file:
        file.write(BYTES)
    image = create(demo, path)
    lists(demo, image)
    change(demo, admin, image)
    members(demo, admin, image)
    imports(demo, admin, path, web)
    stores(demo, admin, path)
    cache(cloud, demo, admin, path)
    tasks(demo, admin, web)
    locations(demo, admin, web)
    about(demo, admin)
    demo.say("image-delete", image)
    demo.refused("No image with an ID of '%s' exists." % image, "image-delete", image)
    demo.refused("No image with an ID of '%s' exists." % NOBODY, "image-delete", NOBODY)


def create(demo, path):
    image = demo.one("image-create", "--name", "Bücher", *FORM, "--property", "a=b", "--tags", "gold",
                     "--min-disk", "1", "--min-ram", "64", "--os-distro", "debian", "--protected", "False",
                     "--visibility", "private")
    demo.same("an image waits for its bytes", [image[key] for key in ("name", "status", "size", "tags", "a")],
              ["Bücher", "queued", "None", '["gold"]', "b"])
    demo.refused("has no data", "image-download", "--file", path + ".none", image["id"])
    demo.say("image-upload", "--file", path, "--progress", image["id"])
    shown = demo.one("image-show", image["id"])
    demo.same("then it is active", [shown[key] for key in ("status", "size", "checksum", "os_hash_algo", "stores")],
              ["active", str(len(BYTES)), hashlib.md5(BYTES).hexdigest(), "sha512", "file"])
    demo.refused("409 Conflict", "image-upload", "--file", path, image["id"])
    demo.say("image-show", "--human-readable", "--max-column-width", "20", image["id"], has="68kB")
    demo.say("image-download", "--file", path + ".got", "--progress", "--prefer", "second,file", image["id"])
    demo.holds("and comes down as it went up", open(path + ".got", "rb").read() == BYTES)
    demo.holds("also on standard output", demo.say("image-download", image["id"], raw=True) == BYTES)
    demo.refused("No redirection or local file specified", "image-download", image["id"], screen=True)
    demo.refused("404 Not Found", "image-download", "--file", path + ".none", NOBODY)
    demo.refused("404 Not Found", "image-show", NOBODY)
    demo.refused("Must provide --container-format", "image-create", "--name", "x", "--disk-format", "raw",
                 "--file", path)
    demo.refused("is not one of", "image-create", "--name", "x", "--disk-format", "floppy")
    demo.refused("403 Forbidden", "image-create", "--name", "x", "--visibility", "public", *FORM)
    demo.refused("409 Conflict", "image-create", "--id", image["id"], "--name", "x")
    demo.refused("does not match", "image-create", "--id", "seven", "--name", "x")
    empty = demo.one("image-create", "--name", "empty", *FORM, "--store", "second", data=b"")
    demo.same("an image of no bytes is whole", (empty["status"], empty["size"], empty["stores"]),
              ("active", "0", "second"))
    demo.say("image-create", "--name", "bar", *FORM, "--file", path, "--progress", screen=True, has="100%")
    demo.say("image-delete", empty["id"], *demo.column("ID", "image-list", "--property-filter", "name=bar"))
    demo.refused("Store 'attic' is not valid for this cloud", "image-create", "--name", "x", *FORM, "--store", "attic",
                 "--file", path)
    return image["id"]


def lists(demo, image):
    shown = demo.one("image-show", image)
    for words in (("--tag", "gold"), ("--sort", "name:asc,size:desc"), ("--visibility", "private"), ("--limit", "50"),
                  ("--hidden", "False"), ("--property-filter", "name=Bücher"), ("--property-filter", "a=b"),
                  ("--owner", shown["owner"]), ("--checksum", shown["checksum"]), ("--page-size", "1"),
                  ("--hash", shown["os_hash_value"].replace(" ", "")), ("--sort-key", "size", "--sort-dir", "desc")):
        demo.say("image-list", *words, has=image)
    demo.say("--verbose", "image-list", "--include-stores", has=(image, "active", "raw", "file"))
    for words in (("--tag", "lead"), ("--visibility", "public"), ("--hidden",), ("--property-filter", "a=c"),
                  ("--checksum", "0" * 32), ("--member-status", "rejected", "--visibility", "shared")):
        demo.say("image-list", *words, lacks=image)
    demo.refused("Invalid sort key: color", "image-list", "--sort", "color:asc")
    demo.refused("400 Bad Request", "image-list", "--visibility", "misty")
    demo.refused("400 Bad Request", "image-list", "--property-filter", "size_min=large")


def change(demo, admin, image):
    demo.say("image-update", "--name", "newer", "--remove-property", "a", "--property", "título=ñ", "--min-ram", "0",
             image, has=("newer", "título", "ñ"), lacks="| a ")
    demo.refused("403 Forbidden", "image-update", "--visibility", "public", image)
    demo.refused("404 Not Found", "image-update", "--name", "x", NOBODY)
    demo.say("image-update", "--hidden", "True", image)
    demo.say("image-list", lacks=image)
    demo.say("image-list", "--hidden", has=image)
    demo.say("image-update", "--hidden", "False", "--visibility", "shared", image)
    demo.same("a tag is shown", demo.column("ID", "image-tag-update", image, "silver"), [image])
    demo.say("image-tag-delete", image, "gold")
    demo.refused("404 Not Found", "image-tag-delete", image, "gold")
    demo.same("tags come and go", demo.one("image-show", image)["tags"], '["silver"]')
    demo.say("image-deactivate", image)
    demo.same("it is deactivated", demo.one("image-show", image)["status"], "deactivated")
    demo.refused("403 Forbidden", "image-download", "--file", "/dev/null", image)
    demo.say("image-reactivate", image)
    demo.same("and active again", demo.one("image-show", image)["status"], "active")
    demo.say("image-update", "--protected", "True", image)
    demo.refused("You are not permitted to delete the image '%s'." % image, "image-delete", image)
    demo.say("image-update", "--protected", "False", image)


def members(demo, admin, image):
    project = admin.one("image-create", "--name", "whose")
    admin.say("image-delete", project["id"])
    member = project["owner"]
    demo.same("a member waits to accept", demo.rows("member-create", image, member),
              [{"Image ID": image, "Member ID": member, "Status": "pending"}])
    demo.refused("409 Conflict", "member-create", image, member)
    demo.refused("403 Forbidden", "member-update", image, member, "accepted")
    admin.same("he accepts", admin.column("Status", "member-update", image, member, "accepted"), ["accepted"])
    demo.same("which his host sees", demo.one("member-get", image, member)["status"], "accepted")
    demo.same("also in the list", demo.column("Status", "member-list", "--image-id", image), ["accepted"])
    admin.say("image-list", "--visibility", "shared", "--member-status", "accepted", has=image)
    demo.refused("404 Not Found", "member-get", image, "nobody")
    demo.say("member-delete", image, member)
    demo.same("he is taken away", demo.column("Status", "member-list", "--image-id", image), [])
    demo.refused("404 Not Found", "member-delete", image, member)


def imports(demo, admin, path, web):
    demo.say("import-info", has='"value": ["glance-direct", "web-download", "copy-image"')
    staged = demo.one("image-create", "--name", "staged", *FORM)["id"]
    demo.refused("can only be applied to an image in status 'uploading'", "image-import", staged)
    demo.say("image-stage", "--file", path, "--progress", staged)
    demo.same("bytes are staged", demo.one("image-show", staged)["status"], "uploading")
    demo.say("image-import", "--import-method", "glance-direct", "--stores", "file,second", staged)
    demo.becomes(staged, "active")
    demo.same("an import fills both stores", sorted(demo.one("image-show", staged)["stores"].split(",")),
              ["file", "second"])
    demo.say("image-tasks", staged, has="success")
    demo.say("--verbose", "image-tasks", staged, has=("success", staged))
    demo.refused("Image %s not found." % NOBODY, "image-tasks", NOBODY)
    both = demo.one("image-create-via-import", "--name", "web", *FORM, "--import-method", "web-download",
                    "--uri", web.url)
    demo.becomes(both["id"], "active")
    direct = demo.one("image-create-via-import", "--name", "direct", *FORM, "--file", path, "--store", "second")
    demo.becomes(direct["id"], "active")
    demo.say("image-show", direct["id"], has="second")
    demo.refused("URI is required for web-download", "image-create-via-import", "--name", "x", *FORM, "--import-method",
                 "web-download")
    demo.refused("Import method 'magic' is not valid for this cloud", "image-import", "--import-method", "magic",
                 staged)
    lost = demo.one("image-create", "--name", "lost", *FORM)["id"]
    demo.refused("400 Bad Request", "image-import", "--import-method", "web-download", "--uri", "file:///etc/passwd",
                 lost)
    demo.say("image-import", "--import-method", "web-download", "--uri", web.root + "/nothing", lost)
    wait(20, "the import fails", lambda: "failure" in demo.run("image-tasks", lost)[1])
    demo.same("an import that fails leaves the image waiting", demo.one("image-show", lost)["status"], "queued")
    demo.say("image-delete", staged, both["id"], direct["id"], lost)


def stores(demo, admin, path):
    demo.say("stores-info", has=("file", "second", "web", "default"))
    admin.say("stores-info", "--detail", has=("type", "properties"))
    demo.refused("403 Forbidden", "stores-info", "--detail")
    image = demo.one("image-create", "--name", "twice", *FORM, "--file", path, "--visibility", "private")["id"]
    demo.refused("Provide either --stores or --all-stores", "image-import", "--import-method", "copy-image", image)
    demo.refused("403 Forbidden", "image-import", "--import-method", "copy-image", "--stores", "second", image)
    admin.say("image-import", "--import-method", "copy-image", "--stores", "second", image)
    wait(20, "it is in both", lambda: "file,second" in demo.run("image-show", image)[1])
    demo.refused("403 Forbidden", "stores-delete", "--store", "file", image)
    admin.say("stores-delete", "--store", "file", image)
    demo.same("a copy is taken away", demo.one("image-show", image)["stores"], "second")
    admin.refused("Unable to delete image '%s' from store 'second'" % image, "stores-delete", "--store", "second",
                  image)
    admin.refused("Image/store not found.", "stores-delete", "--store", "file", image)
    demo.holds("the other one stays", demo.say("image-download", image, raw=True) == BYTES)
    demo.say("image-delete", image)


def cache(cloud, demo, admin, path):
    """Its commands are for one node, by its own address; what is refused they only say, and end with 0."""
    here = admin.other(OS_IMAGE_URL=cloud.url(9292))
    theirs = demo.other(OS_IMAGE_URL=cloud.url(9292))
    image = demo.one("image-create", "--name", "cached", *FORM, "--file", path)["id"]
    here.say("cache-queue", image)
    here.say("cache-list", has=(image, "cached"))
    here.say("cache-nodes-list", image, has=cloud.url(9292))
    here.say("cache-delete", image)
    here.say("cache-list", lacks=image)
    here.refused("Unable to delete image '%s' from cache" % NOBODY, "cache-delete", NOBODY, status=0)
    here.refused("Unable to queue image '%s' for caching" % NOBODY, "cache-queue", NOBODY, status=0)
    theirs.refused("You are not permitted", "cache-queue", image, status=0)
    theirs.refused("403 Forbidden", "cache-list")
    for command, words in (("cache-clear", "delete image(s) from cache"), ("cache-clean", "clean the image cache"),
                           ("cache-prune", "prune the image cache")):
        here.say(command)
        theirs.refused("You are not permitted to " + words, command, status=0)
    here.say("cache-clear", "--target", "queue")
    demo.say("image-delete", image)


def tasks(demo, admin, web):
    wish = {"import_from": web.url, "import_from_format": "raw",
            "image_properties": {"name": "task", "disk_format": "raw", "container_format": "bare"}}
    task = admin.one("task-create", "--type", "import", "--input", json.dumps(wish))["id"]
    wait(20, "the task ends", lambda: "success" in admin.run("task-show", task)[1])
    admin.say("task-list", has=(task, "import", "success"))
    admin.say("task-list", "--status", "success", "--type", "import", "--sort-key", "status", "--sort-dir", "asc",
              "--page-size", "1", has=task)
    admin.say("task-list", "--status", "failure", lacks=task)
    image = json.loads(admin.one("task-show", task)["result"])["image_id"]
    admin.same("a task makes an image", admin.one("image-show", image)["name"], "task")
    admin.refused("400 Bad Request", "task-create", "--type", "import", "--input", "{}")
    admin.refused("404 Not Found", "task-show", NOBODY)
    admin.say("image-delete", image)


def locations(demo, admin, web):
    image = demo.one("image-create", "--name", "there", *FORM)["id"]
    demo.say("location-add", "--url", web.url, "--metadata", '{"a": "b"}', image, has=web.url)
    demo.same("an image elsewhere is active", demo.one("image-show", image)["status"], "active")
    demo.say("location-update", "--url", web.url, "--metadata", '{"c": "d"}', image, has='"c": "d"')
    demo.say("location-add", "--url", web.url + "/2", image, has=web.url + "/2")
    demo.refused("already", "location-add", "--url", web.url, image)
    demo.refused("403 Forbidden", "location-delete", "--url", web.url + "/2", image)
    admin.say("location-delete", "--url", web.url + "/2", image)
    demo.say("image-show", image, has=web.url, lacks=web.url + "/2")
    demo.refused("Unknown URL(s)", "location-delete", "--url", web.url + "/3", image)
    demo.refused("400 Bad Request", "location-add", "--url", "file:///etc/passwd", image)
    demo.holds("it is fetched from there", demo.say("image-download", image, raw=True) == BYTES)
    other = demo.one("image-create", "--name", "hashed", *FORM)["id"]
    digest = json.dumps({"os_hash_algo": "sha512", "os_hash_value": hashlib.sha512(BYTES).hexdigest()})
    demo.say("add-location", "--url", web.url, "--validation-data", digest, other)
    demo.becomes(other, "active")
    demo.refused("409 Conflict", "add-location", "--url", web.url, other)
    demo.say("image-delete", image, other)


def about(demo, admin):
    demo.say("explain", "image", has=("disk_format", "An identifier for the image"))
    demo.say("explain", "metadefs/namespace", has="display_name")
    demo.refused("Unable to find requested model 'house'", "explain", "house")
    used = {row["Quota"]: row for row in demo.rows("usage")}
    demo.same("limits that identity keeps are shown", used["image_count_total"]["Limit"], "1000")
    demo.holds("and what of them is used", int(used["image_count_total"]["Usage"]) > 0, used)
    demo.say("bash-completion", has="image-create-via-import")
    # Left to itself the client finds out by /versions that the cloud speaks v2.
    free = demo.other(OS_IMAGE_API_VERSION="")
    free.say("explain", "member", has="member_id")
