"""What receivers are, which methods calls reach, and how sure that is."""

from __future__ import annotations

from pathlib import Path

from tests.program.running import function, program, shown, targets, type_of

BASES = """
from django.db import models

class Timed(models.Model):
    class Meta:
        abstract = True

    def touch(self): ...

class Named:
    def rename(self, name): ...
    def touch(self): ...
"""

MODELS = """
from shop.bases import Named, Timed

class Order(Named, Timed):
    def close(self):
        self.touch()
        super().rename("closed")

    @property
    def twin(self) -> "Order":
        return self
"""

USE = """
from typing import Optional

from shop.models import Order

def annotated(order: Order, maybe: Optional["Order"], either: Order | None, many: list[Order]):
    one, two, three = order, maybe, either
    for four in many:
        four.close()

def read(pk):
    order = Order.objects.get(pk=pk)
    orders = Order.objects.filter(pk=pk)
    first = orders.first()
    for each in orders:
        each.close()

def helped(pk):
    order = find(pk)
    twin = order.twin

def find(pk):
    return Order.objects.get(pk=pk)

def suggested(order):
    order.close()

def unknown(thing):
    thing.close()
"""

FILES = {"shop/__init__.py": "", "shop/bases.py": BASES, "shop/models.py": MODELS, "shop/use.py": USE}
ORDER = "instance shop.models.Order"


def test_hierarchy(tmp_path: Path) -> None:
    made = program(tmp_path, FILES)
    module = made.module_of(tmp_path / "shop/models.py")
    assert module is not None
    order = module.cls(0)
    assert [cls.name for cls in order.mro()] == ["Order", "Named", "Timed"]
    assert order.is_a("django.Model")
    assert order.row() == "all"
    method = order.method("touch")
    assert method is not None
    assert method.qualified == "shop.bases.Named.touch"


def test_methods(tmp_path: Path) -> None:
    made = program(tmp_path, FILES)
    close = function(made, tmp_path / "shop/models.py", "Order.close")
    assert targets(close) == ["shop.bases.Named.touch", "shop.bases.Named.rename"]


def test_annotations(tmp_path: Path) -> None:
    made = program(tmp_path, FILES)
    annotated = function(made, tmp_path / "shop/use.py", "annotated")
    assert {type_of(annotated, name) for name in ("one", "two", "three", "four")} == {ORDER}
    assert targets(annotated) == ["shop.models.Order.close"]


def test_what_library_models_give(tmp_path: Path) -> None:
    made = program(tmp_path, FILES)
    read = function(made, tmp_path / "shop/use.py", "read")
    assert type_of(read, "order") == type_of(read, "first") == type_of(read, "each") == ORDER
    assert type_of(read, "orders").endswith(f"of {ORDER}")


def test_what_functions_return(tmp_path: Path) -> None:
    made = program(tmp_path, FILES)
    helped = function(made, tmp_path / "shop/use.py", "helped")
    assert type_of(helped, "order") == type_of(helped, "twin") == ORDER


def test_names_only_suggest(tmp_path: Path) -> None:
    made = program(tmp_path, FILES)
    suggested = function(made, tmp_path / "shop/use.py", "suggested")
    assert targets(suggested) == ["shop.models.Order.close"]
    assert targets(function(made, tmp_path / "shop/use.py", "unknown")) == []
    call = next(iter(suggested.link.calls.values()))  # type: ignore[union-attr]
    assert call.sure < 3


def test_fields(tmp_path: Path) -> None:
    made = program(
        tmp_path,
        {
            "stock.py": """
class Shelf: ...

class Store:
    default: Shelf

    def __init__(self, other: Shelf):
        self.made = Shelf()
        self.given = other

    def look(self):
        one, two, three = self.made, self.given, self.default
"""
        },
    )
    look = function(made, tmp_path / "stock.py", "Store.look")
    assert [type_of(look, name) for name in ("one", "two", "three")] == ["instance stock.Shelf"] * 3
    assert shown(look.module.symbol("Store")) == "class stock.Store"
