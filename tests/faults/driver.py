"""Starts `lossbook` again and again without loading it each time: one JSON line in for each start, its process id out.

Each start is a fork that goes through the program's own `main`, with `sessions.recorder.SAVE_SECONDS` as asked, and
notes after every batch that the recorder has taken how many epochs it has taken so far, and when.
"""

from __future__ import annotations

import json
import os
import signal
import struct
import sys
import time
from importlib import import_module

from sessions import files, journal, recorder
from tui.cli import main

NOTE = struct.Struct("<dq")


def note_progress(path):
    """Append (time, epochs of all runs) to a file whenever the recorder has taken a batch."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    take = recorder.Recorder.take

    def noted(self, batch):
        record = take(self, batch)
        os.write(descriptor, NOTE.pack(time.time(), sum(run.epoch for run in record.runs)))
        return record

    recorder.Recorder.take = noted


def write_naively():
    """Save as one would without thinking of kills: in place, and without a journal."""

    def save(path, content):
        with path.open("wb") as file:
            file.write(content)

    files.save = save
    journal.Journal.append = lambda *_: None


def start(wanted):
    """Be the program."""
    out = os.open(wanted["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(out, stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    recorder.SAVE_SECONDS = wanted["save_seconds"]
    note_progress(wanted["notes"])
    if wanted["naive"]:
        write_naively()
    status = 70
    try:
        status = main(wanted["arguments"])
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def serve():
    """Fork for every line; `wait` answers with how the last one ended."""
    for command in ("run", "pages"):
        import_module(f"tui.cli.{command}")
    pid = 0
    for line in sys.stdin:
        wanted = json.loads(line)
        if wanted == "wait":
            answer = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        else:
            pid = os.fork()
            if pid == 0:
                signal.signal(signal.SIGINT, signal.default_int_handler)
                start(wanted)
            answer = pid
        print(answer, flush=True)


if __name__ == "__main__":
    serve()
