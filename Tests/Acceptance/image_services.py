#!/usr/bin/env python3
"""Two image services of one cloud, each a process, on one PostgreSQL and one directory of images: what one takes in the
other gives out, imports and deletes, whoever is killed in between, and nothing is lost or left over.
"""
import argparse
import glob
import hashlib
import http.client
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))
sys.path.insert(0, HERE)
from acceptance import Check  # noqa: E402
from cache import FORM, MIB, Client  # noqa: E402
from cloud import FAKES, Cloud, Refused, Session, wait  # noqa: E402
from keystone2013 import table  # noqa: E402
from postgres import Postgres  # noqa: E402

OCTETS = [("Content-Type", "application/octet-stream")]


class Glance(Client):
    """The genuine client, which asks one of the services."""

    def __init__(self, check, program, cloud, service):
        super().__init__(check, cloud, program)
        self.environment["OS_IMAGE_URL"] = service.url(9292)

    def create(self, *words):
        rows = table(self.say("image-create", *FORM, *words))
        return {row["Property"]: row["Value"] for row in rows}["id"]

    def download(self, image, folder):
        path = os.path.join(folder, "back")
        self.say("image-download", "--file", path, image)
        return open(path, "rb").read()


class Pair:
    """The cloud, and its second image service."""

    def __init__(self, options, check, database, files):
        self.check, self.files = check, files
        sets = FAKES + [
            "identity.password_cost=4", "database.url=" + database.url, "file.filesystem_store_datadir=" + files]
        self.cloud = Cloud(options.binary, options.offset, sets).start()
        self.other = self.cloud.beside(options.offset + 50).start()
        self.admin = Session(self.cloud, "admin", "admin")
        self.here, self.there = [
            Glance(check, options.glance, self.cloud, service) for service in (self.cloud, self.other)]

    def ask(self, service, method, path, body=None, data=None):
        """The status of a plain request to one of the services, and its body."""
        try:
            answer = self.admin.open(
                method, service.url(9292, path), body, data=data, headers=OCTETS if data is not None else ())
            return answer.status, answer.read()
        except Refused as refused:
            return refused.status, refused.body

    def status(self, image):
        return self.admin.call("GET", 9292, "/v2/images/" + image)["status"]

    def kept(self):
        """The names of what is in the directory that both share."""
        return {os.path.basename(path) for path in glob.glob(self.files + "/blobs/*/*")}


def joining(options, check, pair):
    """What is missing for a second service is said, and nothing starts."""
    def refused(what, words, change=lambda other: None, drop=(), add=()):
        other = pair.cloud.beside(options.offset + 60, *add)
        other.sets = [one for one in other.sets if one in add or not one.startswith(tuple(drop) or "\n")]
        change(other)
        done = subprocess.run(
            [other.binary, "serve", "--state", other.state,
             *(word for one in other.sets for word in ("--set", one))], capture_output=True, text=True, timeout=60)
        check(what, done.returncode in (1, 2) and words in done.stderr and not done.stdout, done.stderr[-600:])
        other.remove()

    refused("without the cloud's database it does not start", "database.url", drop=["database.url"])
    refused("nor with a directory of images of its own", "filesystem_store_datadir", drop=["file.filesystem"])
    refused("nor without the cloud's secrets", "copy secrets.json",
            change=lambda other: os.remove(os.path.join(other.state, "secrets.json")))
    refused("nor with another default store", "Here: file %s. There" % pair.files,
            add=["image.enabled_backends=file:file,other:file", "image.default_backend=other",
                 "other.filesystem_store_datadir=%s-other" % pair.files])
    refused("nor with the directory under another name", "Here: there is none",
            drop=["file.filesystem"], add=["image.enabled_backends=renamed:file",
                                           "renamed.filesystem_store_datadir=" + pair.files])
    refused("nor with another directory", "Here: file /", drop=["file.filesystem"],
            add=["file.filesystem_store_datadir=%s-apart" % pair.files])
    refused("nor under the name of one that runs", "another name by compute.host",
            add=["api.port_offset=%d" % pair.other.offset])
    refused("nor where no identity service answers", "Nothing answers at http://127.0.0.1:1",
            add=["identity.url=http://127.0.0.1:1"])


def sharing(pair, folder):
    """What one has, the other gives, changes and deletes."""
    path = os.path.join(folder, "source")
    with open(path, "wb") as file:
        file.write(random.randbytes(3 * MIB))
    image = pair.there.create("--name", "shared", "--file", path)
    pair.check("what came in there goes out here", pair.here.download(image, folder) == open(path, "rb").read())
    pair.here.say("image-update", "--name", "renamed", image)
    pair.check("what is changed here is shown there", "renamed" in pair.there.say("image-show", image))
    pair.there.say("cache-queue", image)
    wait(20, "the image is cached there", lambda: image in pair.there.say("cache-list"))
    pair.check("each has a cache of its own", image not in pair.here.say("cache-list"))
    pair.check("and both know whose", pair.other.url(9292) in pair.here.say("cache-nodes-list", image))
    pair.there.say("image-delete", image)
    pair.check.same("what is deleted there is gone here", pair.ask(pair.cloud, "GET", "/v2/images/" + image)[0], 404)
    pair.check.same("with its bytes", pair.kept(), set())


