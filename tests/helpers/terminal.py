"""A program in a real terminal of any size: keys in, bytes and a screen out, and its processes."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from pathlib import Path

import pexpect
import pyte

PATIENCE = 30.0
LEFT_SCREEN, CURSOR_SHOWN = b"\x1b[?1049l", b"\x1b[?25h"
LOSSBOOK = [sys.executable, "-P", "-m", "tui"]


class Terminal:
    """One program. Without threads: it is listened to while something is waited for."""

    def __init__(self, arguments, folder, size=(80, 24), *, command=LOSSBOOK, preexec=None, **environment):
        environment = os.environ | {"TERM": "xterm-256color", "LOSSBOOK_SESSIONS": str(folder)} | environment
        command = [*command, *map(str, arguments)]
        self.child = pexpect.spawn(
            command[0], command[1:], dimensions=size[::-1], env=environment, timeout=None, preexec_fn=preexec
        )
        # A closed terminal is for the program to notice; by itself pexpect would wait a second at each end.
        self.child.delayafterclose = self.child.delayafterterminate = 0
        self.said = bytearray()
        self._screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self._screen)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for pid in (*workers_of(self.pid), self.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.ended_within(5)
        if not self.child.closed:
            self.close()

    @property
    def pid(self):
        return self.child.pid

    @property
    def text(self):
        """What a person sees."""
        return "\n".join(self._screen.display)

    def listen(self, seconds=0.02):
        """Take in what the program says for at most so long; False once it has closed the terminal."""
        if self.child.closed:
            time.sleep(seconds)
            return False
        try:
            said = self.child.read_nonblocking(1 << 16, timeout=seconds)
        except pexpect.TIMEOUT:
            return True
        except pexpect.EOF:
            return False
        self.said += said
        # Of what pyte does not know it tells by some exception or other; the next frame mends the screen.
        with contextlib.suppress(TypeError, AttributeError, ValueError):
            self._stream.feed(said)
        return True

    def until(self, condition, what=""):
        give_up = time.monotonic() + PATIENCE
        while not condition():
            alive = self.listen()
            assert alive or condition(), f"it ended before it was {what}:\n{self.text}"
            assert time.monotonic() < give_up, f"still not {what} after {PATIENCE:g} s:\n{self.text}"

    def until_shown(self, *texts):
        self.until(lambda: all(text in self.text for text in texts), f"shown: {texts}")

    def press(self, keys):
        os.write(self.child.child_fd, keys.encode() if isinstance(keys, str) else keys)

    def close(self):
        """Close the terminal, as when a window is closed or a connection lost."""
        self.child.ptyproc.fileobj.close()
        self.child.ptyproc.closed = self.child.closed = True

    def ended_within(self, seconds):
        """Wait for the end; return the exit status, minus the signal's number, or None where it goes on."""
        give_up = time.monotonic() + seconds
        while time.monotonic() < give_up:
            self.listen()
            if not self.child.isalive():
                while self.listen(0):
                    pass
                number = self.child.signalstatus
                return self.child.exitstatus if number is None else -number
        return None


def children_of(pid):
    """Return the process ids of a process's children."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if int((folder / "stat").read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(folder.name))
    return found


def workers_of(pid):
    """Return the process ids of a process's workers."""
    return [child for child in children_of(pid) if b"engine.worker" in _command_line(child)]


def _command_line(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def gone_within(seconds, pids):
    """Tell whether processes end within some seconds."""
    give_up = time.monotonic() + seconds
    while any(_command_line(pid) for pid in pids):
        if time.monotonic() > give_up:
            return False
        time.sleep(0.02)
    return True
