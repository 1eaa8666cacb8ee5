"""The table of fixes and executed examples: printed, shown in the README, and complete."""

from __future__ import annotations

from pathlib import Path

import pytest

from rmwlint.check import registry
from rmwlint.prove.executed import EXECUTED
from rmwlint.prove.table import table
from tests.conftest import Command

#: What is shared is in the memory of a process, or nothing that is shared is changed: there is no row, key,
#: document or file that two actors could meet at.
WITHOUT_A_PLACE = {
    "RMW301", "RMW302", "RMW303", "RMW304", "RMW307",
    # a MongoDB, a DynamoDB, a Kubernetes: there is none that a test could start
    "RMW602", "RMW603", "RMW604",
    "RMW401", "RMW404", "RMW405", "RMW408", "RMW409", "RMW410", "RMW411", "RMW412", "RMW413",
}  # fmt: skip


def test_the_readme_shows_it(rmwlint: Command) -> None:
    text = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    assert table() in text, "put what `rmwlint list --fixes` prints into the README"
    assert rmwlint("list", "--fixes").out == table() + "\n"


@pytest.mark.parametrize("code", sorted(registry()))
def test_every_check_of_a_row_or_file_is_executed(code: str) -> None:
    assert (code in {row.code for row in EXECUTED}) != (code in WITHOUT_A_PLACE)
