"""Activations: what a hidden unit does to its sum. One file each; all are imported here, so that they are known."""

from engine.activations.base import ACTIVATIONS, Activation
from engine.activations.gelu import Gelu
from engine.activations.hard_sigmoid import HardSigmoid
from engine.activations.leaky_relu import LeakyRelu
from engine.activations.relu import Relu
from engine.activations.sigmoid import Sigmoid
from engine.activations.tanh import Tanh

__all__ = ["ACTIVATIONS", "Activation", "Gelu", "HardSigmoid", "LeakyRelu", "Relu", "Sigmoid", "Tanh"]
