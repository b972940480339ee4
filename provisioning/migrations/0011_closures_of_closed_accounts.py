"""Whoever was closed before closures were kept was closed by an administrator."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils import timezone

BATCH = 1_000


def keep(apps: Apps, _editor: BaseDatabaseSchemaEditor | None) -> None:
    accounts = apps.get_model("provisioning", "Account")
    closures = apps.get_model("provisioning", "Closure")
    closed = accounts.objects.filter(is_active=False, closures=None)
    rows = (
        closures(
            account_id=pk,
            source="console",
            by="",
            cause="closed before causes were kept",
            since=since or timezone.now(),
        )
        for pk, since in closed.values_list("pk", "deactivated_at").iterator()
    )
    closures.objects.bulk_create(rows, batch_size=BATCH)


class Migration(migrations.Migration):
    dependencies = [
        ("provisioning", "0010_closure"),
    ]

    operations = [migrations.RunPython(keep, migrations.RunPython.noop)]
