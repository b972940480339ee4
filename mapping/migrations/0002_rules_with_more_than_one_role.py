"""A version was a list of rules with one role each; now it also says what goes for all rules."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def widened(rule: dict[str, object]) -> dict[str, object]:
    return {
        "roles" if key == "role" else key: [value] if key == "role" else value
        for key, value in rule.items()
    }


def widen(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    for row in apps.get_model("mapping", "RuleSetVersion").objects.all():
        if isinstance(row.content, list):
            row.content = {"rules": [widened(rule) for rule in row.content]}
            row.save(update_fields=["content"])


class Migration(migrations.Migration):
    dependencies = [("mapping", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="rulesetversion",
            name="content",
            field=models.JSONField(help_text="The rules, as `RuleSet.plain()` writes them."),
        ),
        # Not reversible: one role for each rule cannot say what a version may say by then.
        migrations.RunPython(widen),
    ]
