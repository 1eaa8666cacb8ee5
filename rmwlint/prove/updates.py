"""Whether an actor has updated a row: of two that both find a state open, only one may."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def django_updates(connection: Any) -> Iterator[Callable[[], bool]]:
    """Within the block, UPDATE statements of this thread are looked at; asks whether one has met a row."""
    met: list[bool] = []

    def look(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        found = execute(sql, params, many, context)
        met.append(_is_update(sql) and context["cursor"].rowcount > 0)
        return found

    with connection.execute_wrapper(look):
        yield lambda: any(met)


@contextmanager
def sqlalchemy_updates(engine: Any) -> Iterator[Callable[[], bool]]:
    """Within the block, UPDATE statements of this thread are looked at; asks whether one has met a row."""
    from sqlalchemy import event

    met: list[bool] = []
    actor = threading.get_ident()

    def look(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        del connection, rest
        if threading.get_ident() == actor:
            met.append(_is_update(statement) and cursor.rowcount > 0)

    event.listen(engine, "after_cursor_execute", look)
    try:
        yield lambda: any(met)
    finally:
        event.remove(engine, "after_cursor_execute", look)


def _is_update(statement: str) -> bool:
    return statement.lstrip()[:6].upper() == "UPDATE"
