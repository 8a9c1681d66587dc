"""Load on one process over HTTP, and what it costs that process: CPU seconds a thousand operations, and latencies.

Requests that never change are driven by wrk; what is a sequence (create, wait, delete) or carries tens of MiB by a
small asyncio client, which begins nothing after the deadline and waits for what is in flight. Closed loop: each of c
clients has one operation under way. Cases and upstream's recorded figures (upstream.md) are the same, so that the two
can be laid side by side.
"""
import asyncio
import fnmatch
import json
import os
import re
import resource
import signal
import subprocess
import tempfile
import time
import urllib.parse

TICK = os.sysconf("SC_CLK_TCK")
JSON_HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}


class Broken(Exception):
    """An answer that the case does not count as success."""


class Connection:
    """One keep-alive connection, opened anew when the server has closed it."""

    def __init__(self, host, port):
        self.host, self.port, self.reader, self.writer = host, port, None, None

    def close(self):
        if self.writer:
            self.writer.close()
        self.reader = self.writer = None

    async def request(self, method, path, headers, body, sink):
        for _ in range(2):
            fresh = self.writer is None
            if fresh:
                self.reader, self.writer = await asyncio.open_connection(self.host, self.port, limit=1 << 22)
            try:
                return await self.once(method, path, headers, body, sink)
            except (ConnectionError, asyncio.IncompleteReadError):
                self.close()
                if fresh:
                    raise
        raise ConnectionError("closed twice")

    async def once(self, method, path, headers, body, sink):
        lines = ["%s %s HTTP/1.1" % (method, path), "Host: %s:%d" % (self.host, self.port)]
        lines += ["%s: %s" % pair for pair in headers.items()]
        if body is not None or method in ("POST", "PUT", "PATCH"):
            lines.append("Content-Length: %d" % len(body or b""))
        self.writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        view = memoryview(body or b"")
        for at in range(0, len(view), 1 << 20):
            self.writer.write(view[at:at + (1 << 20)])
            await self.writer.drain()
        status = 100
        while status == 100:
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin1").split("\r\n")
            status = int(head[0].split(" ", 2)[1])
        fields = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in head[1:] if line)}
        data = await self.body(method, status, fields, sink)
        if fields.get("connection", "").lower() == "close":
            self.close()
        return status, fields, data

    async def body(self, method, status, fields, sink):
        """The body, or how long it was where nobody wants it."""
        parts, count = [], 0
        if method == "HEAD" or status in (204, 304):
            left = 0
        elif fields.get("transfer-encoding", "").lower() == "chunked":
            while size := int(await self.reader.readline(), 16):
                parts.append(await self.reader.readexactly(size))
                await self.reader.readline()
            await self.reader.readline()
            left, count = 0, sum(map(len, parts))
        else:
            left = int(fields.get("content-length", 0))
        while left:
            piece = await self.reader.read(min(left, 1 << 20))
            if not piece:
                raise ConnectionError("short body")
            left, count = left - len(piece), count + len(piece)
            if not sink:
                parts.append(piece)
        return count if sink else b"".join(parts)


class Client:
    """A user of the cloud with one connection a service."""

    def __init__(self, load):
        self.load, self.open = load, {}

    async def ask(self, method, url, body=None, headers=(), ok=(200, 201, 202, 204), sink=False, raw=False):
        parts = urllib.parse.urlsplit(url)
        connection = self.open.setdefault(parts.netloc, Connection(parts.hostname, parts.port))
        sent = {"X-Auth-Token": self.load.token}
        if body is not None and not isinstance(body, (bytes, memoryview)):
            body = json.dumps(body).encode()
            sent.update(JSON_HEADERS)
        sent.update(headers)
        path = parts.path + ("?" + parts.query if parts.query else "")
        status, fields, data = await connection.request(method, path, sent, body, sink)
        if status not in ok:
            raise Broken("%s %s: %d %r" % (method, url, status, data if sink else data[:300]))
        if sink or raw:
            return status, fields, data
        return json.loads(data) if data else None

    def close(self):
        for connection in self.open.values():
            connection.close()


def busy():
    """CPU seconds of the whole machine."""
    fields = [int(x) for x in open("/proc/stat").readline().split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / TICK


def own():
    mine, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return mine.ru_utime + mine.ru_stime + children.ru_utime + children.ru_stime


def percentile(values, percent):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * percent / 100))] if values else None


