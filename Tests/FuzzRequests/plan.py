"""Which requests to send: from the services' own OpenAPI documents, with ids that exist, bent in every way."""
import copy
import re

import values

PORTS = {"keystone": 5000, "glance": 9292, "placement": 8778, "neutron": 9696, "cinder": 8776, "nova": 8774}
PATCHES = b"application/openstack-images-v2.1-json-patch"
METHODS = [b"GET", b"POST", b"PUT", b"PATCH", b"DELETE", b"HEAD", b"OPTIONS", b"TRACE", b"PROPFIND", b"get", b"X" * 40]
QUERY = ["limit", "marker", "sort_key", "sort_dir", "sort", "fields", "name", "id", "status", "all_tenants", "detailed",
         "changes-since", "created_at", "tags", "not-tags-any", "project_id", "user_id", "enabled", "page_reverse", "offset",
         "metadata", "resources", "required", "member_of", "in_tree", "group_policy", "resources1", "with_count", "binary",
         "ip", "ip6", "vm_state", "visibility", "size_min", "parent_id", "effective", "include_names", "name__contains"]


def singular(word):
    """The name of a collection as its members are kept by: `os-keypairs` and `keypair` alike."""
    word = re.sub("^os-(?!services)", "", word).replace("-", "_").rstrip("s")
    return word[:-2] + "y" if word.endswith("ie") else OTHERS.get(word, word)

# What the same things are called elsewhere.
OTHERS = {"tenant": "project", "owner": "project", "parent": "project", "source_vol": "volume", "device": "server",
          "instance": "server", "floating_network": "network", "fixed_network": "network", "implied": "role",
          "volume_type": "type", "fixed_ip": "port", "os_volume_transfer": "transfer", "volume_transfer": "transfer",
          "volumeAttachment": "volume", "os_volume_attachment": "volume", "member": "project", "consumer": "server"}


class Ids:
    """The ids that were seen, by the name of their collection, newest last."""

    def __init__(self):
        self.known, self.protected = {}, set()

    def learn(self, answer, service=""):
        if not isinstance(answer, dict):
            return
        for key, value in answer.items():
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, dict):
                    if service in ("nova", "cinder") and key.startswith("service"):
                        key = "os-services"
                    self.add(key, one.get("id") or one.get("uuid"))
        if "links" in answer or "status" in answer:
            self.add("images" if "container_format" in answer else "resource_providers",
                     answer.get("id") or answer.get("uuid"))

    def add(self, key, found):
        if isinstance(found, (str, int)):
            held = self.known.setdefault(singular(key), [])
            if str(found) not in held:
                held.append(str(found))
                del held[:-40]

    def some(self, key, random):
        held = self.known.get(singular(key))
        return random.choice(held) if held else None

    def of_key(self, key, random):
        """An id for a key of a body: `network_id`, `imageRef`, `volumeId`, `security_groups`."""
        key = re.sub(r"(_ids?|_uuids?|Ref|Id|_refs?)$", "", key)
        return self.some(key, random)

    def forget(self, path):
        """The last thing that the path names is gone."""
        gone = path.removesuffix("/action").rsplit("/", 1)[1]
        for held in self.known.values():
            if gone in held:
                held.remove(gone)


class Operation:
    def __init__(self, service, path, method, item, document):
        self.service, self.path, self.method = service, path, method.encode()
        self.keys = [p["name"] for p in item.get("parameters", ()) if p.get("in") == "query"]
        self.enums = {p["name"]: p["schema"].get("items", p["schema"]).get("enum")
                      for p in item.get("parameters", ()) if p.get("in") == "query"}
        self.content = item.get("requestBody", {}).get("content", {})
        self.schema = self.content.get("application/json", {}).get("schema")
        info = document["info"].get("x-openstack", {})
        self.type, self.versions = info.get("type"), [v["version"] for v in info.get("microversions", ())]


class Request:
    """What is sent; `isRough` when its head is so odd that the server may refuse it before any service sees it."""

    def __init__(self, service, method, target, headers, body, is_rough=False):
        self.service, self.method, self.target, self.headers, self.body = service, method, target, headers, body
        self.is_rough = is_rough


