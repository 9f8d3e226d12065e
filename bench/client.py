"""A small HTTP client for benches: many connections in one thread, kept open, each with one request at a time."""

import selectors
import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

END = b"\r\n\r\n"


def get(path: str, **headers: str) -> bytes:
    """The bytes of a GET; underscores of names are hyphens."""
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + END


@dataclass
class Answer:
    request: bytes
    status: int
    head: str
    body: bytes
    sent: float
    took: float
    """`sent` by the monotonic clock, `took` in seconds."""

    def header(self, name: str) -> str:
        lines = (line.split(": ", 1) for line in self.head.split("\r\n")[1:])
        return next((value for found, value in lines if found.lower() == name), "")


@dataclass
class Run:
    seconds: float = 0.0
    statuses: dict[int, int] = field(default_factory=dict)
    took: list[float] = field(default_factory=list)
    broken: int = 0
    """Connections that ended in the middle of an answer, or could not be made."""

    @property
    def answers(self) -> int:
        return len(self.took)

    def percentile(self, part: float) -> float:
        """In milliseconds."""
        ordered = sorted(self.took)
        return ordered[min(len(ordered) - 1, int(len(ordered) * part))] * 1000 if ordered else 0.0


class _Line:
    """One connection."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.request = b""
        self.sent = 0.0

    def ask(self, request: bytes) -> None:
        self.request, self.buffer, self.sent = request, b"", time.monotonic()
        self.socket.sendall(request)

    def answer(self) -> Answer | None:
        """None as long as it is not whole."""
        data = self.socket.recv(262_144)
        if not data:
            raise ConnectionError("closed by the server")
        self.buffer += data
        head, found, body = self.buffer.partition(END)
        if not found:
            return None
        status = int(head[9:12])
        length = 0
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        if status in (204, 304):
            length = 0
        if len(body) < length:
            return None
        return Answer(self.request, status, head.decode(), body, self.sent, time.monotonic() - self.sent)


def hammer(
    port: int,
    requests: Iterable[bytes],
    *,
    connections: int = 8,
    seconds: float | None = None,
    look: Callable[[Answer], None] | None = None,
) -> Run:
    """Send `requests` as fast as they are answered, until there are none left or `seconds` are over."""
    waiting, run, began = iter(requests), Run(), time.monotonic()
    selector, open_lines = selectors.DefaultSelector(), 0

    def feed(line: _Line) -> bool:
        if seconds is not None and time.monotonic() - began > seconds:
            return False
        request = next(waiting, None)
        if request is not None:
            line.ask(request)
        return request is not None

    def open_line() -> int:
        line = _Line(port)
        if not feed(line):
            line.socket.close()
            return 0
        selector.register(line.socket, selectors.EVENT_READ, line)
        return 1

    for _ in range(connections):
        open_lines += open_line()
    while open_lines:
        for key, _ in selector.select(timeout=15):
            line: _Line = key.data
            try:
                answer = line.answer()
                if answer is None:
                    continue
                run.took.append(answer.took)
                run.statuses[answer.status] = run.statuses.get(answer.status, 0) + 1
                if look is not None:
                    look(answer)
                if feed(line):
                    continue
                done = True
            except OSError:
                run.broken += 1
                done = False
            selector.unregister(line.socket)
            line.socket.close()
            open_lines -= 1
            if not done:
                open_lines += open_line()
    run.seconds = time.monotonic() - began
    return run
