"""Data: tables, the sources they come from, and how runs are cut from them."""

from engine.data.cards import card
from engine.data.dataset import Dataset
from engine.data.leaks import warnings
from engine.data.preparing import prepare
from engine.data.scaling import Scaling, raw_coefficients
from engine.data.sources import SOURCES, Source, here
from engine.data.splits import folds, test_rows
from engine.data.table import Table

__all__ = [
    "SOURCES",
    "Dataset",
    "Scaling",
    "Source",
    "Table",
    "card",
    "folds",
    "here",
    "prepare",
    "raw_coefficients",
    "test_rows",
    "warnings",
]