class Plan:
    def __init__(self, documents, recipes, tokens, ids):
        self.operations, self.fitting = [], {}
        self.recipes, self.tokens, self.ids = recipes, tokens, ids
        by_service = {}
        for service, document in documents.items():
            self.fitting[service] = values.Fitting(document)
            for path, item in document["paths"].items():
                for method, operation in item.items():
                    if method != "parameters":
                        made = Operation(service, path, method.upper(), operation, document)
                        by_service.setdefault(service, []).append(made)
        self.by_service = by_service
        self.services = sorted(by_service)

    def next(self, random):
        if random.random() < 0.15:
            return self.valid(random)
        return self.bent(random)

    def valid(self, random, recipe=None):
        """A request to make something, as a client would send it."""
        service, method, path, body = recipe or random.choice(self.recipes)
        filled = self.fill(service, path, method, random, honest=True)
        if path.startswith("/v3/users/{user}/"):
            filled = filled.replace(filled.split("/")[3], self.tokens["user"].decode())
        made = body(self.ids, random)
        content = made if isinstance(made, bytes) else values.encode(made) if made is not None else None
        headers = [(b"X-Auth-Token", self.tokens["admin" if service in ("keystone", "placement") else
                                                 random.choice(["admin"] * 5 + ["demo"])])]
        if content is not None:
            kind = b"application/octet-stream" if isinstance(made, bytes) else b"application/json"
            kind = PATCHES if (service, method) == ("glance", "PATCH") else kind
            headers.append((b"Content-Type", kind))
        version = {"nova": b"compute 2.96", "cinder": b"volume 3.71", "placement": b"placement 1.39"}.get(service)
        if version:
            headers.append((b"OpenStack-API-Version", version))
        return Request(service, method.encode(), filled.encode(), headers, content)

    def bent(self, random):
        service = random.choice(self.services)
        operation = random.choice(self.by_service[service])
        method = operation.method
        if random.random() < 0.02:
            method = random.choice(METHODS)
        path = self.fill(service, operation.path, method.decode(), random, honest=random.random() < 0.8)
        target, rough_target = self.target(path, operation, random)
        headers, rough_head = self.headers(operation, random)
        body = self.body(operation, method, headers, random)
        rough = rough_target or rough_head or method in METHODS[6:]
        return Request(service, method, target, headers, body, rough)

    # Paths

    def fill(self, service, path, method, random, honest):
        parts, last = [], ""
        for part in path.split("/"):
            if part.startswith("{"):
                part = self.parameter(service, part[1:-1], last, method, random, honest)
            else:
                last = part or last
            parts.append(part)
        return "/".join(parts)

    def parameter(self, service, name, last, method, random, honest):
        if not honest and random.random() < 0.7:
            return escape(random.choice([values.text(random), values.uuid(random), self.any_id(random)])) or "x"
        if name in ("project_id", "tenant_id", "tenant"):
            return self.tokens["project"].decode()
        if last in ("traits", "resource_classes", "inventories"):
            return random.choice(["CUSTOM_A", "CUSTOM_B", "CUSTOM_" + values.name(random).upper()[5:], "VCPU", "HW_CPU_X86_VMX"])
        if name in ("key", "tag"):
            return random.choice(["a", "b", "a:b", values.name(random)])
        found = self.ids.some(name, random) if name != "id" else None
        found = found or self.ids.some(last, random) or values.uuid(random)
        # What the drive itself stands on is left alone.
        if method in ("DELETE", "PATCH") and found in self.ids.protected:
            found = values.uuid(random)
        return escape(found)

    def any_id(self, random):
        key = random.choice(sorted(self.ids.known))
        found = self.ids.some(key, random)
        return "x" if found in self.ids.protected else found

    # Queries

    def target(self, path, operation, random):
        rough = False
        if random.random() < 0.03:
            path = random.choice([path + "/", "/" + path, path.replace("/", "//"), path + "/../..", path + "%00", path + "%",
                                  path + "%2e%2e%2f", path + ";a=b", path.upper(), path + "/%ff%fe", path + "x" * 9000,
                                  "/.." + path, path + "\\", path + "%c0%af"])
            rough = True
        pairs = []
        if random.random() < 0.45:
            for _ in range(random.choice([1, 1, 2, 3, 8])):
                key = random.choice(operation.keys) if operation.keys and random.random() < 0.6 else random.choice(QUERY)
                if random.random() < 0.05:
                    key = values.text(random)
                pairs.append((key, self.query_value(key, operation, random)))
            if random.random() < 0.1:
                pairs = pairs * random.choice([2, 30])
        query = "&".join(escape(k) + ("=" + escape(v) if random.random() < 0.97 else "") for k, v in pairs)
        if random.random() < 0.02:
            query, rough = random.choice(["&&&", "=", "%", "%zz=1", "a=%00", "?" * 50, "limit=%ff", "a" * 9000]), True
        target = (path + ("?" + query if query else "")).encode("utf8", "surrogatepass")
        return target, rough or len(target) > 6000

    def query_value(self, key, operation, random):
        pick = random.random()
        if pick < 0.3:
            return values.text(random)
        if key in ("limit", "offset"):
            return str(random.choice(values.NUMBERS + [1, 2, 3, 10, 1000]))
        if key == "marker":
            return random.choice([values.uuid(random), self.any_id(random), values.text(random)])
        if operation.enums.get(key):
            return random.choice(operation.enums[key])
        if key in ("sort", "sort_key"):
            return random.choice(["name", "created_at", "id", "status:desc", "name:asc,id:desc", "size", "a:b:c", "enabled"])
        if key == "sort_dir":
            return random.choice(["asc", "desc", "ASC", "up"])
        if key.startswith("resources"):
            return random.choice(["VCPU:1", "VCPU:1,MEMORY_MB:64", "VCPU:-1", "VCPU:%d" % 2**63, "X", "VCPU:1,VCPU:2"])
        if pick < 0.6:
            return self.ids.of_key(key, random) or str(random.choice([0, 1, "true", "false"]))
        return str(random.choice(values.NUMBERS[:20] + ["true", "False", "", "a", "name"]))

    # Headers

    def headers(self, operation, random):
        pick = random.random()
        mostly = 0.62 if operation.service in ("nova", "neutron", "cinder", "glance") else 0.85
        who = "admin" if pick < mostly else "demo" if pick < 0.95 else None
        headers, rough = [], False
        if who:
            headers.append((b"X-Auth-Token", self.tokens[who]))
        elif random.random() < 0.7:
            headers.append((b"X-Auth-Token", random.choice([b"garbage", b"gAAAAA" + b"x" * 180, self.tokens["admin"][:-5],
                                                            b"\xff\xfe", b"a" * 3000])))
        if "auth" in operation.path:
            headers.append((b"X-Subject-Token", random.choice([self.tokens["demo"], b"x", b"\xff" * 9])
                            if operation.method == b"GET" else b"gAAAAAnonsense"))
        if operation.versions:
            if random.random() < 0.93:
                version = operation.versions[-1] if random.random() < 0.4 else random.choice(operation.versions + ["latest"])
                version = "%s %s" % (operation.type, version)
            else:
                version = random.choice(["latest", operation.type, operation.type + " 2.x", "compute 2.1, volume 3.1", " ",
                                         operation.type + " 99999999999999999999.1", operation.type + " -1.1"])
            headers.append((b"OpenStack-API-Version", version.encode()))
        if random.random() < 0.03:
            rough = True
            headers.append(random.choice([
                (b"X-Big", b"a" * 7000), (b"X-Big", b"a" * 100000), (b"X-Openstack-Request-Id", b"req-" + b"\xff" * 30),
                (b"X-Forwarded-Proto", b"'\"<>"), (b"X-Forwarded-Prefix", b"/" * 500), (b"Accept", b"\x80"), (b"", b"x"),
                (b"Range", b"bytes=9-1"), (b"Range", b"bytes=-99999999999999999999"), (b"If-Match", b"*"),
                (b"Expect", b"100-continue"), (b"Transfer-Encoding", b"gzip"), (b"Content-Length", b"-1"),
                (b"Connection", b"upgrade"), (b"Upgrade", b"websocket"), (b"Cookie", b";;;"), (b"Host", b""), (b"X y", b"z"),
                (b"X-Openstack-Request-Id", b"req-00000000-0000-4000-8000-000000000000\x00")]))
        elif random.random() < 0.03:
            headers += [(b"X-Many-%d" % n, b"v") for n in range(random.choice([20, 90]))]
            rough = True
        return headers, rough

    # Bodies

    def body(self, operation, method, headers, random):
        if not operation.content and (method not in (b"POST", b"PUT", b"PATCH") or random.random() < 0.5):
            return b'{"a": 1}' if random.random() < 0.03 else None
        if operation.schema is None and operation.content:
            headers.append((b"Content-Type", b"application/octet-stream"))
            return bytes(random.randrange(256) for _ in range(random.choice([0, 1, 100, 5000])))
        data = values.encode(self.tree(operation, random))
        pick = random.random()
        if pick < 0.08:
            data = values.broken(data, random)
        kind = b"application/json"
        if operation.path.endswith("/images/{id}") and operation.method == b"PATCH":
            kind = PATCHES
        if random.random() < 0.05:
            kind = random.choice([b"text/plain", b"application/xml", b"", b"application/json; charset=utf-16", b"\xff", b"*/*",
                                  b"multipart/form-data", b"application/x-www-form-urlencoded", b"json"])
        headers.append((b"Content-Type", kind))
        return data

    def tree(self, operation, random):
        """A body that fits as far as is known, and in half of the cases is then bent."""
        alike = [r for r in self.recipes if r[0] == operation.service and r[2] == operation.path
                 and r[1].encode() == operation.method]
        if alike and random.random() < 0.6:
            tree = random.choice(alike)[3](self.ids, random)
            tree = copy.deepcopy(tree) if not isinstance(tree, bytes) else {}
        else:
            tree = self.fitting[operation.service].value(
                operation.schema or {}, random, lambda key: self.ids.of_key(key, random))
        if random.random() < 0.6:
            tree = values.mutate(tree, random, random.choice([1, 1, 1, 2, 5]))
        return tree if random.random() < 0.98 else values.weird(random)


def escape(text):
    """Percent-encoding of whatever is no plain letter."""
    return "".join(chr(b) if chr(b).isalnum() and b < 128 or b in b"-_.~:" else "%%%02X" % b
                   for b in str(text).encode("utf8", "surrogatepass"))
