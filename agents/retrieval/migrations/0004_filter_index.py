from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("retrieval", "0003_token_vectors"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="chunk",
            index=models.Index(
                fields=["version", "organization_id", "collection", "dated", "path"],
                include=["id", "term_count"],
                name="retrieval_chunk_filter",
            ),
        ),
    ]
