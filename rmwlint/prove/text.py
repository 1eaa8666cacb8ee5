"""The text of a test: what all kinds of tests have in common."""

from __future__ import annotations

import ast
import os
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from rmwlint.errors import UsageError
from rmwlint.prove.subject import Model, Subject
from rmwlint.prove.values import Guess, of_parameter, row_key

MARK = "# FILL IN"


class Call(NamedTuple):
    """What one actor runs, and the names of the arguments that are guesses."""

    text: str
    guessed: tuple[str, ...]

    @property
    def comment(self) -> str:
        """What is left to the reader, as a comment; empty where nothing is."""
        return f"  {MARK}: {', '.join(self.guessed)}" if self.guessed else ""


def header(subject: Subject) -> str:
    """The docstring: what is proven, in which order of events."""
    violation = subject.violation
    path = Path(violation.path).as_posix()
    rows = "\n".join(f"    {actor}  {' '.join(text.split())}" for actor, text in violation.interleaving)
    told = f"{violation.code} in `{violation.function}`, line {violation.line} of {path}."
    return (
        f'"""{told}\n\n{rows}\n\n'
        "Fails while an update can be lost in this order, passes once none can. What rmwlint could not\n"
        f"know is marked {MARK[2:]}.\n"
        '"""\n'
    )


def imports(subject: Subject, output: Path, lines: Sequence[str]) -> str:
    """The imports, the module under test among them, so that it is found from where the test stands."""
    own = [f"import {subject.module} as module"]
    own += [f"from {model.module} import {model.name}" for model in used(subject)]
    text = "\n".join(lines)
    root = os.path.relpath(subject.root, Path(os.path.abspath(output)).parent)
    if root == ".":
        return f"{text}\n\n{chr(10).join(own)}\n"
    path = f"sys.path.insert(0, str(Path(__file__).resolve().parent / {Path(root).as_posix()!r}))"
    path = path.replace("'", '"')
    needed = "import sys\nfrom pathlib import Path\n\n"
    marked = "\n".join(f"{line}  # noqa: E402" for line in own)
    return f"{needed}{text}\n\n{path}\n\n{marked}\n"


def used(subject: Subject) -> tuple[Model, ...]:
    """The models that the test speaks of."""
    return subject.models[:1]


def call(
    subject: Subject,
    which: int,
    callee: str,
    model: Model | None,
    given: dict[str, str],
    *,
    creates: bool = False,
) -> Call:
    """The call of the function by actor number ``which``; ``given`` are arguments by parameter.

    ``creates``: there is no row yet, and both actors ask for the same one.
    """
    written: list[str] = []
    guessed: list[str] = []
    keywords = {one.arg for one in subject.function.args.kwonlyargs}
    for parameter in subject.parameters:
        value = given.get(parameter.arg)
        if value is None and model is not None:
            key = row_key(subject, parameter, model)
            if key is not None and not creates:
                value = f"row.{key}" if key else given.get("", "row")
        if value is None:
            guess: Guess = of_parameter(subject, parameter, model)
            value = (guess.mine, guess.theirs)[0 if creates else which]
            if not guess.sure:
                guessed.append(parameter.arg)
        written.append(f"{parameter.arg}={value}" if parameter.arg in keywords else value)
    return Call(f"{callee}({', '.join(written)})", tuple(guessed))


def instance(subject: Subject, given: dict[str, str]) -> Call:
    """An object of the class around the function."""
    assert subject.owner is not None
    name = f"module.{subject.owner.name}"
    for node in subject.owner.body:
        if isinstance(node, ast.FunctionDef) and node.name == "__init__":
            maker = subject._replace(function=node)
            return call(maker, 0, name, None, given)
    return Call(f"{name}()", ())


def indented(text: str, depth: int = 1) -> str:
    """The text, further in."""
    return textwrap.indent(text, "    " * depth)


def judgement(subject: Subject) -> str:
    """The last statements of the test: where the actors stop, and that nothing may be lost."""
    after = subject.stop.text
    shown = f'"{after}"' if '"' not in after and "\\" not in after else repr(after)
    function = subject.violation.function
    return (
        f"    after = {shown}\n"
        f'    assert_nothing_is_lost(scene, schedules(module.__file__, "{function}", after))\n'
    )


def cannot(subject: Subject, why: str) -> UsageError:
    """The error that says why there is no test of this violation."""
    violation = subject.violation
    return UsageError(f"{violation.path}:{violation.line}: {violation.code} cannot be proven here: {why}.")
