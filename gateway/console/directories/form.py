"""The form of one directory: what is asked for each kind, and why."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gateway.flows.directories.configure import WantedDirectory
from provisioning.directories.models import Directory
from provisioning.directories.settings import KINDS

Text = str | Promise
_LINES = ("allowed_networks", "ca_certificates")
LABELS: Mapping[str, tuple[Text, Text]] = {  # what it is called, and what it means
    "name": (_("Name"), _("For people: it stands above the runs.")),
    "slug": (_("Name in addresses"), _("Small letters, digits and dashes; it stays.")),
    "provider": (_("Provider"), _("Its people are those of the directory (name in addresses).")),
    "every_minutes": (_("Read every so many minutes"), ""),
    "removals_percent": (
        _("Removals that pass without a yes, in percent"),
        _("If more people would be closed or lose a group at once, all of that waits for you."),
    ),
    "secret": (
        _("Secret"),
        _("Sealed here, never shown again. Empty keeps the one that is there."),
    ),
    "url": (_("Address"), _("Only over an encrypted connection.")),
    "realm": (_("Realm"), ""),
    "client_id": (_("Client ID"), _("Of a client that may only read.")),
    "group_names": (_("Groups are called by"), _("As the provider says them at sign-in.")),
    "bind_dn": (_("Sign in there as"), _("Somebody who may only read.")),
    "people_base": (_("People are below"), "ou=people,dc=corp,dc=example"),
    "people_filter": (_("Who of them"), ""),
    "subject_attribute": (
        _("Attribute of the subject"),
        _("Whose value the provider says at sign-in."),
    ),
    "username_attribute": (_("Attribute of the username"), ""),
    "groups_from": (_("Groups are found by"), ""),
    "groups_base": (_("Groups are below"), _("Only for a search.")),
    "groups_filter": (_("Which of them"), ""),
    "subject": (_("The provider’s subject is her"), _("As the provider says it at sign-in.")),
    "allowed_networks": (
        _("Private networks that may be gone to"),
        _("One a line, such as 10.2.0.0/16. Public addresses always may."),
    ),
    "ca_certificates": (
        _("Your own certificate authorities (PEM)"),
        _("Believed for this directory alone, beside the machine’s own."),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    name: str
    label: Text
    help: Text
    value: str
    choices: tuple[str, ...] = ()
    lines: bool = False
    secret: bool = False
    required: bool = False
    fault: str = ""


def empty(kind: str) -> Mapping[str, str]:
    """What stands in the form of a new one."""
    defaults = {name: each.default or "" for name, each in KINDS[kind].items()}
    return {"every_minutes": "60", "removals_percent": "10", **defaults}


def current(row: Directory) -> Mapping[str, str]:
    """What stands in the form of one that there is."""
    told = {name: str(value) for name, value in row.settings.items() if name not in _LINES}
    told |= {name: "\n".join(row.settings.get(name, [])) for name in _LINES}
    own = {"name": row.name, "slug": row.slug, "provider": row.provider.slug}
    figures = {
        "every_minutes": str(row.every_minutes),
        "removals_percent": str(row.removals_percent),
    }
    return {**empty(row.kind), **told, **own, **figures}


def fields(
    kind: str, values: Mapping[str, str], *, new: bool, faults: Mapping[str, str]
) -> list[Field]:
    own = ("name", "slug", "provider") if new else ("name", "provider")
    names = (*own, *KINDS[kind], "secret", *_LINES, "every_minutes", "removals_percent")
    return [_field(name, kind, values, new=new, fault=faults.get(name, "")) for name in names]


def _field(name: str, kind: str, values: Mapping[str, str], *, new: bool, fault: str) -> Field:
    label, words = LABELS[name]
    setting = KINDS[kind].get(name)
    needed = setting is not None and setting.default is None
    return Field(
        name=name,
        label=label,
        help=words,
        value="" if name == "secret" else values.get(name, ""),
        choices=setting.choices if setting else (),
        lines=name in _LINES,
        secret=name == "secret",
        required=needed or name in {"slug", "provider"} or (new and name == "secret"),
        fault=fault,
    )


def read(post: QueryDict, kind: str, slug: str) -> WantedDirectory:
    """What was filled in. Figures that are none become ones that are refused by name."""
    settings: dict[str, object] = {name: post.get(name, "").strip() for name in KINDS[kind]}
    networks = [line.strip() for line in post.get("allowed_networks", "").splitlines()]
    settings["allowed_networks"] = [line for line in networks if line]
    pem = post.get("ca_certificates", "").strip().replace("\r\n", "\n")
    settings["ca_certificates"] = [f"{pem}\n"] if pem else []
    return WantedDirectory(
        slug=slug,
        name=post.get("name", "").strip()[:200],
        provider=post.get("provider", "").strip(),
        kind=kind,
        settings=settings,
        secret=post.get("secret", ""),
        every_minutes=_figure(post.get("every_minutes", "")),
        removals_percent=_figure(post.get("removals_percent", "")),
    )


def _figure(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else -1  # noqa: PLR2004
