"""Requests as bytes: the plainest client, which sends whatever it is told and says what came back."""
import http.client
import socket
import time

# As much of an answer is read: an image may be as large as its maker liked.
MOST = 4 << 20


class Line:
    """A connection to one port, made anew whenever the other side closes it."""

    def __init__(self, port, limit):
        self.port, self.limit, self.socket = port, limit, None

    def ask(self, method, target, headers, body):
        """The answer as (status, headers, body, seconds until it began); raises OSError when none came in time."""
        head = b"%s %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n" % (method, target, self.port)
        for name, value in headers:
            head += name + b": " + value + b"\r\n"
        if body is not None:
            head += b"Content-Length: %d\r\n" % len(body)
        message = head + b"\r\n" + (body or b"")
        for again in (True, False):
            fresh = self.socket is None
            try:
                return self.once(method, message)
            except (ConnectionError, http.client.BadStatusLine):
                # A kept connection may have been closed since; a new one may not.
                self.close()
                if fresh or not again:
                    raise ConnectionError("the connection was closed without an answer") from None
            except OSError:
                self.close()
                raise

    def once(self, method, message):
        start = time.monotonic()
        if self.socket is None:
            self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=self.limit)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self.socket.sendall(message)
        except ConnectionError:
            # A refusal that did not wait for the body may still be there to be read.
            pass
        answer = http.client.HTTPResponse(self.socket, method=method.decode("latin1"))
        answer.begin()
        seconds = time.monotonic() - start
        data = answer.read(MOST)
        if len(data) == MOST:
            answer.will_close = True
        headers = {k.lower(): v for k, v in answer.getheaders()}
        if answer.will_close:
            self.close()
        return answer.status, headers, data, seconds

    def close(self):
        if self.socket:
            self.socket.close()
        self.socket = None


def curl(port, method, target, headers, body):
    """The same request as a line for the shell."""
    def quote(data):
        text = data.decode("utf8", "backslashreplace") if isinstance(data, bytes) else data
        plain = all(32 <= ord(c) < 127 and c not in "'\\" for c in text)
        if plain:
            return "'%s'" % text
        return "$'%s'" % "".join(
            chr(b) if 32 <= b < 127 and b not in b"'\\" else "\\x%02x" % b for b in bytes(data))
    words = ["curl -sS -i --path-as-is -X %s" % quote(method)]
    words += ["-H %s" % quote(name + b": " + value) for name, value in headers]
    if body:
        words.append("--data-binary %s" % (quote(body) if len(body) < 3000 else quote(body[:3000]) + "  # cut short"))
    return " ".join(words + [quote(b"http://127.0.0.1:%d" % port + target)])
