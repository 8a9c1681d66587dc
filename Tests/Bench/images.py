#!/usr/bin/env python3
"""What images cost: 64 MiB up and down beside nginx on the same machine and disk and beside upstream's recorded figures,
parts of an image, and the memory of the cloud's process while sixteen clients send one GiB each. All in one run, the
two servers taking turns; prints a table, and fails where the download is slower than seven tenths of nginx or the memory grows with the clients.
"""
import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from cloud import FAKES, Cloud, Session  # noqa: E402
from upstream import Upstream  # noqa: E402

MIB = 1 << 20
NGINX = """
worker_processes auto;
daemon off;
pid %(dir)s/pid;
error_log %(dir)s/error;
events {}
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  client_body_temp_path %(dir)s/body; proxy_temp_path %(dir)s/proxy; fastcgi_temp_path %(dir)s/fastcgi;
  uwsgi_temp_path %(dir)s/uwsgi; scgi_temp_path %(dir)s/scgi;
  server { listen 127.0.0.1:%(port)d; root %(dir)s/files; }
}
"""


class Nginx:
    """A web server on a directory of its own."""

    def __init__(self, port):
        self.dir, self.port = tempfile.mkdtemp(prefix="martlet-nginx-"), port
        # Its workers have a user of their own.
        os.chmod(self.dir, 0o755)
        os.mkdir(self.dir + "/files", 0o755)
        with open(self.dir + "/conf", "w") as file:
            file.write(NGINX % {"dir": self.dir, "port": port})

    def start(self):
        self.process = subprocess.Popen(["/usr/sbin/nginx", "-c", self.dir + "/conf", "-e", self.dir + "/error"])
        time.sleep(0.5)
        return self

    def remove(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)


class Images:
    """The image service of a cloud, as curl asks it."""

    def __init__(self, cloud):
        self.session, self.cloud = Session(cloud, "admin", "admin"), cloud

    def create(self):
        return self.session.call("POST", 9292, "/v2/images", {
            "name": "bench", "disk_format": "raw", "container_format": "bare"})["id"]

    def url(self, image):
        return self.cloud.url(9292, "/v2/images/%s/file" % image)

    def upload(self, image, path):
        """Seconds of one upload."""
        out = curl(["-T", path, "-X", "PUT", "-H", "Content-Type: application/octet-stream", "-H",
                    "X-Auth-Token: " + self.session.token, self.url(image)])
        status, took = out.split()
        if status != "204":
            raise SystemExit("an upload was answered with " + status)
        return float(took)

    def delete(self, image):
        self.session.call("DELETE", 9292, "/v2/images/" + image)


def curl(words):
    return subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code} %{time_total}\n", *words],
                          check=True, capture_output=True, text=True).stdout


def downloads(url, count, headers=()):
    """Seconds of each of some downloads over one connection; the first, which opens it, is left out."""
    words = []
    for header in headers:
        words += ["-H", header]
    for at in range(count + 1):
        words += [url] if at == 0 else ["-o", "/dev/null", url]
    lines = curl(words).split("\n")
    times = [line.split() for line in lines if line]
    if any(status not in ("200", "206") for status, _ in times):
        raise SystemExit("a download was answered with %s" % times)
    return [float(took) for _, took in times[1:]]


def memory(pid):
    with open("/proc/%d/status" % pid) as file:
        fields = dict(line.split(":", 1) for line in file)
    return int(fields["VmRSS"].split()[0]) / 1024


