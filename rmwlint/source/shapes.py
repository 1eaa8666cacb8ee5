"""What the bytes of a file say without being parsed: its classes' bases and its indented functions."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import NamedTuple

#: It starts with the end of the line before, and looks at one letter first: most lines are neither.
_SHAPES = re.compile(
    rb"\n[ \t]*(?=[acd])(?:class[ \t]+(\w+)[ \t]*\(([^)]*)\)|(?<=[ \t])(?:async[ \t]+)?def[ \t]+(\w+))"
)
_NAME = re.compile(rb"\w+(?=[ \t\r\n]*(?:[,\[)]|\Z))")

#: (class, its bases), each as often as it stands there, and the names of functions, each once
Shapes = tuple[tuple[tuple[str, tuple[str, ...]], ...], tuple[str, ...]]

NO_SHAPES: Shapes = ((), ())


class Text(NamedTuple):
    """What is known of the text of a project: the shapes of its files, and which of them mention a name."""

    shapes: Mapping[str, Shapes]
    mentions: Mapping[str, tuple[str, ...]]


def nothing_known() -> Text:
    """What is known at first."""
    return Text({}, {})


def shapes_of(data: bytes) -> Shapes:
    """The shapes ``class Name(Base, …)`` and, inside something, ``def name``, in the order of the text."""
    classes: list[tuple[str, tuple[str, ...]]] = []
    functions: dict[str, None] = {}
    for name, bases, function in _SHAPES.findall(b"\n" + data):
        if function:
            functions[function.decode(errors="replace")] = None
        else:
            named = tuple([base.decode(errors="replace") for base in _NAME.findall(bases)])
            classes.append((name.decode(errors="replace"), named))
    return tuple(classes), tuple(functions)


def mentions(data: bytes, name: str) -> bool:
    """Whether an identifier occurs, wherever it stands."""
    token = name.encode()
    start = data.find(token)
    while start >= 0:
        end = start + len(token)
        if not (_in_word(data[start - 1 : start]) or _in_word(data[end : end + 1])):
            return True
        start = data.find(token, end)
    return False


def _in_word(letter: bytes) -> bool:
    return letter.isalnum() or letter == b"_"


def holds_settings(path: str) -> bool:
    """Whether a file is taken for settings, by its name or its folders'."""
    parts = path.split(os.sep)[-3:]
    return any("settings" in part or "config" in part or part.startswith("conf") for part in parts)
