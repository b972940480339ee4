from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

BATCH = 1000


def said_until_now(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    """What accounts were given until now came from their identities: each said its address, and the
    one that was seen last the name.
    """
    identities = apps.get_model("provisioning", "LinkedIdentity")
    values = apps.get_model("provisioning", "ProfileValue")
    found, seen = [], set()
    rows = identities.objects.select_related("account").order_by("account", "-last_seen", "-pk")
    for linked in rows.iterator(chunk_size=BATCH):
        account = linked.account
        said = {"name": account.name} if account.pk not in seen else {}
        seen.add(account.pk)
        said["email"] = linked.email
        address = account.email.lower()
        for name, value in said.items():
            if value:
                vouched = account.email_verified and linked.verified_address == address
                found.append(
                    values(
                        account=account,
                        linked_identity=linked,
                        source="provider",
                        name=name,
                        value=value,
                        verified=name == "email" and vouched,
                        since=linked.last_seen,
                    )
                )
        if len(found) >= BATCH:
            values.objects.bulk_create(found)
            found = []
    values.objects.bulk_create(found)


class Migration(migrations.Migration):
    dependencies = [("provisioning", "0008_profile_values")]

    operations = [migrations.RunPython(said_until_now, migrations.RunPython.noop)]
