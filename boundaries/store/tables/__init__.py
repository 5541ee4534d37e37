"""The tables of the plan, as SQLAlchemy Core; the migrations build the same and a test holds the two together.

``base`` says how a column of shapes, a range and a check are written; ``plan`` holds what
changes by generations, ``registers`` what changes by days, ``office`` drafts, generations,
certificates, findings and the audit trail, ``accounts`` who may sign in and the keys of programs.
"""

from boundaries.store.tables.accounts import account, account_role, account_session, api_key
from boundaries.store.tables.base import SCHEMA, metadata
from boundaries.store.tables.office import audit, certificate, draft, finding, generation, setting, source
from boundaries.store.tables.plan import (
    area,
    area_level,
    area_state,
    assignment,
    assignment_state,
    building,
    building_state,
    compound,
    compound_state,
    grid_kind,
    micro_grid,
    micro_grid_code,
    micro_grid_rank,
    micro_grid_state,
    part,
    part_state,
)
from boundaries.store.tables.registers import (
    charge,
    household_count,
    person,
    role,
    shop,
    shop_record,
    street,
    wall,
    water,
)

__all__ = [
    "SCHEMA",
    "account",
    "account_role",
    "account_session",
    "api_key",
    "area",
    "area_level",
    "area_state",
    "assignment",
    "assignment_state",
    "audit",
    "building",
    "building_state",
    "certificate",
    "charge",
    "compound",
    "compound_state",
    "draft",
    "finding",
    "generation",
    "grid_kind",
    "household_count",
    "metadata",
    "micro_grid",
    "micro_grid_code",
    "micro_grid_rank",
    "micro_grid_state",
    "part",
    "part_state",
    "person",
    "role",
    "setting",
    "shop",
    "shop_record",
    "source",
    "street",
    "wall",
    "water",
]
