#!/usr/bin/env python3
"""Drives the image API v1 with genuine clients: every sub-command of `glance` as of Grizzly and Havana, and today's
python-glanceclient told to speak v1 and v2, with every sub-command of both.
"""
import argparse
import concurrent.futures
import http.server
import json
import os
import pty
import re
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))
sys.path.insert(0, HERE)
from acceptance import Check  # noqa: E402
from cloud import FAKES, Cloud, wait  # noqa: E402
from keystone2013 import Keystone, table  # noqa: E402

BYTES = b"an image of 2013 " * 4096


class Web(http.server.ThreadingHTTPServer):
    """A web server on the loopback from which images are copied."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/guest" else 404)
            self.send_header("Content-Length", str(len(BYTES)))
            self.end_headers()
            if self.command == "GET" and self.path == "/guest":
                self.wfile.write(BYTES)

        do_HEAD = do_GET

        def log_message(self, *_):
            pass

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Web.Answer)
        self.daemon_threads = True
        threading.Thread(target=self.serve_forever, daemon=True).start()
        self.url = "http://127.0.0.1:%d/guest" % self.server_address[1]


class Glance(Keystone):
    """The command `glance` of one release."""

    name = "glance"

    def run(self, *words, data=None):
        # What is no terminal is an image to be uploaded, for the clients of 2013.
        ends = pty.openpty() if data is None else ()
        done = subprocess.run([self.program, *words], env=self.environment, input=data,
                              **({"stdin": ends[1]} if ends else {}), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for end in ends:
            os.close(end)
        out, error = done.stdout.decode("utf8", "replace"), done.stderr.decode("utf8", "replace")
        # Python 2.7 says at every start that it is old.
        return done.returncode, out, "\n".join(line for line in error.splitlines() if "ryptography" not in line)

    def feed(self, data, *words):
        """A command that reads an image from its standard input."""
        self.ran.add(words[0])
        status, out, error = self.run(*words, data=data)
        self.check("%s: glance %s < data" % (self.release, " ".join(words)), status == 0, out + error)
        return out

    def commands(self):
        words = self.run("help")[1]
        return set(re.findall(r"^    ([a-z][a-z-]+) ", words, re.M)) - {"help", "bash-completion"}

    def status(self, image, wanted):
        """Waits until an image is what it is to become."""
        return wait(20, "%s is %s" % (image, wanted), lambda: self.one("image-show", image).get("status") == wanted)


def of_2013(cloud, check, release, web):
    """Each sub-command at least once, as an administrator and as a member of a project."""
    url, mark = cloud.url(5000, "/v2.0"), release[:1] + "-"
    chief = Glance(check, release).user(url, "admin", cloud.password("martlet"), "admin")
    demo = chief.user(url, "demo", cloud.password("demo"), "demo")
    folder = tempfile.mkdtemp(prefix="glance2013-")
    path = os.path.join(folder, "image")
    with open(path, "wb") as file:
        file.write(BYTES)

    form = ("--disk-format", "raw", "--container-format", "bare")
    image = demo.one("image-create", "--name", mark + "file", *form, "--min-disk", "1", "--min-ram", "64",
                     "--property", "color=blue", "--property", "hw_disk_bus=virtio", "--file", path)
    check.same(release + ": an image of a file is active", (image["status"], image["size"], image["is_public"]),
               ("active", str(len(BYTES)), "False"))
    shown = demo.one("image-show", image["id"])
    check.same(release + ": it has its properties",
               (shown["Property 'color'"], shown["Property 'hw_disk_bus'"], shown["min_ram"], shown["min_disk"]),
               ("blue", "virtio", "64", "1"))
    demo.say("image-show", "--human-readable", mark + "file")
    demo.say("image-download", "--file", path + ".got", image["id"])
    check(release + ": what comes down is what went up", open(path + ".got", "rb").read() == BYTES)
    check(release + ": the list has it", mark + "file" in demo.say("image-list"))
    for words in (("--name", mark + "file"), ("--status", "active"), ("--disk-format", "raw"), ("--size-min", "100"),
                  ("--container-format", "bare"), ("--property-filter", "color=blue"), ("--page-size", "1"),
                  ("--sort-key", "size", "--sort-dir", "desc"), ("--human-readable",)):
        check(release + ": and so when asked with " + words[0], mark + "file" in demo.say("image-list", *words))
    check(release + ": but not among those of another color",
          mark + "file" not in demo.say("image-list", "--property-filter", "color=red"))
    demo.say("image-update", "--name", mark + "renamed", "--property", "color=red", image["id"])
    shown = demo.one("image-show", image["id"])
    check.same(release + ": an update keeps what it does not name",
               (shown["name"], shown["Property 'color'"], shown.get("Property 'hw_disk_bus'")),
               (mark + "renamed", "red", "virtio"))
    demo.say("image-update", "--purge-props", "--property", "size=large", image["id"])
    check(release + ": and takes it away when told to", "Property 'color'" not in demo.one("image-show", image["id"]))
    demo.refused("40", "image-update", "--is-public", "True", image["id"])

    copied = chief.one("image-create", "--name", mark + "copy", *form, "--is-public", "True", "--copy-from", web.url)
    chief.status(copied["id"], "active")
    check.same(release + ": an image is copied from the web", chief.one("image-show", copied["id"])["size"],
               str(len(BYTES)))
    check(release + ": and everybody sees it, for it is public", mark + "copy" in demo.say("image-list"))
    chief.refused("40", "image-create", "--name", "x", *form, "--copy-from", "file:///etc/passwd")
    demo.refused("40", "image-create", "--name", "x", "--disk-format", "floppy", "--container-format", "bare")

    chief.say("image-update", "--is-protected", "True", copied["id"])
    chief.refused("protected", "image-delete", copied["id"])
    chief.say("image-update", "--is-protected", "False", copied["id"])

    members(demo, chief, image["id"], release)
    old_names(demo, chief, mark, release, web)
    demo.say("image-delete", image["id"])
    demo.refused("", "image-show", image["id"])
    chief.say("image-delete", mark + "copy")
    check.same(release + ": every sub-command was run", chief.commands() - chief.ran, set())


def members(demo, chief, image, release):
    """Sharing an image of demo's with the administrator's project."""
    other = "0123456789abcdef0123456789abcdef"
    demo.say("member-create", "--can-share", image, other)
    listed = demo.rows("member-list", "--image-id", image)
    demo.check.same(release + ": an image has its member",
                    [(row["Member ID"], row["Can Share"]) for row in listed], [(other, "True")])
    demo.check(release + ": and the member its image", image in chief.say("member-list", "--tenant-id", other))
    demo.say("member-delete", image, other)
    demo.check.same(release + ": which can be taken away", demo.rows("member-list", "--image-id", image), [])
    demo.say("member-add", image, other)
    demo.check(release + ": image-members says so too", other in demo.say("image-members", image))
    demo.say("members-replace", image, "fedcba9876543210fedcba9876543210")
    demo.check(release + ": members are replaced", other not in demo.say("image-members", image))
    chief.check(release + ": member-images tells whose images",
                image in chief.say("member-images", "fedcba9876543210fedcba9876543210"))


def old_names(demo, chief, mark, release, web):
    """The names that sub-commands had before: they take `name=value`."""
    out = demo.feed(BYTES, "add", "name=%sadded" % mark, "disk_format=raw", "container_format=bare", "color=green")
    image = re.search(r"ID: (\S+)", out).group(1)
    demo.check(release + ": index has what was added", mark + "added" in demo.say("index", "--limit", "50"))
    demo.check(release + ": details too", "green" in demo.say("details", "--limit", "50"))
    demo.check(release + ": show too", mark + "added" in demo.say("show", image))
    demo.say("update", image, "name=%schanged" % mark, "color=white")
    demo.check(release + ": update changes it", "white" in demo.say("show", image))
    out = demo.say("add", "name=%sweb" % mark, "disk_format=raw", "container_format=bare", "copy_from=" + web.url)
    fetched = re.search(r"ID: (\S+)", out).group(1)
    demo.status(fetched, "active")
    demo.say("--force", "delete", fetched)
    demo.ran.add("delete")
    demo.check(release + ": delete deletes", mark + "web" not in demo.say("image-list"))
    other = chief.user(demo.environment["OS_AUTH_URL"], "demo", demo.environment["OS_PASSWORD"], "demo")
    other.say("--force", "delete", image)
    chief.ran.add("clear")
    chief.check(release + ": clear asks first", chief.run("clear", data=b"n\n")[0] != 2)


def today_v1(cloud, check, web):
    """Today's command, told to speak v1."""
    check_v1 = "today, v1"
    demo = Glance(check, "glanceclient").user(cloud.url(5000, "/v3"), "demo", cloud.password("demo"), "demo")
    demo.environment.update(OS_PROJECT_NAME="demo", OS_USER_DOMAIN_ID="default", OS_PROJECT_DOMAIN_ID="default",
                            OS_IMAGE_API_VERSION="1")
    demo.release = check_v1
    form = ("--disk-format", "raw", "--container-format", "bare")
    image = demo.one("image-create", "--name", "t1", *form, "--copy-from", web.url, "--property", "a=b")
    demo.status(image["id"], "active")
    demo.say("image-list", "--property-filter", "a=b")
    demo.say("image-download", "--file", os.path.join(cloud.state, "t1"), image["id"])
    demo.say("image-update", "--name", "t2", image["id"])
    demo.say("member-create", image["id"], "some-project")
    check(check_v1 + ": a member is there", "some-project" in demo.say("member-list", "--image-id", image["id"]))
    demo.say("member-delete", image["id"], "some-project")
    demo.say("image-delete", image["id"])
    check.same(check_v1 + ": every sub-command was run", demo.commands() - demo.ran, set())


