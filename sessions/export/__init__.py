"""Exports: a page as others read it. One file a format; all are imported here, so that they are known."""

from sessions.export.base import EXPORTS, Exported, Format, Renderer, Subject
from sessions.export.csv_format import Csv
from sessions.export.json_format import Json
from sessions.export.md_format import Md
from sessions.export.pytorch_format import PyTorch
from sessions.export.svg_format import Svg
from sessions.export.writing import exported, save_new, write

__all__ = [
    "EXPORTS",
    "Csv",
    "Exported",
    "Format",
    "Json",
    "Md",
    "PyTorch",
    "Renderer",
    "Subject",
    "Svg",
    "exported",
    "save_new",
    "write",
]
