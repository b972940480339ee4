import json

import pytest
import redis
from django.db import DatabaseError, connection
from django.test import RequestFactory

from gateway import wiring
from gateway.health.views import live, ready


def ask(view):
    response = view(RequestFactory().get("/health"))
    assert response["Cache-Control"] == "no-store"
    return response.status_code, json.loads(response.content)


def test_a_process_that_answers_is_alive_whatever_else_is_away(monkeypatch):
    monkeypatch.setattr(wiring, "redis_client", None)
    assert ask(live) == (200, {"status": "ok"})


@pytest.mark.django_db
@pytest.mark.usefixtures("redis_url")
def test_with_database_and_redis_it_is_ready():
    assert ask(ready) == (200, {"status": "ok", "database": "ok", "redis": "ok"})


@pytest.mark.django_db
def test_without_redis_it_is_not_ready_and_says_no_address(monkeypatch):
    away = redis.Redis.from_url("redis://:secret@127.0.0.1:1/0")
    monkeypatch.setattr(wiring, "redis_client", lambda: away)
    assert ask(ready) == (503, {"status": "away", "database": "ok", "redis": "away"})


@pytest.mark.django_db
@pytest.mark.usefixtures("redis_url")
def test_without_database_it_is_not_ready(monkeypatch):
    def refuse():
        raise DatabaseError("could not connect to host db.corp.example with password x")

    monkeypatch.setattr(connection, "cursor", refuse)
    assert ask(ready) == (503, {"status": "away", "database": "away", "redis": "ok"})