def today_v2(cloud, check, web):
    """Today's command, with what v2 can."""
    chief = Glance(check, "glanceclient").user(cloud.url(5000, "/v3"), "admin", cloud.password("martlet"), "admin")
    chief.environment.update(OS_PROJECT_NAME="admin", OS_USER_DOMAIN_ID="default", OS_PROJECT_DOMAIN_ID="default")
    chief.release = "today, v2"
    path = os.path.join(cloud.state, "v2-image")
    with open(path, "wb") as file:
        file.write(BYTES)
    form = ("--disk-format", "raw", "--container-format", "bare")
    images_v2(chief, path, form, web)
    definitions(chief)
    tasks_and_cache(chief, path, form, web)
    locations(chief, form, web)
    check.same("today, v2: every sub-command was run", chief.commands() - chief.ran, set())


def images_v2(chief, path, form, web):
    image = chief.one("image-create", "--name", "new", *form, "--property", "a=b", "--tags", "gold")["id"]
    chief.say("image-upload", "--file", path, image)
    chief.check.same("today, v2: an image is active", chief.one("image-show", image)["status"], "active")
    chief.say("image-download", "--file", path + ".got", image)
    chief.check("today, v2: and comes down as it went up", open(path + ".got", "rb").read() == BYTES)
    chief.say("image-update", "--name", "newer", "--remove-property", "a", image)
    for words in (("--tag", "gold"), ("--sort", "name:asc"), ("--visibility", "shared"), ("--limit", "5"),
                  ("--hidden", "False"), ("--property-filter", "name=newer")):
        chief.check("today, v2: the list has it with " + words[0], "newer" in chief.say("image-list", *words))
    chief.say("image-tag-update", image, "silver")
    chief.say("image-tag-delete", image, "gold")
    chief.say("image-deactivate", image)
    chief.say("image-reactivate", image)
    chief.say("member-create", image, "some-project")
    chief.say("member-get", image, "some-project")
    chief.say("member-update", image, "some-project", "accepted")
    chief.check("today, v2: a member accepts", "accepted" in chief.say("member-list", "--image-id", image))
    chief.say("member-delete", image, "some-project")
    chief.say("explain", "image")
    chief.say("import-info")
    chief.say("stores-info")
    chief.say("usage")
    chief.refused("", "stores-delete", "--store", "file", image)
    staged = chief.one("image-create", "--name", "staged", *form)["id"]
    chief.say("image-stage", "--file", path, staged)
    chief.say("image-import", "--import-method", "glance-direct", staged)
    chief.status(staged, "active")
    chief.check("today, v2: an import is a task", "success" in chief.say("image-tasks", staged))
    both = chief.one("image-create-via-import", "--name", "both", *form, "--import-method", "web-download",
                     "--uri", web.url)["id"]
    chief.status(both, "active")
    chief.say("image-delete", image, staged, both)


