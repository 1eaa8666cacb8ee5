"""What is read of one statement of SQL."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmwlint.facts.sql import Statement, statement

HANDED = [("value", 0), ("value", 1), ("value", 2)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "SELECT balance, owner FROM accounts WHERE id = %s FOR UPDATE",
            Statement("select", "accounts", (("balance", None), ("owner", None)), (("id", HANDED[0]),), True),
        ),
        (
            "\n  select n as m from shop.pages p\n where (p.id = ? and p.kind = 'a%s') order by id limit 1",
            Statement("select", "pages", (("n", None),), (("id", HANDED[0]), ("kind", ("const", "a%s")))),
        ),
        (
            "SELECT n FROM t WHERE a = 1 AND b > 2",
            Statement("select", "t", (("n", None),), (("a", ("const", 1)), ("?", None))),
        ),
        (
            "SELECT COUNT(*) FROM t WHERE a = $1",
            Statement("count", "t", (("", None),), (("a", HANDED[0]),)),
        ),
        (
            "UPDATE accounts SET balance = $2, hits = hits + 1, seen = now() WHERE id = $1",
            Statement(
                "update",
                "accounts",
                (("balance", HANDED[1]), ("hits", None), ("seen", None)),
                (("id", HANDED[0]),),
            ),
        ),
        (
            "UPDATE t SET a = %(new)s WHERE id = %(pk)s AND a = %(old)s RETURNING a",
            Statement(
                "update",
                "t",
                (("a", ("value", "new")),),
                (("id", ("value", "pk")), ("a", ("value", "old"))),
            ),
        ),
        (
            "UPDATE t SET a = :a, b = NULL, c = TRUE WHERE id = :id",
            Statement(
                "update",
                "t",
                (("a", ("value", "a")), ("b", ("const", None)), ("c", ("const", True))),
                (("id", ("value", "id")),),
            ),
        ),
        (
            "INSERT INTO users (name, age) VALUES (?, ?)",
            Statement("insert", "users", (("name", HANDED[0]), ("age", HANDED[1]))),
        ),
        (
            "INSERT INTO users (name) VALUES (%s) ON CONFLICT DO NOTHING",
            Statement("insert", "users", (("name", HANDED[0]),), (), False, True),
        ),
        (
            "INSERT IGNORE INTO users (name) VALUES (%s)",
            Statement("insert", "users", (("name", HANDED[0]),), (), False, True),
        ),
        (
            "INSERT OR REPLACE INTO users (name) VALUES (?)",
            Statement("insert", "users", (("name", HANDED[0]),), (), False, True),
        ),
        (
            "INSERT INTO t (a) SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM t)",
            Statement("insert", "t", (), (), False, True),
        ),
        ("DELETE FROM t WHERE id = ?", Statement("delete", "t", (), (("id", HANDED[0]),))),
    ],
)
def test_a_statement_on_one_table_is_read(text: str, wanted: Statement) -> None:
    assert statement(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "SELECT a.n FROM a JOIN b ON a.id = b.a",
        "SELECT kind, COUNT(*) FROM t GROUP BY kind",
        "SELECT 1",
        "UPDATE a SET n = b.n FROM b WHERE a.id = b.a",
        "UPDATE t SET n = 1 WHERE id = 2; DELETE FROM t",
        "CREATE TABLE t (n int)",
        "select it, and update the rest",
        "update me when you are there",
        "",
    ],
)
def test_of_any_other_nothing_is_said(text: str) -> None:
    assert statement(text) is None


@given(st.sampled_from(["SELECT ", "UPDATE ", "INSERT INTO ", "DELETE "]), st.text(max_size=40))
def test_no_text_is_too_strange(verb: str, rest: str) -> None:
    found = statement(verb + rest)
    assert found is None or found.table
