"""The data sets that come with lossbook. One file each; all are imported here, so that they are known."""

from engine.data.sources.base import SOURCES, Source
from engine.data.sources.births import Births
from engine.data.sources.circles import Circles
from engine.data.sources.digits import Digits
from engine.data.sources.line import Line
from engine.data.sources.wine import Wine
from engine.data.sources.xor import Xor

__all__ = ["SOURCES", "Births", "Circles", "Digits", "Line", "Source", "Wine", "Xor"]
