"""Lookups: wildcards, lineage, conditions, receivers, layers. The models here are the tests' own."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from rmwlint.libraries.index import UNKNOWN, Gives, Libraries, Wildcards, matches, parse_gives
from rmwlint.libraries.load import load

MODEL = """
[library]
name = "shop"
imports = ["shop", "shopping"]

[[type]]
name = "Base"
receivers = ["order", "*_order", "old_*", "_kept"]
keys = "id"

[[type]]
name = "Left"
bases = "Base"

[[type]]
name = "Right"
bases = "Base"

[[type]]
name = "Leaf"
classes = ["shop.Leaf"]
objects = "shop.leaf"
bases = ["Left", "Right"]
row = "all"

[[call]]
on = "Base"
methods = "*"
does = "query"
gives = "@self"

[[call]]
on = "Base"
methods = "get_*"
does = "test"
place = "row"

[[call]]
on = "Base"
methods = "get_all_*"
does = "read"
place = "rows"

[[call]]
on = "Base"
methods = "*_by_*"
does = "read"
place = "row"

[[call]]
on = "Base"
methods = "get_all_names"
does = "pure"

[[call]]
on = "Right"
methods = "get_*"
does = "refresh"

[[call]]
on = "Left"
methods = "*_one"
does = "delete"
place = "row"

[[call]]
functions = ["shop.tools.*", "shop.func.*"]
does = "pure"

[[call]]
functions = "shop.tools.send*"
does = "enqueue"

[[call]]
functions = "shop.tools.send_now"
does = "backend"
kind = "http"

[[call]]
functions = "builtins.open"
does = "read"
place = "file"

[[call]]
functions = "builtins.open"
does = "write"
place = "file"
columns = "content"
requires = {keyword = "mode|arg1", value = "w*"}

[[call]]
functions = "builtins.open"
does = "backend"
kind = "socket"

[[call]]
functions = "shop.acquire"
does = "wait"
kind = "lock"
unless = {keyword = "blocking", value = false}

[[call]]
functions = "shop.merge"
does = "delta"
place = "document"
requires = {keyword = "arg1", value = ["$inc", "$push"]}

[[call]]
functions = "shop.merge"
does = "write"
place = "document"
columns = "arg1"

[[call]]
functions = "*.Missing"
does = "handles"
exceptions = "missing"

[[attribute]]
on = "Base"
names = "*"
gives = "Left"

[[attribute]]
on = "Base"
names = "right"
gives = "Right[@class]"

