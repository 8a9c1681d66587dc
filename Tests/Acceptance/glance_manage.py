"""`glance-manage` by that name, on a state of its own."""
import json
import os
import shutil
import subprocess
import tempfile


def run(binary, check):
    folder = tempfile.mkdtemp(prefix="glance-manage-")
    program = os.path.join(folder, "glance-manage")
    os.symlink(os.path.abspath(binary), program)

    def say(*words):
        done = subprocess.run([program, *words, "--state", os.path.join(folder, "state")], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return check("glance-manage " + " ".join(words), done.returncode == 0, done.stdout) and done.stdout

    say("db_sync")
    check("the version is a number", int(say("db", "version")) > 0)
    say("db_check")
    document = os.path.join(folder, "own.json")
    with open(document, "w") as file:
        json.dump({"namespace": "Own", "display_name": "Own", "properties": {"a": {"title": "A", "type": "string"}}},
                  file)
    check("definitions are loaded", "Own" in say("db_load_metadefs", document))
    check("and not twice", "were there already" in say("db", "load_metadefs", document))
    say("db_load_metadefs", document, "--merge", "--prefer_new")
    say("db_export_metadefs", os.path.join(folder, "out"))
    with open(os.path.join(folder, "out", "Own.json")) as file:
        check.same("definitions are written out as they were", json.load(file)["properties"]["a"]["title"], "A")
    say("db_unload_metadefs")
    check("the deleted are forgotten", "Purged 0" in say("db", "purge", "30", "100"))
    shutil.rmtree(folder)
