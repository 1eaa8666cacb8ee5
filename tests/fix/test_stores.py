from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.fix.conftest import Rewritten

Fixed = Callable[..., Rewritten]

HEAD = """
import redis
from django.core.cache import cache
from pymongo import MongoClient

client = redis.Redis()
orders = MongoClient().shop.orders


def work(key, amount):
"""


def program(body: str) -> str:
    return HEAD + "".join(f"    {line}\n" for line in body.split("\n"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "# how many\ncount = int(client.get(key) or 0)\nclient.set(key, count + 1)  # one more",
            "# how many\nclient.incr(key)  # one more",
        ),
        ("count = int(client.get(key))\nclient.set(key, count - amount)", "client.decr(key, amount)"),
        (
            'if cache.get(key):\n    return False  # taken\n# mine\ncache.set(key, "x", 60)\nreturn True',
            '# mine\nif not cache.add(key, "x", 60):\n    return False  # taken\nreturn True',
        ),
        (
            'if client.get(key) is not None:\n    return False\nclient.set(key, "x", ex=60)\nreturn True',
            'if not client.set(key, "x", ex=60, nx=True):\n    return False\nreturn True',
        ),
        (
            'order = orders.find_one({"_id": key})\n# more\norder["paid"] += amount\n'
            'orders.replace_one({"_id": key}, order)  # done',
            '# more\norders.update_one({"_id": key}, {"$inc": {"paid": amount}})  # done',
        ),
        (
            'order = orders.find_one({"_id": key})\norder["open"] = False\n'
            'order["paid"] = order["paid"] - (amount + 1)\norders.replace_one({"_id": key}, order)',
            'orders.update_one({"_id": key}, {"$inc": {"paid": -(amount + 1)}, "$set": {"open": False}})',
        ),
    ],
)
def test_the_store_does_it_in_one_step(assert_fixed: Fixed, before: str, after: str) -> None:
    assert assert_fixed(program(before), program(after)).applicabilities == ["unsafe"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("count = int(client.get(key) or 0)\nclient.set(key, count + 1)\nreturn count", "something else"),
        ("count = int(client.get(key) or 0)\nclient.set(key, count * 2)", "more than + and -"),
        ("count = int(client.get(key) or 0)\nclient.set(key, count + 1, ex=60)", "more hangs on the look"),
        (
            'if cache.get(key):\n    return False\nprint(key)\ncache.set(key, "x", 60)\nreturn True',
            "right after the look",
        ),
        (
            'order = orders.find_one({"_id": key})\norder["paid"] += amount\n'
            'orders.replace_one({"_id": key}, order)\nreturn order',
            "something else",
        ),
        (
            'order = orders.find_one({"_id": key})\norder["notes"].append(amount)\n'
            'orders.replace_one({"_id": key}, order)',
            "set or counted",
        ),
    ],
)
def test_left(assert_left: Fixed, body: str, reason: str) -> None:
    assert_left(program(body), reason)
