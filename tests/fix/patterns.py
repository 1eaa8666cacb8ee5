"""One small program for each rewrite: what stands above, and the lines of the function that it rewrites."""

from __future__ import annotations

from typing import NamedTuple

from rmwlint.violation import Confidence

DJANGO = """from celery import shared_task
from django.db import models, transaction


@shared_task
def ship(pk, note):
    print(pk, note)


class Order(models.Model):
    note = models.TextField()
    status = models.CharField(max_length=10, unique=True)
    count = models.IntegerField()
    tags = models.JSONField(default=list)
"""

MAPPED = """from sqlalchemy import update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    note: Mapped[str]
    status: Mapped[str]
    count: Mapped[int]
    kind: Mapped[str]
    owner: Mapped[str]
"""

VERSIONED = """from oslo_versionedobjects import base

from shop import states


class Server(base.VersionedObject):
    def save(self, expected_task_state=None):
        write(self, expected_task_state)
"""

THREADED = """import threading

lock = threading.Lock()


class Pool:
    def __init__(self):
        self.lock = threading.Lock()
        self.free = 10
        self.seen = {}
        threading.Thread(target=self.start).start()

    def start(self):
        self.seen.clear()
        with self.lock:
            self.free = 10
"""


class Pattern(NamedTuple):
    """``body``: lines of the function, four spaces a level; ``method``: it belongs to the class above."""

    code: str
    head: str
    parameters: str
    body: str
    method: bool = False
    sure: Confidence = Confidence.MEDIUM
    name: str = "target"


PATTERNS = {
    "compute_in_database": Pattern(
        "RMW104",
        DJANGO,
        "pk, amount",
        "order = Order.objects.get(pk=pk)\norder.count -= amount\norder.save(update_fields=['count'])",
    ),
    "compute_by_column": Pattern(
        "RMW104",
        MAPPED,
        "session: Session, pk, amount",
        "order = session.get(Order, pk)\norder.count = order.count - amount\nsession.commit()",
    ),
    "write_carries_test": Pattern(
        "RMW106",
        DJANGO,
        "pk",
        'order = Order.objects.get(pk=pk)\nif order.status != "open":\n    raise ValueError(pk)\n'
        'order.status = "paid"\norder.save(update_fields=["status"])',
    ),
    "lock_row": Pattern(
        "RMW105",
        DJANGO,
        "pk, tag",
        'order = Order.objects.get(pk=pk)\norder.tags.append(tag)\norder.save(update_fields=["tags"])',
    ),
    "open_transaction": Pattern(
        "RMW305",
        DJANGO + "\n\n@shared_task",
        "pk, note",
        "order = Order.objects.select_for_update().get(pk=pk)\norder.note = note\n"
        'order.save(update_fields=["note"])',
    ),
    "save_changed_columns": Pattern(
        "RMW202",
        DJANGO,
        "pk, note",
        "order = Order.objects.get(pk=pk)\norder.note = note\norder.save()",
        sure=Confidence.LOW,
    ),
    "write_changed_columns": Pattern(
        "RMW201",
        MAPPED,
        "session: Session, pk",
        'order = session.get(Order, pk)\norder.status = "paid"\n'
        'values = {"note": order.note, "kind": order.kind, "count": order.count, "owner": order.owner, '
        '"status": order.status}\n'
        "session.execute(update(Order).where(Order.id == pk).values(**values))",
    ),
    "get_or_create": Pattern(
        "RMW501",
        DJANGO,
        "text, note",
        "order = Order.objects.filter(status=text).first()\nif order is None:\n"
        "    order = Order.objects.create(status=text, note=note)\nreturn order",
        sure=Confidence.LOW,
    ),
    "enqueue_after_commit": Pattern(
        "RMW302",
        DJANGO,
        "pk, note",
        "with transaction.atomic():\n    Order.objects.filter(pk=pk).update(note=note)\n    ship.delay(pk, note)",
    ),
    "tolerate_path": Pattern(
        "RMW406", "import os", "path, other", "if os.path.exists(path):\n    os.remove(path)\nprint(other)"
    ),
    "create_exclusively": Pattern(
        "RMW406",
        "import os",
        "path, text",
        "if os.path.exists(path):\n    raise ValueError(path)\n"
        'with open(path, "w") as file:\n    file.write(text)',
    ),
    "replace_in_one_step": Pattern(
        "RMW407",
        "import json\n\n\nclass Index:\n    def __init__(self, path):\n        self.path = path\n\n"
        "    def load(self):\n        with open(self.path) as file:\n            return json.load(file)\n",
        "self, index",
        'with open(self.path, "w") as file:\n    json.dump(index, file)',
        method=True,
    ),
    "expect_state": Pattern(
        "RMW101",
        VERSIONED,
        "context, uuid",
        "server = Server.get_by_uuid(context, uuid)\nif server.task_state is not None:\n    raise ValueError\n"
        "server.task_state = states.PAUSING\nserver.save()",
    ),
    "expect_old_state": Pattern(
        "RMW102",
        VERSIONED,
        "context, uuid",
        "server = Server.get_by_uuid(context, uuid)\nserver.task_state = 'pausing'\n"
        "server.save(expected_task_state=[None, 'pausing'])",
    ),
    "guard_before_return": Pattern(
        "RMW103",
        "from oslo_versionedobjects import base\n\n\nclass Server(base.VersionedObject):\n    fields = {}\n",
        "self, expected_task_state=None",
        "changes = self.obj_get_changes()\nif not changes:\n    return\n"
        "write(self.uuid, changes, expected_task_state)",
        method=True,
        name="save",
    ),
    "share_lock": Pattern(
        "RMW402",
        "import threading",
        "path, line",
        'with threading.Lock():\n    with open(path, "a") as file:\n        file.write(line)',
    ),
    "reach_other_processes": Pattern(
        "RMW403",
        "import os\n\nfrom oslo_concurrency import lockutils, processutils\n"
        "import multiprocessing\n\n\ndef go(paths):\n"
        "    with multiprocessing.Pool() as pool:\n        pool.map(print, paths)\n",
        "path",
        'with lockutils.lock("spool"):\n    if not os.path.exists(path):\n        os.mkdir(path)',
    ),
    "read_under_lock": Pattern(
        "RMW405",
        THREADED,
        "self, amount",
        "free = self.free\nwith self.lock:\n    self.free = free - amount",
        method=True,
    ),
    "merge_holds": Pattern(
        "RMW404",
        THREADED,
        "self",
        "with self.lock:\n    free = self.free\nif free > 0:\n    with self.lock:\n        self.free = free - 1",
        method=True,
    ),
    "one_step_on_mapping": Pattern(
        "RMW409",
        THREADED,
        "self, key",
        "if key not in self.seen:\n    self.seen[key] = []",
        method=True,
        sure=Confidence.LOW,
    ),
    "count_in_store": Pattern(
        "RMW601",
        "import redis\n\nclient = redis.Redis()\n",
        "page",
        "count = int(client.get(page) or 0)\nclient.set(page, count + 1)",
    ),
    "claim_in_store": Pattern(
        "RMW601",
        "from django.core.cache import cache\n",
        "key",
        'if cache.get(key):\n    return False\ncache.set(key, "taken", 60)\nreturn True',
    ),
    "change_in_document": Pattern(
        "RMW602",
        "from pymongo import MongoClient\n\norders = MongoClient().shop.orders\n",
        "key, amount",
        'order = orders.find_one({"_id": key})\norder["paid"] += amount\n'
        'orders.replace_one({"_id": key}, order)',
    ),
}
