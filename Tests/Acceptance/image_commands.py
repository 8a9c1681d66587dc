"""Every command `openstack image …` and `openstack cached image …`, as the client itself lists them."""
import hashlib
import json
import os

from clients import Command, Program
from cloud import Session, wait
from glance_command import BYTES

NOBODY = "11111111-1111-4111-8111-111111111111"


class OpenStack(Command):
    """`openstack` as one user types it; its answers are asked for as JSON."""

    every = ()

    def note(self, words):
        found = [name for name in self.every if list(words[:len(name.split())]) == name.split()]
        self.ran.update(sorted(found, key=len)[-1:])

    def asks(self, *words, **more):
        return json.loads(self.say(*words, "-f", "json", **more) or "null")

    def column(self, name, *words):
        return [row[name] for row in self.asks(*words)]


def run(cloud, check, clients, web):
    program = Program(os.path.join(clients, "python"), "openstackclient.shell:main")
    demo = OpenStack(check, program, "openstack", {
        "OS_CLIENT_CONFIG_FILE": os.path.join(cloud.state, "clouds.yaml"), "OS_CLOUD": "demo"})
    listed = demo.asks("command", "list", "--group", "openstack.image.v2")
    OpenStack.every = tuple(name for group in listed for name in group["Commands"])
    admin = demo.other(OS_CLOUD="martlet")
    path = os.path.join(program.folder, "image")
    with open(path, "wb") as file:
        file.write(BYTES)
    image = create(demo, path)
    lists(demo, image)
    change(demo, admin, image)
    projects(cloud, demo, admin, image)
    imports(demo, admin, path, web)
    cached(demo, admin, image)
    namespaces(demo, admin)
    contents(cloud, demo, admin)
    delete(demo, image)
    demo.same("every one of the %d commands was run" % len(OpenStack.every), set(OpenStack.every) - demo.ran, set())
    demo.holds("there are commands", len(OpenStack.every) > 40)
    program.close()


def create(demo, path):
    image = demo.asks("image", "create", "--disk-format", "raw", "--container-format", "bare", "--min-disk", "1",
                      "--min-ram", "64", "--property", "color=blau", "--tag", "gold", "--private", "--file", path,
                      "Gemälde")
    demo.same("an image of a file is active", [image[key] for key in (
        "name", "status", "size", "checksum", "visibility", "min_disk", "min_ram", "tags")],
        ["Gemälde", "active", len(BYTES), hashlib.md5(BYTES).hexdigest(), "private", 1, 64, ["gold"]])
    demo.same("it has its properties", image["properties"]["color"], "blau")
    demo.say("image", "save", "--file", path + ".got", "Gemälde")
    demo.holds("it comes down as it went up", open(path + ".got", "rb").read() == BYTES)
    demo.holds("also on standard output", demo.say("image", "save", image["id"], raw=True) == BYTES)
    demo.refused("No Image found for none such", "image", "save", "none such")
    demo.refused("No Image found for none such", "image", "show", "none such")
    demo.refused("403", "image", "create", "--public", "--file", path, "x")
    demo.refused("409", "image", "create", "--id", image["id"], "x")
    demo.refused("is not a valid file", "image", "create", "--file", path + ".none", "x")
    demo.refused("--copy-from was given, which is an Image v1 option", "image", "create", "--copy-from", "http://x/",
                 "x")
    demo.say("image", "create", "--file", path, "--progress", "bar", screen=True, has="100%")
    piped = demo.asks("image", "create", "piped", data=BYTES, pipe=True)
    demo.same("an image comes through a pipe", (piped["status"], piped["size"]), ("active", len(BYTES)))
    demo.say("image", "delete", "bar", "piped")
    return image["id"]


def lists(demo, image):
    for words in (("--private",), ("--name", "Gemälde"), ("--status", "active"), ("--tag", "gold"), ("--long",),
                  ("--property", "color=blau"), ("--sort", "size:desc"), ("--limit", "50"), ("--all",)):
        demo.holds("image list %s has it" % " ".join(words), image in demo.column("ID", "image", "list", *words))
    for words in (("--public",), ("--name", "gemälde"), ("--status", "queued"), ("--tag", "lead"), ("--hidden",),
                  ("--property", "color=rot"), ("--community",), ("--marker", image, "--name", "Gemälde")):
        demo.holds("image list %s has it not" % " ".join(words),
                   image not in demo.column("ID", "image", "list", *words))
    demo.same("it is shown", demo.asks("image", "show", "Gemälde")["id"], image)
    demo.same("also for people", demo.asks("image", "show", "--human-readable", image)["size"], "69.6K")


