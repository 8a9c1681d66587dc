#!/usr/bin/env python3
"""Drives federation with the genuine clients: `openstack identity provider|mapping|federation protocol|service provider`,
logins with keystoneauth's four OpenID Connect plugins, a login by browser, and every way in which a token can be wrong.
"""
import argparse
import http.cookiejar
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))
sys.path.insert(0, HERE)
from acceptance import Check  # noqa: E402
from cloud import FAKES, Cloud, Session  # noqa: E402
from provider import CLIENT, SECRET, USERS, Key, Provider  # noqa: E402

DASHBOARD = "https://dashboard.example/auth/websso/"
RULES = [
    {"remote": [{"type": "OIDC-sub"}, {"type": "HTTP_OIDC_EMAIL"}],
     "local": [{"user": {"id": "{0}", "name": "{1}", "email": "{1}"}}]},
    {"remote": [{"type": "OIDC-groups"}], "local": [{"groups": "{0}", "domain": {"id": "default"}}]},
]


class Trial:
    def __init__(self, check, cloud, provider, work):
        self.check, self.cloud, self.provider, self.work = check, cloud, provider, work
        self.program = os.path.join(os.path.dirname(sys.executable), "openstack")
        self.admin = {
            "OS_AUTH_URL": cloud.url(5000, "/v3"), "OS_USERNAME": "admin", "OS_PASSWORD": cloud.password("martlet"),
            "OS_PROJECT_NAME": "admin", "OS_USER_DOMAIN_ID": "default", "OS_PROJECT_DOMAIN_ID": "default"}

    def run(self, *words, user=None):
        environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "PYTHONWARNINGS": "ignore",
                       "OS_IDENTITY_API_VERSION": "3", **(user or self.admin)}
        return subprocess.run([self.program, *words], env=environment, text=True, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def say(self, *words, user=None, form="json"):
        """Runs a command that must succeed; gives what it printed."""
        done = self.run(*words, *(["-f", form] if form else []), user=user)
        self.check("openstack " + " ".join(words)[:100], done.returncode == 0, done.stdout + done.stderr)
        return json.loads(done.stdout) if form and done.stdout.strip() else done.stdout

    def refused(self, status, *words, user=None):
        done = self.run(*words, user=user)
        self.check("openstack %s is refused with %d" % (" ".join(words)[:80], status),
                   done.returncode != 0 and re.search(r"\b%d\b" % status, done.stderr), done.stdout + done.stderr)

    def oidc(self, plugin, **more):
        """The environment of a user of the provider."""
        user = {"OS_AUTH_URL": self.cloud.url(5000, "/v3"), "OS_AUTH_TYPE": plugin, "OS_IDENTITY_PROVIDER": "idp",
                "OS_PROTOCOL": "openid", "OS_CLIENT_ID": CLIENT, "OS_CLIENT_SECRET": SECRET,
                "OS_DISCOVERY_ENDPOINT": self.provider.issuer + "/.well-known/openid-configuration",
                "OS_PROJECT_NAME": "demo", "OS_PROJECT_DOMAIN_ID": "default"}
        user.update({"OS_" + name.upper(): value for name, value in more.items()})
        return {name: value for name, value in user.items() if value is not None}

    def bearer(self, token, provider="idp", protocol="openid", method="POST"):
        """The status with which a token is answered, and the answer."""
        path = "/v3/OS-FEDERATION/identity_providers/%s/protocols/%s/auth" % (provider, protocol)
        headers = {"Authorization": "Bearer " + token} if token is not None else {}
        request = urllib.request.Request(self.cloud.url(5000, path), method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"{}")

    # what is tried

    def records(self):
        rules = os.path.join(self.work, "rules.json")
        with open(rules, "w") as file:
            json.dump(RULES, file)
        made = self.say("identity", "provider", "create", "idp", "--remote-id", self.provider.issuer,
                        "--description", "a company", "--authorization-ttl", "60")
        self.check("a domain is made for it", len(made["domain_id"]) == 32, made)
        self.say("identity", "provider", "set", "idp", "--description", "the company", form=None)
        self.check.same("its description", self.say("identity", "provider", "show", "idp")["description"], "the company")
        self.check.same("the list", [row["ID"] for row in self.say("identity", "provider", "list")], ["idp"])
        self.say("mapping", "create", "m", "--rules", rules)
        self.say("mapping", "set", "m", "--rules", rules, form=None)
        self.check.same("the rules", self.say("mapping", "show", "m")["rules"], RULES)
        self.check.same("mappings", len(self.say("mapping", "list")), 1)
        self.say("federation", "protocol", "create", "openid", "--identity-provider", "idp", "--mapping", "m")
        # The command gives what it should print for its status, whatever the cloud answers.
        self.run("federation", "protocol", "set", "openid", "--identity-provider", "idp", "--mapping", "m")
        shown = self.say("federation", "protocol", "show", "openid", "--identity-provider", "idp")
        self.check.same("its mapping", shown["mapping"], "m")
        self.check.same("protocols", len(self.say("federation", "protocol", "list", "--identity-provider", "idp")), 1)
        self.say("service", "provider", "create", "other", "--auth-url", "https://other.example/v3/x",
                 "--service-provider-url", "https://other.example/saml")
        self.say("service", "provider", "set", "other", "--description", "another", "--disable", form=None)
        self.check.same("its description", self.say("service", "provider", "show", "other")["description"], "another")
        self.check.same("service providers", len(self.say("service", "provider", "list")), 1)
        self.say("service", "provider", "delete", "other", form=None)
        self.say("mapping", "create", "gone", "--rules", rules)
        self.say("mapping", "delete", "gone", form=None)
        self.refused(409, "mapping", "create", "m", "--rules", rules)
        self.refused(409, "identity", "provider", "create", "second", "--remote-id", self.provider.issuer)
        for group, role in [("staff", "member"), ("robots", "member")]:
            self.say("group", "create", group)
            self.say("role", "add", "--group", group, "--project", "demo", role, form=None)

    def logins(self):
        ann = self.oidc("v3oidcpassword", username="ann", password=USERS["ann"]["password"])
        token = self.say("token", "issue", user=ann)
        self.check("Ann has a token of demo", token["project_id"] and token["user_id"], token)
        self.check("her id is upstream's kind", re.fullmatch("[0-9a-f]{64}", token["user_id"]), token)
        self.check.same("her projects", [row["Name"] for row in self.say("federation", "project", "list", user=ann)],
                        ["demo"])
        self.check.same("no domains", self.say("federation", "domain", "list", user=ann), [])
        self.check.same("no servers", self.say("server", "list", user=ann), [])
        self.check.same("her images", self.say("image", "list", user=ann), [])
        self.check("a volume", self.say("volume", "create", "--size", "1", "v", user=ann)["id"])
        shown = self.say("user", "show", token["user_id"])
        self.check.same("her name", shown["name"], "ann@example.com")
        self.refused(401, "token", "issue", user={**ann, "OS_PROJECT_NAME": "admin"})
        bob = self.oidc("v3oidcpassword", username="bob", password=USERS["bob"]["password"])
        self.refused(401, "token", "issue", user=bob)
        unscoped = {key: value for key, value in bob.items() if "PROJECT" not in key}
        self.check("Bob has an unscoped token", self.say("token", "issue", user=unscoped)["id"])
        self.refused(400, "token", "issue", user={**ann, "OS_PASSWORD": "wrong"})
        access = self.provider.token_for("ann")
        self.say("token", "issue", user=self.oidc(
            "v3oidcaccesstoken", access_token=access, client_id=None, client_secret=None, discovery_endpoint=None))
        self.say("token", "issue", user=self.oidc("v3oidcclientcredentials"))
        code = self.provider.code("ann", redirect_uri="http://127.0.0.1/back")
        self.say("token", "issue", user=self.oidc("v3oidcauthcode", code=code, redirect_uri="http://127.0.0.1/back"))
        self.say("token", "issue", user={**ann, "OS_ACCESS_TOKEN_TYPE": "id_token"})
        robot = self.say("application", "credential", "create", "robot", user=ann)
        robot = {name.lower(): value for name, value in robot.items()}
        self.say("token", "issue", user={
            "OS_AUTH_URL": ann["OS_AUTH_URL"], "OS_AUTH_TYPE": "v3applicationcredential",
            "OS_APPLICATION_CREDENTIAL_ID": robot["id"], "OS_APPLICATION_CREDENTIAL_SECRET": robot["secret"]})

    def wrong_tokens(self):
        provider, check = self.provider, self.check

        def status(what, expected, token, **more):
            found, body = self.bearer(token, **more)
            check(what, found == expected, "%d %s" % (found, body))

        status("a good token", 201, provider.forge())
        status("a good token, by GET", 201, provider.forge(), method="GET")
        status("none", 401, None)
        status("a forged one", 401, provider.forge(key=Key("first", "RS256")))
        status("one of an unknown key", 401, provider.forge(key=Key("unknown", "RS256")))
        status("one for somebody else", 401, provider.forge(aud="other"))
        status("one that is over", 401, provider.forge(exp=int(time.time()) - 100))
        status("one of tomorrow", 401, provider.forge(nbf=int(time.time()) + 86400))
        status("one of another issuer", 401, provider.forge(iss="http://127.0.0.1:1/realm"))
        status("one that nobody signed", 401, provider.forge(header={"alg": "none"}))
        status("one signed with a shared secret", 401, provider.forge(header={"alg": "HS256", "kid": "first"}))
        status("nonsense", 401, "nonsense")
        status("one whose user no rule maps", 401, provider.forge(email=None, groups=None))
        status("a provider that is none", 404, provider.forge(), provider="none")
        status("a protocol that is none", 404, provider.forge(), protocol="saml2")
        status("a protocol that is no method", 401, provider.forge(), protocol="unheard")
        for algorithm in ["ES256", "PS256"]:
            time.sleep(5.1)
            provider.key = Key("key of " + algorithm, algorithm)
            status("the provider's new key, of " + algorithm, 201, provider.forge())
        self.say("identity", "provider", "set", "idp", "--disable", form=None)
        status("a provider that is disabled", 403, provider.forge())
        self.say("identity", "provider", "set", "idp", "--enable", form=None)
        provider.stop()
        status("its keys are known though it is away", 201, provider.forge())
        start = time.monotonic()
        time.sleep(5.1)
        status("an unknown key while it cannot be asked", 503, provider.forge(key=Key("x", "ES256")))
        status("introspection while it cannot be asked", 503, "opaque", provider="asking")
        check("soon", time.monotonic() - start < 15, time.monotonic() - start)
        provider.start()
        time.sleep(5.1)

    def introspection(self):
        self.say("identity", "provider", "create", "asking")
        self.say("federation", "protocol", "create", "openid", "--identity-provider", "asking", "--mapping", "m")
        token = self.provider.token_for("ann")
        self.provider.tokens["opaque"] = "ann"
        self.check.same("a token that only the provider understands", self.bearer("opaque", "asking")[0], 201)
        self.check.same("one that it does not know", self.bearer(token, "asking")[0], 401)

    def browser(self):
        """A browser that follows every redirection and keeps its cookies."""
        jar = http.cookiejar.CookieJar()
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        origin = "?" + urllib.parse.urlencode({"origin": DASHBOARD})
        for path in ["/websso/openid", "/identity_providers/idp/protocols/openid/websso"]:
            if path == "/websso/openid":
                page = opener.open(self.cloud.url(5000, "/v3/auth/OS-FEDERATION" + path + origin)).read().decode()
                self.check("of two providers the user chooses", "identity_providers/asking" in page, page)
                continue
            answer = opener.open(self.cloud.url(5000, "/v3/auth/OS-FEDERATION" + path + origin))
            page = answer.read().decode()
            token = re.search('name="token" id="token" value="([^"]+)"', page)
            self.check("the page posts to the dashboard", 'action="%s" method="post"' % DASHBOARD in page, page)
            back = answer.geturl()
            scoped = self.say("token", "issue", user={
                "OS_AUTH_URL": self.cloud.url(5000, "/v3"), "OS_AUTH_TYPE": "v3token", "OS_TOKEN": token.group(1),
                "OS_PROJECT_NAME": "demo", "OS_PROJECT_DOMAIN_ID": "default"})
            self.check("the dashboard can use the token", scoped["project_id"])
            try:
                opener.open(back)
                self.check("coming back twice is refused", False)
            except urllib.error.HTTPError as error:
                self.check.same("coming back twice is refused", error.code, 401)
        try:
            opener.open(self.cloud.url(5000, "/v3/auth/OS-FEDERATION/websso/openid?origin=https://evil.example/"))
            self.check("another page gets no token", False)
        except urllib.error.HTTPError as error:
            self.check.same("another page gets no token", error.code, 401)

    def ends(self):
        ann = self.oidc("v3oidcpassword", username="ann", password=USERS["ann"]["password"])
        user = self.say("token", "issue", user=ann)["user_id"]
        self.say("federation", "protocol", "delete", "openid", "--identity-provider", "idp", form=None)
        self.refused(404, "token", "issue", user=ann)
        self.say("identity", "provider", "delete", "idp", form=None)
        done = self.run("user", "show", user)
        self.check("her user went with the provider", done.returncode != 0, done.stdout)
        self.say("mapping", "delete", "m", form=None)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", default=".build/release/martlet")
    parser.add_argument("--offset", type=int, default=22600)
    arguments = parser.parse_args()
    check = Check()
    with tempfile.TemporaryDirectory(prefix="martlet-openid-") as work:
        provider = Provider(arguments.offset + 900)
        described = os.path.join(work, "providers.conf")
        shared = "issuer = %s\nclient_id = %s\nclient_secret = %s\n" % (provider.issuer, CLIENT, SECRET)
        with open(described, "w") as file:
            file.write("[idp]\n%s[asking]\n%svalidation = introspection\n" % (shared, shared))
        cloud = Cloud(arguments.binary, arguments.offset, sets=[
            *FAKES, "identity.password_cost=4", "openid.providers=" + described, "federation.trusted_dashboard=" + DASHBOARD,
            "federation.remote_id_attribute=HTTP_OIDC_ISS"])
        try:
            cloud.start()
            Session(cloud, "admin", "admin")
            trial = Trial(check, cloud, provider, work)
            for step in [trial.records, trial.logins, trial.introspection, trial.wrong_tokens, trial.browser, trial.ends]:
                step()
        finally:
            provider.stop()
            cloud.remove()
    print("%d passed, %d failed" % (check.passed, check.failed))
    sys.exit(1 if check.failed else 0)


if __name__ == "__main__":
    main()
