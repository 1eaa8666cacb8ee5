"""Whether somebody waits for a lock right now: asked of a database, or of the operating system.

A false answer costs a test the patience of its scene; so what is not known here is simply not asked.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

_POSTGRESQL = (
    "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) "
    "WHERE NOT granted AND datname = current_database()"
)


def in_django(connection: Any) -> Callable[[], bool] | None:
    """The question for the database of a Django connection; None where it cannot be asked."""
    if connection.vendor != "postgresql":
        return None

    def waits() -> bool:
        with connection.cursor() as cursor:
            cursor.execute(_POSTGRESQL)
            return bool(cursor.fetchone()[0])

    return waits


def in_sqlalchemy(engine: Any) -> Callable[[], bool] | None:
    """The question for the database of an SQLAlchemy engine; None where it cannot be asked."""
    if engine.dialect.name != "postgresql":
        return None

    def waits() -> bool:
        with engine.connect() as connection:
            return bool(connection.exec_driver_sql(_POSTGRESQL).scalar_one())

    return waits


def on_files() -> bool:
    """Whether this process waits for a lock of a file; always false where Linux is not there to say it."""
    try:
        with open("/proc/locks", encoding="ascii") as file:
            waiting = [line.split() for line in file if "->" in line]
    except OSError:
        return False
    return any(str(os.getpid()) in words for words in waiting)
