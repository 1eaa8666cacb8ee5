"""What it takes to execute the examples of a check: a world, and a scene to meet at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from rmwlint.prove.replay import Scene


class Proof(NamedTuple):
    """How the Bad example ``bad`` of a check, and the Good example ``good`` (none: 0), are executed.

    ``scene`` loads the text in its world and says who meets at what. ``after`` begins the statement after
    which the printed interleaving turns to the other actor, where the violation's steps do not say it;
    ``inside`` is the module and function that it stands in, where that is a library's.
    ``refused``: the exception by which the library does not even let a single actor run the Bad example.
    """

    code: str
    world: str
    scene: Callable[[Any, str], Scene]
    bad: int = 1
    good: int = 1
    after: str = ""
    inside: tuple[str, str] | None = None
    refused: str = ""