def definitions(chief):
    chief.say("md-resource-type-list")
    chief.say("md-namespace-create", "Own", "--display-name", "Own", "--visibility", "public")
    chief.say("md-namespace-update", "Own", "--description", "ours")
    chief.check("today, v2: the usual namespaces are there", "OS::Compute::Watchdog" in chief.say("md-namespace-list"))
    chief.say("md-namespace-show", "OS::Compute::Watchdog", "--resource-type", "OS::Nova::Flavor")
    chief.say("md-resource-type-associate", "Own", "--name", "OS::Nova::Flavor", "--prefix", "own:")
    chief.say("md-namespace-resource-type-list", "Own")
    chief.say("md-property-create", "Own", "--name", "color", "--title", "Color", "--type", "string", "--schema", "{}")
    chief.say("md-property-update", "Own", "color", "--title", "Hue")
    chief.check("today, v2: a property has its title", "Hue" in chief.say("md-property-show", "Own", "color"))
    chief.say("md-property-list", "Own")
    chief.say("md-property-delete", "Own", "color")
    schema = '{"size": {"type": "integer", "title": "Size"}}'
    chief.say("md-object-create", "Own", "--name", "disk", "--schema", '{"properties": %s}' % schema)
    chief.say("md-object-update", "Own", "disk", "--name", "disc")
    chief.say("md-object-show", "Own", "disc")
    chief.say("md-object-property-show", "Own", "disc", "size")
    chief.say("md-object-list", "Own")
    chief.say("md-object-delete", "Own", "disc")
    chief.say("md-tag-create", "Own", "--name", "one")
    chief.say("md-tag-create-multiple", "Own", "--names", "two:three", "--delim", ":")
    chief.say("md-tag-update", "Own", "two", "--name", "four")
    chief.say("md-tag-show", "Own", "four")
    chief.check("today, v2: tags are there", "three" in chief.say("md-tag-list", "Own"))
    chief.say("md-tag-delete", "Own", "three")
    for what in ("tags", "objects", "properties"):
        chief.say("md-namespace-%s-delete" % what, "Own")
    chief.say("md-resource-type-deassociate", "Own", "OS::Nova::Flavor")
    chief.say("md-namespace-delete", "Own")
    document = tempfile.NamedTemporaryFile("w", suffix=".json", delete=False)
    json.dump({"namespace": "Read", "properties": {"a": {"title": "A", "type": "string"}}}, document)
    document.close()
    chief.say("md-namespace-import", "--file", document.name)
    chief.say("md-namespace-delete", "Read")


