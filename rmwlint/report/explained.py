"""The text of a check, cut into what a format can set: prose, the headings of examples, their code."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from typing import NamedTuple

from rmwlint.codes import Described

_HEADING = re.compile(r"[A-Z][A-Za-z ]*:\Z")


class Part(NamedTuple):
    """``kind`` is ``prose``, ``heading`` (``Bad``, ``Good``, …) or ``code``."""

    kind: str
    text: str


class Explained(NamedTuple):
    """A check's documentation: its first line, and the rest in order."""

    title: str
    parts: tuple[Part, ...]

    @property
    def prose(self) -> str:
        """The paragraphs before the first example, each as one line."""
        paragraphs = []
        for part in self.parts:
            if part.kind != "prose":
                break
            paragraphs.append(part.text)
        return "\n\n".join(paragraphs)

    @property
    def markdown(self) -> str:
        """All of it but the title, as Markdown."""
        shapes = {"prose": "{}", "heading": "**{}**", "code": "```python\n{}\n```"}
        return "\n\n".join(shapes[part.kind].format(part.text) for part in self.parts)


def explained(doc: str) -> Explained:
    """Read the docstring of a check (or of a code of rmwlint's own)."""
    title, _, rest = inspect.cleandoc(doc).partition("\n")
    parts: list[Part] = []
    for block in re.split(r"\n(?:[ \t]*\n)+", rest.strip("\n")):
        if not block.strip():
            continue
        if block.startswith("    "):
            code = "\n".join(line[4:].rstrip() for line in block.split("\n"))
            if parts and parts[-1].kind == "code":
                # an empty line inside an example: two, where the example has more
                code = f"{parts.pop().text}\n\n{code}"
            parts.append(Part("code", code))
        elif _HEADING.match(block):
            parts.append(Part("heading", block.rstrip(":")))
        else:
            parts.append(Part("prose", " ".join(block.split())))
    return Explained(title, tuple(parts))


def page(checks: Sequence[Described]) -> str:
    """The documentation of checks as a Markdown page; several have a table of contents."""
    blocks = []
    if len(checks) > 1:
        blocks += ["# What rmwlint looks for", "| code | name | finds |\n|---|---|---|"]
        for check in checks:
            title = explained(check.doc).title.replace("|", "\\|")
            blocks[-1] += f"\n| [{check.code}](#{_anchor(check)}) | {check.name} | {title} |"
    for check in checks:
        text = explained(check.doc)
        since = check.since if check.default else f"{check.since}, off by default"
        blocks += [f"## {_heading(check)}", f"*Since {since}.* {text.title}", text.markdown]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _heading(check: Described) -> str:
    return f"{check.code} {check.name}"


def _anchor(check: Described) -> str:
    """Where GitHub and GitLab put the heading."""
    return _heading(check).lower().replace(" ", "-")
