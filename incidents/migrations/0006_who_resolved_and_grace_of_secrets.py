from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F


def secrets_keep_their_grace(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Before, one time was that of the previous token and of the previous secret."""
    rows = apps.get_model("incidents", "Integration")._base_manager.using(schema_editor.connection.alias)
    rows.exclude(previous_secret_sealed="").update(previous_secret_until=F("previous_until"))


class Migration(migrations.Migration):
    dependencies = [("incidents", "0005_graph_version")]

    operations = [
        migrations.AddField(
            model_name="incident",
            name="resolved_by_id",
            field=models.CharField(blank=True, default="", max_length=64),
        ),
        migrations.AddField(
            model_name="integration",
            name="previous_secret_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.RunPython(secrets_keep_their_grace, migrations.RunPython.noop),
    ]
