#!/usr/bin/python3
"""OpenStack's object storage on one machine, for a test: proxy with tempauth and S3's API, one account, container and
object server, a ring of one device, all in a directory that goes when this ends. With a keystone's URL and the name and
password of a user of its project `service`, the proxy takes that keystone's tokens in place of its own.

Prints the proxy's port once it answers, and ends when its standard input does, or by a signal.
"""
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

RINGS = {"account": 6202, "container": 6201, "object": 6200}
CACHE = '''
"""Stands in for memcached, which tempauth keeps its tokens in."""
import time


class Cache:
    def __init__(self):
        self.kept = {}

    def get(self, key, raise_on_error=False):
        value, until = self.kept.get(key, (None, 0))
        return value if until > time.time() else None

    def set(self, key, value, serialize=True, time=0, min_compress_len=0, raise_on_error=False):
        import time as clock
        self.kept[key] = (value, clock.time() + (time or 3600))

    def incr(self, key, delta=1, time=0):
        value = int(self.get(key) or 0) + delta
        self.set(key, value, time=time)
        return value

    def decr(self, key, delta=1, time=0):
        return self.incr(key, -delta, time)

    def delete(self, key, server_key=None):
        self.kept.pop(key, None)

    def set_multi(self, mapping, server_key=None, serialize=True, time=0, min_compress_len=0):
        for key, value in mapping.items():
            self.set(key, value, time=time)

    def get_multi(self, keys, server_key=None):
        return [self.get(key) for key in keys]


def filter_factory(global_conf, **local_conf):
    cache = Cache()

    def make(app):
        def call(environ, start_response):
            environ["swift.cache"] = cache
            return app(environ, start_response)
        return call
    return make
'''
PROXY = """
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = %(proxy)d
workers = 0
user = %(user)s
swift_dir = %(dir)s
log_level = ERROR
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck memory_cache listing_formats bulk %(auth)s slo dlo proxy-server
[app:proxy-server]
use = egg:swift#proxy
allow_account_management = true
account_autocreate = true
# A busy machine is no broken disk.
conn_timeout = 20
node_timeout = 60
error_suppression_limit = 1000
[filter:memory_cache]
paste.filter_factory = memory_cache:filter_factory
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
[filter:authtoken]
paste.filter_factory = keystonemiddleware.auth_token:filter_factory
www_authenticate_uri = %(keystone)s
auth_url = %(keystone)s
auth_type = password
project_domain_id = default
user_domain_id = default
project_name = service
username = %(name)s
password = %(password)s
cache = swift.cache
delay_auth_decision = True
[filter:keystoneauth]
use = egg:swift#keystoneauth
operator_roles = admin, member, service
reseller_prefix = AUTH
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:healthcheck]
use = egg:swift#healthcheck
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:bulk]
use = egg:swift#bulk
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
"""
KEEPER = """
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = %(port)d
workers = 0
user = %(user)s
swift_dir = %(dir)s
devices = %(dir)s/devices
mount_check = false
fallocate_reserve = 0
log_level = ERROR
[pipeline:main]
pipeline = %(kind)s-server
[app:%(kind)s-server]
use = egg:swift#%(kind)s
"""
# The servers read the cluster's secret from a fixed path; here it is given to them. They leave our process group, so
# the kernel is asked to end them with us (PR_SET_PDEATHSIG).
SERVE = """
import ctypes
import sys
ctypes.CDLL(None).prctl(1, 9)
from swift.common import utils
utils.SWIFT_CONF_FILE = %(dir)r + '/swift.conf'
utils.HASH_PATH_PREFIX = b'martlet'
utils.HASH_PATH_SUFFIX = b'martlet'
from swift.common.wsgi import run_wsgi
sys.exit(run_wsgi(sys.argv[1], sys.argv[2]))
"""


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def main():
    place = tempfile.mkdtemp(prefix="mlt-test-swift-")
    servers = []

    def end(*_):
        for server in servers:
            server.kill()
            server.wait()
        shutil.rmtree(place, ignore_errors=True)
        sys.stdout.flush()
        os._exit(0)

    signal.signal(signal.SIGTERM, end)
    names = dict(zip(["proxy", *RINGS], free_ports(4)))
    import pwd
    common = {"dir": place, "user": pwd.getpwuid(os.getuid()).pw_name}
    os.makedirs(place + "/devices/one")

    def write(name, text):
        with open(os.path.join(place, name), "w") as file:
            file.write(text)
    write("memory_cache.py", CACHE)
    write("serve.py", SERVE % common)
    write("swift.conf", "[swift-hash]\nswift_hash_path_prefix = martlet\nswift_hash_path_suffix = martlet\n"
          "[storage-policy:0]\nname = one\ndefault = yes\n")
    keystone, name, password = (sys.argv[1:] + ["", "", ""])[:3]
    write("proxy.conf", PROXY % {
        **common, "proxy": names["proxy"], "keystone": keystone, "name": name, "password": password,
        "auth": "authtoken keystoneauth" if keystone else "s3api tempauth"})
    for kind in RINGS:
        write(kind + ".conf", KEEPER % {**common, "port": names[kind], "kind": kind})
        builder = os.path.join(place, kind + ".builder")
        for words in (["create", "4", "1", "0"], ["add", "r1z1-127.0.0.1:%d/one" % names[kind], "1"], ["rebalance"]):
            subprocess.run(["swift-ring-builder", builder, *words], check=True, stdout=subprocess.DEVNULL)
    log = open(os.path.join(place, "log"), "wb")
    for kind in ["account", "container", "object", "proxy"]:
        servers.append(subprocess.Popen(
            [sys.executable, place + "/serve.py", "%s/%s.conf" % (place, kind), kind + "-server"],
            env={**os.environ, "PYTHONPATH": place}, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=place))
    for _ in range(600):
        try:
            # The proxy answers 503 as long as the others do not listen.
            for kind in RINGS:
                socket.create_connection(("127.0.0.1", names[kind]), timeout=2).close()
            urllib.request.urlopen("http://127.0.0.1:%d/healthcheck" % names["proxy"], timeout=2).read()
            break
        except OSError:
            time.sleep(0.1)
    else:
        sys.stderr.write(open(log.name).read()[-3000:])
        end()
    print(names["proxy"], flush=True)
    sys.stdin.read()
    end()


main()
