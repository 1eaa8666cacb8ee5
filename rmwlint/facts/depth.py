"""Recursion as deep as the input needs: a thread with a stack of its own."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")

_STACK_BYTES = 512 * 1024 * 1024
_RECURSION_LIMIT = 200_000

# Both settings belong to the whole process.
_settings = threading.Lock()


def with_deep_stack(function: Callable[[], Result]) -> Result:
    """What the function returns, run where it may recurse some hundred thousand calls deep.

    Raises what the function raises, and RecursionError where no such stack is to be had. The
    memory of the stack is only taken as far as it is used.
    """
    outcome: list[Result] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(function())
        except BaseException as error:
            errors.append(error)

    with _settings:
        limit = sys.getrecursionlimit()
        stack = threading.stack_size(_STACK_BYTES)
        sys.setrecursionlimit(max(limit, _RECURSION_LIMIT))
        try:
            thread = threading.Thread(target=run, name="deep-stack")
            thread.start()
            thread.join()
        except RuntimeError as error:
            raise RecursionError("no memory for a deeper stack") from error
        finally:
            sys.setrecursionlimit(limit)
            threading.stack_size(stack)
    if errors:
        raise errors[0]
    return outcome[0]
