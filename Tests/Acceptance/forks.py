"""Imports the entry point of a client's program, `module:function`, and forks for each command that a line of its input
names; answers each with the status that the program exits with. For the client's own Python, 2.7 or 3.
"""
import json
import os
import signal
import sys


def serve(entry):
    """The child leaves this function by the client's own exit."""
    module, function = entry.split(":")
    main = getattr(__import__(module, fromlist=[function]), function)
    for line in iter(sys.stdin.readline, ""):
        wish = json.loads(line)
        child = os.fork()
        if not child:
            become(wish)
            sys.exit(main())
        status = os.waitpid(child, 0)[1]
        code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status)
        os.write(1, ("%d\n" % code).encode())


def become(wish):
    """Makes a fork what the shell would have made of the command."""
    signal.alarm(60)
    plain = (lambda text: text.encode("utf8")) if sys.version_info[0] == 2 else (lambda text: text)
    flags = (os.O_RDONLY, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for number, path in enumerate(wish["streams"]):
        end = os.open(path, flags[number] | os.O_NOCTTY, 0o600)
        os.dup2(end, number)
        os.close(end)
    sys.stdin, sys.stdout, sys.stderr = os.fdopen(0, "r"), os.fdopen(1, "w"), os.fdopen(2, "w")
    sys.argv = [plain(word) for word in wish["argv"]]
    os.environ.clear()
    os.environ.update((plain(name), plain(value)) for name, value in wish["environment"].items())


if __name__ == "__main__":
    serve(sys.argv[1])
