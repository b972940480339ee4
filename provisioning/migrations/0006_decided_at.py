"""When rules were last asked about each person; of those before nobody knows."""

from datetime import UTC, datetime

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("provisioning", "0005_denied_roles_and_attributes")]

    operations = [
        migrations.AddField(
            model_name="lastidentity",
            name="decided_at",
            field=models.DateTimeField(default=datetime(1970, 1, 1, tzinfo=UTC)),
            preserve_default=False,
        ),
        migrations.AddIndex(
            model_name="lastidentity",
            index=models.Index(fields=["decided_version"], name="last_identity_version"),
        ),
        migrations.AddIndex(
            model_name="lastidentity",
            index=models.Index(fields=["decided_at"], name="last_identity_decided"),
        ),
    ]
