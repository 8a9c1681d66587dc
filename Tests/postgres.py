"""A PostgreSQL server for a test, on a socket in a directory of its own: standard library only."""
import glob
import os
import shutil
import subprocess
import tempfile


class Postgres:
    """Runs from `start` to `remove`; `url` leads to its one database."""

    def __init__(self):
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
        self.bin = found[-1] if found else os.path.dirname(shutil.which("initdb") or "")
        if not os.path.exists(os.path.join(self.bin, "initdb")):
            raise SystemExit("PostgreSQL is not installed: install the package postgresql")
        self.folder = tempfile.mkdtemp(prefix="martlet-postgres-")
        self.url = "postgresql:///postgres?host=%s&user=postgres" % self.folder

    def run(self, program, *words):
        # PostgreSQL refuses to run as root.
        user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.getuid() == 0 else {}
        subprocess.run(
            [os.path.join(self.bin, program), "-D", os.path.join(self.folder, "data"), *words], check=True,
            cwd=self.folder, stdout=subprocess.DEVNULL, **user)

    def start(self):
        if os.getuid() == 0:
            shutil.chown(self.folder, "postgres")
        self.run("initdb", "-U", "postgres", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C")
        self.run(
            "pg_ctl", "-l", os.path.join(self.folder, "log"), "-w", "-o",
            "-c listen_addresses= -k %s -c fsync=off" % self.folder, "start")
        return self

    def remove(self):
        try:
            self.run("pg_ctl", "-m", "immediate", "stop")
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)