def staging(pair, folder):
    """Data that waits at one for its import, which the other is asked for."""
    path = os.path.join(folder, "source")
    image = pair.there.create("--name", "staged")
    pair.there.say("image-stage", "--file", path, image)
    pair.here.say("image-import", "--import-method", "glance-direct", image)
    wait(20, "the image is active", lambda: pair.status(image) == "active")
    pair.here.say("image-delete", image)

    image = pair.there.create("--name", "waits")
    pair.there.say("image-stage", "--file", path, image)
    pair.other.kill()
    pair.here.say("image-import", "--import-method", "glance-direct", image)
    time.sleep(2)
    pair.check.same("an import waits for who has its data", pair.status(image), "importing")
    pair.other.start()
    wait(20, "the image is active after the restart", lambda: pair.status(image) == "active")
    pair.check("and whole", pair.here.download(image, folder) == open(path, "rb").read())
    pair.here.say("image-delete", image)


def broken(pair):
    """Who is killed in an upload leaves an image that waits for data again, once it is back."""
    image = pair.admin.call("POST", 9292, "/v2/images", {
        "name": "broken", "disk_format": "raw", "container_format": "bare"})["id"]
    upload = subprocess.Popen(
        ["curl", "-s", "-o", "/dev/null", "--limit-rate", "1M", "-T", "-", "-H", "X-Auth-Token: " + pair.admin.token,
         "-H", "Content-Type: application/octet-stream", pair.other.url(9292, "/v2/images/%s/file" % image)],
        stdin=open("/dev/zero", "rb"))
    wait(10, "the upload has begun", lambda: pair.status(image) == "saving")
    time.sleep(1)
    # A start of the one takes nothing from an upload to the other.
    pair.cloud.stop()
    pair.cloud.start()
    pair.check.same("an upload there outlives a restart here", (upload.poll(), pair.status(image)), (None, "saving"))
    pair.other.kill()
    upload.wait(20)
    pair.other.start()
    wait(20, "the image waits for data again", lambda: pair.status(image) == "queued")
    pair.check.same("and takes it", pair.ask(pair.cloud, "PUT", "/v2/images/%s/file" % image, data=b"whole")[0], 204)
    pair.check.same("nothing of before is left", len(glob.glob(pair.files + "/scratch/*/*")), 0)
    pair.ask(pair.other, "DELETE", "/v2/images/" + image)


