"""Downloads a data set with pooch, which compares each file's sum before the file gets its name.

Imported only where something is downloaded: pooch takes as long to import as the whole command line.
"""

from __future__ import annotations

import contextlib
import logging
from pathlib import Path

import pooch

from sessions.downloads import Download, Failed, folder_of
from sessions.resuming import Resuming, Tell

CONNECT_SECONDS, PAUSE_SECONDS = 10.0, 30.0
"""Until a connection must stand, and the longest pause between two blocks."""


def fetch(download: Download, tell: Tell) -> Path:
    """Download what is not here yet, and return the folder in which all of it is now.

    Parameters
    ----------
    download
        What to download.
    tell
        Is called for each block that comes, with the file and its bytes so far.

    Raises
    ------
    Failed
        If it does not come, is not what it should be, or cannot be written.
    LabError
        If the mirror or the folder cannot be what they are set to.
    """
    address, folder = download.address, folder_of(download)
    pooch.get_logger().setLevel(logging.ERROR)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        manager = pooch.create(folder, address, registry={file.name: f"md5:{file.md5}" for file in download.files})
        for file in download.files:
            manager.fetch(file.name, downloader=Resuming(file, tell, (CONNECT_SECONDS, PAUSE_SECONDS)))
    except OSError as error:
        problem = f"cannot be read or written: {error.strerror or error}"
        raise Failed(problem, "what has come so far is kept", where=str(folder)) from error
    finally:
        # Where nothing came, nothing is left.
        with contextlib.suppress(OSError):
            folder.rmdir()
    return folder