[[base]]
on = "Base"
field = "__table_args__"
means = "unique"
calls = "shop.Unique"
"""


@pytest.fixture
def shop(tmp_path: Path) -> Libraries:
    return loaded(tmp_path, MODEL)


def loaded(folder: Path, *texts: str) -> Libraries:
    paths = []
    for number, text in enumerate(texts):
        paths.append(folder / f"model{number}.toml")
        paths[-1].write_text(text, encoding="utf-8")
    return load(paths, builtin=False)


def does(rows: tuple[object, ...]) -> list[str]:
    return [row.does for row in rows]  # type: ignore[attr-defined]


def test_lineage_most_derived_first_and_shared_base_once(shop: Libraries) -> None:
    assert shop.lineage("shop.Leaf") == ("shop.Leaf", "shop.Left", "shop.Right", "shop.Base")
    assert shop.lineage("shop.Unknown") == ()
    assert shop.is_a("shop.Leaf", "shop.Base")
    assert shop.is_a("shop.Base", "shop.Base")
    assert not shop.is_a("shop.Base", "shop.Leaf")


def test_type_of_class_and_object(shop: Libraries) -> None:
    assert shop.type_of_class("shop.Leaf") == "shop.Leaf"
    assert shop.type_of_class("shop.Other") is None
    assert shop.type_of_object("shop.leaf") == "shop.Leaf"
    assert shop.roots == {"shop", "shopping"}


@pytest.mark.parametrize(
    ("type_name", "method", "expected"),
    [
        ("shop.Base", "get_all_names", ["pure", "read", "test", "query"]),
        ("shop.Base", "get_all_by_name", ["read", "read", "test", "query"]),
        ("shop.Base", "get_one", ["test", "query"]),
        ("shop.Base", "put", ["query"]),
        ("shop.Left", "get_one", ["delete", "test", "query"]),
        ("shop.Right", "get_all_names", ["refresh", "pure", "read", "test", "query"]),
        ("shop.Leaf", "get_one", ["delete", "refresh", "test", "query"]),
        ("shop.Leaf", "get_two", ["refresh", "test", "query"]),
        ("shop.Unknown", "get_one", []),
    ],
)
def test_methods_by_lineage_then_exact_then_longer_wildcard(
    shop: Libraries, type_name: str, method: str, expected: list[str]
) -> None:
    assert does(shop.methods(type_name, method)) == expected
    assert does(shop.method_meaning(type_name, method, {})) == expected[:1]


def test_functions_exact_then_longer_wildcard(shop: Libraries) -> None:
    assert does(shop.functions("shop.tools.send_now")) == ["backend", "enqueue", "pure"]
    assert does(shop.functions("shop.tools.sendmail")) == ["enqueue", "pure"]
    assert does(shop.functions("shop.tools.x.y")) == ["pure"]
    assert shop.functions("shop.tool") == ()


def test_functions_of_a_module_level_object(shop: Libraries) -> None:
    assert does(shop.functions("shop.leaf.get_one")) == ["delete", "refresh", "test", "query"]
    assert shop.functions("shop.leaf") == ()


def test_builtins_with_or_without_their_module(shop: Libraries) -> None:
    assert shop.functions("open") == shop.functions("builtins.open") != ()


def test_an_access_with_requires_puts_away_the_one_without(shop: Libraries) -> None:
    assert does(shop.function_meaning("open", {})) == ["read", "backend"]
    assert does(shop.function_meaning("open", {"arg1": "r"})) == ["read", "backend"]
    assert does(shop.function_meaning("open", {"arg1": "wb"})) == ["write", "backend"]
    assert does(shop.function_meaning("open", {"mode": "w"})) == ["write", "backend"]
    assert does(shop.function_meaning("open", {"mode": UNKNOWN})) == ["read", "backend"]


def test_unless(shop: Libraries) -> None:
    assert does(shop.function_meaning("shop.acquire", {})) == ["wait"]
    assert does(shop.function_meaning("shop.acquire", {"blocking": True})) == ["wait"]
    assert does(shop.function_meaning("shop.acquire", {"blocking": UNKNOWN})) == ["wait"]
    assert shop.function_meaning("shop.acquire", {"blocking": False}) == ()


def test_items_of_a_display(shop: Libraries) -> None:
    assert does(shop.function_meaning("shop.merge", {"arg1": ("$set", "$inc")})) == ["delta"]
    assert does(shop.function_meaning("shop.merge", {"arg1": ("$set",)})) == ["write"]
    assert does(shop.function_meaning("shop.merge", {"arg1": (UNKNOWN,)})) == ["write"]


@pytest.mark.parametrize(
    ("value", "given", "expected"),
    [
        ("true", True, True),
        ("true", 1, True),
        ("true", None, False),
        ("true", (), False),
        ("true", ("a",), True),
        ("false", False, True),
        ("false", None, True),
        ("false", 5, False),
        ("0", 0, True),
        ("0", 1, False),
        ('"a*"', "a+", True),
        ('"A*"', "ab", True),
        ('"*+*"', "set n = n + 1", True),
        ('"lock table*"', "  LOCK TABLE x", True),
        ('"a"', None, False),
        ('"a"', 3, False),
        ("[false, 0]", 0, True),
        ("[false, 0]", 2, False),
    ],
)
def test_values_of_requires(tmp_path: Path, value: str, given: object, expected: bool) -> None:
    text = (
        '[library]\nname = "shop"\nimports = "shop"\n[[call]]\nfunctions = "shop.f"\ndoes = "switch"\n'
        f'requires = {{keyword = "k", value = {value}}}\n'
    )
    shop = loaded(tmp_path, text)
    (row,) = shop.functions("shop.f")
    assert shop.applies(row, {"k": given}) is expected
    assert not shop.applies(row, {"k": UNKNOWN})
    assert not shop.applies(row, {})


def test_requires_without_value_wants_the_keyword_alone(tmp_path: Path) -> None:
    text = (
        '[library]\nname = "shop"\nimports = "shop"\n[[call]]\nfunctions = "shop.f"\ndoes = "switch"\n'
        'requires = {keyword = "k"}\n'
    )
    shop = loaded(tmp_path, text)
    (row,) = shop.functions("shop.f")
    assert shop.applies(row, {"k": UNKNOWN})
    assert shop.applies(row, {"k": None})
    assert not shop.applies(row, {"j": 1})


def test_attribute_exact_before_wildcard(shop: Libraries) -> None:
    exact, wild = shop.attribute("shop.Leaf", "right"), shop.attribute("shop.Leaf", "other")
    assert exact is not None
    assert wild is not None
    assert shop.gives(exact) == Gives("type", "shop.Right", of=(Gives("class"),))
    assert shop.gives(wild) == Gives("type", "shop.Left")
    assert shop.attribute("shop.Unknown", "right") is None


@pytest.mark.parametrize(
    ("identifier", "found"),
    [
        ("order", True),
        ("_order", True),
        ("__Order", True),
        ("big_order", True),
        ("bigorder", False),
        ("old_thing", True),
        ("old", False),
        ("orders", False),
        ("kept", True),
        ("_", False),
    ],
)
def test_receiver(shop: Libraries, identifier: str, found: bool) -> None:
    assert shop.receiver(identifier) == (("shop.Base",) if found else ())


def test_receiver_closest_first(tmp_path: Path) -> None:
    text = '[library]\nname = "shop"\nimports = "shop"\n'
    for name, pattern in (("Any", "*_client"), ("Mail", "*_mail_client"), ("Exact", "my_mail_client")):
        text += f'[[type]]\nname = "{name}"\nreceivers = "{pattern}"\n'
    assert loaded(tmp_path, text).receiver("my_mail_client") == ("shop.Exact", "shop.Mail", "shop.Any")


def test_handled(shop: Libraries) -> None:
    assert shop.handled("app.models.Order.Missing") == {"missing"}
    assert shop.handled("app.Other") == frozenset()


def test_base_switches_are_inherited(shop: Libraries) -> None:
    (switch,) = shop.bases("shop.Leaf")
    assert (switch.field, switch.means, switch.calls) == ("__table_args__", "unique", ("shop.Unique",))


def test_tokens_leave_out_what_means_nothing(shop: Libraries) -> None:
    assert shop.tokens() == {"send_now", "open", "acquire", "merge"}
    assert shop.interesting_names(frozenset({"x", "open"}))
    assert shop.interesting_names(frozenset({"sendmail"}))
    assert shop.interesting_names(frozenset({"find_by_name"}))
    assert not shop.interesting_names(frozenset({"x", "put", "pure"}))


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("@self", Gives("self")),
        ("@element", Gives("element")),
        ("@class", Gives("class")),
        ("@arg12", Gives("argument", position=12)),
        ("@element1", Gives("argument_element", position=1)),
        ("a.B", Gives("type", "a.B")),
        ("a.B[@element]", Gives("type", "a.B", of=(Gives("element"),))),
        ("a.B[a.C]", Gives("type", "a.B", of=(Gives("type", "a.C"),))),
        ("[@arg0]", Gives("iterable", of=(Gives("argument", position=0),))),
        ("[(@element, _)]", Gives("iterable", of=(Gives("tuple", of=(Gives("element"), Gives("any"))),))),
        ("type[a.B]", Gives("class_of", "a.B")),
        ("(@element,)", Gives("tuple", of=(Gives("element"),))),
    ],
)
def test_gives(text: str, parsed: Gives) -> None:
    assert parse_gives(text) == parsed


@pytest.mark.parametrize("text", ["", "[]", "@", "@argx", "A[", "A B", "()", "type[[@self]]", "A[]"])
def test_gives_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_gives(text)


def test_a_later_file_replaces_the_level_and_keeps_the_rest(tmp_path: Path) -> None:
    later = (
        '[library]\nname = "mine"\nimports = "mine"\n'
        '[[call]]\nfunctions = ["builtins.open", "mine.f"]\ndoes = "pure"\n'
        '[[call]]\non = "shop.Base"\nmethods = "get_*"\ndoes = "switch"\n'
        '[[type]]\nname = "Own"\nclasses = "mine.Own"\nbases = "shop.Leaf"\n'
    )
    both = loaded(tmp_path, MODEL, later)
    assert does(both.functions("open")) == ["pure"]
    assert does(both.functions("mine.f")) == ["pure"]
    assert does(both.methods("shop.Base", "get_one")) == ["switch", "query"]
    assert does(both.methods("shop.Base", "get_all_x")) == ["read", "switch", "query"]
    assert does(both.methods("mine.Own", "get_two")) == ["refresh", "switch", "query"]
    assert both.roots == {"shop", "shopping", "mine"}


def test_a_later_file_adds_to_a_type(tmp_path: Path) -> None:
    later = (
        '[library]\nname = "shop"\nimports = "shop"\n'
        '[[type]]\nname = "Leaf"\nclasses = "app.Leaf"\nrow = "changed"\nreceivers = "leaf"\n'
    )
    both = loaded(tmp_path, MODEL, later)
    leaf = both.types["shop.Leaf"]
    assert leaf.classes == ("shop.Leaf", "app.Leaf")
    assert leaf.row == "changed"
    assert leaf.bases == ("shop.Left", "shop.Right")
    assert both.type_of_class("app.Leaf") == "shop.Leaf"
    assert both.receiver("leaf") == ("shop.Leaf",)


def test_unknown_stays_itself_in_another_process() -> None:
    assert pickle.loads(pickle.dumps(UNKNOWN)) is UNKNOWN


def test_libraries_travel_to_workers(shop: Libraries) -> None:
    shop.methods("shop.Leaf", "get_one")
    there = pickle.loads(pickle.dumps(shop))
    assert there.methods("shop.Leaf", "get_one") == shop.methods("shop.Leaf", "get_one")


_WRITTEN = ["*", "get_*", "*_get", "*get*", "get_all_*", "*_all_get", "*e", "g*", "*_", "get_one*"]


@pytest.mark.parametrize(
    "name", ["get", "get_", "get_all_x", "x_all_get", "_get", "e", "", "target", "get_one"]
)
def test_wildcards_find_what_each_of_them_matches(name: str) -> None:
    expected = sorted((one for one in _WRITTEN if matches(one, name)), key=len, reverse=True)
    assert Wildcards(_WRITTEN).matching(name) == expected
