"""The data sets that lossbook knows. One file each; all are imported here, so that they are known."""

from engine.data.sources.base import SOURCES, Source, here
from engine.data.sources.births import Births, Births1969
from engine.data.sources.blobs import Blobs
from engine.data.sources.breast_cancer import BreastCancer
from engine.data.sources.circles import Circles
from engine.data.sources.curve import Curve
from engine.data.sources.diabetes import Diabetes
from engine.data.sources.digits import Digits
from engine.data.sources.fashion_mnist import FashionMnist
from engine.data.sources.high_dimensional_line import HighDimensionalLine
from engine.data.sources.iris import Iris
from engine.data.sources.kinks import Kinks
from engine.data.sources.line import Line
from engine.data.sources.mnist import Mnist
from engine.data.sources.mnist_1d import Mnist1D
from engine.data.sources.moons import Moons
from engine.data.sources.own_file import OwnFile
from engine.data.sources.penguins import Penguins
from engine.data.sources.polynomial import Polynomial
from engine.data.sources.spiral import Spiral
from engine.data.sources.wine import Wine
from engine.data.sources.xor import Xor

__all__ = [
    "SOURCES",
    "Births",
    "Births1969",
    "Blobs",
    "BreastCancer",
    "Circles",
    "Curve",
    "Diabetes",
    "Digits",
    "FashionMnist",
    "HighDimensionalLine",
    "Iris",
    "Kinks",
    "Line",
    "Mnist",
    "Mnist1D",
    "Moons",
    "OwnFile",
    "Penguins",
    "Polynomial",
    "Source",
    "Spiral",
    "Wine",
    "Xor",
    "here",
]
