"""`lossbook fetch` against a server of our own: what is downloaded, what is kept, and what is said of a failure."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import resource
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from pictures import folder_of, some
from terminal import Terminal

from engine.data import SOURCES, here
from engine.data.loading import load
from engine.experiment import Data
from sessions import fetching
from sessions.downloads import DOWNLOADS, Download, File
from tui.cli import main
from tui.cli.fetch import progress

NAME = "mnist"
LARGE = "train-images-idx3-ubyte.gz"


class Place:
    """A server with a few files, which can be made to behave badly."""

    def __init__(self, files):
        self.files = dict(files)
        self.tag = '"one"'
        self.asked = []
        """Each request as (name, Range, If-Range)."""
        self.mode = {}
        """How a file is served, by its name; taken off the list once it has been."""
        self.going_on = threading.Event()
        place = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                # Whoever reads no further closes the connection.
                with contextlib.suppress(OSError):
                    place.answer(self)
                self.close_connection = True

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.going_on.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def address(self):
        return f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, request):
        folder, _, name = request.path.strip("/").rpartition("/")
        wanted, known = request.headers["Range"], request.headers["If-Range"]
        self.asked.append((name, wanted, known))
        modes = self.mode.get(name, [])
        mode = modes.pop(0) if modes else "well"
        if mode.isdigit() or folder != NAME or name not in self.files:
            request.send_error(int(mode) if mode.isdigit() else 404)
            return
        if mode == "loop":
            request.send_response(302)
            request.send_header("Location", request.path)
            request.send_header("Content-Length", "0")
            request.send_header("Connection", "close")
            request.end_headers()
            return
        body, start = self.files[name], 0
        body = {"wrong": bytes(len(body)), "short": b"<html>", "more": body + b"x"}.get(mode, body)
        if wanted and mode != "whole" and known in {None, self.tag}:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if start >= len(body):
                request.send_error(416)
                return
            request.send_response(206)
            first = start + 1 if mode == "another part" else start
            request.send_header("Content-Range", f"bytes {first}-{len(body) - 1}/{len(body)}")
        else:
            request.send_response(200)
        if self.tag:
            request.send_header("ETag", self.tag)
        if mode != "no length":
            request.send_header("Content-Length", str(len(body) - start))
        request.end_headers()
        half = (start + len(body)) // 2
        request.wfile.write(body[start:half])
        request.wfile.flush()
        if mode in {"cut", "no length"}:
            return
        if mode == "stall":
            self.going_on.wait(20)
        if mode == "slow":
            for at in range(half, len(body), 20_000):
                time.sleep(0.05)
                request.wfile.write(body[at : at + 20_000])
            return
        request.wfile.write(body[half:])


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("LOSSBOOK_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def place(tmp_path, monkeypatch, data):
    """Serve a small MNIST, known by the sums of its files."""
    folder = folder_of(tmp_path / "served", some(600), some(30, seed=1), packed=True)
    order = [LARGE, "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"]
    files = {name: (folder / name).read_bytes() for name in order}
    known = tuple(File(name, len(body), hashlib.md5(body).hexdigest()) for name, body in files.items())
    monkeypatch.setitem(DOWNLOADS, NAME, replace(DOWNLOADS[NAME], files=known))
    for variable in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(variable, "127.0.0.1")
    with Place(files) as served:
        monkeypatch.setenv("LOSSBOOK_MIRROR", served.address)
        yield served


@pytest.fixture
def fetch(capsys):
    """Run the command in this process; return (status, output, errors)."""

    def call(*arguments):
        status = main(["fetch", *arguments])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return status, said.out, said.err

    return call


def refused(call, status=1):
    """Return what a download that fails says, in a line of its own after the first."""
    got, out, errors = call(NAME)
    assert (got, out) == (status, "")
    (said,) = [line for line in errors.splitlines() if line.startswith("lossbook: ")]
    return said


def lies_in(data):
    return sorted(path.name for path in (data / NAME).glob("*"))


def whole(data, place):
    return {path.name: path.read_bytes() for path in (data / NAME).iterdir()} == place.files


# --- what is downloaded -----------------------------------------------------------------------------------------------


def test_the_list_says_what_there_is_from_where_and_whether_it_is_here(fetch, place, data, monkeypatch):
    status, out, _ = fetch()
    assert status == 0
    (line,) = [line for line in out.splitlines() if line.startswith(f"{NAME} ")]
    assert line.split()[3:] == ["no", "CC", "BY-SA", "3.0", f"{place.address}/{NAME}/"]
    fetch(NAME)
    assert " yes " in fetch()[1]
    (data / NAME / LARGE).rename(data / NAME / f"{LARGE}.part")
    assert f" {sum(map(len, place.files.values())) / 1e6:.1f} MB " in fetch()[1]
    monkeypatch.delenv("LOSSBOOK_MIRROR")
    assert "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/" in fetch()[1]


def test_a_set_is_downloaded_once_and_can_then_be_loaded(fetch, place, data):
    assert not here(NAME)
    status, out, errors = fetch(NAME)
    assert status == 0
    assert whole(data, place)
    assert str(data / NAME) in out
    assert "**Licence.**" in out
    assert f"{NAME} from {place.address}/{NAME}/" in errors
    assert "100 %" in errors
    assert "\x1b" not in errors
    assert here(NAME)
    table = load(Data(SOURCES[NAME]()), 0)
    np.testing.assert_array_equal(table.features[:600], some(600)[0].reshape(600, 784))
    asked = len(place.asked)
    assert asked == 4
    assert fetch(NAME)[0] == 0
    assert len(place.asked) == asked


def test_a_file_that_is_not_as_it_should_be_is_downloaded_again(fetch, place, data):
    fetch(NAME)
    place.asked.clear()
    (data / NAME / LARGE).write_bytes(b"another")
    assert fetch(NAME)[0] == 0
    assert whole(data, place)
    assert place.asked == [(LARGE, None, None)]


def test_the_table_of_downloads_is_whole():
    for name, download in DOWNLOADS.items():
        assert name == download.name
        assert name in SOURCES
        assert download.base.startswith("https://")
        assert download.base.endswith("/")
        assert len({file.md5 for file in download.files}) == 4
        assert all(len(bytes.fromhex(file.md5)) == 16 for file in download.files)
        with pytest.raises(Exception, match=rf"\({download.size / 1e6:.0f} MB\)"):
            load(Data(SOURCES[name]()), 0)


# --- going on ---------------------------------------------------------------------------------------------------------


def test_a_download_that_was_cut_goes_on_where_it_was(fetch, place, data):
    place.mode[LARGE] = ["cut"]
    said = refused(fetch)
    assert LARGE in said
    assert "broke off" in said
    assert "what has come is kept" in said
    half = (data / NAME / f"{LARGE}.part").read_bytes()
    assert 0 < len(half) < len(place.files[LARGE])
    assert place.files[LARGE].startswith(half)
    place.asked.clear()
    assert fetch(NAME)[0] == 0
    assert place.asked[0] == (LARGE, f"bytes={len(half)}-", '"one"')
    assert whole(data, place)


def test_an_end_without_a_length_may_be_a_cut(fetch, place, data):
    place.mode[LARGE] = ["no length"]
    assert "broke off after" in refused(fetch)
    assert fetch(NAME)[0] == 0
    assert place.asked[1][1] is not None
    assert whole(data, place)


@pytest.mark.parametrize("then", ["whole", "416", "another part"])
def test_a_server_without_use_for_a_part_sends_the_whole(fetch, place, data, then):
    place.mode[LARGE] = ["cut", then]
    refused(fetch)
    assert fetch(NAME)[0] == 0
    assert whole(data, place)


def test_a_file_that_changed_in_between_is_sent_whole(fetch, place, data):
    right = place.files[LARGE]
    place.files[LARGE] = bytes(len(right))
    place.mode[LARGE] = ["cut"]
    refused(fetch)
    place.files[LARGE], place.tag = right, '"two"'
    place.asked.clear()
    assert fetch(NAME)[0] == 0
    assert place.asked[0][2] == '"one"'
    assert [name for name, *_ in place.asked].count(LARGE) == 1
    assert whole(data, place)


@pytest.mark.parametrize("tag", ["", 'W/"weak"'])
def test_a_change_that_no_tag_tells_is_told_by_the_sum(fetch, place, data, tag):
    right, place.tag = place.files[LARGE], tag
    place.files[LARGE] = bytes(len(right))
    place.mode[LARGE] = ["cut"]
    refused(fetch)
    place.files[LARGE] = right
    place.asked.clear()
    assert fetch(NAME)[0] == 0
    (first, second) = [asked[1:] for asked in place.asked if asked[0] == LARGE]
    assert first[0] is not None
    assert first[1] is None
    assert second == (None, None)
    assert whole(data, place)


def test_a_part_that_is_whole_is_not_asked_for_again(fetch, place, data):
    (data / NAME).mkdir(parents=True)
    (data / NAME / f"{LARGE}.part").write_bytes(place.files[LARGE])
    assert fetch(NAME)[0] == 0
    assert LARGE not in [name for name, *_ in place.asked]
    assert whole(data, place)


@pytest.mark.parametrize("content", [b"x" * 1_000_000, b"x" * 10])
def test_a_part_of_something_else_is_given_up(fetch, place, data, content):
    (data / NAME).mkdir(parents=True)
    (data / NAME / f"{LARGE}.part").write_bytes(content)
    (data / NAME / f"{LARGE}.part.tag").write_bytes(b"bad\r\nX-Header: \xff")
    assert fetch(NAME)[0] == 0
    assert whole(data, place)


# --- what goes wrong --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "says"),
    [
        ("wrong", "is not the file that it should be: its MD5 sum is"),
        ("more", "sends more than the"),
        ("short", "has 6 bytes there, and should have"),
        ("404", "the server says 404 Not Found"),
        ("500", "the server says 500 Internal Server Error"),
    ],
)
def test_what_is_not_the_file_leaves_nothing(fetch, place, data, mode, says):
    place.mode[LARGE] = [mode]
    said = refused(fetch)
    assert says in said
    assert f"{place.address}/{NAME}/{LARGE}" in said
    assert lies_in(data) == []
    if mode == "wrong":
        body = place.files[LARGE]
        for sum_of in (bytes(len(body)), body):
            assert hashlib.md5(sum_of).hexdigest() in said
    assert fetch(NAME)[0] == 0


def test_files_that_came_before_a_failure_stay(fetch, place, data):
    last = list(place.files)[-1]
    place.mode[last] = ["wrong"]
    refused(fetch)
    assert lies_in(data) == sorted(name for name in place.files if name != last)


def test_a_server_that_stops_sending_is_left(fetch, place, data, monkeypatch):
    monkeypatch.setattr(fetching, "PAUSE_SECONDS", 0.3)
    place.mode[LARGE] = ["stall"]
    started = time.monotonic()
    assert "has stopped sending" in refused(fetch)
    assert time.monotonic() - started < 5
    assert lies_in(data) == [f"{LARGE}.part", f"{LARGE}.part.tag"]


def test_a_server_that_leads_on_and_on_is_left(fetch, place):
    place.mode[LARGE] = ["loop"] * 9
    assert "leads on and on" in refused(fetch)
    assert len(place.asked) == 6


def test_no_network_is_a_line(fetch, place, data, monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("LOSSBOOK_MIRROR", f"http://127.0.0.1:{taken.getsockname()[1]}")
        assert "cannot be reached: Connection refused; is there a network" in refused(fetch)

    def unknown(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    monkeypatch.setenv("LOSSBOOK_MIRROR", "http://nowhere.invalid")
    assert "the name of the server is not known" in refused(fetch)
    assert not (data / NAME).exists()


def test_a_connection_that_never_stands_is_given_up(fetch, place, monkeypatch):
    monkeypatch.setattr(fetching, "CONNECT_SECONDS", 0.2)
    # Its queue is full: nobody accepts, so that a further connection waits.
    with contextlib.ExitStack() as opened:
        deaf = opened.enter_context(socket.socket())
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        for _ in range(3):
            waiting = opened.enter_context(socket.socket())
            waiting.settimeout(0)
            waiting.connect_ex(deaf.getsockname())
        monkeypatch.setenv("LOSSBOOK_MIRROR", f"http://127.0.0.1:{deaf.getsockname()[1]}")
        assert "does not answer" in refused(fetch)


def test_a_full_disk_is_a_line_and_what_came_is_kept(fetch, place, data, monkeypatch):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, limits[1]))
    try:
        said = refused(fetch)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "cannot be read or written: File too large" in said
    assert lies_in(data) == [f"{LARGE}.part", f"{LARGE}.part.tag"]
    usage = type("Usage", (), {"free": 1_000})
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    assert "MB, and 0.0 MB are free" in refused(fetch)
    monkeypatch.undo()


@pytest.mark.parametrize("folder", ["file", "/dev/null/data", "folder for the file"])
def test_where_nothing_can_be_written_that_is_said(fetch, place, data, monkeypatch, folder):
    if folder == "file":
        data.write_text("")
    elif folder == "folder for the file":
        (data / NAME / LARGE).mkdir(parents=True)
    else:
        monkeypatch.setenv("LOSSBOOK_DATA", folder)
    assert "cannot be read or written: " in refused(fetch)


def test_nothing_is_written_outside_the_folder(fetch, place, data, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (data / NAME).mkdir(parents=True)
    (data / NAME / f"{LARGE}.part").symlink_to(outside / "made")
    assert "symbolic links" in refused(fetch)
    (data / NAME / f"{LARGE}.part").unlink()
    (data / NAME).rmdir()
    (data / NAME).symlink_to(outside)
    got, _, errors = fetch(NAME)
    assert got == 2
    assert "leads out of" in errors
    assert list(outside.iterdir()) == []


def test_two_downloads_at_once_do_not_mix(fetch, place, data):
    (data / NAME).mkdir(parents=True)
    with (data / NAME / f"{LARGE}.part").open("wb") as part:
        part.write(b"x")
        part.flush()
        fcntl.flock(part, fcntl.LOCK_EX)
        assert "is being downloaded already" in refused(fetch)
    assert lies_in(data) == [f"{LARGE}.part"]


def test_bad_usage_is_status_2(fetch, place, monkeypatch):
    status, out, errors = fetch("mnits")
    assert (status, out) == (2, "")
    assert "there is no download 'mnits'; did you mean mnist?" in errors
    for mirror, says in [
        ("ftp://here", "is no address"),
        ("here", "is no address"),
        ("http://", "is no address"),
        ("http://a:99999", "is no address"),
        ("http://[", "is no address"),
        ("http://me:secret@here/", "names a user"),
    ]:
        monkeypatch.setenv("LOSSBOOK_MIRROR", mirror)
        status, _, errors = fetch(NAME)
        assert status == 2
        assert says in errors
        assert "secret" not in errors
    monkeypatch.setenv("LOSSBOOK_DATA", "")
    monkeypatch.delenv("LOSSBOOK_MIRROR")
    status, _, errors = fetch(NAME)
    assert status == 2
    assert "there is no folder for downloads; set LOSSBOOK_DATA to one" in errors


# --- as a program -----------------------------------------------------------------------------------------------------

SCRIPT = textwrap.dedent("""
    import sys
    from sessions.downloads import DOWNLOADS, Download, File
    DOWNLOADS["mnist"] = {download!r}
    from tui.cli import main
    sys.exit(main(["fetch", "mnist"]))
