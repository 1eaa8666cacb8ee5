from __future__ import annotations

import inspect
import re

import pytest

from rmwlint.codes import UnknownCode, all_codes, meant_by, resolve
from rmwlint.own import OWN_CODES


def test_every_code_is_well_formed() -> None:
    known = all_codes()
    assert set(OWN_CODES) < set(known)
    for code, described in known.items():
        assert described.code == code
        assert re.fullmatch(r"RMW\d{3}", code)
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", described.name)
        title, blank, rest = (*inspect.cleandoc(described.doc).split("\n", 2), "", "")[:3]
        assert title.endswith(".")
        assert len(title) <= 88
        assert blank == ""
        assert rest.strip()
    assert len({described.name for described in known.values()}) == len(known)


def test_words() -> None:
    known = all_codes()
    assert meant_by("RMW901", known) == {"RMW901"}
    assert meant_by("rmw90", known) == set(OWN_CODES)
    assert meant_by("Unreadable_File", known) == {"RMW901"}
    assert meant_by("all", known) == set(known)
    assert meant_by("RMW", known) == set(known)
    assert meant_by("", known) == meant_by("R", known) == meant_by("RMW9011", known) == frozenset()
    assert resolve([], known) == frozenset()


def test_unknown_words_name_the_nearest() -> None:
    known = all_codes()
    with pytest.raises(UnknownCode, match="did you mean `unreadable-file`"):
        resolve(["RMW901", "unreadable-fil"], known)
    with pytest.raises(UnknownCode, match="did you mean `RMW90"):
        resolve(["RMW9001"], known)
    with pytest.raises(UnknownCode, match="`rmwlint list` shows all"):
        resolve(["E999"], known)
