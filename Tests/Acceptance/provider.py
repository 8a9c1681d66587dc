#!/usr/bin/env python3
"""A small OpenID Connect provider for tests: discovery, keys, the password, client credentials and authorization code
grants (with PKCE), introspection and user info. It signs with `openssl`'s keys through Python's cryptography and keeps
everything in memory; `forge` makes tokens that no provider would.
"""
import base64
import hashlib
import json
import secrets
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

CLIENT, SECRET = "martlet", "the client's secret"
USERS = {
    "ann": {"password": "ann's password", "groups": ["staff", "board"], "email": "ann@example.com"},
    "bob": {"password": "bob's password", "groups": ["guests"], "email": "bob@example.com"},
    "zoe": {"password": "zoe's password", "groups": [], "email": None},
}


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Key:
    """A private key with a name, RSA or on P-256."""

    def __init__(self, name, algorithm):
        self.name, self.algorithm = name, algorithm
        if algorithm == "ES256":
            self.key = ec.generate_private_key(ec.SECP256R1())
        else:
            self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def sign(self, data):
        if self.algorithm == "ES256":
            r, s = utils.decode_dss_signature(self.key.sign(data, ec.ECDSA(hashes.SHA256())))
            return r.to_bytes(32, "big") + s.to_bytes(32, "big")
        if self.algorithm == "PS256":
            return self.key.sign(data, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
        return self.key.sign(data, padding.PKCS1v15(), hashes.SHA256())

    def public(self):
        numbers = self.key.public_key().public_numbers()
        shared = {"kid": self.name, "alg": self.algorithm, "use": "sig"}
        if self.algorithm == "ES256":
            return {**shared, "kty": "EC", "crv": "P-256", "x": encode(numbers.x.to_bytes(32, "big")),
                    "y": encode(numbers.y.to_bytes(32, "big"))}
        return {**shared, "kty": "RSA", "n": encode(numbers.n.to_bytes(256, "big")), "e": encode(b"\x01\x00\x01")}


class Provider:
    """The provider on a port of its own."""

    def __init__(self, port):
        self.issuer = "http://127.0.0.1:%d/realm" % port
        self.key = Key("first", "RS256")
        self.codes, self.tokens, self.asked = {}, {}, []
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                provider.answer(self, {})

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                provider.answer(self, dict(urllib.parse.parse_qsl(body)))

            def log_message(self, *words):
                pass

        self.port, self.handler = port, Handler
        self.server = None
        self.start()

    def start(self):
        ThreadingHTTPServer.allow_reuse_address = True
        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), self.handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    # tokens

    def forge(self, key=None, header=None, **claims):
        """A token with these claims over the usual ones; None takes one away."""
        key, now = key or self.key, int(time.time())
        all_claims = {"iss": self.issuer, "sub": "id-of-ann", "aud": CLIENT, "iat": now, "exp": now + 300,
                      "email": "ann@example.com", "groups": ["staff"], **claims}
        all_claims = {name: value for name, value in all_claims.items() if value is not None}
        head = header or {"alg": key.algorithm, "typ": "JWT", "kid": key.name}
        text = encode(json.dumps(head).encode()) + "." + encode(json.dumps(all_claims).encode())
        return text + "." + encode(key.sign(text.encode()) if head["alg"] != "none" else b"")

    def token_for(self, user, **more):
        known = USERS.get(user, {"groups": ["robots"], "email": user + "@robots"})
        return self.forge(sub="id-of-" + user, groups=known["groups"], email=known["email"], **more)

    # requests

    def answer(self, request, form):
        path, _, query = request.path.partition("?")
        self.asked.append(path)
        query = dict(urllib.parse.parse_qsl(query))
        handlers = {"/realm/.well-known/openid-configuration": self.document, "/realm/keys": self.keys,
                    "/realm/token": self.token, "/realm/introspect": self.introspect, "/realm/login": self.login}
        status, body, headers = handlers.get(path, self.nothing)(request, form, query)
        data = json.dumps(body).encode()
        request.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": len(data), **headers}.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(data)

    def nothing(self, request, form, query):
        return 404, {}, {}

    def document(self, request, form, query):
        return 200, {
            "issuer": self.issuer, "jwks_uri": self.issuer + "/keys", "token_endpoint": self.issuer + "/token",
            "authorization_endpoint": self.issuer + "/login", "introspection_endpoint": self.issuer + "/introspect",
            "grant_types_supported": ["password", "client_credentials", "authorization_code"]}, {}

    def keys(self, request, form, query):
        return 200, {"keys": [self.key.public()]}, {}

    def client(self, request):
        """Whether the request is the client's, by its name and secret."""
        kind, _, text = request.headers.get("Authorization", "").partition(" ")
        if kind != "Basic":
            return False
        name, _, secret = base64.b64decode(text).decode().partition(":")
        return (urllib.parse.unquote(name), urllib.parse.unquote(secret)) == (CLIENT, SECRET)

    def token(self, request, form, query):
        if not self.client(request):
            return 401, {"error": "invalid_client"}, {}
        grant, nonce = form.get("grant_type"), None
        if grant == "password":
            user = form.get("username")
            if USERS.get(user, {}).get("password") != form.get("password"):
                return 400, {"error": "invalid_grant"}, {}
        elif grant == "client_credentials":
            user = "robot"
        elif grant == "authorization_code":
            known = self.codes.pop(form.get("code"), None)
            if not known or known["redirect_uri"] != form.get("redirect_uri"):
                return 400, {"error": "invalid_grant"}, {}
            challenge = encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
            if known.get("code_challenge") and known["code_challenge"] != challenge:
                return 400, {"error": "invalid_grant"}, {}
            user, nonce = known["user"], known.get("nonce")
        else:
            return 400, {"error": "unsupported_grant_type"}, {}
        access = self.token_for(user)
        self.tokens[access] = user
        return 200, {"access_token": access, "id_token": self.token_for(user, nonce=nonce), "token_type": "Bearer"}, {}

    def code(self, user, **known):
        """A code as a browser would bring it back."""
        code = secrets.token_urlsafe(16)
        self.codes[code] = {"user": user, **known}
        return code

    def login(self, request, form, query):
        """The page on which a user would log in: it is always Ann, who sends herself back at once."""
        code = self.code("ann", **query)
        back = query["redirect_uri"] + "?" + urllib.parse.urlencode({"code": code, "state": query["state"]})
        return 302, {}, {"Location": back}

    def introspect(self, request, form, query):
        if not self.client(request):
            return 401, {"error": "invalid_client"}, {}
        user = self.tokens.get(form.get("token"))
        if not user:
            return 200, {"active": False}, {}
        known = USERS.get(user, {"groups": ["robots"], "email": "robot"})
        return 200, {"active": True, "sub": "id-of-" + user, "aud": CLIENT, "iss": self.issuer,
                     "exp": int(time.time()) + 60, "groups": known["groups"], "email": known["email"]}, {}
