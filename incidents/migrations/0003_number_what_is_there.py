"""Gives every organisation its log, and numbers the incidents and timeline entries that are there from 1."""

from django.db import migrations

BATCH = 1000


def number(apps, schema_editor):
    database = schema_editor.connection.alias
    incident, entry, log = (apps.get_model("incidents", name) for name in ("Incident", "TimelineEntry", "IncidentLog"))
    organizations = apps.get_model("accounts", "Organization").objects.using(database)
    for organization_id in list(organizations.values_list("pk", flat=True)):
        incidents = incident.objects.using(database).filter(organization_id=organization_id).order_by("created_at", "id")
        entries = entry.objects.using(database).filter(incident__organization_id=organization_id).order_by("at", "id")
        log.objects.using(database).update_or_create(
            organization_id=organization_id,
            defaults={"last_number": _fill(incidents, "number"), "last_seq": _fill(entries, "seq", organization_id)},
        )


def _fill(rows, field, organization_id=None):
    counted, batch = 0, []
    fields = [field] + (["organization_id"] if organization_id else [])
    for counted, row in enumerate(list(rows.only("pk")), start=1):
        setattr(row, field, counted)
        if organization_id:
            row.organization_id = organization_id
        batch.append(row)
        if len(batch) == BATCH:
            rows.model.objects.using(rows.db).bulk_update(batch, fields)
            batch = []
    if batch:
        rows.model.objects.using(rows.db).bulk_update(batch, fields)
    return counted


class Migration(migrations.Migration):
    dependencies = [("incidents", "0002_alerts_and_response")]

    operations = [migrations.RunPython(number, migrations.RunPython.noop)]
