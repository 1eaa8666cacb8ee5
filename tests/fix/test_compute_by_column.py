from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.fix.conftest import Rewritten

Fixed = Callable[..., Rewritten]

HEAD = """
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


class Account(Base):
    __tablename__ = "accounts"
    id: Mapped[int] = mapped_column(primary_key=True)
    balance: Mapped[int]
    changes: Mapped[int] = mapped_column(default=0)


"""
READ = "def take(session: Session, pk, amount):\n    account = session.get(Account, pk)\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("account.balance -= amount  # taken", "account.balance = Account.balance - amount  # taken"),
        ("account.balance -= amount + 1", "account.balance = Account.balance - (amount + 1)"),
        ("account.balance = 2 * account.balance", "account.balance = 2 * Account.balance"),
        (
            "account.changes  +=  1; session.commit()",
            "account.changes  =  Account.changes + 1; session.commit()",
        ),
        (
            "account.balance += 1\n    session.add(account)\n    session.commit()\n    return account.balance",
            "account.balance = Account.balance + 1\n    session.add(account)\n    session.commit()\n"
            "    return account.balance",
        ),
    ],
)
def test_the_update_computes(assert_fixed: Fixed, before: str, after: str) -> None:
    found = assert_fixed(f"{HEAD}{READ}    {before}\n", f"{HEAD}{READ}    {after}\n")
    assert found.applicabilities == ["unsafe"]


def test_asynchronous(assert_fixed: Fixed) -> None:
    code = """async def take(session: AsyncSession, pk):
    account = (await session.execute(select(Account).where(Account.id == pk))).scalar_one()
    {}
    await session.commit()
"""
    assert_fixed(
        HEAD + code.format("account.balance += 1"),
        HEAD + code.format("account.balance = Account.balance + 1"),
    )


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("if account.balance < 3:\n        return\n    account.balance -= 1", "used for something else"),
        ("account.balance -= 1\n    print(account.balance)\n    session.commit()", "used for something else"),
        ("account.balance -= 1\n    return account", "handed on"),
        ("for one in amount:\n        account.balance -= one", "next turn of the loop"),
        ("account.balance = account.balance // 2", "more than"),
        ("account.balance = max(account.balance - 1, 0)", "more than"),
    ],
)
def test_left_to_the_row_lock(rewritten: Fixed, body: str, reason: str) -> None:
    code = f"{HEAD}{READ}    {body}\n"
    found = rewritten(code, only="compute_by_column", select=("RMW104",))
    assert found.text == code.lstrip("\n")
    assert reason in " ".join(found.reasons)
    assert "with_for_update=True" in rewritten(code).text


def test_what_an_asynchronous_session_cannot_read_again(assert_left: Fixed) -> None:
    code = """async def take(session: AsyncSession, pk):
    account = await session.get(Account, pk)
    account.balance += 1
    await session.commit()
    return account
"""
    assert_left(HEAD + code, "cannot read it again", only="compute_by_column", select=("RMW104",))
