"""Django's asynchronous queries, two actors of which would share one thread and one connection."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any


async def alone(call: Awaitable[Any]) -> Any:
    """The result of a coroutine whose queries run in a thread, and on a connection, of its own."""
    from asgiref.sync import ThreadSensitiveContext, sync_to_async
    from django.db import connections

    async with ThreadSensitiveContext():
        try:
            return await call
        finally:
            await sync_to_async(connections.close_all)()
