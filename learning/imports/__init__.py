"""Skills, roles, resources and progress from files of CSV or JSON: all of a file, or nothing of it."""
