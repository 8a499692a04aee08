"""Development: a demo organisation that visitors from this machine may use, debug pages off."""

from aurora_site.settings.base import *  # noqa: F403
from aurora_site.settings.base import AURORA_DEMO as _demo

AURORA_DEMO = True if _demo is None else _demo