def churn(pair, rounds, seed):
    """Both take in and delete the same few contents at once: bytes go with the last image that has them, never before.
    """
    chance = random.Random(seed)
    contents = [bytes([65 + n]) * (64 << 10) for n in range(3)]
    left, wrong = {}, []

    def work(seed):
        chance = random.Random(seed)
        try:
            session = Session(pair.cloud, "admin", "admin")
            mine = {}
            for _ in range(rounds):
                service = chance.choice([pair.cloud, pair.other])
                if mine and chance.random() < 0.5:
                    image = chance.choice(list(mine))
                    if pair.ask(service, "GET", "/v2/images/%s/file" % image)[1] != mine[image]:
                        wrong.append("%s is not what it was" % image)
                    pair.ask(service, "DELETE", "/v2/images/" + image)
                    del mine[image]
                    continue
                content = chance.choice(contents)
                image = session.call("POST", 9292, "/v2/images", {
                    "name": "churn", "disk_format": "raw", "container_format": "bare"})["id"]
                status = pair.ask(service, "PUT", "/v2/images/%s/file" % image, data=content)
                if status[0] != 204:
                    wrong.append("upload: %r" % (status,))
                mine[image] = content
            left.update(mine)
        except Exception as error:
            wrong.append(repr(error))

    workers = [threading.Thread(target=work, args=(chance.random(),)) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    pair.check.same("of uploads and deletions at both none fails", wrong[:3], [])
    damaged = [image for image, content in left.items()
               if pair.ask(pair.other, "GET", "/v2/images/%s/file" % image)[1] != content]
    pair.check.same("of %d images that are left all are whole" % len(left), damaged, [])
    pair.check.same("and only their bytes are there", pair.kept(),
                    {hashlib.sha512(content).hexdigest() for content in left.values()})
    for image in left:
        pair.ask(chance.choice([pair.cloud, pair.other]), "DELETE", "/v2/images/" + image)
    pair.check.same("and none when all are deleted", pair.kept(), set())


def killing(pair, kills, seed):
    """Both are killed in the middle of uploads and deletions of the same contents: what an upload was told to be there
    is there, whole, and nothing else stays."""
    contents = [bytes([75 + n]) * (256 << 10) for n in range(3)]
    kept, wrong, over = {}, [], threading.Event()

    def work(seed):
        chance, mine = random.Random(seed), {}
        while not over.is_set():
            service = chance.choice([pair.cloud, pair.other])
            try:
                if mine and chance.random() < 0.4:
                    image = chance.choice(list(mine))
                    content = mine.pop(image)
                    status, data = pair.ask(service, "GET", "/v2/images/%s/file" % image)
                    if status == 200 and data != content:
                        wrong.append("%s is not what it was" % image)
                    # Whether it is deleted is not known where the answer is lost.
                    pair.ask(service, "DELETE", "/v2/images/" + image)
                    continue
                content = chance.choice(contents)
                status, made = pair.ask(service, "POST", "/v2/images", {
                    "name": "killed", "disk_format": "raw", "container_format": "bare"})
                if status == 201:
                    image = json.loads(made)["id"]
                    if pair.ask(service, "PUT", "/v2/images/%s/file" % image, data=content)[0] == 204:
                        mine[image] = content
            except (OSError, http.client.HTTPException):
                # Of whoever was killed; its client comes again.
                time.sleep(0.05)
        kept.update(mine)

    chance = random.Random(seed)
    workers = [threading.Thread(target=work, args=(chance.random(),)) for _ in range(8)]
    for worker in workers:
        worker.start()
    for number in range(kills):
        time.sleep(0.3 + chance.random())
        service = pair.cloud if number % 4 == 3 else pair.other
        service.kill()
        service.start()
    over.set()
    for worker in workers:
        worker.join()
    pair.check.same("whatever is killed, no download is wrong", wrong, [])
    damaged = [image for image, content in kept.items()
               if pair.ask(pair.cloud, "GET", "/v2/images/%s/file" % image)[1] != content]
    pair.check.same("of %d images that were taken all are whole" % len(kept), damaged, [])

    def images():
        found, path = [], "/v2/images?limit=1000"
        while path:
            page = pair.admin.call("GET", 9292, path)
            found, path = found + page["images"], page.get("next")
        return found
    wait(30, "no upload hangs", lambda: all(one["status"] in ("active", "queued") for one in images()))
    for one in images():
        pair.ask(chance.choice([pair.cloud, pair.other]), "DELETE", "/v2/images/" + one["id"])
    # The start sweeps.
    pair.other.stop()
    pair.other.start()
    pair.check.until("when all are deleted nothing is left", lambda: not pair.kept())


def alone(options, pair):
    """Without identity nobody is let in; taking the second service away takes nothing of the cloud."""
    image = pair.admin.call("POST", 9292, "/v2/images", {
        "name": "stays", "disk_format": "raw", "container_format": "bare"})["id"]
    pair.ask(pair.cloud, "PUT", "/v2/images/%s/file" % image, data=b"stays")
    time.sleep(1)
    pair.cloud.kill()
    pair.check.same("without identity the second says 503", pair.ask(pair.other, "GET", "/v2/images")[0], 503)
    pair.cloud.start()
    pair.check.same("and goes on when it is back", pair.ask(pair.other, "GET", "/v2/images/" + image)[0], 200)
    pair.check.same("the second ends on SIGTERM", pair.other.stop(), 0)
    done = subprocess.run([options.binary, "wipe", "--state", pair.other.state], capture_output=True, text=True)
    pair.check("and is wiped", done.returncode == 0, done.stderr)
    pair.check.same("the image is still here", pair.ask(pair.cloud, "GET", "/v2/images/%s/file" % image)[1], b"stays")
    pair.check.same("the cloud ends on SIGTERM", pair.cloud.stop(), 0)


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--binary", default=".build/release/martlet")
    options.add_argument("--glance", default=".build/glanceclient/bin/glance")
    options.add_argument("--offset", type=int, default=22650)
    options.add_argument("--rounds", type=int, default=60)
    options.add_argument("--kills", type=int, default=12)
    options.add_argument("--seed", type=int, default=1)
    options = options.parse_args()
    check, start = Check(), time.monotonic()
    database = Postgres().start()
    with tempfile.TemporaryDirectory(prefix="martlet-services-") as folder:
        pair = None
        try:
            pair = Pair(options, check, database, os.path.join(folder, "images"))
            joining(options, check, pair)
            sharing(pair, folder)
            staging(pair, folder)
            broken(pair)
            churn(pair, options.rounds, options.seed)
            killing(pair, options.kills, options.seed)
            alone(options, pair)
        finally:
            for one in filter(None, [pair and pair.other, pair and pair.cloud]):
                if check.failed:
                    one.stop()
                    print("state and log are kept in " + one.state)
                else:
                    one.remove()
            database.remove()
    print("# %.0f s" % (time.monotonic() - start))
    print("%d passed, %d failed" % (check.passed, check.failed))
    return 1 if check.failed else 0


if __name__ == "__main__":
    sys.exit(main())