def tasks_and_cache(chief, path, form, web):
    chief.say("task-list")
    wish = {"import_from": web.url, "import_from_format": "raw",
            "image_properties": {"name": "task", "disk_format": "raw", "container_format": "bare"}}
    task = chief.one("task-create", "--type", "import", "--input", json.dumps(wish))["id"]
    wait(20, "the task ends", lambda: chief.one("task-show", task)["status"] == "success")
    image = chief.one("image-create", "--name", "cached", *form, "--file", path)["id"]
    chief.say("cache-queue", image)
    chief.check("today, v2: an image is cached", image in chief.say("cache-list"))
    chief.say("cache-delete", image)
    chief.say("cache-clear")
    chief.say("cache-clean")
    chief.say("cache-prune")
    chief.refused("", "cache-nodes-list", image)
    chief.say("image-delete", image)


def locations(chief, form, web):
    image = chief.one("image-create", "--name", "there", *form)["id"]
    chief.say("location-add", "--url", web.url, "--metadata", '{"a": "b"}', image)
    chief.say("location-update", "--url", web.url, "--metadata", '{"c": "d"}', image)
    chief.say("location-add", "--url", web.url + "#again", image)
    chief.say("location-delete", "--url", web.url + "#again", image)
    chief.check.same("today, v2: an image elsewhere is active", chief.one("image-show", image)["status"], "active")
    other = chief.one("image-create", "--name", "hashed", *form)["id"]
    chief.say("add-location", "--url", web.url, other)
    chief.status(other, "active")
    chief.say("image-delete", image, other)