""")


def program():
    download = DOWNLOADS[NAME]
    assert isinstance(download, Download)
    return [sys.executable, "-P", "-c", SCRIPT.format(download=download)]


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 128 + 15), (signal.SIGHUP, 128 + 1)]
)
def test_a_download_that_is_stopped_keeps_what_came(place, data, number, status, fetch):
    place.mode[LARGE] = ["stall"]
    part = data / NAME / f"{LARGE}.part"
    process = subprocess.Popen(program(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 20
    while not (part.exists() and part.stat().st_size > 100_000):
        assert time.monotonic() < until
        time.sleep(0.02)
    process.send_signal(number)
    out, errors = process.communicate(timeout=20)
    assert process.returncode == status
    assert out == ""
    assert "Traceback" not in errors
    if number == signal.SIGINT:
        assert "MB here: run it again to go on" in errors
    assert lies_in(data) == [f"{LARGE}.part", f"{LARGE}.part.tag"]
    assert fetch(NAME)[0] == 0
    assert whole(data, place)


def test_a_terminal_shows_one_line_that_moves(place, data, tmp_path):
    place.mode[LARGE] = ["slow"]
    with Terminal([], tmp_path, (100, 60), command=program()) as terminal:
        seen = []
        until = time.monotonic() + 20
        while "Licence" not in terminal.text and time.monotonic() < until:
            terminal.listen()
            seen += [line for line in terminal.text.splitlines() if " MB/s" in line]
        assert terminal.ended_within(10) == 0
    assert f"{NAME} is in" in terminal.text
    assert any(line.startswith(LARGE) for line in seen)
    assert " MB/s" not in terminal.text
    assert whole(data, place)


def test_progress_in_words():
    file = File("a.gz", 20_000_000, "")
    assert progress(file, 5_000_000, 2_500_000.0) == "a.gz  25 %  5.0 of 20.0 MB  2.5 MB/s"


def test_pooch_is_loaded_only_for_a_download(tmp_path):
    code = (
        "import sys, tui.cli; tui.cli.main(['fetch']);"
        "assert not {'pooch', 'requests', 'urllib3'} & set(sys.modules), sorted(sys.modules)"
    )
    environment = os.environ | {"LOSSBOOK_DATA": str(tmp_path)}
    subprocess.run([sys.executable, "-P", "-c", code], check=True, env=environment, stdout=subprocess.DEVNULL)
