"""What there is to learn in the demo organisation, and who learns it."""

from aurora_site.demo.learning.catalogue import catalogue_ensure
from aurora_site.demo.learning.history import history_ensure

__all__ = ["catalogue_ensure", "history_ensure"]
