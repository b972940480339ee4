from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("provisioning", "0021_held_closures"),
    ]

    operations = [
        migrations.AddField(
            model_name="closure",
            name="times",
            field=models.PositiveIntegerField(
                db_default=1, default=1, help_text="How often it was said since it stands."
            ),
        ),
    ]
