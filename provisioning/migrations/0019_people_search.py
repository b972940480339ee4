"""By what people are found: words of their names, and where they are known."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# All of ASCII but letters and digits separates words. The cost tells the planner the truth: to look
# at every row takes much longer than the index.
_FUNCTION = r"""
CREATE OR REPLACE FUNCTION account_words(name text, username text, email text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 1000 AS $$
BEGIN
  RETURN array_to_tsvector(array_remove(regexp_split_to_array(
    lower(name || ' ' || username || ' ' || email), '[\x01-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]+'), ''));
END $$
"""
_INDEX = """
CREATE INDEX account_words ON provisioning_account USING gin
(account_words(name::text, username::text, email::text))
"""


def create(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(_FUNCTION, params=None)
        schema_editor.execute(_INDEX, params=None)


def drop(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX account_words", params=None)
        schema_editor.execute("DROP FUNCTION account_words(text, text, text)", params=None)


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("provisioning", "0018_waiting_told"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="account",
            index=models.Index(
                condition=models.Q(("is_active", False)), fields=["username"], name="account_closed"
            ),
        ),
        migrations.AddIndex(
            model_name="account",
            index=models.Index(
                condition=models.Q(("kind", "person"), _negated=True),
                fields=["kind", "username"],
                name="account_no_person",
            ),
        ),
        migrations.AddIndex(
            model_name="linkedidentity",
            index=models.Index(fields=["subject"], name="linked_identity_subject"),
        ),
        migrations.AddIndex(
            model_name="linkedidentity",
            index=models.Index(fields=["provider", "account"], name="linked_identity_provider"),
        ),
        migrations.RunPython(create, drop),
    ]
