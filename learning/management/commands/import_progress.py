"""``manage.py import_progress FILE --organization SLUG``: docs/learning/imports.md has the columns."""

from learning.imports.command import ImportCommand


class Command(ImportCommand):
    help = "Import what learners have finished, and what was measured of their skills."
    kind = "progress"
