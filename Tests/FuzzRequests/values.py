"""What nobody expects: texts, numbers, trees and headers that services stumble over, and values that fit a schema."""
import json
import string

TEXTS = [
    "", " ", "\t\n", "a" * 255, "a" * 256, "x" * 10000, "é" * 255, "\u0000", "a\u0000b", "\u202e\u2066abc", "\ufeff",
    "😀" * 64, "e\u0301" * 200, "\U0010ffff", "\ufffe", "ﷺ", "İıŞ", "'", "\"", "';--", "' OR '1'='1", "%", "%%", "_",
    "\\", "\\\\%", "../../../etc/passwd", "/", "//", ".", "..", "null", "None", "true", "True", "yes", "0", "-1", "1e999",
    "9223372036854775808", "-9223372036854775809", "0x10", "1.5", "NaN", "Infinity", "٣", "१२", "${x}", "{{7*7}}",
    "%s%n%d", "<script>", "[[", "(", "*", "a{100000}", "(a+)+$", "^", ".*", "in:", "!in:", ":", "::", ",", ",,,", "a:b:c",
    "1970-01-01T00:00:00Z", "9999-99-99T99:99:99Z", "292277026596-12-04T15:30:08Z", "2020-02-30", "-1-1-1",
    "2026-11-21T08:00:00+99:99", "10.0.0.0/8", "10.0.0.0/33", "0.0.0.0/0", "::/0", "10.0.0.1", "256.1.1.1", "::1",
    "fe80::1%eth0", "::ffff:1.2.3.4", "1:2:3:4:5:6:7:8:9", "00:11:22:33:44:55", "ff:ff:ff:ff:ff:ff", "zz:zz",
    "00000000-0000-0000-0000-000000000000", "not-a-uuid", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
    "0123456789abcdef0123456789abcdef", "latest", "self", "detail", "default", "admin", "ssh-rsa AAAA", "ssh-rsa " + "A" * 9000,
    "QUJD", "QUJD=", "====", "qcow2", "raw", "bare", "AUTO", "nova", "public", "shared", "PENDING", "accepted", "active",
]
NUMBERS = [
    0, 1, -1, 2, 63, 64, 255, 256, 4094, 4095, 4096, 65535, 65536, 2**31 - 1, 2**31, -2**31, -2**31 - 1, 2**32, 2**53,
    2**63 - 1, 2**63, -2**63, -2**63 - 1, 2**64, 10**30, 10**400, 0.5, -0.0, 1e308, -1e308, 5e-324, 1.0, 3.0000001,
]


def uuid(random):
    text = "%032x" % random.getrandbits(128)
    return "-".join((text[:8], text[8:12], "4" + text[13:16], "8" + text[17:20], text[20:]))


def name(random):
    return "fuzz-" + "".join(random.choice(string.ascii_lowercase) for _ in range(8))


def text(random):
    pick = random.random()
    if pick < 0.6:
        return random.choice(TEXTS)
    if pick < 0.75:
        return "".join(chr(random.choice([random.randrange(1, 0xd800), random.randrange(0xe000, 0x110000)]))
                       for _ in range(random.randrange(1, 40)))
    if pick < 0.9:
        return "".join(random.choice(string.printable) for _ in range(random.randrange(0, 30)))
    return uuid(random)


def deep(random):
    """A tree of some hundred levels, which recursion may not survive."""
    value = 1
    for _ in range(random.choice([10, 100, 400, 2000])):
        value = [value] if random.random() < 0.5 else {"a": value}
    return value


def weird(random, depth=0):
    """Any JSON value, mostly not the one that is wanted."""
    pick = random.random()
    if pick < 0.4:
        return text(random)
    if pick < 0.6:
        return random.choice(NUMBERS)
    if pick < 0.75:
        return random.choice([None, True, False, [], {}, [None], {"": ""}, [[]]])
    if pick < 0.78:
        return deep(random)
    if depth > 2:
        return None
    if pick < 0.9:
        return [weird(random, depth + 1) for _ in range(random.randrange(0, 4))]
    return {text(random): weird(random, depth + 1) for _ in range(random.randrange(0, 4))}


