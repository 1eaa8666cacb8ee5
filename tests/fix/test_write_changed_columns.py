from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.fix.conftest import Rewritten

Fixed = Callable[..., Rewritten]

HEAD = """
from sqlalchemy import update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


class Image(Base):
    __tablename__ = "images"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[str]
    size: Mapped[int]
    owner: Mapped[str]
    status: Mapped[str]


"""
SAVE = "session.execute(update(Image).where(Image.id == image.id).values(**{}))"


def function(lines: str, head: str = "def activate(session: Session, pk):") -> str:
    return HEAD + "\n".join([head, *(f"    {line}" for line in lines.split("\n")), ""])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            'values = {\n    "name": image.name,\n    "kind": image.kind,\n    "size": image.size,\n'
            '    "owner": image.owner,\n    "status": image.status,  # new\n}\n' + SAVE.format("values"),
            'values = {\n    "status": image.status,  # new\n}\n' + SAVE.format("values"),
        ),
        (
            'session.query(Image).filter(Image.id == pk).update({"name": image.name, "kind": image.kind, '
            '"size": image.size, "owner": image.owner, "status": image.status, "by": pk})',
            'session.query(Image).filter(Image.id == pk).update({"status": image.status, "by": pk})',
        ),
    ],
)
def test_what_was_only_read_is_not_written_back(assert_fixed: Fixed, before: str, after: str) -> None:
    start = 'image = session.get(Image, pk)\nimage.status = "active"\n'
    found = assert_fixed(function(start + before), function(start + after), select=("RMW201",))
    assert found.applicabilities == ["unsafe"]


WRITE = SAVE.format(
    '{"name": image.name, "kind": image.kind, "size": image.size, "owner": image.owner, "status": image.status}'
)
GET = "image = session.get(Image, pk)\n"


@pytest.mark.parametrize(
    ("head", "body", "reason"),
    [
        ("def save(session: Session, image):", 'image.status = "x"\n' + WRITE, "RMW201"),
        ("def save(session: Session, image: Image):", WRITE, "its caller has changed"),
        (
            "def save(session: Session, pk):",
            GET + 'prepare(image)\nimage.status = "x"\n' + WRITE,
            "handed on",
        ),
        (
            "def save(session: Session, pk):",
            GET + 'image.open()\nimage.status = "x"\n' + WRITE,
            "may change more",
        ),
        (
            "def save(session: Session, pk):",
            GET + 'image.owner.x = 1\nimage.status = "x"\n' + WRITE,
            "changed in place",
        ),
        ("def save(session: Session, pk):", GET + WRITE, "no column is seen"),
        (
            "def save(session: Session, pk):",
            GET + 'image.status = "x"\n' + WRITE.replace('"kind"', '# said twice\n        "kind"'),
            "a comment",
        ),
    ],
)
def test_left(rewritten: Fixed, head: str, body: str, reason: str) -> None:
    code = function(body, head)
    found = rewritten(code, select=("RMW201",))
    assert found.text == code.lstrip("\n")
    said = [*found.reasons, *(one.violation.code for one in found.outcome.left)]
    assert not said or reason in " ".join(said)
