"""What the bytes of a file say without being parsed."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmwlint.source.shapes import mentions


@pytest.mark.parametrize(
    ("data", "name", "found"),
    [
        (b"lock = 1", "lock", True),
        (b"unlock = lock_of(lock2)", "lock", False),
        (b"unlock(lock)", "lock", True),
        (b"lock", "lock", True),
        (b"", "lock", False),
        ("sch\u00f6n = \u00f6n".encode(), "\u00f6n", True),
        (b"a_a_a", "a_a", False),
        (b"self.a_a", "a_a", True),
    ],
)
def test_an_identifier_is_mentioned_whole(data: bytes, name: str, found: bool) -> None:
    assert mentions(data, name) is found


@given(data=st.text("ab_ (.", max_size=30), name=st.text("ab_", min_size=1, max_size=4))
def test_as_a_regular_expression_finds_it(data: str, name: str) -> None:
    expected = re.search(rf"\b{name}\b", data, re.ASCII) is not None
    assert mentions(data.encode(), name) is expected
