"""Who comes to a function that nobody is known to call: those who import its module and use its name."""

from __future__ import annotations

import json

import pytest

from tests.conftest import Command, LayOut

BOOK = """
import os

from ledger.names import SPOOL

class Book:
    def bind_pages(self):
        if not os.path.isdir(SPOOL):
            os.makedirs(SPOOL)
"""
WEB = """
import flask

from ledger.book import Book

app = flask.Flask(__name__)
books = {}

@app.route("/")
def show():
    books["all"].%s()
"""
OTHERS = {f"ledger/part{number}.py": f"NUMBER = {number}\n" for number in range(40)}


@pytest.mark.parametrize(("used", "others", "told"), [("bind", 40, 0), ("bind_pages", 40, 1), ("bind", 3, 1)])
def test_a_framework_says_who_comes_to_what_its_module_uses(
    lay_out: LayOut, rmwlint: Command, used: str, others: int, told: int
) -> None:
    files = {
        "pyproject.toml": "",
        "ledger/__init__.py": "",
        "ledger/names.py": 'SPOOL = "/var/spool/ledger"\n',
        "ledger/book.py": BOOK,
        "ledger/web.py": WEB % used,
    }
    lay_out({**files, **dict(list(OTHERS.items())[:others])})
    run = rmwlint("check", "--no-cache", "--select", "RMW406", "--output-format", "json", ".")
    assert len(json.loads(run.out)["violations"]) == told
