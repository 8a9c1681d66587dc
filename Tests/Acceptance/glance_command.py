"""The command `glance` of one release as one user types it, and the web server that images are copied from."""
import http.server
import re
import threading

from clients import Command, Program
from cloud import Session, wait

BYTES = b"an image of 2013 " * 4096
FORM = ("--disk-format", "raw", "--container-format", "bare")


class Web(http.server.ThreadingHTTPServer):
    """A web server on the loopback with one image at /guest."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            found = self.path.startswith("/guest")
            self.send_response(200 if found else 404)
            self.send_header("Content-Length", str(len(BYTES) if found else 0))
            self.end_headers()
            if self.command == "GET" and found:
                self.wfile.write(BYTES)

        do_HEAD = do_GET

        def log_message(self, *_):
            pass

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Web.Answer)
        self.daemon_threads = True
        threading.Thread(target=self.serve_forever, daemon=True).start()
        self.root = "http://127.0.0.1:%d" % self.server_address[1]
        self.url = self.root + "/guest"


def table(text, between=" "):
    """The rows of a table, each by its columns; a cell of several lines is one again."""
    rows, above = [], "|"
    for line in text.splitlines():
        if line.startswith("|"):
            cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
            if rows and above.startswith("|") and not cells[0]:
                rows[-1] = [(old + between + new).strip() for old, new in zip(rows[-1], cells)]
            else:
                rows.append(cells)
        above = line
    return [dict(zip(rows[0], row)) for row in rows[1:]]


class Glance(Command):
    def seen(self, out):
        """A cell that is broken into lines is looked through as a whole too, broken at a space or not."""
        return "\n".join([out] + [str(list(row.values())) for between in (" ", "") for row in table(out, between)])

    def rows(self, *words, **more):
        return table(self.say(*words, **more))

    def column(self, name, *words, **more):
        return [row[name] for row in self.rows(*words, **more)]

    def one(self, *words, **more):
        """The properties in a table of two columns."""
        return {row["Property"]: row["Value"] for row in self.rows(*words, **more)}

    def commands(self):
        """All there are, as the program itself lists them."""
        out = self.program.run(["help"], self.environment)[1].decode()
        return set(re.findall(r"^    ([a-z][a-z-]+)(?: |$)", out, re.M)) - {"help", "bash-completion"}

    def all_driven(self):
        """That no sub-command was left out."""
        commands = self.commands()
        self.same("every one of the %d sub-commands was run" % len(commands), commands - self.ran, set())
        self.holds("there are sub-commands", len(commands) > 4)

    def becomes(self, image, status):
        """Waits until an image is what it is to become."""
        def found():
            out = self.run("image-show", image)[1]
            return any(row["Property"] == "status" and row["Value"] == status for row in table(out))
        wait(20, "%s is %s" % (image, status), found)
        self.holds("%s becomes %s" % (image, status), True)


def lodge(admin, name):
    """A project and a user of one name, so that what runs beside does not show in lists."""
    project = admin.call("POST", 5000, "/v3/projects", {"project": {"name": name}})["project"]["id"]
    user = admin.call("POST", 5000, "/v3/users", {"user": {"name": name, "password": name}})["user"]["id"]
    role = [one["id"] for one in admin.call("GET", 5000, "/v3/roles")["roles"] if one["name"] == "member"][0]
    admin.call("PUT", 5000, "/v3/projects/%s/users/%s/roles/%s" % (project, user, role))


def glance(check, release, cloud, who, title, **more):
    """`glance` of a release, as somebody new, in the way in which people of its time named themselves."""
    lodge(Session(cloud, "admin", "admin"), who)
    environment = {"OS_USERNAME": who, "OS_PASSWORD": who, "OS_REGION_NAME": "RegionOne"}
    if release == "glanceclient":
        environment.update(OS_AUTH_URL=cloud.url(5000, "/v3"), OS_PROJECT_NAME=who, OS_USER_DOMAIN_ID="default",
                           OS_PROJECT_DOMAIN_ID="default")
    else:
        environment.update(OS_AUTH_URL=cloud.url(5000, "/v2.0"), OS_TENANT_NAME=who)
    program = Program(".build/%s/bin/python" % release, "glanceclient.shell:main")
    return Glance(check, program, title, {**environment, **more})
