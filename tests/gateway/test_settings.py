"""What the operator says about the database reaches it."""

from gateway.settings import _database


def test_words_for_libpq_reach_it():
    found = _database("postgresql://ada:p%40ss@db.corp.example/gate?sslmode=verify-full")
    assert found["HOST"] == "db.corp.example"
    assert found["PASSWORD"] == "p@ss"
    assert found["OPTIONS"] == {"connect_timeout": 5, "sslmode": "verify-full"}


def test_a_sockets_folder_is_a_host():
    found = _database("postgresql:///gate?host=%2Frun%2Fpostgresql&sslrootcert=/etc/ca.pem")
    assert found["HOST"] == "/run/postgresql"
    assert found["OPTIONS"] == {"connect_timeout": 5, "sslrootcert": "/etc/ca.pem"}
