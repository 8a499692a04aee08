"""An alert storm that was recorded, so to speak, in the demo's shop, and its replay through real webhook addresses."""

from aurora_site.demo.storm.replay import Outcome, StormFailed, storm_replay

__all__ = ["Outcome", "StormFailed", "storm_replay"]
