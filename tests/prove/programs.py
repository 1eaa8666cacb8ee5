"""Programs that lose updates, with what mends by hand what `fix` does not."""

SETTINGS = """
import os
from urllib.parse import parse_qs, urlsplit

parts = urlsplit(os.environ["POSTGRES"])
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.strip("/"),
        "USER": parts.username,
        "HOST": parse_qs(parts.query)["host"][0],
    }
}
INSTALLED_APPS = ["shop"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
"""

DJANGO = {
    "pytest.ini": "[pytest]\nDJANGO_SETTINGS_MODULE = settings\n",
    "settings.py": SETTINGS,
    "shop/__init__.py": "",
    "shop/models.py": """
from django.db import models


class Customer(models.Model):
    email = models.EmailField()


class Order(models.Model):
    class Status(models.TextChoices):
        OPEN = "open"
        PAID = "paid"

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE)
    status = models.CharField(max_length=10, choices=Status.choices)
    note = models.TextField(blank=True)
    total = models.DecimalField(max_digits=9, decimal_places=2)
    retries = models.IntegerField(default=0)
    labels = models.JSONField(default=dict)
    changed_at = models.DateTimeField(auto_now=True)

    def retry(self):
        self.retries += 1
        self.save(update_fields=["retries"])


class Tag(models.Model):
    name = models.CharField(max_length=20)
""",
    "shop/orders.py": """
from django.db import transaction

from shop.models import Order, Tag


def credit(order_id, amount):
    order = Order.objects.get(pk=order_id)
    order.total -= amount
    order.save(update_fields=["total"])


async def count_retry(order_id):
    order = await Order.objects.aget(pk=order_id)
    order.retries += 1
    await order.asave(update_fields=["retries"])


class Till:
    def pay(self, pk):
        order = Order.objects.get(pk=pk)
        if order.status != Order.Status.OPEN:
            raise ValueError("not open")
        order.status = Order.Status.PAID
        order.save(update_fields=["status"])


def mark_urgent(pk):
    order = Order.objects.get(pk=pk)
    order.labels["urgent"] = True
    order.save(update_fields=["labels"])


def annotate(pk, note):
    order = Order.objects.get(pk=pk)
    order.note = note
    order.save()


def refund(pk, amount):
    with transaction.atomic():
        order = Order.objects.select_for_update().get(pk=pk)
    order.total -= amount
    order.save(update_fields=["total"])


def close(order):
    if order.status == Order.Status.OPEN:
        order.status = Order.Status.PAID
        order.save(update_fields=["status"])


def tag_named(name):
    tag = Tag.objects.filter(name=name).first()
    if tag is None:
        tag = Tag.objects.create(name=name)
    return tag
""",
}

#: What is proven of the Django program: code and function.
DJANGO_VIOLATIONS = {
    "RMW104": ["credit", "count_retry"],
    "RMW105": ["mark_urgent"],
    "RMW106": ["Till.pay", "close"],
    "RMW202": ["annotate"],
    "RMW306": ["refund"],
    "RMW501": ["tag_named"],
}

DJANGO_BY_HAND = {
    "shop/models.py": [
        ("name = models.CharField(max_length=20)", "name = models.CharField(max_length=20, unique=True)")
    ],
    "shop/orders.py": [
        (
            """.get(pk=pk)
    order.total -= amount
    order.save(update_fields=["total"])
""",
            """.get(pk=pk)
        order.total -= amount
        order.save(update_fields=["total"])
""",
        ),
        (
            """    if order.status == Order.Status.OPEN:
        order.status = Order.Status.PAID
        order.save(update_fields=["status"])
""",
            """    Order.objects.filter(pk=order.pk, status=Order.Status.OPEN).update(status=Order.Status.PAID)
""",
        ),
        (
            """    tag = Tag.objects.filter(name=name).first()
    if tag is None:
        tag = Tag.objects.create(name=name)
""",
            """    tag, _ = Tag.objects.get_or_create(name=name)
""",
        ),
    ],
}

SQLALCHEMY = {
    "tickets.py": """
from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

Local = sessionmaker()


class Base(DeclarativeBase):
    pass


class Hall(Base):
    __tablename__ = "halls"
    name: Mapped[str] = mapped_column(primary_key=True)


class Show(Base):
    __tablename__ = "shows"
    number: Mapped[int] = mapped_column(primary_key=True)
    hall: Mapped[str] = mapped_column(ForeignKey("halls.name"))
    sold: Mapped[int]
    state: Mapped[str]


def sell(session: Session, number: int, count: int) -> None:
    show = session.get(Show, number)
    show.sold += count
    session.commit()


def close(number):
    with Local() as session:
        show = session.query(Show).filter(Show.number == number).one()
        if show.state == "open":
            show.state = "closed"
        session.commit()


async def sell_later(session: AsyncSession, number: int, count: int) -> None:
    show = await session.get(Show, number)
    show.sold += count
    await session.commit()
""",
}

SQLALCHEMY_VIOLATIONS = {"RMW104": ["sell", "sell_later"], "RMW106": ["close"]}

FILES = {
    "src/notes/__init__.py": "",
    "src/notes/store.py": """
import json
import os
import shutil


def remember(path, key, value):
    with open(path) as file:
        known = json.load(file)
    known[key] = value
    with open(path, "w") as file:
        json.dump(known, file)


def forget(path: str) -> None:
    if os.path.exists(path):
        os.remove(path)


def prepare(folder):
    if not os.path.isdir(folder):
        os.makedirs(folder)


class Counter:
    def __init__(self, folder):
        self.folder = folder

    def count(self, name):
        path = self.folder / name
        number = int(path.read_text())
        path.write_text(str(number + 1))
""",
}

FILES_VIOLATIONS = {"RMW406": ["forget", "prepare"], "RMW407": ["remember"]}

FILES_BY_HAND = {
    "src/notes/store.py": [
        ("import json\n", "import fcntl\nimport json\n"),
        (
            """    with open(path) as file:
        known = json.load(file)
    known[key] = value
    with open(path, "w") as file:
        json.dump(known, file)
""",
            """    with open(f"{path}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with open(path) as file:
            known = json.load(file)
        known[key] = value
        with open(f"{path}.new", "w") as file:
            json.dump(known, file)
        os.replace(f"{path}.new", path)
""",
        ),
    ]
}
