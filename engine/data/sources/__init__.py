"""The data sets that come with lossbook. One file each; all are imported here, so that they are known."""

from engine.data.sources.base import SOURCES, Source
from engine.data.sources.births import Births
from engine.data.sources.circles import Circles
from engine.data.sources.curve import Curve
from engine.data.sources.digits import Digits
from engine.data.sources.kinks import Kinks
from engine.data.sources.line import Line
from engine.data.sources.mnist_1d import Mnist1D
from engine.data.sources.wine import Wine
from engine.data.sources.xor import Xor

__all__ = [
    "SOURCES",
    "Births",
    "Circles",
    "Curve",
    "Digits",
    "Kinks",
    "Line",
    "Mnist1D",
    "Source",
    "Wine",
    "Xor",
]
