"""The lab's key for a report: where it goes, and that nothing is written over."""

from __future__ import annotations

from notebook import SMALL, play


def test_a_report_and_its_plot_go_beside_the_pages(tmp_path):
    async def scene(lab):
        await lab.press("e")
        assert "no finished page" in lab.hint
        await lab.press("r")
        await lab.until_over()
        for count in (1, 2):
            await lab.press("e")
            await lab.until(lambda count=count: len([*(tmp_path / "exports").glob("*.md")]) == count)
            await lab.until(lambda: "report and plot are in" in lab.hint)

    play(scene, tmp_path, draft=SMALL, size=(120, 40))
    (page,) = tmp_path.glob("*.toml")
    reports = [*(tmp_path / "exports").glob("*.md")]
    assert {path.stem for path in reports} == {page.stem, f"{page.stem}-2"}
    assert len([*(tmp_path / "exports").glob("*.svg")]) == 2
    assert "## Results" in reports[0].read_text(encoding="utf-8")
