"""What a learning curve says: whether the last doubling of the rows still helped."""

from __future__ import annotations

from sessions.page import Page
from sessions.pairs import compare_runs
from sessions.record import Record

KEY = "data.train_rows"


def said_of_growth(page: Page) -> str:
    """Return in a sentence what the step to the most training rows brought; empty where no two sizes have figures.

    By paired differences over the same held-out rows. Folds of more rows overlap more, so the interval is a guide.
    """
    record = page.record or Record()
    by_size = sorted((one[KEY], number) for number, one in enumerate(record.settings) if KEY in one)
    if len(by_size) < 2:
        return ""
    (fewer, before), (more, after) = by_size[-2:]
    metric = page.experiment.choose_by
    compared = compare_runs(record.of_setting(before), record.of_setting(after), metric)
    if compared is None:
        return ""
    numbers = f"validation {metric} {compared.first.mean:.4g} to {compared.second.mean:.4g}"
    step = f"from {fewer:,} to {more:,} rows: {numbers}"
    if compared.verdict is None:
        return f"{step}; one division of the rows has no spread: k-fold validation tells more"
    return {
        "better": f"more rows still help, {step}",
        "worse": f"more rows have made it worse, {step}",
        "no difference seen": f"no difference seen any more, {step}",
    }[compared.verdict]