class Load:
    """Runs cases and keeps a row for each; `only` are patterns of the cases that are wanted."""

    def __init__(self, pid, token, options):
        self.pid, self.token, self.seconds = pid, token, options.seconds
        self.clients, self.only = [int(c) for c in options.clients.split(",")], options.only.split()
        self.profiles, self.profile = options.profiles, None
        self.rows = []

    def wants(self, *cases):
        return not self.only or any(fnmatch.fnmatch(case, p) for case in cases for p in self.only)

    def cpu(self):
        """CPU seconds of the process so far, in user and kernel."""
        fields = open("/proc/%d/stat" % self.pid).read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def begin(self, case):
        if self.profiles:
            self.profile = subprocess.Popen(
                ["perf", "record", "-q", "-g", "-F", "1999", "-p", str(self.pid), "-o",
                 os.path.join(self.profiles, case + ".data")], stderr=subprocess.DEVNULL)
        self.start = (self.cpu(), busy(), own(), time.monotonic())

    def end(self, case, clients, n, p50, p99, errors=0, **more):
        if self.profile:
            self.profile.send_signal(signal.SIGINT)
            self.profile.wait()
        cpu, machine, mine = self.cpu() - self.start[0], busy() - self.start[1], own() - self.start[2]
        took = time.monotonic() - self.start[3]
        others = max(0.0, machine - cpu - mine) / took / os.cpu_count()
        row = {"case": case, "conc": clients, "n": n, "secs": round(took, 3), "errors": errors, "p50": p50, "p99": p99,
               "cpu": round(cpu / n * 1000, 4) if n else None, "others": round(others, 3), **more}
        self.rows.append(row)
        print("%-26s c=%-3d %8d in %5.1f s   %9.3f CPU s/1k   p50 %8.2f p99 %8.2f ms   others %3.0f %%%s" % (
            case, clients, n, took, row["cpu"] or 0, p50 or 0, p99 or 0, others * 100,
            "   %d errors" % errors if errors else ""), flush=True)

    async def one(self, *words, **more):
        client = Client(self)
        try:
            return await client.ask(*words, **more)
        finally:
            client.close()

    async def many(self, operation, count, clients=8):
        """Fills data sets: operation(client, number) so many times, unmeasured; what it gave, in order."""
        results, numbers = [None] * count, iter(range(count))

        async def loop():
            client = Client(self)
            for number in numbers:
                results[number] = await operation(client, number)
            client.close()
        await asyncio.gather(*(loop() for _ in range(clients)))
        return results

    async def fixed(self, case, method, url, body=None, headers=()):
        """The same request over and over, by wrk unless it is slow."""
        if not self.wants(case):
            return
        body = None if body is None else json.dumps(body)
        sent = {"X-Auth-Token": self.token, "Accept": "application/json", **dict(headers)}
        if body is not None:
            sent["Content-Type"] = "application/json"
        data = body and body.encode()
        start = time.monotonic()
        _, _, size = await self.one(method, url, data, sent, sink=True)
        if (time.monotonic() - start) * max(self.clients) > self.seconds:  # wrk would cut off much of what it began
            await self.sequence(case, lambda client, i: client.ask(method, url, data, sent, sink=True))
            return
        script = "wrk.method = %s\n" % json.dumps(method)
        script += "".join("wrk.headers[%s] = %s\n" % (json.dumps(k), json.dumps(v)) for k, v in sent.items() if v)
        script += "wrk.body = [==[%s]==]\n" % body if body is not None else ""
        script += """done = function(s, l)
          io.write(string.format('\\nJSON {"n": %d, "p50": %.3f, "p99": %.3f, "errors": %d}\\n', s.requests,
            l:percentile(50) / 1000, l:percentile(99) / 1000,
            s.errors.status + s.errors.connect + s.errors.read + s.errors.write + s.errors.timeout))
        end"""
        with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
            file.write(script)
            file.flush()
            for clients in self.clients:
                self.begin(case)
                words = ["wrk", "-t1", "-c%d" % clients, "-d%ds" % self.seconds, "--timeout", "60s", "-s", file.name]
                out = subprocess.run([*words, url], capture_output=True, text=True)
                found = re.search(r"^JSON (.*)$", out.stdout, re.M)
                if not found:
                    raise Broken("wrk: " + out.stdout + out.stderr)
                self.end(case, clients, **json.loads(found.group(1)), bytes=size)

    async def sequence(self, case, operation, clients=None, bytes_each=None):
        """operation(client, number) until time is up, by each of so many clients."""
        if not self.wants(case):
            return
        for count in clients or self.clients:
            taken, broken, number = [], [], iter(range(1 << 40))
            self.begin(case)
            deadline = time.monotonic() + self.seconds

            async def loop():
                client = Client(self)
                while time.monotonic() < deadline and len(broken) < 50:
                    start = time.monotonic()
                    try:
                        await operation(client, next(number))
                        taken.append((time.monotonic() - start) * 1000)
                    except (Broken, OSError) as error:
                        broken.append(error)
                client.close()
            await asyncio.gather(*(loop() for _ in range(count)))
            more = {"mib_s": round(len(taken) * bytes_each / (1 << 20) / (time.monotonic() - self.start[3]))} \
                if bytes_each else {}
            self.end(case, count, len(taken), percentile(taken, 50), percentile(taken, 99), len(broken), **more)
            if broken:
                print("   first error: %s" % broken[0])
