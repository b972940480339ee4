"""`manage.py providers`: what is done at a provider from the command line."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import CommandError
from django.urls import reverse
from django.utils import timezone

from gateway.flows import provider_keys, published, saml_keys
from gateway.flows.published import Fetched
from gateway.flows.saml_keys import Step
from gateway.management import domains
from gateway.management.explained import ExplainedCommand, one_of
from gateway.traces.causes.table import cause_of
from gateway.wiring import config
from providers.errors import ProviderError
from providers.models import Provider, ShadowSettings
from providers.oidc.client_keys import KeyKind
from providers.oidc.rotation import RotationRefused
from providers.trace import utc

HELP = """\
The gateway's own keys at a provider, and the domains that lead to it.

Keys are made here and never leave the database. An OIDC
provider fetches their public halves at /oidc/SLUG/jwks.json:

  manage.py providers make-keys corp                  the first keys, to sign and to decrypt
  manage.py providers rotate-keys corp                make their successors and publish them
  manage.py providers rotate-keys corp --promote      a day later: put those to use

At a SAML provider rotate-keys takes one step a call, each when the provider has read our metadata
(/saml/SLUG/metadata) anew: a second key is published; it signs, and the first still opens what
comes; the first is gone.

A key that settings need and the provider has not is made when they are saved; make-keys makes them
before that, for a provider that wants to know them first. The old keys stay known until the next
rotation, so nobody notices one. Not for keys that a file of `manage.py apply` declares: the next
run would put those back.

What a provider publishes itself (OIDC discovery and keys, SAML metadata) is fetched by itself. When
it has changed something and nobody shall wait for that:

  manage.py providers refresh corp                    fetch it now, and say what is there

If it cannot be fetched, what was fetched last stays in force.

A draft of a provider's settings (console: the provider's page, "shadow") is judged beside the live
ones on every sign-in:

  manage.py providers shadow corp                     its figures and what it made otherwise
Domains of e-mail addresses that lead to a provider; each leads to one alone, and its sub-domains
are others:

  manage.py providers domains corp                         all of them, and how they stand
  manage.py providers domains corp --claim corp.example    prints the TXT record that proves it
  manage.py providers domains corp --check corp.example    looks for that record now
  manage.py providers domains corp --state corp.example    takes your word instead
  manage.py providers domains corp --require corp.example  its people sign in nowhere else
"""
_SAML_STEPS = {
    Step.PUBLISHED: "A second key is published. Call again when the provider knows it.",
    Step.SIGNS: "The second key signs. Call again when nothing is encrypted for the first.",
    Step.RETIRED: "The old key is gone.",
}


class Command(ExplainedCommand):
    help = HELP

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = one_of(
            parser,
            {
                "make-keys": "make the first keys, to sign and to decrypt",
                "rotate-keys": "make the next keys and publish them; with --promote, use them "
                "(SAML: take the next step)",
                "refresh": "fetch now what the provider publishes, and say what it is",
                "shadow": "the figures of its draft",
                "domains": domains.WORDS,
            },
        )
        domains.add_arguments(verbs["domains"])
        for verb in verbs.values():
            verb.add_argument("slug", metavar="SLUG")
        kinds = [kind.value for kind in KeyKind]
        make, rotate = verbs["make-keys"], verbs["rotate-keys"]
        make.add_argument("--kind", choices=kinds, default=KeyKind.RSA.value)
        rotate.add_argument("--promote", action="store_true", help="put the next keys to use")
        rotate.add_argument(
            "--now",
            action="store_true",
            help="with --promote: also when they are published for less than a day",
        )

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401
        try:
            self.stdout.write(self._done(options["verb"], options["slug"], options))
        except (ProviderError, RotationRefused) as error:
            cause = cause_of(getattr(error, "code", ""))
            remedy = f"\n{cause.remedy}" if cause and options["verb"] == "refresh" else ""
            raise CommandError(f"Nothing was changed. {error}{remedy}") from error

    def _done(self, verb: str, slug: str, options: dict[str, Any]) -> str:
        now = timezone.now()
        if verb == "refresh":
            return "\n".join(map(_words, published.refresh(slug, actor="operator", now=now)))
        if verb == "shadow":
            return _figures(slug)
        if verb == "domains":
            return domains.done(slug, options, now)
        if verb == "rotate-keys" and _is_saml(slug):
            if options["promote"]:
                raise CommandError("--promote is OIDC alone: each call takes the next step.")
            return _SAML_STEPS[saml_keys.rotate(slug, actor="operator", now=now)]
        return self._oidc_keys(verb, slug, options, now)

    def _oidc_keys(self, verb: str, slug: str, options: dict[str, Any], now: datetime) -> str:
        address = config().base_url + reverse("oidc-jwks", args=[slug])
        if verb == "make-keys":
            names = provider_keys.make_first(slug, KeyKind(options["kind"]), now=now)
            return f"Made {', '.join(names)}; published at {address}"
        if options["promote"]:
            names = provider_keys.promote(slug, early=options["now"], now=now)
            return f"In use now: {', '.join(n for n in names if not n.startswith('previous_'))}"
        names = provider_keys.publish_next(slug, now=now)
        return (
            f"Made {', '.join(names)}; published at {address}\n"
            f"Tomorrow: manage.py providers rotate-keys {slug} --promote"
        )


def _words(found: Fetched) -> str:
    keys = f"{found.issuer}: {len(found.keys)} keys: {', '.join(found.keys)}"
    waits = "\nA change that lowers security waits on the provider's page in the console."
    return keys + (waits if found.waits else "")


def _figures(slug: str) -> str:
    found = ShadowSettings.objects.filter(provider__slug=slug).first()
    if found is None:
        raise CommandError(f"{slug} has no draft.")
    figures = f"{found.same} the same, {found.different} different, {found.broken} broken"
    lines = [f"Since {utc(found.since)}, {found.judged} judged: {figures}"]
    lines += [
        f"{each['at'][:19]} {each['reference']}: {' '.join(each['words'])}"
        for each in found.differences
    ]
    return "\n".join(lines)


def _is_saml(slug: str) -> bool:
    return Provider.objects.filter(slug=slug, protocol=Provider.Protocol.SAML).exists()
