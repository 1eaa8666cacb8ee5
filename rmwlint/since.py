"""Which lines have changed since a revision of git, and the violations that touch them.

What counts is where the current branch left the revision: what others did to ``origin/main`` since then is
not a change of this branch. Changes that are not committed count, and so does every line of a file that git
does not know. Of removed lines, the one before and the one after are left to speak: to take a lock away
changes what is beside it.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from rmwlint.errors import UsageError
from rmwlint.report.result import Result
from rmwlint.violation import Span, Violation

_HUNK = re.compile(rb"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)")
_OF_A_HOOK = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"})
_ESCAPED = {b"a": b"\a", b"b": b"\b", b"t": b"\t", b"n": b"\n", b"v": b"\v", b"f": b"\f", b"r": b"\r"}


class Changes(NamedTuple):
    """``lines``: for each changed file (absolute), the first and last line of every change.

    ``known``: every file that git knows. ``root``: the top folder of the work tree.
    """

    root: str
    lines: Mapping[str, Sequence[tuple[int, int]]]
    known: frozenset[str]

    def touch(self, path: str, span: Span) -> bool:
        """Whether a stretch of a file has changed."""
        whole = os.path.realpath(path)
        if whole not in self.known:
            return whole.startswith(os.path.join(self.root, ""))
        changed = self.lines.get(whole, ())
        return any(first <= span.end_line and span.line <= last for first, last in changed)


def changes_since(revision: str, path: str) -> Changes:
    """What has changed in the work tree around ``path`` since the current branch left ``revision``.

    Raises UsageError where there is no git, no repository or no such revision.
    """
    folder = path if os.path.isdir(path) else os.path.dirname(os.path.abspath(path))
    if not os.path.isdir(folder):
        raise UsageError(f"`{path}` does not exist.")
    top = _git(folder, "rev-parse", "--show-toplevel")
    if top is None:
        raise UsageError(f"`--since` needs a git repository, and `{path}` is not in one.")
    root = os.path.realpath(os.fsdecode(top.rstrip(b"\r\n")))
    commit = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if commit is None:
        raise UsageError(
            f"`{revision}` is no revision of the git repository {root}; "
            "a shallow clone may have to fetch it first."
        )
    start = commit.decode("ascii").strip()
    base = _git(root, "merge-base", start, "HEAD")
    if base is not None:
        start = base.decode("ascii").split()[0]
    patch = _git(
        root, "diff", "--unified=0", "--find-renames", "--no-color", "--no-ext-diff", "--no-textconv",
        "--ignore-submodules", "--src-prefix=a/", "--dst-prefix=b/", start, "--",
    )  # fmt: skip
    listed = _git(root, "ls-files", "-z")
    if patch is None or listed is None:
        raise UsageError(f"git cannot compare the files of {root} with `{revision}`.")
    return Changes(
        root,
        {os.path.join(root, name): lines for name, lines in changed_lines(patch).items()},
        frozenset(os.path.join(root, os.fsdecode(name)) for name in listed.split(b"\0") if name),
    )


def only_changed(result: Result, changes: Changes) -> Result:
    """The violations whose own place, or that of one of their steps, has changed."""
    return result.only([_touched(violation, changes) for violation in result.violations])


def changed_lines(patch: bytes) -> dict[str, list[tuple[int, int]]]:
    """The changed lines of each file in a unified diff without context."""
    changed: dict[str, list[tuple[int, int]]] = {}
    here: list[tuple[int, int]] = []
    lines = iter(patch.split(b"\n"))
    for line in lines:
        if line.startswith(b"+++ "):
            name = _name(line[4:])
            here = changed.setdefault(name, []) if name is not None else []
            continue
        hunk = _HUNK.match(line)
        if hunk is None:
            continue
        removed, first, added = (1 if part is None else int(part) for part in hunk.groups())
        # added text may look like a header
        _skip(lines, removed + added)
        here.append((first, first + added - 1) if added else (first, first + 1))
    return changed


def _touched(violation: Violation, changes: Changes) -> bool:
    return changes.touch(violation.path, violation.span) or any(
        changes.touch(step.path, step.span) for step in violation.steps
    )


def _skip(lines: Iterator[bytes], count: int) -> None:
    while count:
        count -= not next(lines, b"").startswith(b"\\")


def _name(text: bytes) -> str | None:
    """The path in a ``+++`` line; None for a file that is gone."""
    if text.startswith(b'"'):
        text = _ESCAPE.sub(_unescaped, text[1 : text.rindex(b'"')])
    else:
        # git ends a name that has a blank with a tab, so that patch can tell
        text = text.removesuffix(b"\r").removesuffix(b"\t")
    return os.fsdecode(text[2:]) if text.startswith(b"b/") else None


def _unescaped(found: re.Match[bytes]) -> bytes:
    escape = found[1]
    return bytes([int(escape, 8)]) if len(escape) == 3 else _ESCAPED.get(escape, escape)


def _git(folder: str, *arguments: str) -> bytes | None:
    """What git prints; None where it fails. Raises UsageError where there is no git."""
    # a hook of git tells its children which repository and index it works on; ours is the one of the paths
    environment = {name: value for name, value in os.environ.items() if name not in _OF_A_HOOK}
    try:
        run = subprocess.run(
            ["git", *arguments],
            cwd=folder,
            env={**environment, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
        )
    except OSError as error:
        raise UsageError(f"`--since` needs git, which cannot be run: {error.strerror}.") from None
    if b"dubious ownership" in run.stderr:
        raise UsageError(f"git refuses to read the repository: {os.fsdecode(run.stderr).strip()}")
    return run.stdout if run.returncode == 0 else None
