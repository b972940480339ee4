import datetime

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sign_ins", "0001_sign_ins"),
    ]

    operations = [
        migrations.AddField(
            model_name="signin",
            name="idle_for",
            field=models.DurationField(
                default=datetime.timedelta(hours=1),
                help_text="It ends earlier if nobody uses it for so long.",
            ),
            preserve_default=False,
        ),
    ]
