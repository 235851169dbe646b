"""Layers: what a network is made of. One file each; all are imported here, so that they are known."""

from engine.layers.activate import Activate
from engine.layers.base import LAYERS, Bench, Block, Form, Layer, Signal, Source, Work
from engine.layers.convolution import Convolution
from engine.layers.dense import Dense
from engine.layers.dropout import Dropout
from engine.layers.flatten import Flatten
from engine.layers.normalization import BatchNormalization, LayerNormalization
from engine.layers.random_features import RandomFeatures
from engine.layers.residual import Residual

__all__ = [
    "LAYERS",
    "Activate",
    "BatchNormalization",
    "Bench",
    "Block",
    "Convolution",
    "Dense",
    "Dropout",
    "Flatten",
    "Form",
    "Layer",
    "LayerNormalization",
    "RandomFeatures",
    "Residual",
    "Signal",
    "Source",
    "Work",
]
