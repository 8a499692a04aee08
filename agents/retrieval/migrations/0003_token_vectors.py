from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("retrieval", "0002_calibration_and_dates"),
    ]

    operations = [
        migrations.AddField(
            model_name="chunk",
            name="token_vectors",
            field=models.BinaryField(default=b"", help_text="Compressed, one for each token; empty if unknown."),
        ),
        # They can't be compressed any further; trying costs more time than all else in writing them.
        migrations.RunSQL(
            "ALTER TABLE retrieval_chunk ALTER COLUMN token_vectors SET STORAGE EXTERNAL", migrations.RunSQL.noop
        ),
    ]
