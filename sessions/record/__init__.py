"""The record of a study, folded from its events: what a page keeps and what the screen shows."""

from sessions.record.folding import fold, reduce
from sessions.record.run import CURVES, OVER, Curves, RunRecord
from sessions.record.study import Intervention, Record

__all__ = ["CURVES", "OVER", "Curves", "Intervention", "Record", "RunRecord", "fold", "reduce"]
