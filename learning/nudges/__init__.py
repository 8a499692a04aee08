"""Reminders: what a learner should hear of, in the hours they chose, once, on the page and by at most one mail a day."""
