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
REPORTS = """
import os
import shutil

import flask

app = flask.Flask(__name__)

class Reports:
    def __init__(self, folder):
        self.folder = folder

    def configure(self):
        trial = os.path.join(self.folder, "trial")
        with open(trial, "w") as file:
            file.write("written")
        os.remove(trial)

    def send(self, letter):
        shutil.move(os.path.join(self.folder, letter), "/var/spool/letters")

    def drop(self, name):
        os.remove(os.path.join(self.folder, name))

    def size(self):
        return sum(os.path.getsize(os.path.join(self.folder, name)) for name in os.listdir(self.folder))

reports = Reports("/var/reports")

@app.route("/")
def show():
    return str(reports.size())
"""
ARCHIVE = """
from ledger.pool import shelves

_archive = None

def archive():
    global _archive
    if _archive is None:
        _archive = shelves.allocate("archive")
    return _archive
"""
ASKED = """
import %s

from ledger.archive import archive

def show():
    return archive().title
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


def test_who_removes_what_is_listed_is_whoever_does_so_while_others_are_there(
    lay_out: LayOut, rmwlint: Command
) -> None:
    lay_out({"pyproject.toml": "", "reports.py": REPORTS})
    run = rmwlint("check", "--no-cache", "--select", "RMW406", "--output-format", "json", ".")
    [violation] = json.loads(run.out)["violations"]
    assert "`drop` can remove it" in violation["message"]


@pytest.mark.parametrize(
    ("framework", "told"), [("flask", 1), ("webob", 1), ("fastapi", 0), ("starlette", 0)]
)
def test_what_serves_all_on_one_event_loop_tells_of_no_other_threads(
    lay_out: LayOut, rmwlint: Command, framework: str, told: int
) -> None:
    lay_out(
        {
            "pyproject.toml": "",
            "ledger/__init__.py": "",
            "ledger/pool.py": "import threading\n\nshelves = None\n",
            "ledger/archive.py": ARCHIVE,
            "ledger/web.py": ASKED % framework,
        }
    )
    run = rmwlint("check", "--no-cache", "--select", "RMW409", "--output-format", "json", ".")
    assert len(json.loads(run.out)["violations"]) == told
