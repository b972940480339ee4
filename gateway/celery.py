"""The worker: seals, delivers, lets go, renews what providers publish, asks them about who is
signed in; woken at a commit or by the clock.

    celery -A gateway.celery worker --beat --without-gossip --without-mingle

Nothing is lost without it, only late: all tasks find their work in the database.
"""

import os
import ssl
from urllib.parse import quote

from celery import Celery
from django.conf import settings

from gateway.config import redis_address
from gateway.config.redis_address import Kind

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gateway.settings")

# How long a person can wait for a task at most when nobody could be woken for it.
EVERY_SECONDS = 5.0
METADATA_SECONDS = 60.0
DOMAINS_SECONDS = 60.0
DIRECTORIES_SECONDS = 30.0  # of a run under way: steps follow each other without waiting
HOUR_SECONDS = 3600.0
BEAT_SECONDS = 10.0
COUNT_SECONDS = 60.0
TELL_SECONDS = 600.0  # each thing once; a mail that was not sent is tried again
RECHECK_SECONDS = 30.0  # nobody waits for it, and a silent provider holds a worker for a while

_TASKS = (
    "break_glass",
    *("attack", "audit", "directories", "domains", "outbox", "metadata", "prove", "published"),
    *("traces", "upstream", "worker", "endings", "identities", "mapping", "noticed"),
    *("invitations", "programs", "end_dates", "signals", "sign_ins", "departures", "waiting"),
    "reviews",
)


def _broker(url: str) -> dict[str, object]:
    """What Celery calls the Redis of our address: a unix socket, and sentinels, otherwise."""
    options: dict[str, object] = {
        "global_keyprefix": "gh:celery:",
        "socket_connect_timeout": 0.5,  # whoever wakes a worker does not wait for it
        "socket_timeout": 5.0,
    }
    address = redis_address.parse(url)
    if address.kind is Kind.NODE:
        url = url.replace("unix://", "redis+socket://", 1)
        return {"broker_url": url, "broker_transport_options": options}
    user, password = quote(address.login.user, ""), quote(address.login.password or "", "")
    login = "" if address.login.password is None else f"{user}:{password}@"
    secured: dict[str, object] = {}
    if address.secure:
        secured = {"ssl_cert_reqs": ssl.CERT_REQUIRED, "ssl_ca_certs": address.authorities}
    asked = address.sentinel_login
    known = {} if asked.password is None else {"username": asked.user, "password": asked.password}
    options |= {
        "master_name": address.service,
        "sentinel_kwargs": {"socket_timeout": 0.5, "ssl": address.secure, **known},
    }
    return {
        "broker_url": ";".join(
            f"sentinel://{login}{place}/{address.database}" for place in address.members
        ),
        "broker_transport_options": options,
        "broker_use_ssl": secured or None,
    }


app = Celery("gatehouse", include=[f"gateway.tasks.{name}" for name in _TASKS])
app.conf.update(
    **_broker(settings.ENVIRONMENT.broker_url),
    broker_connection_retry_on_startup=True,
    result_backend=None,
    task_ignore_result=True,
    task_default_queue="gatehouse",
    task_serializer="json",
    accept_content=["json"],
    task_acks_late=True,  # a task that died is done again: each can be
    task_time_limit=120,
    worker_prefetch_multiplier=1,
    worker_enable_remote_control=False,
    timezone="UTC",
    beat_scheduler="celery.beat:Scheduler",  # keeps no file: all tasks simply run every so often
    beat_schedule={
        name: {"task": name, "schedule": seconds, "options": {"expires": seconds}}
        for name, seconds in (
            ("audit.seal", EVERY_SECONDS),
            ("outbox.deliver", EVERY_SECONDS),
            ("departures.tell", EVERY_SECONDS),
            ("mapping.rollout", EVERY_SECONDS),
            ("metadata.refresh", METADATA_SECONDS),
            ("published.renew", METADATA_SECONDS),
            ("domains.check", DOMAINS_SECONDS),
            ("end_dates.close", EVERY_SECONDS),
            ("programs.restore", EVERY_SECONDS),
            ("directories.sync", DIRECTORIES_SECONDS),
            ("sign_ins.look", COUNT_SECONDS),
            ("sign_ins.purge", HOUR_SECONDS),
            ("departures.purge", HOUR_SECONDS),
            ("traces.purge", HOUR_SECONDS),
            ("identities.forget", HOUR_SECONDS),
            ("people.erase_closed", HOUR_SECONDS),
            ("upstream.recheck", RECHECK_SECONDS),
            ("endings.tell", TELL_SECONDS),
            ("signals.poll", BEAT_SECONDS),
            ("signals.forget", HOUR_SECONDS),
            ("mapping.drift", TELL_SECONDS),
            ("break_glass.tell", EVERY_SECONDS),
            ("join_requests.tell", BEAT_SECONDS),
            ("reviews.remind", TELL_SECONDS),
            ("invitations.send", BEAT_SECONDS),
            ("invitations.purge", HOUR_SECONDS),
            ("noticed.take", BEAT_SECONDS),
            ("worker.beat", BEAT_SECONDS),
            ("worker.count", COUNT_SECONDS),
        )
    },
)
app.set_default()