def manage(options, check):
    """`glance-manage` by that name, on a state of its own."""
    folder = tempfile.mkdtemp(prefix="glance-manage-")
    program = os.path.join(folder, "glance-manage")
    os.symlink(os.path.abspath(options.binary), program)

    def say(*words):
        done = subprocess.run([program, *words, "--state", os.path.join(folder, "state")], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return check("glance-manage " + " ".join(words), done.returncode == 0, done.stdout) and done.stdout

    say("db_sync")
    check("the version is a number", int(say("db", "version")) > 0)
    say("db_check")
    document = os.path.join(folder, "own.json")
    with open(document, "w") as file:
        json.dump({"namespace": "Own", "display_name": "Own", "properties": {"a": {"title": "A", "type": "string"}}},
                  file)
    check("definitions are loaded", "Own" in say("db_load_metadefs", document))
    check("and not twice", "were there already" in say("db", "load_metadefs", document))
    say("db_load_metadefs", document, "--merge", "--prefer_new")
    say("db_export_metadefs", os.path.join(folder, "out"))
    with open(os.path.join(folder, "out", "Own.json")) as file:
        check.same("definitions are written out as they were", json.load(file)["properties"]["a"]["title"], "A")
    say("db_unload_metadefs")
    check("the deleted are forgotten", "Purged 0" in say("db", "purge", "30", "100"))


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--binary", default=".build/release/martlet")
    options.add_argument("--offset", type=int, default=25000)
    options = options.parse_args()
    check, start = Check(), time.monotonic()
    web = Web()
    cloud = Cloud(options.binary, offset=options.offset, sets=FAKES + [
        "identity.password_cost=4", "image.enabled_backends=file:file,second:file,web:http", "image.show_multiple_locations=true",
        "image.web_download_allowed_ports=",
        "image.web_download_allowed_networks=127.0.0.0/8"])
    try:
        cloud.start()
        releases = [one for one in ("grizzly", "havana") if os.path.exists(".build/%s/bin/glance" % one)]
        with concurrent.futures.ThreadPoolExecutor() as pool:
            for done in [pool.submit(of_2013, cloud, check, one, web) for one in releases]:
                done.result()
        today_v1(cloud, check, web)
        today_v2(cloud, check, web)
        print("# glance-manage", flush=True)
        manage(options, check)
        check.same("the cloud ends on SIGTERM", cloud.stop(), 0)
    finally:
        cloud.stop()
    if check.failed:
        print("state and log are kept in " + cloud.state)
    else:
        cloud.remove()
    print("# %.0f s" % (time.monotonic() - start))
    print("%d passed, %d failed" % (check.passed, check.failed))
    return 1 if check.failed else 0


if __name__ == "__main__":
    sys.exit(main())
