"""What happened to one account, in the order of time; who came, whose roles changed, who left.

SQLite rebuilds the table for it and drops its triggers, so they are made again.
"""

from importlib import import_module

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def triggers_again(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "sqlite":
        append_only = import_module("gateway.audit.migrations.0002_append_only")
        for statement in append_only.of_table("audit_auditevent", "sqlite"):
            schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0003_role_lost_indexes"),
    ]

    operations = [
        migrations.AlterField(
            model_name="auditevent",
            name="account",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["account", "at"], name="audit_of_account"),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(
                condition=models.Q(("event__in", ("account.created",))),
                fields=["at", "id"],
                name="audit_joined",
            ),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(
                condition=models.Q(
                    ("event__in", ("role.gained", "role.lost", "role.masked", "role.unmasked"))
                ),
                fields=["at", "id"],
                name="audit_moved",
            ),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(
                condition=models.Q(("event__in", ("account.deactivated",))),
                fields=["at", "id"],
                name="audit_left",
            ),
        ),
        migrations.RunPython(triggers_again, triggers_again),
    ]
