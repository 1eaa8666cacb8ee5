"""Who meets at what, for each example that is executed."""

from __future__ import annotations

from tests.proof.scenes import django_rows, files, sqlalchemy_rows, stores, versioned_objects

PROOFS = (
    *django_rows.PROOFS,
    *sqlalchemy_rows.PROOFS,
    *versioned_objects.PROOFS,
    *files.PROOFS,
    *stores.PROOFS,
)
