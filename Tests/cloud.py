"""A running martlet for tests, and the plainest client there can be: standard library only."""
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

FAKES = ["compute.hypervisor=fake", "network.switch=fake", "volume.backend=fake"]


class Cloud:
    """One martlet process on a state directory of its own, on ports that nobody else uses."""

    def __init__(self, binary, offset=20000, sets=(), state=None):
        self.binary, self.offset = os.path.abspath(binary), offset
        self.sets = ["api.port_offset=%d" % offset, *sets]
        self.state = state or tempfile.mkdtemp(prefix="martlet-test-")
        self.log = open(os.path.join(self.state, "log"), "ab")
        self.process = None
        self.ready = ""

    def start(self):
        """Starts it and waits for the line that says it is ready."""
        words = [self.binary, "serve", "--state", self.state]
        for one in self.sets:
            words += ["--set", one]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.ready = self.process.stdout.readline().strip()
        if not self.ready.startswith("ready in "):
            raise SystemExit("martlet did not become ready; see %s" % self.log.name)
        return self

    def beside(self, offset, *sets):
        """One more image service of this cloud, in a process of its own, on the image port of another offset."""
        other = Cloud(self.binary, offset, [
            *(one for one in self.sets if not one.startswith("api.port_offset=")), "cloud.roles=image",
            "identity.url=" + self.url(5000), *sets])
        shutil.copy(os.path.join(self.state, "secrets.json"), other.state)
        return other

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        """Asks it to end, and says with which status it did."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            return self.process.wait(timeout=30)
        return None

    def remove(self):
        self.stop()
        self.log.close()
        shutil.rmtree(self.state, ignore_errors=True)

    def password(self, cloud):
        text = open(os.path.join(self.state, "clouds.yaml")).read()
        return re.search(r"^  %s:.*?password: (\S+)" % cloud, text, re.S | re.M).group(1)

    def url(self, port, path=""):
        return "http://127.0.0.1:%d%s" % (port + self.offset, path)


class Refused(Exception):
    """An answer of 400 or more."""

    def __init__(self, status, body):
        super().__init__("%d %s" % (status, body[:300]))
        self.status, self.body = status, body


class Session:
    """A user of a cloud with a token; a dead cloud shows as OSError."""

    def __init__(self, cloud, user, project):
        self.cloud = cloud
        auth = {"identity": {"methods": ["password"], "password": {"user": {
            "name": user, "domain": {"id": "default"},
            "password": cloud.password("martlet" if user == "admin" else user)}}},
            "scope": {"project": {"name": project, "domain": {"id": "default"}}}}
        answer = self.open("POST", cloud.url(5000, "/v3/auth/tokens"), {"auth": auth}, token=None)
        self.token = answer.headers["X-Subject-Token"]
        self.project = json.load(answer)["token"]["project"]["id"]

    def open(self, method, url, body=None, token=True, headers=(), data=None):
        if body is not None:
            data = json.dumps(body).encode()
        request = urllib.request.Request(url, data=data, method=method, headers=dict(headers))
        if body is not None:
            request.add_header("Content-Type", "application/json")
        if token:
            request.add_header("X-Auth-Token", self.token)
        try:
            return urllib.request.urlopen(request, timeout=30)
        except urllib.error.HTTPError as error:
            raise Refused(error.code, error.read().decode("utf8", "replace")) from None
        except urllib.error.URLError as error:
            raise OSError(str(error)) from None

    def call(self, method, port, path, body=None, **more):
        text = self.open(method, self.cloud.url(port, path), body, **more).read()
        return json.loads(text) if text else None


def wait(seconds, what, check, pause=0.2):
    """Waits until `check` gives something true; what it gave last is in the complaint."""
    end = time.monotonic() + seconds
    while True:
        last = check()
        if last:
            return last
        if time.monotonic() > end:
            raise SystemExit("not within %d s: %s (%r)" % (seconds, what, last))
        time.sleep(pause)
