from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("provisioning", "0019_people_search"),
        ("scim", "0001_scim"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="scimuser",
            index=models.Index(
                condition=models.Q(("external_id", ""), _negated=True),
                fields=["external_id"],
                name="scim_user_external_id",
            ),
        ),
    ]
