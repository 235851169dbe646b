"""Studies of their own: experiments on experimenting, which train nothing that a page could hold.

One file each; all are imported here, so that they are known.
"""

from engine.studies.base import STUDIES, Column, Findings, Spread, Study
from engine.studies.lucky_random_models import LuckyRandomModels
from engine.studies.peeking import Peeking

__all__ = ["STUDIES", "Column", "Findings", "LuckyRandomModels", "Peeking", "Spread", "Study"]
