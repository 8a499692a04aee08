"""Learning in the admin, by topic: what is set up can be edited; what was planned, shown and sent is to look at."""

from learning.admin import catalogue, people, plans, reminders, shown

__all__ = ["catalogue", "people", "plans", "reminders", "shown"]