def change(demo, admin, image):
    demo.say("image", "set", "--name", "newer", "--min-ram", "0", "--property", "größe=ü=1", "--tag", "silver",
             "--os-distro", "debian", "--architecture", "x86_64", image)
    shown = demo.asks("image", "show", image)
    demo.same("an image is changed", [shown["name"], shown["min_ram"], sorted(shown["tags"])] + [
        shown["properties"][key] for key in ("größe", "color", "os_distro")],
        ["newer", 0, ["gold", "silver"], "ü=1", "blau", "debian"])
    demo.say("image", "unset", "--property", "color", "--tag", "gold", image)
    shown = demo.asks("image", "show", image)
    demo.same("what is unset is gone", (shown["tags"], "color" in shown["properties"]), (["silver"], False))
    demo.refused("Failed to unset 1 of 1 tags", "image", "unset", "--tag", "lead", image)
    demo.refused("Failed to unset 1 of 1 properties", "image", "unset", "--property", "color", image)
    demo.refused("403", "image", "set", "--public", image)
    demo.say("image", "set", "--deactivate", image)
    demo.same("it is deactivated", demo.asks("image", "show", image)["status"], "deactivated")
    demo.say("image", "set", "--activate", image)
    demo.say("image", "set", "--hidden", image)
    demo.same("it is hidden", image in demo.column("ID", "image", "list"), False)
    demo.say("image", "set", "--unhidden", "--protected", image)
    demo.refused("Failed to delete 1 of 1 images", "image", "delete", image)
    demo.say("image", "set", "--unprotected", "--shared", image)


def projects(cloud, demo, admin, image):
    project = Session(cloud, "admin", "admin").project
    member = demo.asks("image", "add", "project", image, project)
    demo.same("a member waits to accept", (member["member_id"], member["status"]), (project, "pending"))
    demo.refused("409", "image", "add", "project", image, project)
    demo.same("he is listed", demo.asks("image", "member", "list", image),
              [{"Image ID": image, "Member ID": project, "Status": "pending"}])
    admin.say("image", "set", "--accept", image)
    demo.same("he has accepted", demo.asks("image", "member", "get", image, project)["status"], "accepted")
    admin.holds("and has it in his list", image in admin.column("ID", "image", "list", "--shared", "--member-status",
                                                               "accepted"))
    admin.say("image", "set", "--reject", image)
    demo.say("image", "remove", "project", image, project)
    demo.same("he is taken away", demo.asks("image", "member", "list", image), [])
    demo.say("image", "remove", "project", image, project)


def imports(demo, admin, path, web):
    methods = demo.asks("image", "import", "info")["import-methods"]
    demo.holds("images are imported in three ways",
               {"glance-direct", "web-download", "copy-image"} <= set(methods), methods)
    demo.say("image", "create", "staged")
    demo.refused("can only be used with an image in status 'uploading'", "image", "import", "staged")
    demo.say("image", "stage", "--file", path, "staged")
    demo.same("bytes are staged", demo.asks("image", "show", "staged")["status"], "uploading")
    demo.say("image", "import", "--method", "glance-direct", "staged", "--store", "file", "second")
    becomes(demo, "staged", "active")
    demo.say("image", "create", "fetched")
    demo.say("image", "import", "--method", "web-download", "--uri", web.url, "fetched")
    becomes(demo, "fetched", "active")
    demo.same("what is fetched is whole", demo.asks("image", "show", "fetched")["size"], len(BYTES))
    admin.say("image", "import", "--method", "copy-image", "--all-stores", "--disallow-failure", "fetched")
    demo.say("image", "create", "refused")
    # The client does not say that the cloud refused: the image tells.
    demo.say("image", "import", "--method", "web-download", "--uri", "ftp://127.0.0.1/x", "refused")
    demo.same("an image that may not be fetched waits", demo.asks("image", "show", "refused")["status"], "queued")
    demo.refused("The '--uri' option is required", "image", "import", "--method", "web-download", "refused")
    demo.holds("tasks are listed for administrators", admin.asks("image", "task", "list", "--status", "success"))
    task = admin.column("ID", "image", "task", "list", "--sort-key", "created_at", "--limit", "5")[0]
    admin.same("a task is shown", admin.asks("image", "task", "show", task)["id"], task)
    admin.refused("404", "image", "task", "show", NOBODY)
    stores = demo.asks("image", "stores", "list")
    demo.same("stores are listed", sorted(store["ID"] for store in stores), ["file", "second", "web"])
    admin.holds("in detail too", "Properties" in admin.asks("image", "stores", "list", "--detail")[0])
    demo.refused("403", "image", "stores", "list", "--detail")
    demo.say("image", "delete", "staged", "fetched", "refused")


def becomes(demo, image, status):
    wait(20, "%s is %s" % (image, status),
         lambda: json.loads(demo.run("image", "show", "-f", "json", image)[1])["status"] == status, pause=0.5)
    demo.holds("%s becomes %s" % (image, status), True)


