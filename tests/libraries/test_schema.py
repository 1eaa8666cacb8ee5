"""A library model that does not follow the schema is refused, by file, table, key and nearest word."""

from __future__ import annotations

from pathlib import Path

import pytest

from rmwlint.errors import LibraryModelError
from rmwlint.libraries.load import load

HEAD = '[library]\nname = "shop"\nimports = ["shop"]\n'
ROW = '[[type]]\nname = "Row"\nclasses = ["shop.Row"]\n'
READ = 'functions = "shop.fetch"\ndoes = "read"\nplace = "row"\n'


def refuse(folder: Path, text: str) -> str:
    """The whole error text for a model."""
    path = folder / "shop.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LibraryModelError) as caught:
        load([path], builtin=False)
    message = str(caught.value)
    assert message.startswith(str(path))
    return message


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (ROW, ["[library]", "missing"]),
        ('[library]\nname = "shop"\n', ["[library]", "'imports'", "missing"]),
        ('[library]\nname = "my-shop"\nimports = ["shop"]\n', ["key 'name'", "plain name"]),
        ('[library]\nname = "shop"\nimports = []\n', ["key 'imports'"]),
        (HEAD + "[[cal]]\n", ["unknown table 'cal'", "did you mean 'call'"]),
        (HEAD + '[call]\ndoes = "pure"\n', ["two brackets"]),
        (HEAD + "type = [1]\n", ["[library]", "unknown key 'type'"]),
        (HEAD + "[[type]]\n", ["[[type]] number 1", "'name'", "missing"]),
        (HEAD + '[[type]]\nname = "a.b"\n', ["key 'name'", "plain name"]),
        (HEAD + ROW + ROW + 'row = "al"\n', ["[[type]] number 2", "key 'row'", "did you mean 'all'"]),
        (HEAD + ROW + 'keys = "p k"\n', ["key 'keys'", "'p k'"]),
        (HEAD + ROW + "unshared = 1\n", ["key 'unshared'", "true or false"]),
        (HEAD + ROW + 'bases = "Rowe"\n', ["[[type]] number 1", "key 'bases'", "did you mean 'shop.Row'"]),
        (HEAD + ROW + 'bases = "Row"\n', ["key 'bases'", "its own base"]),
        (HEAD + ROW + 'receivers = "a*b"\n', ["key 'receivers'", "'a*b'"]),
        (HEAD + ROW + 'receivers = "**"\n', ["key 'receivers'", "'**'"]),
        (HEAD + '[[call]]\ndoes = "pure"\n', ["[[call]] number 1", "neither `functions` nor `methods`"]),
        (HEAD + '[[call]]\nfunctions = "shop.fetch"\n', ["key 'does' is missing"]),
        (HEAD + ROW + '[[call]]\non = "Row"\nfunctions = "shop.f"\ndoes = "pure"\n', ["go together"]),
        (HEAD + '[[call]]\nmethods = "save"\ndoes = "pure"\n', ["go together"]),
        (HEAD + '[[call]]\nfunctions = "shop.f"\ndoes = "raed"\n', ["key 'does'", "did you mean 'read'"]),
        (HEAD + '[[call]]\nfunctions = "shop.f"\ndoes = 3\n', ["key 'does'", "wants one of"]),
        (HEAD + '[[call]]\nfunctions = "shop.f(x)"\ndoes = "pure"\n', ["key 'functions'", "'shop.f(x)'"]),
        (HEAD + '[[call]]\nfunctions = []\ndoes = "pure"\n', ["key 'functions'", "none of them empty"]),
        (HEAD + '[[call]]\nfunctions = "shop.f"\ndoes = "read"\n', ["'read' wants the key 'place'"]),
        (HEAD + "[[call]]\n" + READ + 'palce = "row"\n', ["unknown key 'palce'", "did you mean 'place'"]),
        (
            HEAD + "[[call]]\n" + READ + 'kind = "http"\n',
            ["key 'kind'", "does not know 'http' for does = 'read'"],
        ),
        (HEAD + "[[call]]\n" + READ + "nested = true\n", ["key 'nested'", "does not go with does = 'read'"]),
        (HEAD + "[[call]]\n" + READ + 'lock = "yes"\n', ["key 'lock'", "true or false"]),
        (HEAD + "[[call]]\n" + READ + 'at = "arg"\n', ["key 'at'", "did you mean 'arg"]),
        (HEAD + "[[call]]\n" + READ + 'at = "keyword:a b"\n', ["key 'at'", "'keyword:a b'"]),
        (HEAD + "[[call]]\n" + READ + 'confidence = "sure"\n', ["key 'confidence'", "'sure'"]),
        (HEAD + "[[call]]\n" + READ + 'gives = "Rwo"\n', ["key 'gives'", "no type 'shop.Rwo'"]),
        (HEAD + "[[call]]\n" + READ + 'gives = "@elem"\n', ["key 'gives'", "'@elem'"]),
        (HEAD + "[[call]]\n" + READ + 'gives = "type[@self]"\n', ["key 'gives'", "name of a type"]),
        (HEAD + "[[call]]\n" + READ + 'gives = "()"\n', ["key 'gives'", "empty tuple"]),
        (HEAD + "[[call]]\n" + READ + "requires = true\n", ["key 'requires'", "keyword"]),
        (HEAD + "[[call]]\n" + READ + 'requires = {keyword = "a b"}\n', ["key 'requires'", "'a b'"]),
        (HEAD + "[[call]]\n" + READ + 'unless = {keyword = "a", valu = 1}\n', ["did you mean 'value'"]),
        (HEAD + "[[call]]\n" + READ + 'unless = {keyword = "a", value = 1.5}\n', ["key 'unless'"]),
        (HEAD + '[[call]]\nfunctions = "shop.f"\ndoes = "wait"\nkind = "http"\n', ["key 'kind'", "'http'"]),
        (HEAD + '[[call]]\nfunctions = "shop.f"\ndoes = "backend"\nkind = "htp"\n', ["did you mean 'http'"]),
        (
            HEAD + '[[call]]\nfunctions = "shop.f"\ndoes = "transaction"\nform = "acquire"\n',
            ["key 'form'", "'acquire'"],
        ),
        (
            HEAD + '[[call]]\nfunctions = "shop.f"\ndoes = "lock"\nform = "context"\nreach = "planet"\n',
            ["key 'reach'", "'planet'"],
        ),
        (
            HEAD
            + '[[call]]\nfunctions = "shop.f"\ndoes = "lock"\nform = "context"\nreach = "host"\nwidens = 1\n',
            ["key 'widens'"],
        ),
        (
            HEAD + '[[call]]\nfunctions = "shop.f"\ndoes = "write"\nplace = "row"\ncolumns = "some"\n',
            ["key 'columns'", "'some'"],
        ),
        (
            HEAD
            + '[[call]]\nfunctions = "shop.f"\ndoes = "write"\nplace = "row"\ncolumns = "all"\nguards = "h:"\n',
            ["key 'guards'", "after the colon"],
        ),
        (
            HEAD + '[[call]]\nfunctions = "shop.E"\ndoes = "handles"\nexceptions = ["missing", "dup"]\n',
            ["key 'exceptions'", "'dup'"],
        ),
        (HEAD + '[[call]]\non = "Row"\nmethods = "f"\ndoes = "pure"\n', ["key 'on'", "no type 'shop.Row'"]),
        (HEAD + ROW + '[[attribute]]\non = "Row"\nnames = "a"\n', ["[[attribute]] number 1", "'gives'"]),
        (HEAD + '[[base]]\non = "Row"\nfield = "F"\nmeans = "unique"\n', ["[[base]] number 1", "'shop.Row'"]),
        (HEAD + ROW + '[[base]]\non = "Row"\nfield = "F"\nmeans = "uniq"\n', ["did you mean 'unique'"]),
        (HEAD + "[[type]\n", ["is not TOML"]),
    ],
)
def test_refused(tmp_path: Path, text: str, parts: list[str]) -> None:
    message = refuse(tmp_path, text)
    for part in parts:
        assert part in message


def test_the_number_counts_tables_of_a_kind(tmp_path: Path) -> None:
    good = '[[call]]\nfunctions = "shop.f"\ndoes = "pure"\n'
    message = refuse(tmp_path, HEAD + good + ROW + good + '[[call]]\nfunctions = "shop.g"\ndose = "pure"\n')
    assert "[[call]] number 3: unknown key 'dose'; did you mean 'does'?" in message


def test_not_text(tmp_path: Path) -> None:
    path = tmp_path / "shop.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(LibraryModelError, match="not UTF-8"):
        load([path], builtin=False)


def test_not_there(tmp_path: Path) -> None:
    with pytest.raises(LibraryModelError, match=r"absent\.toml: cannot be read"):
        load([tmp_path / "absent.toml"], builtin=False)


def test_bases_in_a_circle(tmp_path: Path) -> None:
    circle = '[[type]]\nname = "A"\nbases = "B"\n[[type]]\nname = "B"\nbases = "A"\n'
    assert "its own base" in refuse(tmp_path, HEAD + circle)
