import django.db.models.deletion
import pgvector.django.halfvec
import pgvector.django.vector
from pgvector.django import VectorExtension
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        VectorExtension(),
        migrations.CreateModel(
            name="IndexVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=64, unique=True)),
                ("embedder", models.CharField(max_length=200)),
                ("dimension", models.PositiveIntegerField()),
                ("chunker", models.CharField(max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("building", "Building"),
                            ("active", "Active"),
                            ("kept", "Kept"),
                            ("failed", "Failed"),
                        ],
                        default="building",
                        max_length=16,
                    ),
                ),
                ("note", models.TextField(blank=True, default="")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("activated_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["-created_at"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "active")), fields=("state",), name="retrieval_one_active_version"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["building", "active", "kept", "failed"])),
                        name="retrieval_known_version_state",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Chunk",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(unique=True)),
                ("organization_id", models.CharField(max_length=36)),
                ("document_id", models.CharField(max_length=64)),
                ("collection", models.CharField(blank=True, default="", max_length=100)),
                ("path", models.CharField(max_length=1024)),
                ("title", models.CharField(max_length=255)),
                ("heading", models.CharField(max_length=512)),
                ("ordinal", models.PositiveIntegerField()),
                ("text", models.TextField()),
                ("start", models.PositiveIntegerField()),
                ("end", models.PositiveIntegerField()),
                ("content_hash", models.CharField(max_length=64)),
                ("term_count", models.PositiveIntegerField()),
                ("embedding", pgvector.django.vector.VectorField()),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="chunks", to="retrieval.indexversion"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Posting",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("organization_id", models.CharField(max_length=36)),
                ("term", models.CharField(max_length=64)),
                ("frequency", models.PositiveIntegerField()),
                ("length", models.PositiveIntegerField()),
                (
                    "chunk",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="postings", to="retrieval.chunk"
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="retrieval.indexversion",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Sentence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("ordinal", models.PositiveIntegerField()),
                ("start", models.PositiveIntegerField()),
                ("end", models.PositiveIntegerField()),
                ("kind", models.CharField(max_length=8)),
                ("context", models.CharField(blank=True, default="", max_length=400)),
                ("embedding", pgvector.django.halfvec.HalfVectorField()),
                ("bare_embedding", pgvector.django.halfvec.HalfVectorField()),
                (
                    "chunk",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="sentences", to="retrieval.chunk"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CorpusStatistics",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("organization_id", models.CharField(max_length=36)),
                ("chunk_count", models.PositiveIntegerField(default=0)),
                ("term_total", models.PositiveBigIntegerField(default=0)),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="corpora", to="retrieval.indexversion"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "corpus statistics",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("version", "organization_id"), name="retrieval_corpus_of_organization"
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="chunk",
            index=models.Index(fields=["organization_id", "content_hash"], name="retrieval_chunk_content"),
        ),
        migrations.AddConstraint(
            model_name="chunk",
            constraint=models.UniqueConstraint(
                fields=("version", "organization_id", "document_id", "ordinal"), name="retrieval_chunk_place"
            ),
        ),
        migrations.AddConstraint(
            model_name="chunk",
            constraint=models.CheckConstraint(
                condition=models.Q(("end__gt", models.F("start"))), name="retrieval_chunk_not_empty"
            ),
        ),
        migrations.AddConstraint(
            model_name="posting",
            constraint=models.UniqueConstraint(
                fields=("version", "organization_id", "term", "chunk"),
                include=("frequency", "length"),
                name="retrieval_posting_term",
            ),
        ),
        migrations.AddConstraint(
            model_name="sentence",
            constraint=models.UniqueConstraint(fields=("chunk", "ordinal"), name="retrieval_sentence_place"),
        ),
        # A scan reads every vector: keep them in the row, where TOAST would put them beside it.
        migrations.RunSQL(
            "ALTER TABLE retrieval_chunk ALTER COLUMN embedding SET STORAGE MAIN;"
            "ALTER TABLE retrieval_sentence ALTER COLUMN embedding SET STORAGE MAIN;"
            "ALTER TABLE retrieval_sentence ALTER COLUMN bare_embedding SET STORAGE MAIN;",
            migrations.RunSQL.noop,
        ),
    ]
