from __future__ import annotations

import ast

import pytest

from rmwlint.codes import all_codes
from rmwlint.report.explained import Explained, Part, explained

DOC = """One line.

    Prose over
    two lines.

    Bad:

        class A:
            def f(self): ...

            def g(self): ...


        x = 1

    Good:

        y = 2

    Last words: these.
    """


def test_the_parts() -> None:
    read = explained(DOC)
    code = "class A:\n    def f(self): ...\n\n    def g(self): ...\n\nx = 1"
    assert read == Explained(
        "One line.",
        (
            Part("prose", "Prose over two lines."),
            Part("heading", "Bad"),
            Part("code", code),
            Part("heading", "Good"),
            Part("code", "y = 2"),
            Part("prose", "Last words: these."),
        ),
    )
    assert read.prose == "Prose over two lines."
    assert read.markdown == (
        f"Prose over two lines.\n\n**Bad**\n\n```python\n{code}\n```\n\n"
        "**Good**\n\n```python\ny = 2\n```\n\nLast words: these."
    )


@pytest.mark.parametrize("code", [code for code in all_codes() if code != "RMW901"])
def test_the_code_of_every_page_is_whole(code: str) -> None:
    read = explained(all_codes()[code].doc)
    assert read.title
    for part in read.parts:
        if part.kind == "code":
            ast.parse(part.text)
