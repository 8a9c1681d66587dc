#!/usr/bin/env python3
"""Images whose bytes are in OpenStack's own object storage: by Swift's API, where the storage takes this cloud's tokens,
and by S3; uploaded, downloaded, copied between stores and deleted by the genuine client, which looks into the storage
beside.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from acceptance import Check  # noqa: E402
from cloud import FAKES, Cloud, Session, wait  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))


class Storage:
    """An object storage of one machine, which ends with its standard input."""

    def __init__(self, *words):
        self.process = subprocess.Popen(
            ["/usr/bin/python3", os.path.join(HERE, "../Contract/object-server.py"), *words],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = self.process.stdout.readline().strip()
        if not self.port:
            raise SystemExit("the object storage did not start")

    def stop(self):
        self.process.stdin.close()
        self.process.wait(timeout=30)


def openstack(options, cloud, user, project, words):
    """What the genuine client prints, in JSON where it can."""
    password = json.load(open(cloud.state + "/secrets.json"))["service"].get(user) or cloud.password("martlet")
    done = subprocess.run(
        [os.path.join(options.clients, "openstack"), "--os-auth-url", cloud.url(5000, "/v3"), "--os-username", user,
         "--os-password", password, "--os-project-name", project, "--os-user-domain-id", "default",
         "--os-project-domain-id", "default", "--os-identity-api-version", "3", *words],
        capture_output=True, text=True)
    if done.returncode:
        raise SystemExit("openstack %s: %s" % (" ".join(words), done.stderr[-1000:]))
    try:
        return json.loads(done.stdout)
    except ValueError:
        return done.stdout


def run(options, check, cloud, keystone):
    admin = lambda *words: openstack(options, cloud, "admin", "admin", words)  # noqa: E731
    stored = lambda *words: openstack(options, cloud, "glance", "service", words)  # noqa: E731
    admin("service", "create", "--name", "swift", "object-store")
    admin("endpoint", "create", "--region", "RegionOne", "object-store", "public",
          "http://127.0.0.1:%s/v1/AUTH_%%(tenant_id)s" % keystone.port)
    session = Session(cloud, "admin", "admin")
    folder = tempfile.mkdtemp(prefix="image-stores-")
    source, back = folder + "/source", folder + "/back"
    with open(source, "wb") as file:
        file.write(os.urandom(5 << 20) + bytes(1000))

    def same(image):
        admin("image", "save", "--file", back, image)
        return open(back, "rb").read() == open(source, "rb").read()

    def create(format, name):
        """Not by the client, which sends what its standard input has."""
        return session.call("POST", 9292, "/v2/images", {
            "name": name, "disk_format": format, "container_format": "bare"})["id"]

    def upload(image, store):
        """The status and the body of the answer; the client of today cannot name a store."""
        done = subprocess.run(
            ["curl", "-s", "-w", "\\n%{http_code}", "-T", source, "-H", "X-Auth-Token: " + session.token, "-H",
             "Content-Type: application/octet-stream", "-H", "X-Image-Meta-Store: " + store,
             cloud.url(9292, "/v2/images/%s/file" % image)], capture_output=True, text=True).stdout
        body, _, status = done.rpartition("\n")
        return status, body

    for store in ["far", "bucket"]:
        image = create("raw", "in-" + store)
        upload(image, store)
        shown = admin("image", "show", image, "-f", "json")
        check("%s: an upload is active, in that store" % store,
              shown["status"] == "active" and shown["properties"]["stores"] == store, shown)
        check("%s: a download is what was sent" % store, same(image))
        if store == "far":
            objects = stored("object", "list", "images", "-f", "json")
            segments = stored("object", "list", "images_segments", "-f", "json")
            check("far: an object in the storage, with the name of the image",
                  len(objects) == 1 and objects[0]["Name"].startswith(image), objects)
            check("far: a larger image has segments of 1 MiB", len(segments) == 6, segments)
        for to in ["file", "far" if store == "bucket" else "bucket"]:
            session.call("POST", 9292, "/v2/images/%s/import" % image, {
                "method": {"name": "copy-image"}, "stores": [to]})
            wait(30, "copied to " + to, lambda: to in session.call(
                "GET", 9292, "/v2/images/" + image)["stores"].split(","))
            check("%s: copied to %s" % (store, to), True)
        session.call("DELETE", 9292, "/v2/stores/file/" + image)
        check("%s: it is read from elsewhere when a store lets it go" % store, same(image))
        admin("image", "delete", image)
        check("%s: nothing of it is left in the storage" % store, not wait_empty(stored), stored)

    status, body = upload(create("qcow2", "lying"), "far")
    check("what is no qcow2 is refused, and leaves nothing behind", status == "415" and not wait_empty(stored), body)

    keystone.stop()
    image = create("raw", "unlucky")
    status, body = upload(image, "far")
    check("a store that is gone is said to be", status == "503" and "Nothing answers" in body, (status, body))
    check("and the image waits for its data",
          session.call("GET", 9292, "/v2/images/" + image)["status"] == "queued")
    shutil.rmtree(folder)


def wait_empty(stored):
    """What is still there after a while, in the container and that of the segments."""
    end = time.monotonic() + 10
    while True:
        left = stored("object", "list", "images", "-f", "json") + stored(
            "object", "list", "images_segments", "-f", "json")
        if not left or time.monotonic() > end:
            return left
        time.sleep(0.3)


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--binary", default=".build/release/martlet")
    options.add_argument("--clients", default=".build/clients/bin")
    options.add_argument("--offset", type=int, default=21500)
    options = options.parse_args()
    check, begin = Check(), time.monotonic()
    bucket = Storage()
    cloud = Cloud(options.binary, options.offset, FAKES + [
        "image.enabled_backends=file:file,far:swift,bucket:s3",
        "far.swift_store_auth_address=http://127.0.0.1:%d/v3" % (5000 + options.offset),
        "far.swift_store_user=service:glance", "far.swift_store_container=images",
        "far.swift_store_create_container_on_put=true", "far.swift_store_large_object_chunk_size=1",
        "bucket.s3_store_host=http://127.0.0.1:" + bucket.port, "bucket.s3_store_access_key=test:tester",
        "bucket.s3_store_secret_key=testing", "bucket.s3_store_create_bucket_on_put=true",
    ])
    # The service's own user: its password is drawn at the first start, and kept in the state.
    cloud.sets.append("far.swift_store_key=unknown yet")
    cloud.start()
    secret = json.load(open(cloud.state + "/secrets.json"))["service"]["glance"]
    cloud.stop()
    cloud.sets[-1] = "far.swift_store_key=" + secret
    cloud.start()
    keystone = Storage(cloud.url(5000), "glance", secret)
    try:
        run(options, check, cloud, keystone)
    finally:
        cloud.remove()
        bucket.stop()
        if keystone.process.poll() is None:
            keystone.stop()
    print("%d passed, %d failed in %d s" % (check.passed, check.failed, time.monotonic() - begin))
    return 1 if check.failed else 0


if __name__ == "__main__":
    sys.exit(main())
