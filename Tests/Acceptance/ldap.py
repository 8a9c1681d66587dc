"""A domain whose users and groups are in a genuine slapd, driven with the genuine client against the real binary:
read-only, while the directory is down, and read-write."""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from cloud import FAKES, Cloud, wait  # noqa: E402

ROOT = "dc=corp,dc=example"
TREE = """dn: {root}
objectClass: dcObject
objectClass: organization
dc: corp
o: Corp

dn: ou=Users,{root}
objectClass: organizationalUnit
ou: Users

dn: ou=Groups,{root}
objectClass: organizationalUnit
ou: Groups

dn: uid=ada,ou=Users,{root}
objectClass: inetOrgPerson
uid: ada
cn: Ada
sn: Lovelace
mail: ada@corp.example
userPassword: engine

dn: uid=ben,ou=Users,{root}
objectClass: inetOrgPerson
uid: ben
cn: Ben
sn: Bova
employeeType: FALSE
userPassword: worlds

dn: uid=x\\2Cy,ou=Users,{root}
objectClass: inetOrgPerson
uid: x,y
cn: Comma
sn: Comma
userPassword: comma

dn: cn=devs,ou=Groups,{root}
objectClass: groupOfNames
cn: devs
description: who write it
member: uid=ada,ou=Users,{root}
""".format(root=ROOT)


class Slapd:
    """A slapd on a loopback port and a directory of its own."""

    def __init__(self, port):
        self.folder = tempfile.mkdtemp(prefix="martlet-slapd-")
        self.port, self.process = port, None
        self.url = "ldap://127.0.0.1:%d" % port
        schemas = "".join("include /etc/ldap/schema/%s.schema\n" % one for one in ("core", "cosine", "inetorgperson"))
        with open(self.folder + "/slapd.conf", "w") as file:
            file.write(schemas + "modulepath /usr/lib/ldap\nmoduleload back_mdb\ndatabase mdb\nsuffix \"%s\"\n"
                       "rootdn \"cn=admin,%s\"\nrootpw secret\ndirectory %s\n" % (ROOT, ROOT, self.folder))

    def start(self):
        self.process = subprocess.Popen(["/usr/sbin/slapd", "-d", "0", "-h", self.url, "-f",
                                         self.folder + "/slapd.conf"], stderr=subprocess.DEVNULL)
        wait(10, "slapd answers", lambda: subprocess.run(
            ["ldapsearch", "-x", "-H", self.url, "-s", "base", "-b", ""], capture_output=True).returncode == 0)
        return self

    def change(self, program, text):
        subprocess.run([program, "-x", "-H", self.url, "-D", "cn=admin," + ROOT, "-w", "secret"], input=text, text=True,
                       check=True, capture_output=True)

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait()
            self.process = None

    def remove(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Client:
    """The command `openstack` as one user."""

    def __init__(self, cloud, program, user, password, domain, project=None):
        self.program = program
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": "/nonexistent", "OS_AUTH_URL": cloud.url(5000, "/v3"),
            "OS_IDENTITY_API_VERSION": "3", "OS_USERNAME": user, "OS_PASSWORD": password,
            "OS_USER_DOMAIN_NAME": domain}
        if project:
            self.environment.update(OS_PROJECT_NAME=project, OS_PROJECT_DOMAIN_NAME="Default")

    def run(self, *words):
        return subprocess.run([self.program, *words], env=self.environment, capture_output=True, text=True, timeout=120)

    def __call__(self, *words):
        done = self.run(*words)
        if done.returncode:
            raise SystemExit("openstack %s: %s" % (" ".join(words), done.stderr or done.stdout))
        return done.stdout.strip()

    def json(self, *words):
        return json.loads(self(*words, "-f", "json"))

    def refused(self, said, *words):
        done = self.run(*words)
        if done.returncode == 0 or said not in done.stderr:
            raise SystemExit("openstack %s: %r was to be said, and was: %s" % (
                " ".join(words), said, done.stderr or done.stdout))


def check(what, found, wanted):
    if found != wanted:
        raise SystemExit("%s: %r, and not %r" % (what, found, wanted))
    print("ok: " + what, flush=True)


