"""`@lockutils.synchronized("images")` → `@lockutils.synchronized("images", external=True)`.

The lock becomes a file that every process of the host respects.

Unsafe always: the processes wait for each other now, and the library must have been told the folder of its
lock files (`lock_path`). Left where the lock is of a kind that no keyword widens, is made in a place that is
not seen, or must reach other hosts, and where a comment at it speaks of the keyword: then somebody has
thought of other processes, and may know what no code says.
"""

from __future__ import annotations

import re

import libcst as cst

from rmwlint.fix.change import Change, Left
from rmwlint.fix.rewrite import UNSAFE, Rewrite, hint
from rmwlint.fix.shapes import argument, is_open, with_argument
from rmwlint.fix.source import Source
from rmwlint.violation import Violation

rewrite = Rewrite(
    "RMW403",
    library="oslo.concurrency, and others whose lock takes such a keyword",
    does="`external=True` on a lock of one process",
    unsafe="processes wait for each other, and need a folder for lock files",
)


@rewrite.of_violation
def attempt(source: Source, violation: Violation) -> Change | Left:
    keyword = hint(violation, "widens")
    if not keyword:
        return Left("no keyword makes this lock reach as far as it must")
    spans = [step.span for step in violation.steps if step.role == "lock" and step.path == violation.path]
    calls = [call for span in spans if (call := source.at(span, cst.Call)) is not None]
    if not calls:
        return Left("where the lock is made is not seen")
    call = calls[0]
    if is_open(call):
        return Left("what the lock is given is not known")
    if argument(call, keyword) is not None:
        return Left(f"`{keyword}` is given already")
    if not call.args or any(arg.keyword is None for arg in call.args[1:]):
        return Left(f"`{keyword}` may be given already, by its place")
    if _is_spoken_of(source, call, keyword):
        return Left(f"a comment at the lock speaks of `{keyword}`: somebody has thought of it")
    new = with_argument(source, call, keyword, "True")
    return Change({call: new}, (), UNSAFE, f"takes the lock with `{keyword}=True`, for all processes")


def _is_spoken_of(source: Source, call: cst.Call, keyword: str) -> bool:
    """Whether a comment on the line of the lock, or right above it, has the keyword in it."""
    lines = source.text.splitlines()
    number = source.line(call)
    said = [lines[number - 1].partition("#")[2]]
    for line in reversed(lines[: number - 1]):
        if not line.strip().startswith("#"):
            break
        said.append(line)
    return re.search(rf"\b{re.escape(keyword)}\b", " ".join(said)) is not None