class Fitting:
    """Values that fit the schemas of one document."""

    def __init__(self, document):
        self.schemas = document.get("components", {}).get("schemas", {})

    def resolve(self, schema):
        while "$ref" in schema:
            schema = self.schemas[schema["$ref"].rsplit("/", 1)[1]]
        return schema

    def value(self, schema, random, identifier, key="", depth=0):
        """- identifier: gives an id that something of the key's name may have"""
        schema = self.resolve(schema)
        for choice in ("oneOf", "anyOf"):
            if choice in schema:
                return self.value(random.choice(schema[choice]), random, identifier, key, depth)
        if "enum" in schema:
            return random.choice(schema["enum"])
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = random.choice([k for k in kind if k != "null"] * 3 + ["null"])
        if kind == "null":
            return None
        if kind == "object" or (kind is None and "properties" in schema):
            needed = set(schema.get("required", ()))
            share = random.choice([0, 0.2, 0.5, 1])
            made = {k: self.value(s, random, identifier, k, depth + 1) for k, s in schema.get("properties", {}).items()
                    if k in needed or random.random() < share}
            more = schema.get("additionalProperties")
            if isinstance(more, dict):
                for _ in range(random.randrange(0, 3)):
                    made[name(random)] = self.value(more, random, identifier, "", depth + 1)
            return made
        if kind == "array":
            return [self.value(schema.get("items", {}), random, identifier, key, depth + 1)
                    for _ in range(random.choice([0, 1, 1, 2]))]
        if kind == "boolean":
            return random.random() < 0.5
        if kind in ("integer", "number"):
            low, high = schema.get("minimum", 0), schema.get("maximum", 100)
            return random.choice([low, high, random.randint(low, max(low, min(high, low + 100)))])
        if kind == "string":
            return self.text(schema, random, identifier, key)
        return self.guess(random, identifier, key)

    def text(self, schema, random, identifier, key):
        if schema.get("format") == "date-time":
            return "2026-11-2%dT08:00:00Z" % random.randrange(1, 9)
        found = identifier(key) if random.random() < 0.7 else None
        if found:
            return found
        if schema.get("format") == "uuid":
            return uuid(random)
        return self.guess(random, identifier, key) if random.random() < 0.5 and "name" not in key else name(random)

    @staticmethod
    def guess(random, identifier, key):
        """A value for a key whose form is not known, by the key's own name."""
        key = key.lower()
        if key.endswith("cidr") or key.endswith("prefix") or key == "prefixes":
            return random.choice(["10.%d.%d.0/24" % (random.randrange(256), random.randrange(256)), "fd00::/64"])
        if "mac" in key:
            return "fa:16:3e:%02x:%02x:%02x" % tuple(random.randrange(256) for _ in range(3))
        if "ip" in key.split("_") or key.endswith("address") or key in ("destination", "nexthop"):
            return "10.%d.%d.%d" % tuple(random.randrange(256) for _ in range(3))
        if key.startswith("min") or key.startswith("max") or key in ("size", "limit", "total", "generation"):
            return random.choice([0, 1, 2, 10])
        if key in ("os-start", "os-stop", "lock", "unlock", "pause", "unpause", "suspend", "resume", "forcedelete"):
            return None
        if key == "reboot":
            return {"type": "SOFT"}
        return identifier(key) or random.choice([None, {}, [], name(random), 1, True, {name(random): name(random)}])


def mutate(value, random, times):
    """The tree with some of its nodes replaced, removed, doubled or added."""
    for _ in range(times):
        spots = list(places(value))
        if not spots:
            return weird(random)
        holder, key = random.choice(spots)
        pick = random.random()
        if pick < 0.6:
            holder[key] = weird(random)
        elif pick < 0.75 and isinstance(holder, dict):
            del holder[key]
        elif isinstance(holder, dict):
            holder[text(random)] = weird(random)
        else:
            holder.extend([holder[key]] * random.choice([1, 2, 300]))
    return value


def places(value, depth=0):
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(items):
        yield value, key
        if depth < 6:
            yield from places(inner, depth + 1)


def broken(data, random):
    """Bytes that are no JSON any more, or barely."""
    pick = random.randrange(10)
    if pick == 0:
        return data[:random.randrange(len(data) + 1)]
    if pick == 1:
        at = random.randrange(len(data) + 1)
        return data[:at] + bytes([random.randrange(256)]) + data[at:]
    if pick == 2:
        return b"\xff\xfe" + data
    if pick == 3:
        return data + data
    if pick == 4:
        return b"[" * random.choice([100, 1000, 100000])
    if pick == 5:
        return b'{"a":' * random.choice([100, 100000])
    if pick == 6:
        return bytes(random.randrange(256) for _ in range(random.randrange(200)))
    if pick == 7:
        return data.replace(b'"', b"'")
    if pick == 8:
        return b'{"a": "\\ud800", "a": "\\u0000"}'
    return random.choice([b"", b"null", b"[]", b"{}", b'""', b"0", b"-", b"1e99999", b"nul", b"\x00", b" " * 1000])


def encode(value):
    """JSON as text; what Python writes for infinite numbers is no JSON, which is as well."""
    try:
        return json.dumps(value, ensure_ascii=False).encode("utf8", "surrogatepass")
    except (RecursionError, ValueError):
        return b"[" * 3000 + b"]" * 3000
