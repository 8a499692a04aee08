"""The planner: pure functions over plain data (DESIGN of learning: docs/learning/planner.md)."""
