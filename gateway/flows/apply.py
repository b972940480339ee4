"""Applying configuration files: all of them or nothing, and nothing where all is so already.

What the files name becomes as they say; what they do not name stays as it is. The rules, exclusive
roles and default roles are the exception: where a file has the section, what the files say there is
all.

`difference` does exactly what `apply` does and takes it back, so that what it tells is what would
happen.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from django.db import transaction

from gateway.flows import configure, domains
from gateway.flows.apply_declared import Declared
from gateway.flows.apply_read import Configuration, configuration
from gateway.flows.apply_rules import DeclaredRules
from gateway.flows.apply_source import ConfigurationInvalid, Fault, Source, read
from gateway.flows.configuration import Saved, WantedProvider
from gateway.flows.errors import ConsoleLost, RoleLossTooLarge
from gateway.flows.mapping.consequences import NOTHING_CONFIRMED, Confirmed
from gateway.flows.mapping.preview_words import consequences
from gateway.flows.mapping.previewing import blast_radius
from gateway.flows.mapping.publishing import publish_rules
from gateway.relying_parties.definition import DefinitionInvalid
from mapping import models as mapping_models
from mapping.errors import RuleInvalid
from mapping.pieces import differ
from mapping.ruleset import RuleSet
from providers.errors import ProviderMisconfigured
from providers.models import Provider
from providers.oidc.rotation import OWN

_T = TypeVar("_T")


def apply(
    files: Sequence[Path],
    *,
    variables: Mapping[str, str],
    actor: str,
    now: datetime,
    confirmed: Confirmed = NOTHING_CONFIRMED,
) -> tuple[str, ...]:
    """What changed, in words; nothing if nothing had to.

    Raises ConfigurationInvalid, PreviewTooLong.
    """
    wanted, faults = _read(files, variables, now)
    with transaction.atomic():
        return _saved(wanted, faults, _Saving(actor=actor, now=now, confirmed=confirmed))


def difference(
    files: Sequence[Path],
    *,
    variables: Mapping[str, str],
    actor: str,
    now: datetime,
    confirmed: Confirmed = NOTHING_CONFIRMED,
) -> tuple[str, ...]:
    """What `apply` would change, in words; where the rules change, then what that would do.

    Raises ConfigurationInvalid, PreviewTooLong.
    """
    wanted, faults = _read(files, variables, now)
    with transaction.atomic():
        saving = _Saving(actor=actor, now=now, confirmed=confirmed, foresees=True)
        words = _saved(wanted, faults, saving)
        transaction.set_rollback(True)
    return (*words, *saving.consequences)


def _read(
    files: Sequence[Path], variables: Mapping[str, str], now: datetime
) -> tuple[Configuration, list[Fault]]:
    """May ask the network for metadata, so no transaction is open here."""
    sources: list[Source] = []
    faults: list[Fault] = []
    for file in files:
        try:
            sources.append(read(file, variables))
        except ConfigurationInvalid as error:
            faults += error.faults
    wanted, more = configuration(sources, variables=variables, now=now)
    return wanted, [*faults, *more]


def _saved(wanted: Configuration, faults: list[Fault], saving: "_Saving") -> tuple[str, ...]:
    """Saves even where reading found faults, so that all are told; then the caller rolls back."""
    saving.all_of(wanted)
    found = [*faults, *saving.faults]
    if found:
        raise ConfigurationInvalid(tuple(sorted(found, key=lambda f: (f.file, f.line, f.field))))
    return tuple(words for saved in saving.saved for words in saved.words())


class _Saving:
    """Saves one thing after the other, remembering what changed and every fault."""

    def __init__(
        self, *, actor: str, now: datetime, confirmed: Confirmed, foresees: bool = False
    ) -> None:
        self._actor, self._now, self._confirmed = actor, now, confirmed
        self._foresees = foresees
        self.consequences: tuple[str, ...] = ()
        self.saved: list[Saved] = []
        self.faults: list[Fault] = []

    def all_of(self, wanted: Configuration) -> None:
        """Roles first: rules and apps name them."""
        for role in wanted.roles:
            self._one(role, configure.save_role)
        for provider in wanted.providers:
            self._one(provider, _save_provider)
        for domain in wanted.domains:
            self._one(domain, domains.declare)
        if wanted.rules is not None:
            self._rules(wanted.rules)
        for app in wanted.relying_parties:
            self._one(app, configure.save_relying_party)

    def _one(self, declared: Declared[_T], save: "Callable[..., Saved]") -> None:
        try:
            self.saved.append(save(declared.value, actor=self._actor, now=self._now))
        except DefinitionInvalid as error:
            self.faults += [declared.fault(f.field, f.problem) for f in error.faults]
        except ProviderMisconfigured as error:
            self.faults.append(_provider_fault(declared, error))

    def _rules(self, declared: DeclaredRules) -> None:
        faults = list(declared.faults())
        self.faults += faults
        if faults:
            return
        in_force = mapping_models.active()
        content = declared.content(in_force)
        try:
            if self._foresees:
                self._foresee(in_force, content)
            self.saved.append(
                publish_rules(
                    content,
                    based_on=in_force.version,
                    actor=self._actor,
                    now=self._now,
                    confirmed=self._confirmed,
                )
            )
        except RuleInvalid as error:
            self.faults.append(declared.fault(error))
        except RoleLossTooLarge as error:
            problem = f"{error}; if that is meant, say --confirm-losses {error.losing}"
            self.faults.append(declared.whole_fault(problem))
        except ConsoleLost:
            problem = (
                "nobody could open the console any more; if that is meant, say"
                " --confirm-console-lost"
            )
            self.faults.append(declared.whole_fault(problem))

    def _foresee(self, in_force: RuleSet, content: object) -> None:
        """Before they are published, or there is nothing to compare with."""
        if differ(in_force, RuleSet.parse(in_force.version + 1, content)):
            found = blast_radius(content, actor=None, now=self._now)
            self.consequences = consequences(found)


def _save_provider(wanted: WantedProvider, *, actor: str, now: datetime) -> Saved:
    """A file declares all secrets of its providers: whatever else the row has is taken away, but
    not the keys that the gateway made itself and no file knows.
    """
    row = Provider.objects.filter(slug=wanted.slug).first()
    own = OWN if wanted.protocol == Provider.Protocol.OIDC else frozenset()
    dropped = dict.fromkeys(row.sealed_secrets.keys() - own) if row else {}
    whole = replace(wanted, secrets={**dropped, **wanted.secrets})
    return configure.save_provider(whole, actor=actor, now=now, last_too=True)


def _provider_fault(declared: Declared[_T], error: ProviderMisconfigured) -> Fault:
    """The connectors name their settings alone; in a file those stand under `settings`."""
    inner = f"{declared.place}.settings.{error.field}"
    field = f"settings.{error.field}" if inner in declared.source.lines else error.field
    return declared.fault(field, error.problem)