def configure(cloud, admin, domain, **more):
    """As no command of the client can: PUT /v3/domains/ID/config."""
    import urllib.request
    token = admin("token", "issue", "-f", "value", "-c", "id")
    options = {
        "url": more.pop("url"), "suffix": ROOT, "user": "cn=admin," + ROOT, "password": "secret",
        "user_tree_dn": "ou=Users," + ROOT, "group_tree_dn": "ou=Groups," + ROOT,
        "user_id_attribute": "uid", "user_name_attribute": "uid", "group_id_attribute": "cn",
        "group_name_attribute": "cn", "user_enabled_attribute": "employeeType", **more}
    body = json.dumps({"config": {"identity": {"driver": "ldap"}, "ldap": options}}).encode()
    request = urllib.request.Request(cloud.url(5000, "/v3/domains/%s/config" % domain), data=body, method="PUT",
                                     headers={"X-Auth-Token": token, "Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=30).read()


def reading(cloud, slapd, openstack, admin):
    domain = admin("domain", "create", "corp", "-f", "value", "-c", "id")
    configure(cloud, admin, domain, url=slapd.url)
    users = {one["Name"]: one["ID"] for one in admin.json("user", "list", "--domain", "corp")}
    check("the directory's users are listed", sorted(users), ["ada", "ben", "x,y"])
    check("their ids are hashes", {len(one) for one in users.values()}, {64})
    ada = admin.json("user", "show", "--domain", "corp", "ada")
    check("a user is shown with his email", (ada["email"], ada["enabled"]), ("ada@corp.example", True))
    check("one is disabled", admin.json("user", "show", "--domain", "corp", "ben")["enabled"], False)
    check("groups are listed", [one["Name"] for one in admin.json("group", "list", "--domain", "corp")], ["devs"])
    check("who is in one", "in group" in admin("group", "contains", "user", "--group-domain", "corp", "--user-domain",
                                               "corp", "devs", "ada"), True)
    # The client takes a group's name only in the caller's domain.
    devs = admin("group", "show", "--domain", "corp", "devs", "-f", "value", "-c", "id")
    check("whose a list is", [one["Name"] for one in admin.json("user", "list", "--group", devs)],
          ["ada"])
    admin("project", "create", "engines")
    admin("role", "add", "--user", "ada", "--user-domain", "corp", "--project", "engines", "member")
    admin("role", "add", "--group", "devs", "--group-domain", "corp", "--project", "engines", "reader")
    lines = admin.json("role", "assignment", "list", "--names", "--effective", "--project", "engines")
    check("roles of users and of groups' members",
          sorted((one["Role"], one["User"]) for one in lines if one["User"] == "ada@corp"),
          [("member", "ada@corp"), ("reader", "ada@corp")])
    user = Client(cloud, openstack, "ada", "engine", "corp", "engines")
    check("a user logs in", user.json("token", "issue")["user_id"], users["ada"])
    check("and works", user.json("server", "list"), [])
    Client(cloud, openstack, "x,y", "comma", "corp")("token", "issue")
    for name, password in (("ada", "wrong"), ("ben", "worlds"), ("a*", "engine"), ("ada)(uid=*", "engine")):
        Client(cloud, openstack, name, password, "corp").refused("HTTP 401", "token", "issue")
    print("ok: nobody else does", flush=True)
    said = "LDAP does not support write operations"
    admin.refused(said, "user", "create", "--domain", "corp", "new")
    admin.refused(said, "group", "remove", "user", "--group-domain", "corp", "--user-domain", "corp", "devs", "ada")
    print("ok: a directory that is read only says so", flush=True)
    return users


def removal(cloud, slapd, openstack):
    import urllib.error
    import urllib.request
    user = Client(cloud, openstack, "ada", "engine", "corp", "engines")
    token = user("token", "issue", "-f", "value", "-c", "id")

    def status():
        request = urllib.request.Request(cloud.url(5000, "/v3/auth/projects"), headers={"X-Auth-Token": token})
        try:
            return urllib.request.urlopen(request, timeout=20).status
        except urllib.error.HTTPError as error:
            return error.code

    check("a token is good", status(), 200)
    slapd.change("ldapmodify", "dn: uid=ada,ou=Users,%s\nchangetype: modify\nadd: employeeType\nemployeeType: FALSE\n"
                 % ROOT)
    start = time.monotonic()
    wait(5, "it is good no more", lambda: status() == 401, pause=0.05)
    check("a disabled user is refused within two seconds", time.monotonic() - start < 2, True)
    slapd.change("ldapmodify", "dn: uid=ada,ou=Users,%s\nchangetype: modify\ndelete: employeeType\n" % ROOT)
    wait(5, "it is good again", lambda: status() == 200)
    slapd.stop()
    start = time.monotonic()
    user.refused("HTTP 503", "token", "issue")
    check("without its directory nobody logs in, or waits", time.monotonic() - start < 15, True)
    check("and a token stays good for a while", status(), 200)
    slapd.start()
    wait(10, "logins work again", lambda: user.run("token", "issue").returncode == 0, pause=0.5)
    print("ok: logins work again by themselves", flush=True)


def writing(cloud, slapd, openstack, admin):
    domain = admin("domain", "show", "corp", "-f", "value", "-c", "id")
    configure(cloud, admin, domain, url=slapd.url, writable=True)
    admin("user", "create", "--domain", "corp", "--password", "first", "--email", "dan@corp.example", "dan")
    qa = admin("group", "create", "--domain", "corp", "qa", "-f", "value", "-c", "id")
    admin("group", "add", "user", "--group-domain", "corp", "--user-domain", "corp", "qa", "dan")
    check("who was put into a group is in it", [
        one["Name"] for one in admin.json("user", "list", "--group", qa)], ["dan"])
    dan = Client(cloud, openstack, "dan", "first", "corp")
    dan("token", "issue")
    dan("user", "password", "set", "--original-password", "first", "--password", "second")
    dan.refused("HTTP 401", "token", "issue")
    Client(cloud, openstack, "dan", "second", "corp")("token", "issue")
    print("ok: a user of a writable directory logs in and changes his password", flush=True)
    found = subprocess.run(["ldapsearch", "-x", "-LLL", "-H", slapd.url, "-D", "cn=admin," + ROOT, "-w", "secret", "-b",
                            ROOT, "(uid=dan)", "userPassword"], capture_output=True, text=True).stdout
    check("the directory keeps it hashed", "userPassword:: e1NTSEF9" in found, True)
    admin("group", "remove", "user", "--group-domain", "corp", "--user-domain", "corp", "qa", "dan")
    admin("user", "delete", "--domain", "corp", "dan")
    admin("group", "delete", "--domain", "corp", "qa")
    check("and is gone", sorted(one["Name"] for one in admin.json("user", "list", "--domain", "corp")),
          ["ada", "ben", "x,y"])


def mappings(cloud, users, sets):
    def manage(*words):
        done = subprocess.run([cloud.binary, "keystone-manage", "--state", cloud.state,
                               *[word for one in sets for word in ("--set", one)], *words],
                              capture_output=True, text=True, timeout=60)
        if done.returncode:
            raise SystemExit("keystone-manage %s: %s" % (" ".join(words), done.stderr or done.stdout))
        return done.stdout.strip()

    said = manage("mapping_purge", "--domain-name", "corp", "--local-id", "ada", "--type", "user")
    check("an id is forgotten", said.startswith("1 "), True)
    check("ids are given", manage("mapping_populate", "--domain-name", "corp"),
          "3 users and 1 groups of corp have their ids")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", default=".build/release/martlet")
    parser.add_argument("--clients", default=".build/clients/bin")
    parser.add_argument("--offset", type=int, default=21000)
    options = parser.parse_args()
    openstack = os.path.join(options.clients, "openstack")
    sets = ["identity.domain_specific_drivers_enabled=true", "identity.domain_configurations_from_database=true",
            "ldap.connection_timeout=3"]
    slapd = Slapd(options.offset + 389)
    cloud = Cloud(options.binary, options.offset, FAKES + ["identity.password_cost=4", *sets])
    try:
        slapd.start()
        slapd.change("ldapadd", TREE)
        cloud.start()
        admin = Client(cloud, openstack, "admin", cloud.password("martlet"), "Default", "admin")
        users = reading(cloud, slapd, openstack, admin)
        removal(cloud, slapd, openstack)
        writing(cloud, slapd, openstack, admin)
        mappings(cloud, users, ["api.port_offset=%d" % options.offset, *sets])
        check("an id that was given anew is the same", {
            one["Name"]: one["ID"] for one in admin.json("user", "list", "--domain", "corp")}, users)
        print("all of it works", flush=True)
    finally:
        cloud.remove()
        slapd.remove()


main()
