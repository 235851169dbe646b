"""`u` in the lab: a study that was stopped or killed goes on on its page, to the bits that it would have had."""

from __future__ import annotations

from dataclasses import replace

from notebook import play

from sessions import codec
from sessions.recovery import interrupted
from tui.cli import main

EXPERIMENT = """
restarts = 2
baselines = false
[data]
name = "wine"
[training]
epochs = 4
"""


def cut(page):
    """The page as if the second run had been killed."""
    first, second = page.record.runs
    runs = (first, replace(second, status="training", sha256="", train=None, validation=None, test=None))
    return replace(page, record=interrupted(replace(page.record, status="training", runs=runs)))


def test_what_is_left_of_a_page_is_trained_on_that_page(tmp_path, capsys):
    pages = tmp_path / "pages"
    (tmp_path / "x.toml").write_text(EXPERIMENT)
    assert main(["--sessions", str(pages), "run", str(tmp_path / "x.toml")]) == 0
    (path,) = pages.glob("*.toml")
    whole = codec.read_page(path)
    path.write_text(codec.write_page(cut(whole)))

    async def scene(lab):
        lab.controller.open(path)
        await lab.app._lab.show_page()
        await lab.until(lambda: any("interrupted before its end; u trains what is left" in one for one in lab.notices))
        await lab.press("n", "h", "i", "escape", "u")
        await lab.until(lambda: lab.controller.record.status == "finished" and not lab.controller.trains)
        await lab.press("u")
        await lab.until(lambda: any("nothing is left to do" in one for one in lab.notices))

    play(scene, pages, size=(120, 40))
    assert [*pages.glob("*.toml")] == [path]
    page = codec.read_page(path)
    assert page.notes == "hi"
    for old, new in zip(whole.record.runs, page.record.runs, strict=True):
        assert (new.sha256, new.train, new.test, new.train_curves) == (
            old.sha256,
            old.train,
            old.test,
            old.train_curves,
        )
    assert not [*pages.glob("*.lock")]


def test_without_a_page_there_is_nothing_to_go_on_with(tmp_path):
    async def scene(lab):
        await lab.press("u")
        await lab.until(lambda: any("there is no study to go on with" in one for one in lab.notices))

    play(scene, tmp_path)
