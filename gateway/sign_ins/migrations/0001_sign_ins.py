# The index of sessions.

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SignIn",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "handle",
                    models.CharField(help_text="Names it; no secret.", max_length=80, unique=True),
                ),
                (
                    "provider",
                    models.CharField(blank=True, help_text="Slug; empty if none.", max_length=50),
                ),
                ("started_at", models.DateTimeField()),
                (
                    "expires_at",
                    models.DateTimeField(help_text="It lives no longer, however much it is used."),
                ),
                (
                    "known_until",
                    models.DateTimeField(
                        help_text="It lives at least so long if nobody ends it; then somebody has to look."
                    ),
                ),
                ("address", models.GenericIPAddressField(help_text="Where it began.", null=True)),
                (
                    "country",
                    models.CharField(
                        blank=True, help_text="ISO 3166-1; of the address.", max_length=2
                    ),
                ),
                (
                    "client",
                    models.CharField(
                        blank=True, help_text="As `Firefox on Windows`.", max_length=100
                    ),
                ),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "ended_by",
                    models.CharField(
                        blank=True, help_text="As the record's actors.", max_length=200
                    ),
                ),
                ("end_reason", models.CharField(blank=True, max_length=200)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sign_ins",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "session",
                "ordering": ["-id"],
                "permissions": [
                    ("view_session", "Can see who is signed in where"),
                    ("end_session", "Can end sessions"),
                ],
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Entered",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("relying_party", models.CharField(help_text="Its slug.", max_length=50)),
                ("first_at", models.DateTimeField()),
                (
                    "sign_in",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="entered",
                        to="sign_ins.signin",
                    ),
                ),
            ],
            options={
                "ordering": ["first_at"],
                "default_permissions": (),
            },
        ),
        migrations.AddIndex(
            model_name="signin",
            index=models.Index(fields=["ended_at", "id"], name="sign_in_ended"),
        ),
        migrations.AddIndex(
            model_name="signin",
            index=models.Index(fields=["account", "ended_at", "id"], name="sign_in_account"),
        ),
        migrations.AddIndex(
            model_name="signin",
            index=models.Index(fields=["provider", "ended_at", "id"], name="sign_in_provider"),
        ),
        migrations.AddIndex(
            model_name="signin",
            index=models.Index(fields=["address", "ended_at", "id"], name="sign_in_address"),
        ),
        migrations.AddIndex(
            model_name="signin",
            index=models.Index(
                condition=models.Q(("ended_at__isnull", True)),
                fields=["known_until"],
                name="sign_in_to_look",
            ),
        ),
        migrations.AddConstraint(
            model_name="entered",
            constraint=models.UniqueConstraint(
                fields=("relying_party", "sign_in"), name="entered_once_by_session"
            ),
        ),
    ]
