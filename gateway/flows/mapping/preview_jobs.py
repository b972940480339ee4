"""A preview for whoever asks from afar: of few people at once, of many by a worker.

One at a time by a worker: what is asked for, how far it is and what was found stand in the shared
cache, sealed, for the one who asked alone; what was found for an hour.
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from gateway import wiring
from gateway.config.keyring import KeyUse
from gateway.flows.errors import FlowError, PreviewGone, PreviewUnderWay
from gateway.flows.mapping import permits
from gateway.flows.mapping.checking import checked
from gateway.flows.mapping.previewing import at_once, blast_radius
from gateway.tokens.seal import SealBroken, seal, unseal
from mapping import models as mapping_models
from mapping.errors import MappingError
from mapping.models import Draft
from provisioning.models import LastIdentity

KEPT = timedelta(hours=1)
# As long as a worker may take; one that died does not bar the next try for longer.
UNDER_WAY = timedelta(minutes=3)
TOLD_EVERY = 20  # steps of five hundred people
_ASKED, _TURN = "preview:asked", "preview:turn"

State = Literal["waiting", "running", "done", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How far a preview is: `done` of `total` identities are read. Only a `done` one has a result,
    which is a `BlastRadius` in plain values; a `failed` one the code of what stopped it.
    """

    id: str
    state: State
    done: int = 0
    total: int = 0
    result: Mapping[str, Any] | None = None
    code: str = ""


def of_content(content: object, *, actor: str, now: datetime) -> Look:
    """Of rules that the actor could draft. Raises NotPermitted, RuleInvalid, PreviewTooLong,
    PreviewUnderWay, SharedCacheUnavailable.
    """
    in_force = mapping_models.active()
    wanted = checked(content, in_force.version + 1)
    permits.change(actor, in_force, wanted)
    return _looked(wanted.plain(), actor, now)


def of_draft(draft: Draft, *, actor: str, now: datetime) -> Look:
    """Of what somebody drafted, for whoever may see it. Raises as `of_content`."""
    permits.see(actor)
    return _looked(draft.content, actor, now)


def look(name: uuid.UUID, *, actor: str) -> Look:
    """For whoever asked for it. Raises PreviewGone, SharedCacheUnavailable."""
    return Look(**_opened(str(name), actor)["look"])


def run(*, now: datetime) -> None:
    """What a worker does when it is woken: nothing if nothing was asked for."""
    cache = wiring.shared_cache()
    if (asked := cache.take(_ASKED)) is None:
        return
    wanted: Mapping[str, str] = json.loads(asked)
    name, actor = wanted["id"], wanted["actor"]
    total, steps = LastIdentity.objects.count(), 0

    def told() -> None:
        nonlocal steps
        if steps % TOLD_EVERY == 0:
            done = min(steps * 500, total)
            _keep(actor, Look(id=name, state="running", done=done, total=total))
        steps += 1

    try:
        content = _opened(name, actor)["content"]
        found = _plain(content, actor, now, told)
        look = Look(id=name, state="done", done=total, total=total, result=found)
    except (FlowError, MappingError) as error:
        look = Look(id=name, state="failed", total=total, code=error.code)
    finally:
        cache.drop(_TURN)
    _keep(actor, look)


def _looked(content: object, actor: str, now: datetime) -> Look:
    name = str(uuid.uuid4())
    if at_once():
        return Look(id=name, state="done", result=_plain(content, actor, now, lambda: None))
    cache = wiring.shared_cache()
    if not cache.add(_TURN, name.encode(), UNDER_WAY):
        raise PreviewUnderWay("one at a time")
    waiting = Look(id=name, state="waiting", total=LastIdentity.objects.count())
    _keep(actor, waiting, content)
    cache.put(_ASKED, json.dumps({"id": name, "actor": actor}).encode(), UNDER_WAY)
    wiring.wake("mapping.preview")
    return waiting


def _plain(content: object, actor: str, now: datetime, told: Any) -> dict[str, Any]:  # noqa: ANN401
    found = asdict(blast_radius(content, actor=actor, now=now, told=told))
    if not permits.sees_people(actor):
        found["people"] = ()
        found["apps"] = tuple(app | {"faces": ()} for app in found["apps"])
    return found | {"as_of": found["as_of"].isoformat()}


def _keep(actor: str, look: Look, content: object = None) -> None:
    text = json.dumps({"look": asdict(look), "content": content}).encode()
    key = wiring.key_ring().active(KeyUse.PENDING)
    lives = KEPT if look.state in {"done", "failed"} else UNDER_WAY
    sealed = seal(key, text, _purpose(look.id, actor))
    wiring.shared_cache().put(_key(look.id), sealed.encode(), lives)


def _opened(name: str, actor: str) -> dict[str, Any]:
    sealed = wiring.shared_cache().get(_key(name))
    if sealed is None:
        raise PreviewGone(name)
    try:
        keys = wiring.key_ring().all(KeyUse.PENDING)
        found: dict[str, Any] = json.loads(unseal(keys, sealed.decode(), _purpose(name, actor)))
    except SealBroken as error:
        raise PreviewGone(name) from error
    return found


def _key(name: str) -> str:
    return f"preview:{name}"


def _purpose(name: str, actor: str) -> str:
    return f"preview {name} for {actor}"
