"""Whatever the formatting: what a fix writes parses, ends the violation, and touches nothing else.

Programs are written around each pattern that is fixed, with comments wherever Python takes one, other
indentation, spaces, line ends and surroundings. ``RMWLINT_EXAMPLES`` sets how many of each are tried.
"""

from __future__ import annotations

import ast
import io
import os
import tokenize
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from rmwlint.config import Settings
from rmwlint.fix.project import _mentioned
from rmwlint.fix.rewrites import IN_ORDER
from rmwlint.fix.run import Outcome, fix
from rmwlint.request import Request
from rmwlint.runner import run
from rmwlint.source.project import project_root
from tests.fix.patterns import PATTERNS, Pattern

EXAMPLES = int(os.environ.get("RMWLINT_EXAMPLES", "8"))

ABOVE = '''

def _above( a,b = "# not a comment" ):
    """Not    touched."""
    return {a :[b,],}   # not\ttouched either
'''
BELOW = """

def _below (a):
\treturn f"{a!r:>{10}}"  ;  # not   touched
"""
INSIDE = ("kept = [ 1,2 ]", "kept = (n := 2)", 'if kept := "#": pass', "kept = lambda a : a ")


class Layout(NamedTuple):
    """How a program is written. ``drawn``: a number to take each small decision from."""

    indent: str
    newline: str
    mark: bytes
    ends: bool
    around: str
    first: tuple[str, ...]
    last: tuple[str, ...]
    decide: Callable[[str], bool]
    semicolons: bool


PLAIN = Layout("    ", "\n", b"", True, "", (), (), lambda _: False, False)


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    rare = st.sampled_from([False, False, True])
    return Layout(
        indent=draw(st.sampled_from(["    ", "\t", "  ", "   "])),
        newline=draw(st.sampled_from(["\n", "\r\n"])),
        mark=draw(st.sampled_from([b"", b"\xef\xbb\xbf"])),
        ends=draw(st.booleans()),
        around=draw(st.sampled_from(["", "", "decorated", "nested", "if"])),
        first=tuple(draw(st.lists(st.sampled_from(INSIDE), max_size=1))),
        last=tuple(draw(st.lists(st.sampled_from(INSIDE), max_size=1))),
        decide=lambda _: draw(rare),
        semicolons=draw(rare),
    )


class Program(NamedTuple):
    """``untouched``: stretches of the text that no fix has a reason to change."""

    data: bytes
    untouched: tuple[str, ...]


def written(pattern: Pattern, layout: Layout) -> Program:
    """The program of a pattern in that layout."""
    lines = [*layout.first, *pattern.body.split("\n")]
    if not pattern.body.split("\n")[-1].lstrip().startswith("return"):
        lines += layout.last
    decorators = ["@_above"] if layout.around == "decorated" and not pattern.method else []
    function = [*decorators, f"def {pattern.name}({pattern.parameters}):", *(f"    {line}" for line in lines)]
    if pattern.method:
        function = [f"    {line}" for line in function]
    elif layout.around == "nested" and not pattern.head.endswith("task"):
        function = ["def outer(*args):", *(f"    {line}" for line in function), "    return target"]
    elif layout.around == "if" and not pattern.head.endswith("task"):
        function = ["if True:", *(f"    {line}" for line in function)]
    own = _formatted("\n".join(function) + "\n", layout)
    head = _indented(pattern.head, layout)
    parts = [head.partition("\n\n\n")[2], BELOW.rstrip("\n")]
    gap = "\n" if pattern.method or pattern.head.endswith("task") else ABOVE + "\n\n"
    text = head + gap + own + BELOW
    if gap != "\n":
        parts.append(ABOVE.strip("\n"))
    if not layout.ends:
        text = text.rstrip("\n")
    encoded = text.replace("\n", layout.newline).encode()
    return Program(layout.mark + encoded, tuple(part.replace("\n", layout.newline) for part in parts))


