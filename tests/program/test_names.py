"""What names mean across modules."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.program.running import function, program, shown, type_of

MODELS = """
class Order:
    def close(self): ...

class Line:
    pass
"""


@pytest.mark.parametrize(
    ("statement", "written"),
    [
        ("from shop.models import Order", "Order()"),
        ("from shop.models import Order as Bill", "Bill()"),
        ("from .models import Order", "Order()"),
        ("from . import models", "models.Order()"),
        ("import shop.models", "shop.models.Order()"),
        ("import shop.models as m", "m.Order()"),
        ("from shop import Order", "Order()"),
        ("from shop.everything import *", "Order()"),
        ("from shop.everything import hidden", "hidden"),
        ("from shop.again import Order", "Order()"),
        ("try:\n    from shop.models import Order\nexcept ImportError:\n    Order = None", "Order()"),
    ],
)
def test_imports(tmp_path: Path, statement: str, written: str) -> None:
    made = program(
        tmp_path,
        {
            "shop/__init__.py": "from shop.models import Order\n",
            "shop/models.py": MODELS,
            "shop/everything.py": "from .models import *\n",
            "shop/again.py": "from shop import Order\n",
            "shop/use.py": f"{statement}\n\ndef use():\n    order = {written}\n",
        },
    )
    expected = "" if "hidden" in written else "instance shop.models.Order"
    found = type_of(function(made, tmp_path / "shop/use.py", "use"), "order")
    assert found == expected or (not expected and found.startswith("external"))


def test_all_limits_a_star(tmp_path: Path) -> None:
    made = program(
        tmp_path,
        {
            "models.py": MODELS + '\n__all__ = ["Order"]\n',
            "use.py": "from models import *\n\ndef use():\n    order = Order()\n    line = Line()\n",
        },
    )
    use = function(made, tmp_path / "use.py", "use")
    assert type_of(use, "order") == "instance models.Order"
    assert type_of(use, "line") == ""


def test_modules_imported_by_name(tmp_path: Path) -> None:
    """A registry that imports its modules by constant names offers their classes."""
    made = program(
        tmp_path,
        {
            "objects/__init__.py": "def register():\n    __import__('objects.order')\n",
            "objects/order.py": MODELS,
            "use.py": "import objects\n\ndef use():\n    order = objects.Order()\n",
        },
    )
    assert type_of(function(made, tmp_path / "use.py", "use"), "order") == "instance objects.order.Order"


def test_an_import_cycle_ends(tmp_path: Path) -> None:
    made = program(
        tmp_path,
        {
            "one.py": "from two import Thing\nfrom two import real\n\ndef use():\n    thing = Thing()\n",
            "two.py": "from one import Thing\n\ndef real(): ...\n",
        },
    )
    module = made.module_of(tmp_path / "one.py")
    assert module is not None
    assert shown(module.symbol("real")) == "function two.real"
    assert shown(module.symbol("Thing")).startswith("external")


def test_where_the_importing_file_lies_decides(tmp_path: Path) -> None:
    """Two projects side by side, each with a module of one name."""
    files = {}
    for name in ("red", "blue"):
        files[f"{name}/pyproject.toml"] = ""
        files[f"{name}/colours.py"] = f"class {name.capitalize()}: ...\nown = {name.capitalize()}()\n"
        files[f"{name}/use.py"] = "from colours import own\n\ndef use():\n    found = own\n"
    for order in (("red", "blue"), ("blue", "red")):
        made = program(tmp_path, files)
        found = {name: type_of(function(made, tmp_path / name / "use.py", "use"), "found") for name in order}
        assert found == {"red": "instance colours.Red", "blue": "instance colours.Blue"}
