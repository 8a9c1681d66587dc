"""What the cloud says to those who have no business, to broken clients, and to nonsense."""
import http.client
import json
import subprocess
import tempfile

PORTS = {"keystone": 5000, "nova": 8774, "glance": 9292, "neutron": 9696, "cinder": 8776, "placement": 8778}
LISTS = {"keystone": "/v3/projects", "nova": "/v2.1/servers", "glance": "/v2/images", "neutron": "/v2.0/networks",
         "cinder": "/v3/volumes", "placement": "/resource_providers"}


def run(visit, check):
    token = visit.demo.auth_token

    def ask(service, method, path, body=None, **headers):
        line = http.client.HTTPConnection("127.0.0.1", PORTS[service] + visit.cloud.offset, timeout=30)
        headers = {"X-Auth-Token": token, "Content-Type": "application/json",
                   **{k.replace("_", "-"): v for k, v in headers.items()}}
        try:
            line.request(method, path, body=body, headers={k: v for k, v in headers.items() if v})
            answer = line.getresponse()
            return answer.status, dict((k.lower(), v) for k, v in answer.getheaders()), answer.read()
        finally:
            line.close()

    check.refused("a wrong password is refused", 401, lambda: visit.as_user("demo", "wrong", "demo").session.get_token())
    check.refused("so is an unknown user", 401, lambda: visit.as_user("nobody", "wrong", "demo").session.get_token())
    for service, path in LISTS.items():
        status, headers, _ = ask(service, "GET", path, X_Auth_Token="garbage")
        check.same("%s: a garbage token" % service, status, 401)
        status, headers, _ = ask(service, "GET", path, X_Auth_Token=None)
        check("%s: without a token, and where to get one" % service,
              status == 401 and "keystone uri" in headers.get("www-authenticate", "").lower(), headers)
        check.same("%s: nonsense is not found" % service, ask(service, "GET", path + "/no-such/thing/at/all")[0], 404)
        status, headers, body = ask(service, "GET", "/")
        check("%s: its versions need no token" % service,
              ask(service, "GET", "/", X_Auth_Token=None)[0] in (200, 300))
    last = visit.as_user("demo", visit.cloud.password("demo"), "demo")
    gone = last.auth_token
    last.identity.delete("/auth/tokens", headers={"X-Subject-Token": gone})
    check.same("a revoked token is refused", ask("nova", "GET", "/v2.1/servers", X_Auth_Token=gone)[0], 401)

    for service, path in (("keystone", "/v3/users"), ("nova", "/v2.1/servers"), ("neutron", "/v2.0/networks"),
                          ("cinder", "/v3/volumes"), ("glance", "/v2/images")):
        for body, what in (("{", "half a JSON"), ("[]", "a list"), ('"x"', "a text"), ("", "no body"),
                           ('{"server": 1, "network": 1, "volume": 1, "user": 1}', "a number for a thing"),
                           ("[" * 10000, "ten thousand brackets")):
            status, _, text = ask(service, "POST", path, body)
            # An image may be made of nothing at all; users are for administrators, who are asked first.
            fine = {400} | ({403} if service == "keystone" else set())
            check("%s: %s" % (service, what), status in fine, "%s %s" % (status, text[:100]))
    big = json.dumps({"server": {"name": "x" * (70 << 20)}})
    status, _, _ = refuse_early(ask, big)
    check("a huge body is refused", status in (413, "closed"), status)
    none = "00000000-0000-4000-8000-000000000000"
    for service, path in (("nova", "/v2.1/servers/"), ("nova", "/v2.1/flavors/"), ("glance", "/v2/images/"),
                          ("neutron", "/v2.0/networks/"), ("neutron", "/v2.0/ports/"), ("neutron", "/v2.0/routers/"),
                          ("neutron", "/v2.0/floatingips/"), ("neutron", "/v2.0/security-groups/"),
                          ("cinder", "/v3/volumes/"), ("cinder", "/v3/snapshots/")):
        check.same("%s%s nobody has it" % (service, path), ask(service, "GET", path + none)[0], 404)
        check.same("%s%s no id at all" % (service, path), ask(service, "GET", path + "%27-not-an-id")[0], 404)
        check.same("%s%s is not deleted" % (service, path), ask(service, "DELETE", path + none)[0],
                   403 if "flavors" in path else 404)
    check.same("an unknown method", ask("nova", "PATCH", "/v2.1/servers")[0], 405)
    check.same("an unknown microversion",
               ask("nova", "GET", "/v2.1/servers", OpenStack_API_Version="compute 2.9999")[0], 406)
    check.same("an unknown action", ask("nova", "POST", "/v2.1/servers/%s/action" % none, '{"dance": {}}')[0], 400)
    check.same("a bad page", ask("nova", "GET", "/v2.1/servers?limit=-1")[0], 400)
    check.same("a bad marker", ask("nova", "GET", "/v2.1/servers?marker=" + none)[0], 400)

    # What ends a start is said with its detail, wherever the start was by then.
    with tempfile.TemporaryDirectory() as state:
        done = subprocess.run(
            [visit.cloud.binary, "serve", "--state", state, "--set", "database.url=postgres://nobody@127.0.0.1:1/none"],
            capture_output=True, text=True, timeout=60)
        check("a database that is not there is said to be", done.returncode == 1 and "refused" in done.stderr
              and "administrator" in done.stderr, (done.returncode, done.stderr[-300:]))


def refuse_early(ask, body):
    """A server that answers before it has read everything may close the line under the sender."""
    try:
        return ask("nova", "POST", "/v2.1/servers", body)
    except OSError:
        return "closed", {}, b""
