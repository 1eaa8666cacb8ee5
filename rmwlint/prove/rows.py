"""Rows for tests: what the test does not say of a row gets a value of the column's kind.

The row's own library is asked, when the test runs, what its columns are; nothing is imported before.
"""

from __future__ import annotations

import datetime
import decimal
import uuid
from typing import Any

_WHEN = datetime.datetime(2030, 1, 1, 12, tzinfo=datetime.timezone.utc)


def django_row(model: Any, **values: Any) -> Any:
    """A saved row of a Django model; rows that it must point at are made where there are none."""
    for field in model._meta.concrete_fields:
        if field.name in values or field.attname in values or field.primary_key or field.has_default():
            continue
        if field.null or getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
            continue
        if field.is_relation:
            values[field.name] = field.related_model._base_manager.first() or django_row(field.related_model)
        elif field.choices:
            values[field.name] = field.choices[0][0]
        else:
            values[field.name] = _django_value(field)
    return model._base_manager.create(**values)


def _django_value(field: Any) -> Any:
    kind = field.get_internal_type()
    if "Integer" in kind or kind in ("FloatField", "DurationField"):
        return datetime.timedelta() if kind == "DurationField" else 1
    known = {
        "BooleanField": False,
        "DecimalField": decimal.Decimal(1),
        "DateTimeField": _WHEN,
        "DateField": _WHEN.date(),
        "TimeField": _WHEN.time(),
        "UUIDField": uuid.UUID(int=1),
        "JSONField": {},
        "BinaryField": b"",
        "GenericIPAddressField": "192.0.2.1",
        "EmailField": "a@example.com",
        "URLField": "https://example.com/",
    }
    return known.get(kind, "a")


def django_rows(model: Any) -> list[dict[str, Any]]:
    """All rows of a model, to compare two runs of a test by: without keys and times of saving."""
    fields = [
        field.attname
        for field in model._meta.concrete_fields
        if not field.primary_key
        and not getattr(field, "auto_now", False)
        and not getattr(field, "auto_now_add", False)
        and not field.is_relation
    ]
    return sorted(model._base_manager.values(*fields), key=repr)


def sqlalchemy_row(session: Any, model: Any, **values: Any) -> Any:
    """A row of a mapped class, committed and read back; rows that it must point at are made if missing."""
    row = model(**_completed(session, model, values))
    session.add(row)
    session.commit()
    session.refresh(row)
    return row


def _completed(session: Any, model: Any, values: dict[str, Any]) -> dict[str, Any]:
    mapper = model.__mapper__
    for attribute in mapper.column_attrs:
        column = attribute.columns[0]
        if attribute.key in values or column.nullable or column.default is not None:
            continue
        if column.server_default is not None or getattr(column, "computed", None) is not None:
            continue
        if (
            column.primary_key
            and column.autoincrement
            and _python_type(column) is int
            and not column.foreign_keys
        ):
            continue
        if column.foreign_keys:
            target = next(iter(column.foreign_keys)).column
            other = next(one for one in mapper.registry.mappers if one.local_table is target.table)
            known = session.query(other.class_).first() or sqlalchemy_row(session, other.class_)
            values[attribute.key] = getattr(known, target.key)
        else:
            values[attribute.key] = _sqlalchemy_value(column)
    return values


def _python_type(column: Any) -> Any:
    try:
        return column.type.python_type
    except NotImplementedError:
        return None


def _sqlalchemy_value(column: Any) -> Any:
    enum = getattr(column.type, "enums", None)
    if enum:
        return next(iter(column.type.enum_class)) if column.type.enum_class is not None else enum[0]
    known = {
        int: 1,
        float: 1.0,
        bool: False,
        decimal.Decimal: decimal.Decimal(1),
        datetime.datetime: _WHEN if getattr(column.type, "timezone", False) else _WHEN.replace(tzinfo=None),
        datetime.date: _WHEN.date(),
        uuid.UUID: uuid.UUID(int=1),
        dict: {},
        list: [],
        bytes: b"",
    }
    return known.get(_python_type(column), "a")


def sqlalchemy_rows(session: Any, model: Any) -> list[dict[str, Any]]:
    """All rows of a mapped class, to compare two runs of a test by: without keys."""
    names = [
        attribute.key
        for attribute in model.__mapper__.column_attrs
        if not attribute.columns[0].primary_key and not attribute.columns[0].foreign_keys
    ]
    rows = session.query(model).all()
    return sorted(({name: getattr(row, name) for name in names} for row in rows), key=repr)
