"""`manage.py directories`: what is read from companies' directories, from the command line."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from gateway.flows.directories import configure, deciding, running
from gateway.flows.directories.configure import WantedDirectory
from gateway.flows.directories.shown import Shown, shown
from gateway.management.explained import ExplainedCommand, one_of
from providers.errors import ProviderError
from provisioning.directories.errors import DirectoryError
from provisioning.directories.models import Directory, Run

HELP = """\
People and groups read from a company's directory (Keycloak, LDAP or Active Directory, Okta, Auth0),
so that they have an account before they come and none after they leave.

  manage.py directories connect people --provider corp --kind ldap \\
      --settings people.json --secret-file password      the password is the file's first line
  manage.py directories plan people                      what a reading would change
  manage.py directories sync people                      read it now, to the end
  manage.py directories switch people on                 and from now on by the clock
  manage.py directories list                             all of them, and how they stand
  manage.py directories agree people                     yes to removals that are held
  manage.py directories dismiss people                   no to them
  manage.py directories disconnect people                forget it; accounts stay as they are

Which settings each kind has: docs/directories.md.
"""
OPERATOR = "operator"
_SHOWN = 200


class Command(ExplainedCommand):
    help = HELP

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = one_of(
            parser,
            {
                "connect": "make it known, or change it; a new one is switched off",
                "plan": "show what a reading would change",
                "sync": "read it now and make people here as it says",
                "switch": "read it by the clock, or do not",
                "list": "all directories, and how their last run went",
                "agree": "do the removals that are held",
                "dismiss": "do not do the removals that are held",
                "disconnect": "forget the directory",
            },
        )
        for verb in verbs.keys() - {"list"}:
            verbs[verb].add_argument("slug", metavar="SLUG")
        verbs["connect"].add_argument("--provider", required=True, metavar="SLUG")
        verbs["connect"].add_argument("--kind", required=True, choices=Directory.Kind.values)
        verbs["connect"].add_argument("--settings", required=True, metavar="FILE", help="JSON")
        verbs["connect"].add_argument("--secret-file", metavar="FILE", help="keep it to yourself")
        verbs["connect"].add_argument("--every", type=int, default=60, metavar="MINUTES")
        verbs["connect"].add_argument("--removals", type=int, default=10, metavar="PERCENT")
        verbs["switch"].add_argument("to", choices=["on", "off"])

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401
        verbs = {
            "connect": self._connect,
            "plan": self._plan,
            "sync": self._sync,
            "switch": self._switch,
            "list": self._list,
            "agree": self._agree,
            "dismiss": self._dismiss,
            "disconnect": self._disconnect,
        }
        try:
            verbs[options["verb"]](options)
        except (DirectoryError, ProviderError) as error:
            raise CommandError(f"{error.code}: {error}") from error

    def _connect(self, options: dict[str, Any]) -> None:
        try:
            settings = json.loads(Path(options["settings"]).read_text())
            secret_file = options["secret_file"]
            secret = Path(secret_file).read_text().partition("\n")[0] if secret_file else ""
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        if not isinstance(settings, dict):
            raise CommandError("The settings are no JSON object.")
        slug = options["slug"]
        row = configure.save(
            WantedDirectory(
                slug=slug,
                name=slug,
                provider=options["provider"],
                kind=options["kind"],
                settings=settings,
                secret=secret,
                every_minutes=options["every"],
                removals_percent=options["removals"],
            ),
            actor=OPERATOR,
            now=timezone.now(),
        )
        state = "on" if row.enabled else "off; look at `plan`, then switch it on"
        self.stdout.write(f"{slug} is connected and {state}.")

    def _plan(self, options: dict[str, Any]) -> None:
        self._run(options["slug"], dry=True)

    def _sync(self, options: dict[str, Any]) -> None:
        self._run(options["slug"], dry=False)

    def _run(self, slug: str, *, dry: bool) -> None:
        directory = configure.find(slug)
        run = running.begin(directory, by=OPERATOR, now=timezone.now(), dry=dry)
        while running.step(now=timezone.now(), only=run.pk):
            pass
        run = Run.objects.select_related("directory__provider").get(pk=run.pk)
        if run.state == Run.State.FAILED:
            raise CommandError(run.problem)
        self._tell(run)

    def _tell(self, run: Run) -> None:
        rows = list(run.differences.all()[:_SHOWN])
        for line in shown(run, rows):
            self.stdout.write(_line(line))
        count = run.differences.count()
        if count > _SHOWN:
            self.stdout.write(f"... and {count - _SHOWN} more; the console shows all.")
        self.stdout.write(f"{run.people} people read, {count} of them differ.")
        if run.reads_everybody and run.orphans:
            self.stdout.write(f"{run.orphans} accounts of this provider are not in the directory.")
        if run.state == Run.State.HELD:
            left = run.differences.filter(done=False).count()
            self.stdout.write(f"{left} removals are held. `agree {run.directory.slug}` does them.")
        if run.state in Run.ALIVE:
            words = run.problem or "A worker goes on with it."
            self.stdout.write(f"Not at its end: {words} It goes on at {run.not_before:%H:%M} UTC.")

    def _switch(self, options: dict[str, Any]) -> None:
        row = configure.find(options["slug"])
        configure.switch(row, on=options["to"] == "on", actor=OPERATOR, now=timezone.now())
        self.stdout.write(f"{row.slug} is {options['to']}.")

    def _list(self, _: dict[str, Any]) -> None:
        for row in Directory.objects.select_related("provider"):
            run = row.runs.first()
            told = f"{run.begun_at:%Y-%m-%d %H:%M} {run.state}" if run else "never read"
            on = "on" if row.enabled else "off"
            self.stdout.write(f"{row.slug}\t{row.kind}\t{row.provider.slug}\t{on}\t{told}")

    def _agree(self, options: dict[str, Any]) -> None:
        run = _held(options["slug"])
        left = run.differences.filter(done=False).count()
        deciding.agree(run, removals=left, actor=OPERATOR, now=timezone.now())
        while running.step(now=timezone.now(), only=run.pk):
            pass
        self._tell(Run.objects.select_related("directory__provider").get(pk=run.pk))

    def _dismiss(self, options: dict[str, Any]) -> None:
        deciding.dismiss(_held(options["slug"]), actor=OPERATOR, now=timezone.now())
        self.stdout.write("Nobody was removed.")

    def _disconnect(self, options: dict[str, Any]) -> None:
        configure.delete(configure.find(options["slug"]), actor=OPERATOR, now=timezone.now())
        self.stdout.write(f"{options['slug']} is forgotten. Accounts stay as they are.")


def _held(slug: str) -> Run:
    run = configure.find(slug).runs.filter(state=Run.State.HELD).first()
    if run is None:
        raise CommandError("Nothing is held.")
    return run


def _line(line: Shown) -> str:
    words = [line.name, line.act_words]
    words += [f"groups: {', '.join(line.groups)}"] if line.groups else []
    words += [f"loses: {', '.join(line.lost)}"] if line.lost else []
    words += [line.problem_words] if line.problem else []
    return "\t".join(words)
