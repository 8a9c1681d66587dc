#!/usr/bin/env python3
"""Drives the image cache with genuine clients, `glance` and `openstack`, and images that lie on a web server: what is
cached is downloaded when that server is gone, and what is interrupted leaves nothing.
"""
import argparse
import glob
import hashlib
import http.server
import os
import pty
import socket
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))
sys.path.insert(0, HERE)
from acceptance import Check  # noqa: E402
from cloud import FAKES, Cloud, Refused, Session, wait  # noqa: E402
from keystone2013 import table  # noqa: E402

MIB = 1 << 20
FORM = ("--disk-format", "raw", "--container-format", "bare")


class Web(http.server.ThreadingHTTPServer):
    """A web server of images, `/SIZE/NUMBER` with so many MiB; closed, its gate lets half of an image through."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = self.server.image(self.path)
            first, last = 0, len(body) - 1
            wanted = self.headers.get("Range")
            if wanted:
                first, last = [int(one) for one in wanted.split("=")[1].split("-")]
            self.send_response(206 if wanted else 200)
            self.send_header("Content-Length", str(last + 1 - first))
            self.send_header("Content-Range", "bytes %d-%d/%d" % (first, last, len(body)))
            self.end_headers()
            if self.command == "HEAD":
                return
            self.server.gets += 1
            try:
                middle = (first + last) // 2
                self.wfile.write(body[first:middle])
                self.server.gate.wait(60)
                self.wfile.write(body[middle:last + 1])
            except OSError:
                pass

        do_HEAD = do_GET

        def log_message(self, *_):
            pass

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Web.Answer)
        self.daemon_threads, self.gets, self.gate = True, 0, threading.Event()
        self.gate.set()
        threading.Thread(target=self.serve_forever, daemon=True).start()
        self.url = "http://127.0.0.1:%d" % self.server_address[1]

    @staticmethod
    def image(path):
        size, number = path.strip("/").split("/")
        return (b"%8d" % int(number)) * (int(size) * MIB // 8)

    def stop(self):
        self.shutdown()
        self.server_close()


class Client:
    """One command as the administrator."""

    def __init__(self, check, cloud, program):
        self.check, self.program = check, program
        self.environment = {
            "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "PYTHONWARNINGS": "ignore",
            "OS_AUTH_URL": cloud.url(5000, "/v3"), "OS_USERNAME": "admin", "OS_PROJECT_NAME": "admin",
            "OS_PASSWORD": cloud.password("martlet"), "OS_USER_DOMAIN_ID": "default", "OS_PROJECT_DOMAIN_ID": "default",
            "OS_REGION_NAME": "RegionOne", "OS_IDENTITY_API_VERSION": "3"}
        if program.endswith("glance"):
            self.environment["OS_IMAGE_API_VERSION"] = "2"

    def run(self, *words):
        # What is no terminal is an image to be uploaded.
        ends = pty.openpty()
        try:
            return subprocess.run([self.program, *words], env=self.environment, text=True, stdin=ends[1],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        finally:
            for end in ends:
                os.close(end)

    def say(self, *words):
        done = self.run(*words)
        self.check("%s %s" % (os.path.basename(self.program), " ".join(words)), done.returncode == 0, done.stdout)
        return done.stdout

    def refused(self, why, *words):
        done = self.run(*words)
        self.check("%s %s is refused" % (os.path.basename(self.program), " ".join(words)), why in done.stdout,
                   done.stdout)


class Drive:
    """A cloud with a store of files and one of the web, and who looks at its cache."""

    def __init__(self, options, check):
        self.check, self.web = check, Web()
        self.cloud = Cloud(options.binary, offset=options.offset, sets=FAKES + [
            "identity.password_cost=4", "image.enabled_backends=file:file,web:http",
            "image.web_download_allowed_ports=", "image.web_download_allowed_networks=127.0.0.0/8",
            "image.image_cache_max_size=%d" % (64 * MIB)])
        self.cloud.start()
        self.glance = Client(check, self.cloud, options.glance)
        self.openstack = Client(check, self.cloud, options.openstack)
        self.number = 0

    def image(self, size):
        """An image of so many MiB whose bytes stay on the web server."""
        self.number += 1
        path = "/%d/%d" % (size, self.number)
        made = self.glance.say("image-create", "--name", "there" + path.replace("/", "-"), *FORM)
        image = {row["Property"]: row["Value"] for row in table(made)}["id"]
        self.glance.say("add-location", "--url", self.web.url + path, image)
        wait(20, "the image is active", lambda: "active" in self.glance.run("image-show", image).stdout)
        return image, path

    def state(self):
        admin = Session(self.cloud, "admin", "admin")
        found = admin.call("GET", 9292, "/v2/cache")
        return {one["image_id"]: one for one in found["cached_images"]}, found["queued_images"]

    def cached(self, image):
        return wait(30, "%s is cached" % image, lambda: self.state()[0].get(image))

    def files(self, what="blobs"):
        return glob.glob(os.path.join(self.cloud.state, "images/cache", what, "*/*"))

    def download(self, image, path, client="glance"):
        target = os.path.join(self.cloud.state, "got")
        if client == "glance":
            self.glance.say("image-download", "--file", target, image)
        else:
            self.openstack.say("image", "save", "--file", target, image)
        with open(target, "rb") as file:
            found = hashlib.sha256(file.read()).hexdigest()
        os.remove(target)
        self.check.same("%s comes down whole" % image, found, hashlib.sha256(Web.image(path)).hexdigest())


def queue(drive):
    """Into the cache by wish, with both clients."""
    check, first, second = drive.check, drive.image(4), drive.image(4)
    drive.glance.say("cache-queue", first[0])
    drive.openstack.say("cached", "image", "queue", second[0])
    for image, _ in (first, second):
        drive.cached(image)
    check("glance cache-list shows it cached", any(
        row.get("ID") == first[0] and row["State"] == "cached" and row["Size"] == str(4 * MIB)
        for row in table(drive.glance.say("cache-list"))))
    check("openstack cached image list shows it", second[0] in drive.openstack.say("cached", "image", "list"))
    gets = drive.web.gets
    drive.download(*first)
    drive.download(*second, client="openstack")
    check.same("nothing was asked of the web server", drive.web.gets, gets)
    check.same("each download was a hit", [drive.state()[0][one[0]]["hits"] for one in (first, second)], [1, 1])
    drive.glance.say("cache-delete", first[0])
    drive.openstack.say("cached", "image", "delete", second[0])
    check.same("and both are gone", (drive.state(), drive.files()), (({}, []), []))
    drive.glance.refused("not found", "cache-queue", "6ee30a87-4c3a-4d4c-8a1d-1f6b0c1f8a11")


def filling(drive):
    """Into the cache by a download; one that is broken off leaves nothing."""
    check, (image, path) = drive.check, drive.image(16)
    drive.web.gate.clear()
    token = Session(drive.cloud, "admin", "admin").token
    with socket.create_connection(("127.0.0.1", 9292 + drive.cloud.offset)) as client:
        client.sendall(("GET /v2/images/%s/file HTTP/1.1\r\nHost: a\r\nX-Auth-Token: %s\r\n\r\n" % (
            image, token)).encode())
        read = 0
        while read < 2 * MIB:
            read += len(client.recv(MIB))
        check("half of it is on its way into the cache", len(drive.files("scratch")) > 0)
    drive.web.gate.set()
    wait(20, "what was broken off is gone", lambda: not drive.files("scratch"))
    check.same("and nothing is cached", (drive.state(), drive.files()), (({}, []), []))
    drive.download(image, path)
    check.same("a whole download is cached", [one["size"] for one in drive.state()[0].values()], [16 * MIB])
    gets = drive.web.gets
    drive.download(image, path, client="openstack")
    check.same("and the next comes from here", drive.web.gets, gets)
    drive.glance.say("image-delete", image)
    check.same("the image's end is the entry's", (drive.state(), drive.files()), (({}, []), []))


def crash(drive):
    """The cloud dies while an image comes, and brings it in when it lives again."""
    check, (image, path) = drive.check, drive.image(16)
    drive.web.gate.clear()
    drive.glance.say("cache-queue", image)
    wait(20, "it is on its way", lambda: drive.files("scratch"))
    check.same("it is queued meanwhile", drive.state(), ({}, [image]))
    drive.cloud.kill()
    drive.web.gate.set()
    drive.cloud.start()
    drive.cached(image)
    check.same("and nothing half is left", (len(drive.files()), drive.files("scratch")), (1, []))
    drive.download(image, path)
    return image, path


def full(drive, kept):
    """What nobody read for the longest time goes; what cannot come leaves the queue."""
    check, images = drive.check, [drive.image(20) for _ in range(3)]
    for image, path in images:
        drive.download(image, path)
    check.same("the oldest went", set(drive.state()[0]), {one[0] for one in images})
    large = drive.image(65)[0]
    drive.glance.say("cache-queue", large)
    wait(20, "what is too large is not queued any more", lambda: large not in drive.state()[1])
    with open(os.path.join(drive.cloud.state, "log")) as log:
        check("and the log says why", any("taken out of the queue" in line and "more than the whole cache" in line
                                          for line in log))
    drive.openstack.say("cached", "image", "clear", "--cache")
    check.same("all is clear", (drive.state(), drive.files()), (({}, []), []))
    drive.glance.say("cache-queue", kept[0])
    drive.cached(kept[0])


def damage(drive, image, path):
    """A file that is not whole is never sent."""
    check, file = drive.check, drive.files()[0]
    os.truncate(file, MIB)
    drive.download(image, path)
    check("the log tells of the damage", "damaged" in open(os.path.join(drive.cloud.state, "log")).read())
    check.same("the download mended it", os.path.getsize(drive.files()[0]), 16 * MIB)
    os.remove(drive.files()[0])
    drive.glance.say("cache-clean")
    check.same("an entry without its file is cleaned away", drive.state(), ({}, []))
    drive.glance.say("cache-prune")


def local(drive):
    """An image of the local store is cached by a link."""
    path = os.path.join(drive.cloud.state, "local")
    with open(path, "wb") as file:
        file.write(os.urandom(MIB))
    made = table(drive.glance.say("image-create", "--name", "local", *FORM, "--file", path))
    image = {row["Property"]: row["Value"] for row in made}["id"]
    drive.glance.say("cache-queue", image)
    drive.cached(image)
    drive.check.same("it is one file with two names", os.stat(drive.files()[0]).st_nlink, 2)
    drive.glance.say("cache-clear")
    drive.check.same("all is clear", (drive.state(), drive.files()), (({}, []), []))
    drive.glance.say("image-delete", image)


def without_web(drive, image, path):
    """The point of it all."""
    drive.glance.say("cache-queue", image)
    drive.cached(image)
    drive.web.stop()
    drive.download(image, path)
    drive.download(image, path, client="openstack")
    drive.glance.say("image-update", "--visibility", "public", image)
    drive.glance.say("image-deactivate", image)
    demo = Session(drive.cloud, "demo", "demo")
    try:
        demo.open("GET", drive.cloud.url(9292, "/v2/images/%s/file" % image))
        drive.check("a deactivated image is closed", False)
    except Refused as refused:
        drive.check.same("a deactivated image is closed", refused.status, 403)
    drive.glance.say("image-reactivate", image)
    drive.glance.say("cache-clear")
    done = drive.glance.run("image-download", "--file", os.path.join(drive.cloud.state, "none"), image)
    drive.check("and without the cache there is no download any more", done.returncode != 0, done.stdout)


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--binary", default=".build/release/martlet")
    options.add_argument("--glance", default=".build/glanceclient/bin/glance")
    options.add_argument("--openstack", default=".build/clients/bin/openstack")
    options.add_argument("--offset", type=int, default=22500)
    options = options.parse_args()
    check, start = Check(), time.monotonic()
    drive = Drive(options, check)
    try:
        queue(drive)
        filling(drive)
        kept = crash(drive)
        full(drive, kept)
        damage(drive, *kept)
        local(drive)
        without_web(drive, *kept)
        check.same("the cloud ends on SIGTERM", drive.cloud.stop(), 0)
    finally:
        drive.cloud.stop()
    if check.failed:
        print("state and log are kept in " + drive.cloud.state)
    else:
        drive.cloud.remove()
    print("# %.0f s" % (time.monotonic() - start))
    print("%d passed, %d failed" % (check.passed, check.failed))
    return 1 if check.failed else 0


if __name__ == "__main__":
    sys.exit(main())
