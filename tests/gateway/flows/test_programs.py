"""Service accounts: what Redis holds of their tokens is what the rows say, whatever happens."""

from datetime import timedelta

import pytest
import redis
from django.db import transaction
from django.utils import timezone

from gateway import wiring
from gateway.api_tokens.models import ApiToken
from gateway.audit.models import AuditEvent
from gateway.flows import api_tokens, deliver, end_dates, inbox, programs, roles
from gateway.flows import service_accounts as flow
from gateway.flows.errors import TokenAuthorGone, TokenEnded
from gateway.flows.inbox import Source
from gateway.relying_parties.definition import DefinitionInvalid
from gateway.sessions import program
from gateway.sessions.keys import program_key, program_used_key
from gateway.sessions.session import SessionStoreUnavailable
from gateway.tokens.credentials import looks_like_credential
from provisioning import jit, linking
from provisioning.errors import NotAdmitted
from provisioning.models import Account
from tests.gateway.flows.services import give, person, service, token
from tests.gateway.leaving import close

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("redis_url"),
]


def opens(text):
    """The record that an edge would read; None for none."""
    handle = program.handle_of(text)
    raw = wiring.redis_client().get(program_key(handle))
    return None if raw is None else program.read(raw, handle, wiring.key_ring())


def events(*names):
    rows = AuditEvent.objects.filter(event__in=names).order_by("id")
    return [(row.event, row.account, row.detail) for row in rows]


def test_a_token_is_shown_once_and_redis_knows_its_hash_alone():
    made = token(service())
    assert made.text.startswith("ghsa_")
    assert looks_like_credential(f"said {made.text[:20]}")
    assert made.text not in repr(made)
    assert made.text not in str(list(ApiToken.objects.values()))
    assert made.text[8:] not in str(list(AuditEvent.objects.values()))
    client = wiring.redis_client()
    kept = b"".join((client.get(key) or b"") + key for key in client.scan_iter("gh:{*}:b:*"))
    assert kept
    assert made.text[8:].encode() not in kept
    found = opens(made.text)
    assert found.apps == {"wiki"}
    assert found.session.roles == {"importer"}
    assert found.session.expires_at == made.row.expires_at.replace(microsecond=0)


def test_what_was_done_is_on_record():
    ours = service()
    made = token(ours)
    person("ben")
    flow.hand_over(ours, owner="ben", contact="data", actor="dora", now=timezone.now())
    api_tokens.revoke(made.row.pk, actor="dora", now=timezone.now())
    found = events("service-account.made", "service-account.handed", "api-token.made")
    dora, ben = (str(Account.objects.get(username=name).pk) for name in ("dora", "ben"))
    assert [event for event, _, _ in found] == [
        "service-account.made",
        "api-token.made",
        "service-account.handed",
    ]
    assert {account for _, account, _ in found} == {ours}
    assert found[0][2] == {"username": "importer", "owner": dora, "contact": "data"}
    assert found[1][2]["apps"] == ["wiki"]
    assert found[2][2] == {"owner": ben, "before": dora, "contact": "data"}


def test_revoking_ends_the_record_before_it_returns():
    made = token(service())
    assert api_tokens.revoke(made.row.pk, actor="dora", now=timezone.now())
    assert opens(made.text) is None


def test_where_redis_does_not_answer_nothing_is_said_to_be_revoked(monkeypatch):
    made = token(service())

    def away(_handles):
        raise SessionStoreUnavailable("away")

    monkeypatch.setattr(wiring.session_store().programs, "end", away)
    with pytest.raises(SessionStoreUnavailable):
        api_tokens.revoke(made.row.pk, actor="dora", now=timezone.now())
    made.row.refresh_from_db()
    assert made.row.revoked_at is None


def test_a_token_whose_commit_fails_opens_nothing(monkeypatch):
    ours, texts = service(), []
    real = program.new_token
    monkeypatch.setattr(program, "new_token", lambda a: texts.append(real(a)) or texts[-1])
    monkeypatch.setattr(transaction.Atomic, "__exit__", _fails_outside(transaction.Atomic.__exit__))
    with pytest.raises(RuntimeError):
        token(ours)
    monkeypatch.undo()
    assert opens(texts[0]) is None
    assert not ApiToken.objects.exists()


def _fails_outside(real):
    def ends(self, *error):
        if self.durable and error[0] is None:
            failure = RuntimeError("no commit")
            real(self, RuntimeError, failure, None)
            raise failure
        return real(self, *error)

    return ends


def test_two_live_at_once_so_that_one_takes_the_others_place():
    ours = service()
    first, second = token(ours), token(ours, name="next")
    assert opens(first.text)
    assert opens(second.text)
    with pytest.raises(DefinitionInvalid) as caught:
        token(ours, name="third")
    assert [fault.field for fault in caught.value.faults] == ["account"]
    api_tokens.revoke(first.row.pk, actor="dora", now=timezone.now())
    assert opens(second.text)
    assert token(ours, name="third")


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"apps": ()}, "apps"),
        ({"apps": ("payroll",)}, "apps"),
        ({"scopes": ("everything",)}, "scopes"),
        ({"days": 0}, "days"),
        ({"days": 366}, "days"),
        ({"name": " "}, "name"),
    ],
    ids=["nothing", "no-such-app", "no-such-scope", "no-day", "too-long", "no-name"],
)
def test_what_no_token_can_be_is_told_by_its_field(said, field):
    with pytest.raises(DefinitionInvalid) as caught:
        token(service(), **said)
    assert [fault.field for fault in caught.value.faults] == [field]
    assert not ApiToken.objects.exists()


