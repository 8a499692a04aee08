"""``manage.py import_skills FILE --organization SLUG``: docs/learning/imports.md has the columns."""

from learning.imports.command import ImportCommand


class Command(ImportCommand):
    help = "Import skills and what comes before them; also roles, where the file has them."
    kind = "skills"