class Watch(threading.Thread):
    """The most memory that a process had while this ran."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.most, self.over = pid, 0, threading.Event()

    def run(self):
        while not self.over.wait(0.05):
            self.most = max(self.most, memory(self.pid))

    def stop(self):
        self.over.set()
        self.join()
        return self.most


def together(images, clients, path):
    """Seconds and the most memory of some uploads at once."""
    made = [images.create() for _ in range(clients)]
    watch = Watch(images.cloud.process.pid)
    watch.start()
    begin = time.perf_counter()
    failures = []

    def one(image):
        try:
            images.upload(image, path)
        except BaseException as error:
            failures.append(error)
    threads = [threading.Thread(target=one, args=(image,)) for image in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took, most = time.perf_counter() - begin, watch.stop()
    if failures:
        raise SystemExit("uploads failed: %s" % failures[0])
    for image in made:
        images.delete(image)
    return took, most


def rate(size, seconds):
    return size / MIB / seconds


def recorded(case, size):
    """Upstream's rate with one client, as it was recorded elsewhere."""
    return rate(size, Upstream().find(case, 1)["p50"] / 1000)


def compare(images, nginx, size, rounds, rows):
    source = os.path.join(nginx.dir, "files", "image")
    with open(source, "wb") as file:
        for _ in range(size // MIB):
            file.write(os.urandom(MIB))
    os.chmod(source, 0o644)
    image = images.create()
    images.upload(image, source)
    auth = ["X-Auth-Token: " + images.session.token]
    web = "http://127.0.0.1:%d/image" % nginx.port
    ours, theirs, part, theirs_part = [], [], [], []
    half = "Range: bytes=%d-%d" % (size // 4, size // 4 + size // 2 - 1)
    for _ in range(rounds):
        ours += downloads(images.url(image), 4, auth)
        theirs += downloads(web, 4)
        part += downloads(images.url(image), 4, auth + [half])
        theirs_part += downloads(web, 4, [half])
    ups = []
    for _ in range(rounds):
        other = images.create()
        ups.append(images.upload(other, source))
        images.delete(other)
    images.delete(image)
    down, nginx_down = rate(size, statistics.median(ours)), rate(size, statistics.median(theirs))
    rows.append(("download, %d MiB" % (size // MIB), down, nginx_down, recorded("glance.download_64m", size)))
    a, b = rate(size // 2, statistics.median(part)), rate(size // 2, statistics.median(theirs_part))
    rows.append(("download, a range of half", a, b, None))
    up = rate(size, statistics.median(ups))
    rows.append(("upload, %d MiB" % (size // MIB), up, None, recorded("glance.upload_64m", size)))
    return down / nginx_down


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--binary", default=".build/release/martlet")
    arguments.add_argument("--offset", type=int, default=22900)
    arguments.add_argument("--clients", type=int, default=16)
    arguments.add_argument("--gib", type=float, default=1)
    arguments.add_argument("--rounds", type=int, default=5)
    given = arguments.parse_args()
    cloud = Cloud(given.binary, offset=given.offset, sets=FAKES).start()
    nginx = Nginx(given.offset + 99).start()
    sparse = os.path.join(nginx.dir, "sparse")
    try:
        images = Images(cloud)
        rows = []
        ratio = compare(images, nginx, 64 * MIB, given.rounds, rows)
        size = int(given.gib * 1024) * MIB
        with open(sparse, "wb") as file:
            file.truncate(size)
        one, alone = together(images, 1, sparse)
        many, most = together(images, given.clients, sparse)
        rows.append(("upload, %g GiB, 1 client" % given.gib, rate(size, one), None, None))
        rows.append(("upload, %g GiB each, %d clients" % (given.gib, given.clients),
                     rate(size * given.clients, many), None, None))
        print("%-36s %12s %20s %20s" % ("", "Martlet", "nginx, ratio", "upstream, ratio"))
        for name, ours, *others in rows:
            print("%-36s %6.0f MiB/s" % (name, ours) + "".join(
                "  %6.0f MiB/s %5.2f" % (other, ours / other) if other else " " * 20 for other in others))
        print("memory of the process: %.0f MiB with 1 client, %.0f MiB with %d" % (alone, most, given.clients))
        if ratio < 0.7:
            raise SystemExit("the download is slower than seven tenths of nginx")
        if most - alone > 8 * given.clients:
            raise SystemExit("the memory grows by more than 8 MiB a client")
    finally:
        nginx.remove()
        cloud.remove()


if __name__ == "__main__":
    main()
