"""How sure the checks are of what they say, beyond whether it is low."""

from __future__ import annotations

import pytest

from rmwlint.violation import Confidence
from tests.checks.running import of_text

_ROWS = """
from sqlalchemy import Column, Integer, String, create_engine
from sqlalchemy.orm import declarative_base, scoped_session, sessionmaker

Session = scoped_session(sessionmaker(create_engine("postgresql:///rows")))
Base = declarative_base()


class Kept{bases}:
    {body}

    @classmethod
    def of(cls, name):
        found = Session.query(cls).filter_by(name=name).first()
        if not found:
            found = cls(name=name)
            Session.add(found)
        return found


class Tag({derived}):
    __tablename__ = "tags"
    id = Column(Integer, primary_key=True)
    name = Column(String)
"""
_COLUMNS = '__tablename__ = "kept"; id = Column(Integer, primary_key=True); name = Column(String)'


@pytest.mark.parametrize(
    ("bases", "body", "derived", "expected"),
    [("", "pass", "Kept, Base", Confidence.MEDIUM), ("(Base)", _COLUMNS, "Base", Confidence.HIGH)],
)
def test_what_a_base_class_makes_that_is_no_row_is_less_sure(
    bases: str, body: str, derived: str, expected: Confidence
) -> None:
    found = of_text(_ROWS.format(bases=bases, body=body, derived=derived), frozenset({"RMW501"}))
    assert [violation.confidence for violation in found] == [expected]
