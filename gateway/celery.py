"""The worker: seals, delivers, lets go, renews what providers publish, asks them about who is
signed in; woken at a commit or by the clock.

    celery -A gateway.celery worker --beat --without-gossip --without-mingle

Nothing is lost without it, only late: all tasks find their work in the database.
"""

import os

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gateway.settings")

# How long a person can wait for a task at most when nobody could be woken for it.
EVERY_SECONDS = 5.0
METADATA_SECONDS = 60.0
DOMAINS_SECONDS = 60.0
HOUR_SECONDS = 3600.0
BEAT_SECONDS = 10.0
COUNT_SECONDS = 60.0
TELL_SECONDS = 600.0  # each thing once; a mail that was not sent is tried again
RECHECK_SECONDS = 30.0  # nobody waits for it, and a silent provider holds a worker for a while

_TASKS = (
    *("attack", "audit", "domains", "outbox", "metadata", "prove", "published", "sign_ins"),
    *("traces", "upstream", "worker", "endings", "identities", "mapping"),
)
app = Celery("gatehouse", include=[f"gateway.tasks.{name}" for name in _TASKS])
app.conf.update(
    # Celery's name for a Redis behind a unix socket.
    broker_url=settings.ENVIRONMENT.broker_url.replace("unix://", "redis+socket://", 1),
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        "global_keyprefix": "gh:celery:",
        "socket_connect_timeout": 0.5,  # whoever wakes a worker does not wait for it
        "socket_timeout": 5.0,
    },
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
            ("mapping.rollout", EVERY_SECONDS),
            ("metadata.refresh", METADATA_SECONDS),
            ("published.renew", METADATA_SECONDS),
            ("domains.check", DOMAINS_SECONDS),
            ("sign_ins.look", COUNT_SECONDS),
            ("sign_ins.purge", HOUR_SECONDS),
            ("traces.purge", HOUR_SECONDS),
            ("identities.forget", HOUR_SECONDS),
            ("upstream.recheck", RECHECK_SECONDS),
            ("endings.tell", TELL_SECONDS),
            ("mapping.drift", TELL_SECONDS),
            ("worker.beat", BEAT_SECONDS),
            ("worker.count", COUNT_SECONDS),
        )
    },
)
app.set_default()