def test_a_role_that_it_loses_is_gone_from_its_record_before_the_commit_and_one_it_gains_after():
    ours = service(held=("importer", "deployer"))
    made = token(ours)
    roles.revoke_by_hand(account=ours, role="deployer", actor="dora", now=timezone.now())
    assert opens(made.text).session.roles == {"importer"}
    give(ours, "auditor")
    assert opens(made.text).session.roles == {"importer"}
    deliver.deliver(now=timezone.now())
    assert opens(made.text).session.roles == {"importer", "auditor"}
    assert opens(made.text).session.generation > 1


def test_closing_it_ends_all_of_it_for_good():
    ours = service()
    made = token(ours)
    api = token(ours, name="api", apps=(), scopes=("providers:read",))
    flow.close(ours, source=Source.CONSOLE, actor="dora", now=timezone.now())
    assert opens(made.text) is None
    with pytest.raises(TokenEnded):
        api_tokens.opened(api.text, now=timezone.now())
    inbox.reopen(account=ours, source=Source.CONSOLE, by="dora", cause="", at=timezone.now())
    programs.restore(now=timezone.now())
    assert opens(made.text) is None
    with pytest.raises(TokenEnded):
        api_tokens.opened(made.text, now=timezone.now())


def test_when_its_owner_goes_it_goes_on_and_somebody_is_told():
    ours = service()
    made, now = token(ours), timezone.now()
    assert not flow.orphaned(now=now).exists()
    dora = Account.objects.get(username="dora")
    close(dora.pk, source=Source.SCIM, at=now)
    assert [row.account.username for row in flow.orphaned(now=now)] == ["importer"]
    assert opens(made.text)
    person("ben")
    flow.hand_over(ours, owner="ben", contact="", actor="ben", now=now)
    assert not flow.orphaned(now=now).exists()
    Account.objects.get(username="ben").delete()
    assert flow.orphaned(now=now).exists()
    api_tokens.revoke(made.row.pk, actor="ben", now=now)
    assert not flow.orphaned(now=now).exists()


def test_what_redis_lost_is_written_anew_without_any_tokens_text():
    ours = service()
    made, other = token(ours), token(service("exporter"), name="other")
    wiring.redis_client().flushall()
    assert opens(made.text) is None
    assert programs.restore(now=timezone.now()) == 2
    assert opens(made.text).session.roles == {"importer"}
    assert opens(other.text).session.username == "exporter"
    assert programs.restore(now=timezone.now()) == 0


def test_what_redis_has_again_from_a_backup_is_taken_away():
    made = token(service())
    key = program_key(program.handle_of(made.text))
    kept = wiring.redis_client().get(key)
    api_tokens.revoke(made.row.pk, actor="dora", now=timezone.now())
    wiring.redis_client().set(key, kept)
    assert opens(made.text)
    assert programs.restore(now=timezone.now()) == 1
    assert opens(made.text) is None


def test_a_backup_of_redis_gives_back_no_role_that_was_taken_away():
    ours = service(held=("importer", "deployer"))
    made = token(ours)
    key = program_key(program.handle_of(made.text))
    kept = wiring.redis_client().get(key)
    roles.revoke_by_hand(account=ours, role="deployer", actor="dora", now=timezone.now())
    wiring.redis_client().set(key, kept)
    assert opens(made.text).session.roles == {"importer", "deployer"}
    assert programs.restore(now=timezone.now()) == 1
    assert opens(made.text).session.roles == {"importer"}
    wiring.redis_client().set(key, b"none of ours")
    assert programs.restore(now=timezone.now()) == 1
    assert opens(made.text).session.roles == {"importer"}
    assert programs.restore(now=timezone.now()) == 0


def test_looking_whether_all_is_in_line_asks_the_database_and_redis_the_same_few_times(
    django_assert_max_num_queries, monkeypatch
):
    for number in range(5):
        token(service(f"program-{number}"), name=f"n{number}")
    asked = []
    real = redis.Connection.send_packed_command
    monkeypatch.setattr(
        redis.Connection,
        "send_packed_command",
        lambda self, *a, **k: asked.append(1) or real(self, *a, **k),
    )
    with django_assert_max_num_queries(3):
        assert programs.restore(now=timezone.now()) == 0
    # Two, and at most two beats of a canary meanwhile.
    assert len(asked) <= 4


def test_where_an_edge_saw_it_last_is_kept():
    made = token(service())
    at = timezone.now().replace(microsecond=0) - timedelta(minutes=1)
    key = program_used_key(program.handle_of(made.text))
    wiring.redis_client().set(key, int(at.timestamp()))
    programs.restore(now=timezone.now())
    made.row.refresh_from_db()
    assert made.row.last_used_at == at
    wiring.redis_client().set(key, "9" * 40)  # whoever may write there breaks nothing
    programs.restore(now=timezone.now())


def test_its_end_date_ends_its_record_too():
    ours = service()
    made, now = token(ours), timezone.now()
    soon = (now + timedelta(days=2)).replace(microsecond=0)
    end_dates.move(account=ours, ends_at=soon, actor="dora", now=now)
    assert opens(made.text).session.expires_at == soon
    with pytest.raises(TokenAuthorGone):
        api_tokens.opened(made.text, now=soon)
    end_dates.move(account=ours, ends_at=None, actor="dora", now=now)
    assert opens(made.text).session.expires_at == made.row.expires_at.replace(microsecond=0)


def test_nobody_signs_in_to_it():
    ours = service()
    with pytest.raises(NotAdmitted), transaction.atomic():
        jit.returning(ours, now=timezone.now())
    row = Account.objects.get(pk=ours)
    refused = linking.shut(row, timezone.now())
    assert isinstance(refused.error, NotAdmitted)


def test_the_staff_role_opens_no_console_to_it(settings):
    ours = service(held=())
    give(ours, wiring.config().staff_role or "gatehouse-admin")
    assert not Account.objects.get(pk=ours).is_staff