def _indented(text: str, layout: Layout) -> str:
    found = []
    for line in text.split("\n"):
        bare = line.lstrip(" ")
        found.append(layout.indent * ((len(line) - len(bare)) // 4) + bare)
    return "\n".join(found)


def _formatted(code: str, layout: Layout) -> str:
    """The code with comments, spaces and line breaks wherever a decision asks for them."""
    number = iter(range(999))
    text = _indented(code, layout)
    lines = text.split("\n")
    inserts: list[tuple[int, int, str]] = []
    depth = quoted = 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        row, column = token.end
        name = tokenize.tok_name[token.type]
        quoted += (name in ("FSTRING_START", "TSTRING_START")) - (name in ("FSTRING_END", "TSTRING_END"))
        if token.type == tokenize.NEWLINE:
            if layout.decide("behind a line"):
                inserts.append((token.start[0], token.start[1], f"  # c{next(number)}"))
        if token.type != tokenize.OP or quoted:
            continue
        depth += (token.string in "([{") - (token.string in ")]}")
        if depth and token.string in "([{," and layout.decide("inside brackets"):
            inserts.append((row, column, f" # c{next(number)}\n{layout.indent * 3}"))
        elif token.string in ("=", "-=", "==", "!=", ",") and layout.decide("around an operator"):
            inserts.append((row, column, "  "))
    for row, column, what in sorted(inserts, reverse=True):
        line = lines[row - 1]
        lines[row - 1] = line[:column] + what + line[column:]
    found = []
    for line in lines:
        space = line[: len(line) - len(line.lstrip())]
        if line.strip() and layout.decide("above a line"):
            found.append(f"{space}# c{next(number)}")
        simple = (
            line.strip() and not line.rstrip().endswith((":", ",")) and not line.lstrip().startswith(_OPEN)
        )
        if layout.semicolons and simple and "# c" not in line and layout.decide("a semicolon"):
            line = f"{space}kept = 1; {line.lstrip()}"
        found.append(line)
    return "\n".join(found)


_OPEN = ("@", "def ", "if ", "with ", "#", ")", "]", "}")


def comments(data: bytes) -> Counter[str]:
    text = data.decode("utf-8-sig")
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return Counter(token.string.rstrip() for token in tokens if token.type == tokenize.COMMENT)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    place = tmp_path_factory.mktemp("any")
    (place / "pyproject.toml").write_text("")
    before = Path.cwd()
    os.chdir(place)
    project_root.cache_clear()
    _mentioned.cache_clear()
    yield place
    os.chdir(before)
    project_root.cache_clear()


def request_of(pattern: Pattern, folder: Path) -> Request:
    asked = Settings(base=folder, cache_dir=folder / "cache", min_confidence=pattern.sure)
    return Request(paths=["case.py"], settings=asked._replace(select=(pattern.code,)), jobs=1)


def mended(name: str, folder: Path, data: bytes) -> tuple[bytes, Outcome]:
    (folder / "case.py").write_bytes(data)
    request = request_of(PATTERNS[name], folder)
    outcome = fix(request, unsafe=True, write=True, only=name)
    return (folder / "case.py").read_bytes(), outcome


def test_every_rewrite_has_a_pattern() -> None:
    assert sorted(PATTERNS) == sorted(IN_ORDER)


@pytest.mark.parametrize("name", IN_ORDER)
def test_as_most_people_write_it(name: str, folder: Path) -> None:
    data, outcome = mended(name, folder, written(PATTERNS[name], PLAIN).data)
    assert outcome.mended == 1, [one.reason for one in outcome.left]
    ast.parse(data)


#: Where a rewrite says so, or the gate finds a comment gone, the code stays as it is. Anything else that the
#: gate refuses is a mistake of the rewrite.
_MISTAKES = ("internal error", "failed", "does not parse", "nothing binds", "still be there", "be new")


@pytest.mark.parametrize("name", IN_ORDER)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate, Phase.shrink],
)
@given(layout=layouts())
def test_as_anybody_may_write_it(name: str, folder: Path, layout: Layout) -> None:
    pattern = PATTERNS[name]
    program = written(pattern, layout)
    ast.parse(program.data)
    note(program.data.decode())
    data, outcome = mended(name, folder, program.data)
    note(data.decode())
    reasons = [one.reason for one in outcome.left]
    assert not any(mistake in reason for reason in reasons for mistake in _MISTAKES), reasons
    if not outcome.mended:
        assert data == program.data
        return
    ast.parse(data)
    assert data.startswith(layout.mark) and not data[len(layout.mark) :].startswith(b"\xef\xbb\xbf")
    text = data.decode("utf-8-sig")
    if layout.newline == "\r\n":
        assert text.count("\n") == text.count("\r\n")
    else:
        assert "\r" not in text
    assert text.endswith("\n") == layout.ends
    for part in program.untouched:
        assert part.rstrip() in text
    assert comments(data) == comments(program.data)
    for line in (*layout.first, *layout.last):
        assert text.count(line.strip()) >= program.data.decode().count(line.strip())
    request = request_of(pattern, folder)
    assert not run(request).violations
    again = fix(request, unsafe=True, write=True)
    assert again.mended == 0
    assert (folder / "case.py").read_bytes() == data
