"""A client's program as people type it, without the second that its imports cost each time: see forks.py. What runs is
the program's own entry point, with arguments, an environment and streams of its own.
"""
import json
import os
import pty
import select
import shutil
import subprocess
import tempfile
import threading


class Program:
    """One installed client: `python` is its environment's, `entry` its entry point as `module:function`."""

    def __init__(self, python, entry):
        self.folder = tempfile.mkdtemp(prefix="client-")
        self.terminal, self.screen = pty.openpty()
        self.lock = threading.Lock()
        forks = os.path.join(os.path.dirname(os.path.abspath(__file__)), "forks.py")
        self.process = subprocess.Popen(
            [python, forks, entry], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "PYTHONWARNINGS": "ignore"})

    def run(self, words, environment, data=None, pipe=False, screen=False):
        """Status, output and errors of one command. Its input is a terminal, or a file or pipe of these bytes."""
        with self.lock:
            given, out, error = [os.path.join(self.folder, name) for name in ("in", "out", "error")]
            if data is not None:
                self.feed(given, data, pipe)
            terminal = os.ttyname(self.screen)
            wish = {"argv": [self.folder, *words], "environment": {"HOME": self.folder, **environment},
                    "streams": [given if data is not None else terminal, terminal if screen else out, error]}
            self.process.stdin.write(json.dumps(wish) + "\n")
            self.process.stdin.flush()
            said = self.watch() if screen else b""
            status = int(self.process.stdout.readline())
            if not screen:
                said = open(out, "rb").read()
            wrong = open(error, "rb").read().decode("utf8", "replace")
            # Python 2.7 says at every start that it is old.
            return status, said, "\n".join(line for line in wrong.splitlines() if "ryptography" not in line)

    def watch(self):
        """What comes on the screen until the command ends."""
        said, ended = b"", False
        while True:
            sources = [self.terminal] if ended else [self.terminal, self.process.stdout]
            ready = select.select(sources, [], [], 0 if ended else None)[0]
            if self.terminal in ready:
                said += os.read(self.terminal, 1 << 16)
            elif ended:
                return said
            else:
                ended = True

    def feed(self, path, data, pipe):
        if os.path.exists(path):
            os.remove(path)
        if not pipe:
            with open(path, "wb") as file:
                file.write(data)
            return
        os.mkfifo(path)

        def write():
            try:
                with open(path, "wb") as file:
                    file.write(data)
            except BrokenPipeError:
                pass  # the client took what it wanted
        threading.Thread(target=write, daemon=True).start()

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Command:
    """A program as one user types it. `ran` has every sub-command that was typed, by whomever."""

    def __init__(self, check, program, title, environment, ran=None):
        self.check, self.program, self.title, self.ran = check, program, title, set() if ran is None else ran
        self.environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "PYTHONWARNINGS": "ignore", **environment}

    def other(self, **environment):
        """The same with another environment: another user, another version."""
        return type(self)(self.check, self.program, self.title, {**self.environment, **environment}, self.ran)

    def note(self, words):
        """Remembers which sub-command this is."""
        self.ran.add(next(word for word in words if not word.startswith("-")))

    def seen(self, out):
        """What is looked through for the words that are to be there."""
        return out

    def run(self, *words, **more):
        self.note(words)
        status, out, error = self.program.run(words, self.environment, **more)
        return status, out.decode("utf8", "replace"), error

    def say(self, *words, has=(), lacks=(), raw=False, **more):
        """Runs a command that must succeed and print all of `has` and nothing of `lacks`; gives what it printed."""
        self.note(words)
        status, said, error = self.program.run(words, self.environment, **more)
        out = said.decode("utf8", "replace")
        has, lacks = [(each,) if isinstance(each, str) else each for each in (has, lacks)]
        seen = self.seen(out)
        wrong = [each for each in has if each not in seen] + ["not " + each for each in lacks if each in seen]
        held = status == 0 and "Unable to" not in error and "ERROR" not in error and not wrong
        self.check("%s: %s" % (self.title, " ".join(words)), held,
                   "" if held else "%d %s %s%s" % (status, wrong, out, error))
        return said if raw else out

    def refused(self, text, *words, status=1, **more):
        """That a command fails with this exit status, and what it says has these words."""
        found, out, error = self.run(*words, **more)
        self.check("%s: %s is refused: %s" % (self.title, " ".join(words), text),
                   found == status and text in out + error, "%d %s" % (found, out + error))

    def same(self, what, found, wanted):
        self.check.same("%s: %s" % (self.title, what), found, wanted)

    def holds(self, what, held, detail=""):
        self.check("%s: %s" % (self.title, what), held, detail)
