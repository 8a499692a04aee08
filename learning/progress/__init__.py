"""How a learner is doing, by arithmetic over plain data: streaks, pace, and when they will be done."""