def cached(demo, admin, image):
    admin.say("cached", "image", "queue", image)
    admin.same("an image is cached", [
        (row["ID"], row["State"], row["Size"]) for row in admin.asks("cached", "image", "list") if row["ID"] == image],
        [(image, "cached", len(BYTES))])
    admin.say("cached", "image", "delete", image)
    admin.holds("and is no more", image not in admin.column("ID", "cached", "image", "list"))
    admin.say("cached", "image", "clear", "--queue")
    demo.refused("Failed to queue 1 of 1 images", "cached", "image", "queue", image)
    demo.refused("Failed to delete 1 of 1 images", "cached", "image", "delete", image)
    demo.refused("Failed to clear image cache", "cached", "image", "clear")
    demo.refused("403", "cached", "image", "list")


def namespaces(demo, admin):
    name = ("image", "metadef", "namespace")
    demo.holds("the usual namespaces are there", "OS::Compute::Watchdog" in [
        row["namespace"] for row in demo.asks(*name, "list", "--visibility", "public")])
    demo.refused("403", *name, "create", "Typed")
    made = admin.asks(*name, "create", "--display-name", "Ünser", "--description", "of ours", "--private", "Typed")
    admin.same("a namespace is made", [made[key] for key in ("namespace", "display_name", "visibility")],
               ["Typed", "Ünser", "private"])
    admin.refused("409", *name, "create", "Typed")
    demo.refused("404", *name, "show", "Typed")
    admin.say(*name, "set", "--description", "for all", "--public", "--tag", "one", "--tag", "two",
              "--protected", "Typed")
    shown = demo.asks(*name, "show", "Typed")
    demo.same("now all see it", [shown[key] for key in ("description", "visibility", "protected")],
              ["for all", "public", True])
    admin.refused("Failed to unset 1 of 1 tags", *name, "unset", "--tag", "one", "Typed")
    admin.refused("failed to delete", *name, "delete", "Typed")
    admin.say(*name, "set", "--unprotected", "--public", "Typed")
    admin.say(*name, "unset", "--tag", "one", "Typed")
    admin.say(*name, "unset", "--all-tags", "Typed")


def contents(cloud, demo, admin):
    kind = ("image", "metadef", "resource", "type")
    demo.holds("resource types are listed", "OS::Nova::Flavor" in demo.column("Name", *kind, "list"))
    admin.say(*kind, "association", "create", "Typed", "OS::Nova::Flavor")
    demo.same("an association is listed", demo.column("Name", *kind, "association", "list", "Typed"),
              ["OS::Nova::Flavor"])
    admin.refused("409", *kind, "association", "create", "Typed", "OS::Nova::Flavor")
    admin.say(*kind, "association", "delete", "Typed", "OS::Nova::Flavor")
    demo.same("and taken away", demo.column("Name", *kind, "association", "list", "Typed"), [])

    name = ("image", "metadef", "property")
    admin.say(*name, "create", "--name", "color", "--title", "Color", "--type", "string", "--schema",
              '{"enum": ["red", "blue"], "default": "red"}', "Typed")
    admin.say(*name, "set", "--title", "Hue", "Typed", "color")
    shown = demo.asks(*name, "show", "Typed", "color")
    demo.same("a property is changed, and keeps the rest", (shown["title"], shown["enum"]), ("Hue", ["red", "blue"]))
    demo.same("properties are listed", demo.asks(*name, "list", "Typed"),
              [{"name": "color", "title": "Hue", "type": "string"}])
    admin.refused("400", *name, "create", "--name", "bad", "--title", "x", "--type", "liquid", "--schema", "{}",
                  "Typed")
    demo.refused("failed to delete", *name, "delete", "Typed", "color")
    admin.say(*name, "delete", "Typed", "color")
    demo.refused("404", *name, "show", "Typed", "color")

    name = ("image", "metadef", "object")
    admin.say(*name, "create", "--namespace", "Typed", "disc")
    admin.say(*name, "update", "--name", "disk", "Typed", "disc")
    demo.same("an object has its name", demo.asks(*name, "show", "Typed", "disk")["name"], "disk")
    Session(cloud, "admin", "admin").call("POST", 9292, "/v2/metadefs/namespaces/Typed/objects", {
        "name": "tape", "properties": {"size": {"title": "Size", "type": "integer"}}})
    demo.same("and what is in it", demo.asks(*name, "property", "show", "Typed", "tape", "size")["title"], "Size")
    demo.refused("Property weight not found in object tape", *name, "property", "show", "Typed", "tape", "weight")
    demo.same("objects are listed", sorted(demo.column("name", *name, "list", "Typed")), ["disk", "tape"])
    admin.say(*name, "delete", "Typed", "disk")
    admin.say(*name, "delete", "Typed")
    demo.same("all are deleted", demo.asks(*name, "list", "Typed"), [])
    admin.say("image", "metadef", "namespace", "delete", "Typed")
    demo.refused("404", "image", "metadef", "namespace", "show", "Typed")


def delete(demo, image):
    demo.refused("Multi Backend support not enabled.", "image", "delete", "none such")
    demo.say("image", "delete", image)
    demo.refused("No Image found for " + image, "image", "show", image)
