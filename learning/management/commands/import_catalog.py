"""``manage.py import_catalog FILE --organization SLUG``: docs/learning/imports.md has the columns."""

from learning.imports.command import ImportCommand


class Command(ImportCommand):
    help = "Import learning resources and the skills that they teach."
    kind = "catalog"
