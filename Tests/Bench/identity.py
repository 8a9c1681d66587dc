#!/usr/bin/env python3
"""What identity costs with ten users, ten projects and a hundred assignments, and with a thousand times as many: the
median time of a token's issue, of its validation, and of a page of users and of projects. Fails where more than twice
as long is needed.

The store is filled directly, while the cloud stands still, with copies of what it holds itself: through the API the
filling alone would take longer than everything else.
"""
import argparse
import http.client
import json
import os
import random
import sqlite3
import statistics
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from cloud import FAKES, Cloud, Session  # noqa: E402

LIMIT = 2.0


def fill(cloud, users, projects, each):
    """Fills the store up to so many users and projects; every user is a member of `each` projects."""
    store = sqlite3.connect(os.path.join(cloud.state, "martlet.db"))
    store.row_factory = sqlite3.Row

    def copy(table, where, rows):
        """Copies one row as often as there are changes to it."""
        row = dict(store.execute("SELECT * FROM %s WHERE %s" % (table, where)).fetchone())
        marks = ", ".join("?" * len(row))
        store.executemany(
            "INSERT OR IGNORE INTO %s (%s) VALUES (%s)" % (table, ", ".join('"%s"' % key for key in row), marks),
            [tuple({**row, **one}.values()) for one in rows])

    def ids(kind, count):
        return ["%s%031x" % (kind, number) for number in range(count)]

    people, places = ids("a", users), ids("b", projects)
    copy("keystone_users", "name = 'demo'", [
        {"id": one, "name": "user-%05d" % n, "default_project_id": None} for n, one in enumerate(people)])
    copy("keystone_projects", "name = 'demo'", [
        {"id": one, "name": "project-%05d" % n} for n, one in enumerate(places)])
    demo = store.execute("SELECT id FROM keystone_users WHERE name = 'demo'").fetchone()[0]
    copy("keystone_assignments", "actor_id = '%s'" % demo, [
        {"actor_id": one, "target_id": places[(n * 7 + k) % projects]}
        for n, one in enumerate(people) for k in range(each)])
    store.commit()
    counts = [store.execute("SELECT count(*) FROM keystone_" + table).fetchone()[0]
              for table in ("users", "projects", "assignments")]
    store.close()
    return counts


class Asker:
    """One connection that stays open, and the times of what was asked over it."""

    def __init__(self, cloud, token):
        self.line = http.client.HTTPConnection("127.0.0.1", 5000 + cloud.offset, timeout=60)
        self.token = token

    def ask(self, method, path, body=None, headers=(), status=200):
        begin = time.perf_counter()
        self.line.request(method, path, body and json.dumps(body),
                          {"X-Auth-Token": self.token, "Content-Type": "application/json", **dict(headers)})
        answer = self.line.getresponse()
        text = answer.read()
        took = time.perf_counter() - begin
        if answer.status != status:
            raise SystemExit("%s %s: %d %s" % (method, path, answer.status, text[:300]))
        return took, answer, text


def measure(cloud, users, projects, rounds):
    """Milliseconds of each thing, as medians."""
    session = Session(cloud, "admin", "admin")
    asker = Asker(cloud, session.token)
    chance = random.Random(1)
    # As many different users in both cases, so that the store is compared and not what is remembered of passwords.
    chosen = [chance.randrange(users) for _ in range(10)]
    password = cloud.password("demo")

    def login(number):
        return {"auth": {
            "identity": {"methods": ["password"], "password": {"user": {
                "name": "user-%05d" % number, "domain": {"id": "default"}, "password": password}}},
            "scope": {"project": {"name": "project-%05d" % (number * 7 % projects), "domain": {"id": "default"}}}}}

    def median(times):
        return statistics.median(times) * 1000

    tokens, times = [], []
    for n in range(rounds + 10):
        took, answer, _ = asker.ask("POST", "/v3/auth/tokens", login(chosen[n % 10]), status=201)
        tokens.append(answer.getheader("X-Subject-Token"))
        times.append(took)
    found = {"token issue": median(times[10:])}
    time.sleep(1.5)  # what was found valid is believed for a second
    found["token validation"] = median(
        [asker.ask("GET", "/v3/auth/tokens", headers={"X-Subject-Token": one})[0] for one in tokens])
    found["token validation, again"] = median(
        [asker.ask("GET", "/v3/auth/tokens", headers={"X-Subject-Token": tokens[-1]})[0] for _ in range(rounds)])
    for what, path in (("users, a page", "/v3/users?limit=10"), ("users, a page of a domain", "/v3/users?limit=10&domain_id=default"),
                       ("projects, a page", "/v3/projects?limit=10"), ("user by name", "/v3/users?name=user-00003"),
                       ("one's projects", None)):
        if path:
            found[what] = median([asker.ask("GET", path)[0] for _ in range(rounds)])
    middle = "a%031x" % (users // 2)
    found["users, a page further on"] = median(
        [asker.ask("GET", "/v3/users?limit=%d&marker=%s" % (4, middle))[0] for _ in range(rounds)])
    own = Asker(cloud, tokens[-1])
    found["one's projects"] = median([own.ask("GET", "/v3/auth/projects")[0] for _ in range(rounds)])
    place = "b%031x" % (chosen[0] * 7 % projects)
    found["who is on a project"] = median(
        [asker.ask("GET", "/v3/role_assignments?effective&scope.project.id=" + place)[0] for _ in range(rounds)])
    return found


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--binary", default=".build/release/martlet")
    options.add_argument("--offset", type=int, default=21000)
    options.add_argument("--rounds", type=int, default=200)
    options = options.parse_args()
    results = []
    cloud = Cloud(options.binary, offset=options.offset, sets=FAKES)
    try:
        for size in (10, 10_000):
            cloud.start()
            cloud.stop()
            counts = fill(cloud, size, size, 10)
            print("%d users, %d projects, %d assignments" % tuple(counts), flush=True)
            cloud.start()
            results.append(measure(cloud, size, size, options.rounds))
            cloud.stop()
    finally:
        cloud.remove()
    few, many = results
    slow = [what for what in few if many[what] > LIMIT * few[what]]
    print("%-28s %10s %10s %7s" % ("ms, median", "few", "many", "ratio"))
    for what in few:
        print("%-28s %10.3f %10.3f %7.2f%s" % (
            what, few[what], many[what], many[what] / few[what], "   SLOW" if what in slow else ""))
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
