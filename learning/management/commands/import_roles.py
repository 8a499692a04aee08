"""``manage.py import_roles FILE --organization SLUG``: docs/learning/imports.md has the columns."""

from learning.imports.command import ImportCommand


class Command(ImportCommand):
    help = "Import roles: the level that each asks of skills."
    kind = "roles"
