#!/usr/bin/env python3
"""What Martlet costs beside upstream's recorded figures: one table of the cases of cases.py, and start time, memory,
size. A cloud on the fakes is started for it, so that nothing but Martlet is measured."""
import argparse
import asyncio
import os
import re
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..")]
from cases import SERVICES, Cloud as Places, prepare  # noqa: E402
from cloud import FAKES, Cloud, Session  # noqa: E402
from load import Broken, Load  # noqa: E402
from upstream import Upstream  # noqa: E402

#: Below this ratio of CPU a case needs an explanation.
ENOUGH = 10
#: Why a case cannot be many times cheaper: the work is the same machine code in both.
CAUSES = {
    "keystone.auth_password": "bcrypt, which is meant to cost; both use the same function at the same cost",
    "glance.upload_64m": "bulk bytes: the kernel's copies, two checksums and the disk",
    "glance.download_64m": "bulk bytes: the kernel's copies",
    "swift.": "not there yet",
}


def cause(case):
    return next((words for name, words in CAUSES.items() if case.startswith(name)), None)


def memory(pid):
    """Resident memory in MiB."""
    return int(re.search(r"VmRSS:\s+(\d+)", open("/proc/%d/status" % pid).read()).group(1)) / 1024


def ready(cloud):
    return float(re.match(r"ready in ([\d.]+) s", cloud.ready).group(1))


def number(value):
    return "%.0f" % value if value >= 100 else "%.1f" % value if value >= 10 else "%.2f" % value \
        if value >= 1 else "%.3f" % value


def table(rows):
    """The table, and the ratio of CPU of each row that has one, best known upstream figure first."""
    upstream, ratios = Upstream(), []
    print("\n%-25s %3s | CPU s per 1,000 operations                 | latency p50 / p99, ms" % ("", ""))
    print("%-25s %3s | %8s %9s %9s %6s %6s | %15s %17s %11s | %6s  %s" % (
        "case", "c", "ours", "up. own", "up. all", "own/", "all/", "ours", "upstream", "ratio", "others",
        "upstream's row"))
    for row in rows:
        case, clients = row["case"], row["conc"]
        theirs, cpu = upstream.find(case, clients), row["cpu"]
        if not cpu or not theirs:
            print("%-25s %3d | %8s   upstream was not measured" % (case, clients, number(cpu) if cpu else "none"))
            continue
        ratios.append((theirs["own"] / cpu, case, clients, theirs["kind"]))
        print("%-25s %3d | %8s %9s %9s %6s %6s | %15s %17s %11s | %4.0f %%  %s%s" % (
            case, clients, number(cpu), number(theirs["own"]), number(theirs["all"]),
            number(theirs["own"] / cpu), number(theirs["all"] / cpu),
            "%s / %s" % (number(row["p50"]), number(row["p99"])),
            "%s / %s" % (number(theirs["p50"]), number(theirs["p99"])),
            "%s / %s" % (number(theirs["p50"] / row["p50"]), number(theirs["p99"] / row["p99"])), row["others"] * 100,
            theirs["kind"] or "undisturbed", "; %d of ours failed" % row["errors"] if row["errors"] else ""))
    return ratios


def verdict(ratios):
    """The median, and what is under ENOUGH with its cause."""
    if not ratios:
        return
    usual = [r for r in ratios if not cause(r[1])]
    calm = [r for r in usual if r[3] != "disturbed"]
    print("\nratio of CPU, upstream's own to ours, median:")
    for what, some in (("all rows", ratios), ("without password hashing and bulk bytes", usual),
                       ("of these, upstream undisturbed", calm)):
        if some:
            print("  %-42s %6s  (%d rows)" % (what, number(statistics.median(r[0] for r in some)), len(some)))
    low = sorted(r for r in ratios if r[0] < ENOUGH)
    print("under %d: %s" % (ENOUGH, "" if low else "none"))
    for ratio, case, clients, _ in low:
        why = cause(case) or "NO REASON KNOWN: make it faster"
        print("  %-26s c=%-3d %6s  %s" % (case, clients, number(ratio), why))
    print("  %-26s %13s  no object storage yet" % ("swift.*", "not there yet"))


def build():
    """Seconds of a release build from nothing, beside the usual one."""
    start = time.monotonic()
    subprocess.run(["swift", "build", "-c", "release", "--static-swift-stdlib", "--product", "martlet",
                    "--scratch-path", ".build/bench"], check=True, stdout=subprocess.DEVNULL)
    took = time.monotonic() - start
    subprocess.run(["rm", "-rf", ".build/bench"], check=True)
    return took


async def measure(load, places):
    await prepare(load, places)
    for name, service in SERVICES:
        if load.only and not any(p.split(".")[0] in (name, "*") for p in load.only):
            continue
        try:
            await service(load, places)
        except (Broken, OSError) as error:  # one broken service must not hide the others
            print("!! %s: %s" % (name, error), flush=True)


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--binary", default=".build/release/martlet")
    options.add_argument("--seconds", type=int, default=3, help="how long each case is driven")
    options.add_argument("--clients", default="1,8,32", help="numbers of clients at once")
    options.add_argument("--only", default="", help="patterns of cases, such as nova.* or *.networks_100")
    options.add_argument("--offset", type=int, default=22000, help="added to every port")
    options.add_argument("--profiles", help="a directory for a `perf record` of each case; docs/howto/profile.md")
    options.add_argument("--build", action="store_true", help="measure a release build from nothing too")
    options = options.parse_args()
    if options.profiles:
        os.makedirs(options.profiles, exist_ok=True)
    sets = FAKES + ["log.level=warning"]
    sets += ["quota.%s=-1" % one for one in ("instances", "cores", "ram", "volumes", "gigabytes")]
    cloud = Cloud(options.binary, offset=options.offset, sets=sets).start()
    fresh = ready(cloud)
    cloud.stop()
    cloud.start()
    again = ready(cloud)
    time.sleep(3)
    idle = memory(cloud.process.pid)
    session = Session(cloud, "admin", "admin")
    load = Load(cloud.process.pid, session.token, options)
    asyncio.run(measure(load, Places(cloud, session)))
    ratios = table(load.rows)
    verdict(ratios)
    print("\n%-44s %10s   upstream" % ("", "ours"))
    print("%-44s %8.2f s   39 to 60 s" % ("start from nothing", fresh))
    print("%-44s %8.2f s   30 to 40 s, APIs alone" % ("start from existing state", again))
    print("%-44s %6.1f MiB   4,629 MiB in 49 processes" % ("resident memory, idle", idle))
    print("%-44s %6.1f MiB   6,860 MiB" % ("resident memory after the load", memory(cloud.process.pid)))
    print("%-44s %6.1f MiB   737 MB of packages" % ("size", os.path.getsize(cloud.binary) / 2**20))
    if options.build:
        print("%-44s %8.0f s" % ("release build from nothing", build()))
    cloud.remove()
    return 1 if any(row["errors"] for row in load.rows) else 0


if __name__ == "__main__":
    sys.exit(main())
