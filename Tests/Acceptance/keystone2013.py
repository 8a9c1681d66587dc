#!/usr/bin/env python3
"""Drives the identity API v2.0 with genuine clients: every sub-command of `keystone` as of Grizzly, Havana and Mitaka,
the tutorial of 2013 from nothing but SERVICE_TOKEN, and today's `openstack` told to speak v2.0.
"""
import argparse
import concurrent.futures
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))
sys.path.insert(0, HERE)
from acceptance import Check  # noqa: E402
from cloud import FAKES, Cloud  # noqa: E402

TOKEN = "012345SECRET99TOKEN012345"


def table(text):
    """The rows of a table of `keystone`'s, each by its column."""
    lines = [[cell.strip() for cell in line.strip().strip("|").split("|")]
             for line in text.splitlines() if line.startswith("|")]
    return [dict(zip(lines[0], line)) for line in lines[1:]] if lines else []


class Keystone:
    """The command `keystone` of one release, with what it is told by its environment."""

    name = "keystone"

    def __init__(self, check, release, **environment):
        self.check, self.release, self.ran = check, release, set()
        self.program = ".build/%s/bin/%s" % (release, self.name)
        self.environment = {
            "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "PYTHONWARNINGS": "ignore", **environment}

    def user(self, url, name, password, tenant):
        """The same command as somebody with a password."""
        other = type(self)(self.check, self.release, OS_AUTH_URL=url, OS_USERNAME=name, OS_PASSWORD=password,
                         OS_TENANT_NAME=tenant, OS_REGION_NAME="RegionOne")
        other.ran = self.ran
        return other

    def run(self, *words):
        done = subprocess.run([self.program, *words], env=self.environment, text=True, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return done.returncode, done.stdout, done.stderr

    def say(self, *words, quiet=False):
        """Runs a command that must succeed; gives what it printed."""
        self.ran.add(words[0])
        status, out, error = self.run(*words)
        held = status == 0 and "Unable" not in out and "ERROR" not in error
        if not held or not quiet:
            self.check("%s: %s %s" % (self.release, self.name, " ".join(words)), held, out + error)
        return out

    def rows(self, *words):
        return table(self.say(*words))

    def one(self, *words):
        """The properties in a table of two columns."""
        return {row["Property"]: row["Value"] for row in self.rows(*words)}

    def refused(self, words, *command):
        self.ran.add(command[0])
        status, out, error = self.run(*command)
        text = out + error
        self.check("%s: %s %s is refused" % (self.release, self.name, " ".join(command)),
                   (status != 0 or "Unable" in text) and words in text, "%d %s" % (status, text))

    def commands(self):
        """All there are, as the program itself lists them."""
        words = self.run("bash-completion")[1].split()
        return {word for word in words if not word.startswith("-")}


def every_command(cloud, check, release):
    """Each sub-command at least once, as an administrator and as a user of his own making."""
    public, admin = cloud.url(5000, "/v2.0"), cloud.admin("/v2.0")
    chief = Keystone(check, release).user(public, "admin", cloud.password("martlet"), "admin")
    mark = release[:1]

    tenant = chief.one("tenant-create", "--name", mark + "-tenant", "--description", "of " + release)
    check.same(release + ": a tenant is enabled and has its description",
               (tenant["enabled"], tenant["description"]), ("True", "of " + release))
    check(release + ": a tenant shows nothing of later years", set(tenant) == {"id", "name", "description", "enabled"},
          repr(set(tenant)))
    chief.say("tenant-update", "--name", mark + "-renamed", "--description", "another", "--enabled", "true", tenant["id"])
    check.same(release + ": a tenant has its new name", chief.one("tenant-get", tenant["id"])["name"], mark + "-renamed")
    check(release + ": the list of tenants has it",
          mark + "-renamed" in [row["name"] for row in chief.rows("tenant-list")])
    chief.refused("409", "tenant-create", "--name", mark + "-renamed")

    user = chief.one("user-create", "--name", mark + "-user", "--tenant-id", tenant["id"], "--pass", "first",
                     "--email", "u@example.org", "--enabled", "true")
    check.same(release + ": a user has tenant and address", (user["tenantId"], user["email"]),
               (tenant["id"], "u@example.org"))
    check(release + ": a user shows nothing of later years",
          set(user) <= {"id", "name", "username", "email", "enabled", "tenantId"}, repr(set(user)))
    check.same(release + ": his tenant has him",
               [row["name"] for row in chief.rows("user-list", "--tenant-id", tenant["id"])], [mark + "-user"])
    chief.say("user-update", "--name", mark + "-person", "--email", "p@example.org", "--enabled", "true", user["id"])
    check.same(release + ": a user has his new name", chief.one("user-get", user["id"])["name"], mark + "-person")
    check(release + ": the list of users has him", mark + "-person" in [row["name"] for row in chief.rows("user-list")])
    chief.say("user-password-update", "--pass", "second", user["id"])

    role = chief.one("role-create", "--name", mark + "-role")
    check.same(release + ": a role is there", chief.one("role-get", role["id"])["name"], mark + "-role")
    check(release + ": the list of roles has it and the older member", {mark + "-role", "_member_", "admin"}
          <= {row["name"] for row in chief.rows("role-list")})
    names = ("--user-id", user["id"], "--role-id", role["id"], "--tenant-id", tenant["id"])
    chief.say("user-role-add", *names)
    chief.refused("409", "user-role-add", *names)
    held = chief.rows("user-role-list", "--user-id", user["id"], "--tenant-id", tenant["id"])
    check.same(release + ": a user has his roles, and none that they imply",
               sorted(row["name"] for row in held), ["_member_", mark + "-role"])
    chief.say("user-role-remove", *names)
    held = chief.rows("user-role-list", "--user-id", user["id"], "--tenant-id", tenant["id"])
    check.same(release + ": a role is taken away", [row["name"] for row in held], ["_member_"])
    chief.say("user-role-list")

    service = chief.one("service-create", "--name", mark + "-service", "--type", "metering", "--description", "counts")
    check.same(release + ": a service is there", chief.one("service-get", service["id"])["type"], "metering")
    check(release + ": the list of services has it",
          mark + "-service" in [row["name"] for row in chief.rows("service-list")])
    endpoint = chief.one(
        "endpoint-create", "--region", "RegionOne", "--service-id", service["id"],
        "--publicurl", "http://public:8777/%(tenant_id)s", "--internalurl", "http://internal:8777/%(tenant_id)s",
        "--adminurl", "http://admin:8777/%(tenant_id)s")
    listed = [row for row in chief.rows("endpoint-list") if row["id"] == endpoint["id"]]
    check.same(release + ": an endpoint is one row with three URLs",
               [(row["publicurl"], row["internalurl"], row["adminurl"]) for row in listed],
               [tuple("http://%s:8777/%%(tenant_id)s" % name for name in ("public", "internal", "admin"))])

    own = chief.user(public, mark + "-person", "second", mark + "-renamed")
    check.same(release + ": a token is for his tenant", own.one("token-get")["tenant_id"], tenant["id"])
    for name in ("public", "internal", "admin"):
        row = own.one("endpoint-get", "--service", "metering", "--endpoint-type", name + "URL")
        check.same(release + ": the catalogue has the %s URL" % name, row["metering.%sURL" % name],
                   "http://%s:8777/%s" % (name, tenant["id"]))
    check(release + ": the catalogue can be read", "metering" in own.say("catalog"))
    row = own.one("catalog", "--service", "identity")
    check.same(release + ": and names this API", (row["publicURL"], row["adminURL"]), (public, admin))

    key = own.one("ec2-credentials-create")
    check.same(release + ": a key is his", (key["user_id"], key["tenant_id"]), (user["id"], tenant["id"]))
    check.same(release + ": a key is kept", own.one("ec2-credentials-get", "--access", key["access"])["secret"],
               key["secret"])
    check.same(release + ": and listed",
               [row["access"] for row in own.rows("ec2-credentials-list")], [key["access"]])
    other = chief.one("ec2-credentials-create", "--user-id", user["id"], "--tenant-id", tenant["id"])
    chief.say("ec2-credentials-delete", "--user-id", user["id"], "--access", other["access"])
    own.say("ec2-credentials-delete", "--access", key["access"])
    own.refused("403", "user-list")
    own.say("password-update", "--current-password", "second", "--new-password", "third")
    own.refused("401", "token-get")
    own = chief.user(public, mark + "-person", "third", mark + "-renamed")
    own.say("token-get")

    found = own.say("discover")
    check(release + ": both versions are found" if release != "grizzly" else "grizzly: v2.0 is found",
          "v2.0" in found, found)
    holder = Keystone(check, release, SERVICE_TOKEN=TOKEN, SERVICE_ENDPOINT=admin)
    holder.ran = chief.ran
    # It logs its new user in where it was told that the API is.
    holder.say("bootstrap", "--user-name", mark + "-boot", "--pass", "boots", "--role-name", mark + "-boot",
               "--tenant-name", mark + "-boot")
    chief.say("endpoint-delete", endpoint["id"])
    chief.say("service-delete", service["id"])
    chief.say("role-delete", role["id"])
    chief.say("user-delete", user["id"])
    chief.say("tenant-delete", tenant["id"])
    own.refused("401", "token-get")
    chief.say("help", "user-list", quiet=True)
    chief.say("bash-completion", quiet=True)
    missing = chief.commands() - chief.ran - {"help", "bash_completion"}
    check("%s: all %d sub-commands were run" % (release, len(chief.ran)), not missing, repr(missing))


def tutorial(cloud, check, release):
    """The identity chapter of an installation guide of 2013, from the bootstrap token to keys for EC2."""
    holder = Keystone(check, release, SERVICE_TOKEN=TOKEN, SERVICE_ENDPOINT=cloud.admin("/v2.0"))
    mark = release + "-"
    tenant = holder.one("tenant-create", "--name", mark + "openstackDemo", "--description", "Default Tenant")["id"]
    user = holder.one("user-create", "--tenant-id", tenant, "--name", mark + "adminUser", "--pass", "secretword")["id"]
    role = holder.one("role-create", "--name", mark + "memberRole")["id"]
    admin = next(row["id"] for row in holder.rows("role-list") if row["name"] == "admin")
    for one in (role, admin):
        holder.say("user-role-add", "--user-id", user, "--tenant-id", tenant, "--role-id", one)
    services = holder.one("tenant-create", "--name", mark + "service", "--description", "Service Tenant")["id"]
    for name in ("glance", "nova", "ec2", "swift"):
        one = holder.one("user-create", "--tenant-id", services, "--name", mark + name, "--pass", name)["id"]
        holder.say("user-role-add", "--user-id", one, "--tenant-id", services, "--role-id", admin)
    host = "http://192.168.206.130"
    for name, kind, words, public, inside, chief in (
            ("volume", "volume", "Nova Volume Service", *[host + ":8776/v1/%(tenant_id)s"] * 3),
            ("ec2", "ec2", "EC2 Compatibility Layer", host + ":8773/services/Cloud", host + ":8773/services/Cloud",
             host + ":8773/services/Admin"),
            ("swift", "object-store", "Object Storage Service", host + ":8888/v1/AUTH_%(tenant_id)s",
             host + ":8888/v1/AUTH_%(tenant_id)s", host + ":8888/v1")):
        one = holder.one("service-create", "--name", mark + name, "--type", kind, "--description", words)["id"]
        holder.say("endpoint-create", "--region", "RegionOne", "--service-id", one, "--publicurl", public,
                   "--internalurl", inside, "--adminurl", chief)
    # The token is enough as an option too, as the tutorials write it.
    plain = Keystone(check, release)
    plain.say("--os-token", TOKEN, "--os-endpoint", cloud.admin("/v2.0"), "user-list")
    wrong = Keystone(check, release, SERVICE_TOKEN=TOKEN + "0", SERVICE_ENDPOINT=cloud.admin("/v2.0"))
    wrong.refused("redentials", "user-list")

    own = holder.user(cloud.url(5000, "/v2.0"), mark + "adminUser", "secretword", mark + "openstackDemo")
    own.say("token-get")
    check(release + ": the new administrator administers", mark + "glance" in own.say("user-list"))
    key = own.one("ec2-credentials-create")
    check(release + ": and has a key", len(key["access"]) == 32 and len(key["secret"]) == 32, repr(key))
    check.same(release + ": the catalogue names EC2 for his tenant",
               own.one("endpoint-get", "--service", "ec2")["ec2.publicURL"], host + ":8773/services/Cloud")
    row = own.one("endpoint-get", "--service", "volume")
    check.same(release + ": and puts his tenant into URLs", row["volume.publicURL"], host + ":8776/v1/" + tenant)
    # What the tutorial made goes away again, so that another release can follow it.
    for kind in ("service", "user", "role", "tenant"):
        for one in own.rows(kind + "-list") if kind != "user" else own.rows("user-list"):
            if one["name"].startswith(mark) and one["name"] not in (mark + "adminUser", mark + "openstackDemo"):
                own.say(kind + "-delete", one["id"], quiet=True)


def refusals(cloud, check):
    """What no client shows plainly: statuses and the form of errors."""
    def ask(method, url, body=None, **headers):
        request = urllib.request.Request(url, data=body, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
    public, admin = cloud.url(5000, "/v2.0"), cloud.admin("/v2.0")
    xml = {"Content-Type": "application/xml", "Accept": "application/xml"}
    check.same("who reads XML alone is refused", ask("GET", public, **{"Accept": "application/xml"})[0], 406)
    check.same("a body in XML is refused",
               ask("POST", public + "/tokens", b"<auth/>", **{"Content-Type": xml["Content-Type"]})[0], 415)
    status, text = ask("POST", public + "/tokens", b"{}", **{"Content-Type": "application/json"})
    check("an empty login is refused in keystone's form", status == 400 and '"title":"Bad Request"' in text, text)
    check.same("the public port administers nothing",
               ask("GET", public + "/users", **{"X-Auth-Token": TOKEN})[0], 404)
    check.same("the admin port does", ask("GET", admin + "/users", **{"X-Auth-Token": TOKEN})[0], 200)
    check.same("and has v3 too", ask("GET", cloud.admin("/v3/users"), **{"X-Auth-Token": TOKEN})[0], 200)
    check.same("one port serves all by path", ask("GET", cloud.url(8000, "/identity/v2.0/"))[0], 200)
    check.same("and the admin API too",
               ask("GET", cloud.url(8000, "/identity_admin/v2.0/users"), **{"X-Auth-Token": TOKEN})[0], 200)


def signatures(cloud, check):
    """A request signed with an EC2 key is worth a token, to the services that are asked."""
    from keystoneclient.contrib.ec2 import utils

    def ask(path, body, token=None):
        request = urllib.request.Request(
            cloud.admin(path), json.dumps(body).encode(), {"Content-Type": "application/json"}, method="POST")
        if token:
            request.add_header("X-Auth-Token", token)
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)
    login = ask("/v2.0/tokens", {"auth": {"tenantName": "demo", "passwordCredentials": {
        "username": "demo", "password": cloud.password("demo")}}})[1]["access"]
    user, tenant = login["user"]["id"], login["token"]["tenant"]["id"]
    key = ask("/v2.0/users/%s/credentials/OS-EC2" % user, {"tenant_id": tenant}, login["token"]["id"])[1]["credential"]
    signed = {"access": key["access"], "host": "cloud:8773", "verb": "GET", "path": "/services/Cloud",
              "params": {"SignatureVersion": "2", "AWSAccessKeyId": key["access"], "Action": "DescribeInstances",
                         "SignatureMethod": "HmacSHA256"}}
    signed["signature"] = utils.Ec2Signer(key["secret"]).generate(dict(signed))
    for name in ("credentials", "ec2Credentials"):
        status, body = ask("/v2.0/ec2tokens", {name: signed}, TOKEN)
        check("a signature is worth a token (%s)" % name, status == 200 and body["access"]["user"]["id"] == user
              and body["access"]["token"]["tenant"]["id"] == tenant, body)
    check.same("to services alone", ask("/v2.0/ec2tokens", {"credentials": signed})[0], 401)
    check.same("a forged one is worth nothing", ask("/v2.0/ec2tokens", {
        "credentials": {**signed, "signature": "x" * 44}}, TOKEN)[0], 401)


def today(cloud, check):
    """Today's `openstack`, told to speak v2.0; in this process, since each call of it costs a second."""
    import contextlib
    import io
    from openstackclient import shell
    base = ["--os-identity-api-version", "2", "--os-auth-type", "v2password", "--os-auth-url", cloud.url(5000, "/v2.0"),
            "--os-username", "admin", "--os-password", cloud.password("martlet"), "--os-project-name", "admin",
            "--os-interface", "admin"]
    ran = set()

    def say(*words):
        out, error = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
            status = shell.OpenStackShell().run([*base, *words])
        ran.add(" ".join(words))
        check("openstack %s" % " ".join(words), status == 0, error.getvalue() + out.getvalue())
        return out.getvalue()

    def read(*words):
        text = say(*words, "-f", "json")
        return json.loads(text) if text.strip() else {}

    check("a token is issued", read("token", "issue")["id"].startswith("gAAAA"))
    check("the catalogue has names", {row["Name"] for row in read("catalog", "list")} >= {"keystone", "nova"})
    read("catalog", "show", "identity")
    project = read("project", "create", "--description", "x", "today")["id"]
    say("project", "set", "--description", "y", "--property", "colour=red", "today")
    check.same("a property is kept", read("project", "show", "today")["properties"], {"colour": "red"})
    say("project", "unset", "--property", "colour", "today")
    check("projects are listed", "today" in [row["Name"] for row in read("project", "list")])
    user = read("user", "create", "--project", "today", "--password", "word", "--email", "t@example.org", "tom")["id"]
    say("user", "set", "--email", "tom@example.org", "--password", "words", "tom")
    check.same("a user has his address", read("user", "show", "tom")["email"], "tom@example.org")
    check("users are listed", "tom" in [row["Name"] for row in read("user", "list")])
    say("user", "list", "--project", "today", "--long")
    read("role", "create", "cook")
    read("role", "show", "cook")
    check("roles are listed", "cook" in [row["Name"] for row in read("role", "list")])
    read("role", "add", "--project", "today", "--user", "tom", "cook")
    rows = read("role", "assignment", "list", "--project", "today", "--user", "tom", "--names")
    check.same("who is what is listed", sorted(row["Role"] for row in rows), ["_member_", "cook"])
    say("role", "remove", "--project", "today", "--user", "tom", "cook")
    service = read("service", "create", "--name", "kitchen", "--description", "cooks", "cooking")["id"]
    read("service", "show", "kitchen")
    check("services are listed", "kitchen" in [row["Name"] for row in read("service", "list")])
    endpoint = read("endpoint", "create", "--region", "RegionOne", "--publicurl", "http://p:1", "--internalurl",
                    "http://i:1", "--adminurl", "http://a:1", "kitchen")["id"]
    check.same("an endpoint is found by its service", read("endpoint", "show", "kitchen")["id"], endpoint)
    check("endpoints are listed", endpoint in [row["ID"] for row in read("endpoint", "list", "--long")])
    key = read("ec2", "credentials", "create")["access"]
    check.same("a key is shown", read("ec2", "credentials", "show", key)["access"], key)
    check("keys are listed", key in [row["Access"] for row in read("ec2", "credentials", "list")])
    say("ec2", "credentials", "delete", key)
    say("endpoint", "delete", endpoint)
    say("service", "delete", service)
    say("role", "delete", "cook")
    say("user", "delete", user)
    say("project", "delete", project)
    spare = read("token", "issue")["id"]
    say("token", "revoke", spare)
    from importlib.metadata import entry_points
    commands = {point.name.replace("_", " ") for point in entry_points(group="openstack.identity.v2")}
    missing = {one for one in commands if not any(line.startswith(one) for line in ran)}
    check("all %d commands of openstack for v2.0 were run" % len(commands), not missing, repr(missing))


def visit(cloud, check, release):
    every_command(cloud, check, release)
    if release != "mitaka":
        tutorial(cloud, check, release)


def manage(options, check):
    """keystone-manage by a link of that name: before there is a cloud, and beside one that runs."""
    folder = tempfile.mkdtemp(prefix="martlet-manage-")
    link, state = os.path.join(folder, "keystone-manage"), os.path.join(folder, "state")
    os.symlink(os.path.abspath(options.binary), link)

    def run(*words, **environment):
        done = subprocess.run([link, "--state", state, *words], text=True, env={**os.environ, **environment},
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode, done.stdout.strip()

    def says(words, *command, status=0, **environment):
        found = run(*command, **environment)
        check("keystone-manage %s: %d" % (" ".join(command), status), found[0] == status and words in found[1], found)
        return found[1]

    says("There is no cloud", "db_version", status=1)
    says("", "db_sync")
    version = says("", "db_version")
    check("the tables have a version", version.isdigit() and int(version) > 0, version)
    says("up to date", "db_sync", "--check")
    says("2 keys", "fernet_setup", "--keystone-user", "keystone", "--keystone-group", "keystone")
    for _ in range(3):
        says("3 keys", "fernet_rotate")
    says("2 keys", "credential_setup")
    says("OS_BOOTSTRAP_PASSWORD must be set", "bootstrap", status=2)
    urls = [word for name, port in (("admin", 35357), ("public", 5000), ("internal", 5000))
            for word in ("--bootstrap-%s-url" % name, "http://controller:%d/v3/" % port)]
    says("user chief: made", "bootstrap", "--bootstrap-username", "chief", "--bootstrap-password", "it's: secret",
         "--bootstrap-project-name", "office", "--bootstrap-role-name", "admin", "--bootstrap-region-id", "Far", *urls)
    says("there already", "bootstrap", OS_BOOTSTRAP_PASSWORD="it's: secret")
    for command, words in (("token_flush", "nothing to flush"), ("pki_setup", "nothing to set up"),
                           ("doctor", "Nothing is wrong")):
        says(words, command)
    says("Say what to purge", "mapping_purge", status=2)
    says("nothing to purge", "mapping_purge", "--all")
    says("did you mean fernet_rotate?", "fernet_rotat", status=2)

    cloud = TwoPorts(options.binary, offset=options.offset - 500, sets=FAKES, state=state).start()
    try:
        for name, project in (("chief", "office"), ("admin", "admin")):
            one = Keystone(check, "mitaka").user(cloud.url(5000, "/v2.0"), name, "it's: secret", project)
            rows = one.rows("endpoint-list")
            check(name + " sees the region that was asked for", "Far" in [row["region"] for row in rows])
        key = one.one("ec2-credentials-create")
        says("with a new key", "credential_rotate")
        says("Run keystone-manage credential_migrate first", "credential_rotate", status=1)
        says("1 credentials are sealed anew", "credential_migrate")
        says("with a new key", "credential_rotate")
        says("1 credentials are sealed anew", "credential_migrate")
        time.sleep(6)  # a cloud looks for new keys every five seconds
        check.same("a credential outlives its keys",
                   one.one("ec2-credentials-get", "--access", key["access"])["secret"], key["secret"])
        token = one.one("token-get")["id"]
        says("with a new key", "fernet_rotate")
        time.sleep(6)
        request = urllib.request.Request(cloud.admin("/v2.0/tokens/" + token), headers={"X-Auth-Token": token})
        check.same("a token outlives a rotation", urllib.request.urlopen(request).status, 200)
        text = open(os.path.join(state, "clouds.yaml")).read()
        check("clouds.yaml has the password that was set", 'password: "it\'s: secret"' in text, text)
    finally:
        cloud.remove()
        shutil.rmtree(folder, ignore_errors=True)


class TwoPorts(Cloud):
    """A cloud whose identity service is also asked at its admin port: 35357, and with an offset 5357 and that."""

    def admin(self, path):
        return self.url(5357, path)


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--binary", default=".build/release/martlet")
    options.add_argument("--offset", type=int, default=22400)
    options = options.parse_args()
    check, start = Check(), time.monotonic()
    cloud = TwoPorts(options.binary, offset=options.offset, sets=FAKES + [
        "identity.admin_token=" + TOKEN, "identity.password_cost=4"])
    try:
        cloud.start()
        releases = [one for one in ("grizzly", "havana", "mitaka") if os.path.exists(".build/%s/bin/keystone" % one)]
        for one in {"grizzly", "havana"} - set(releases):
            print("skipped: %s: no Python 2.7" % one)
        with concurrent.futures.ThreadPoolExecutor() as pool:
            for done in [pool.submit(visit, cloud, check, one) for one in releases]:
                done.result()
        print("# refusals", flush=True)
        refusals(cloud, check)
        signatures(cloud, check)
        print("# today", flush=True)
        today(cloud, check)
        print("# keystone-manage", flush=True)
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
