from __future__ import annotations

import ast
import marshal
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rmwlint.facts import storage
from rmwlint.facts.lower import lower
from rmwlint.facts.model import Class, Function, Module, Parameter
from rmwlint.facts.storage import UnusableFactsError, dump, load

_SOURCE = '''
import os.path as p
from . import sibling

class Order(Base[int], metaclass=Meta):
    """An order."""
    total: int = 0

    def save(self, *args, expected: "State" = None, size=1e400, key=b"\\x00", **kwargs) -> None:
        self.done = {"k": [1, 2.5, 3j, None, True, ..., "\\ud800", 10**40, 12345678901234567890]}
        with self.lock:
            yield (x for x in args)
'''


def _module() -> Module:
    return lower(ast.parse(_SOURCE), "shop.orders", "shop/orders.py", False)


def test_what_comes_back_is_equal_and_of_the_same_types() -> None:
    module = _module()
    again = load(dump(module))
    assert again == module
    assert type(again) is Module
    assert {type(function) for function in again.functions} == {Function}
    assert {type(cls) for cls in again.classes} == {Class}
    params = [param for function in again.functions for param in function.params]
    assert len(params) == 6
    assert {type(param) for param in params} == {Parameter}
    assert again.functions[1].qualname == "Order.save"


def test_dump_is_stable_for_loaded_facts() -> None:
    assert load(dump(load(dump(_module())))) == _module()


@pytest.mark.parametrize("field", ["_MAGIC", "FORMAT", "python"])
def test_facts_made_by_another_version_are_refused(field: str, monkeypatch: pytest.MonkeyPatch) -> None:
    magic, number, major, minor = storage._HERE
    other = {
        "_MAGIC": (b"else", number, major, minor),
        "FORMAT": (magic, number + 1, major, minor),
        "python": (magic, number, major, minor + 1),
    }[field]
    data = dump(_module())
    monkeypatch.setattr(storage, "_HERE", other)
    foreign = dump(_module())
    with pytest.raises(UnusableFactsError, match="made by"):
        load(data)
    monkeypatch.undo()
    with pytest.raises(UnusableFactsError, match="made by"):
        load(foreign)


def test_the_error_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="header"):
        load(b"")


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.data())
def test_a_changed_byte_or_a_cut_is_always_noticed(data: st.DataObject) -> None:
    good = dump(_module())
    at = data.draw(st.integers(0, len(good) - 1))
    if data.draw(st.booleans()):
        bad = good[:at]
    else:
        bad = good[:at] + bytes([good[at] ^ data.draw(st.integers(1, 255))]) + good[at + 1 :]
    with pytest.raises(UnusableFactsError):
        load(bad)


def test_more_bytes_than_were_written_are_noticed() -> None:
    with pytest.raises(UnusableFactsError, match="damaged"):
        load(dump(_module()) + b"\0")


@settings(derandomize=True)
@given(st.binary(max_size=100))
def test_bytes_that_never_were_facts_are_refused(data: bytes) -> None:
    with pytest.raises(UnusableFactsError):
        load(data)


@pytest.mark.parametrize(
    "payload",
    [marshal.dumps(1), marshal.dumps(()), marshal.dumps((1, 2)), marshal.dumps(((), ())), b"", b"\xff"],
)
def test_contents_of_another_shape_are_refused(payload: bytes) -> None:
    data = storage._HEADER.pack(*storage._HERE, zlib.crc32(payload), len(payload)) + payload
    with pytest.raises(UnusableFactsError):
        load(data)


def test_the_header_has_a_fixed_layout() -> None:
    # A cache written by one process must be read by any other, whatever the machine's byte order.
    assert struct.calcsize(storage._HEADER.format) == 20
