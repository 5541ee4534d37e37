"""What the database refuses, told as our own refusals.

The rules that the tables hold have names; this is the one place where a name
becomes a sentence.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import errors as pg
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from boundaries.errors import BadInput, Conflict, PlanProblem, Unavailable

_AT_ONCE = (pg.SerializationFailure, pg.DeadlockDetected, pg.LockNotAvailable, pg.UniqueViolation)
_AT_ONCE_ZH = "另一位用户刚刚改动了同一内容,本次未写入任何内容。请重新打开后再试。"
_AT_ONCE_EN = "Somebody else changed the same things just now; nothing was written. Open them again and retry."

# End of a constraint's name -> what is wrong and what to do.
_RULES = {
    "storage_grid": (
        "有坐标不在 1e-9 度的存储网格上。请用 load 导入,由它换算坐标。",
        "A coordinate is not on the storage grid of 1e-9 degree. Bring it in with load, which converts coordinates.",
    ),
    "shape_kind": (
        "图形类型不对(微网格须为单个多边形,区域和小区须为面,商铺须为点)。请改正图形。",
        "A shape is of the wrong kind: micro-grids are single polygons, areas polygons, shops points. Correct it.",
    ),
    "valid_shape": (
        "图形为空或自相交。请在制图软件中修复几何后再导入。",
        "A shape is empty or crosses itself. Mend the geometry in the drawing program first.",
    ),
    "counted": ("数量不能为负。请改正该数字。", "A count cannot be negative. Correct the number."),
    "filled": (
        "必填的名称、编码或时间段为空。请补上。",
        "A name, code or period that must be there is empty. Fill it in.",
    ),
    "units_or_floors": (
        "分段须写明单元或楼层之一,且只写一种。",
        "A part names either its units or its floors, exactly one of the two.",
    ),
    "parent_other": (
        "区域不能是自己的上级。请改正上级编码。",
        "An area cannot be its own parent. Correct the parent code.",
    ),
    "layer_known": ("图层只能是 tile 或 overlay。", "A layer is tile or overlay."),
    "side_known": ("街道侧只能是 left 或 right。", "A street side is left or right."),
    "state_known": ("商铺状态只能是 open、vacant 或 closed。", "A shop is open, vacant or closed."),
}


@contextmanager
def told() -> Iterator[None]:
    """Turn what the database says inside the block into refusals.

    Raises
    ------
    Unavailable
        If the database cannot be reached, goes away, or takes too long.
    Conflict
        If somebody else wrote the same things at the same time.
    BadInput
        If a value breaks a rule that a table holds.
    """
    try:
        yield
    except PoolTimeout as error:
        raise Unavailable(
            "数据库连接已全部占用。请稍后再试。", "All database connections are in use. Try again in a moment."
        ) from error
    except DBAPIError as error:
        raise _refusal(error, error.orig) from error
    except psycopg.Error as error:
        raise _refusal(error, error) from error


def _refusal(error: Exception, cause: BaseException | None) -> Exception:
    if isinstance(cause, (*_AT_ONCE, pg.ExclusionViolation)):
        return Conflict(_AT_ONCE_ZH, _AT_ONCE_EN)
    if isinstance(cause, pg.QueryCanceled):
        return Unavailable(
            "数据库用时过长,已停止,未写入任何内容。请缩小范围或稍后再试。",
            "The database took too long and was stopped; nothing was written. Try a smaller part, or later.",
        )
    if isinstance(cause, pg.IntegrityError):
        return _broken_rule(cause)
    if isinstance(cause, pg.DataError):
        said = cause.diag.message_primary or ""
        return BadInput(
            f"有数值数据库无法保存,未写入任何内容:{said}。请检查数值和范围(起始不得大于截止)。",
            f"A value cannot be stored; nothing was written: {said}. Check numbers and ranges (from before to).",
        )
    if isinstance(error, (OperationalError, InterfaceError)) or isinstance(cause, psycopg.OperationalError):
        return unreachable()
    return error


def unreachable() -> Unavailable:
    """The refusal for a database that cannot be reached; it tells no address, which may hold a password."""
    return Unavailable(
        "无法连接数据库,或连接已中断;未写入任何内容。请运行 ./microgrid db status 查看,或检查 MICROGRID_DATABASE_URL。",
        "The database cannot be reached, or the connection broke; nothing was written. Run ./microgrid db status, "
        "or check MICROGRID_DATABASE_URL.",
    )


def _broken_rule(cause: psycopg.Error) -> PlanProblem:
    name = cause.diag.constraint_name or ""
    place_zh, place_en = f"(表 {cause.diag.table_name},规则 {name})", f" (table {cause.diag.table_name}, rule {name})"
    for ending, (zh, en) in _RULES.items():
        if name.endswith(ending):
            return BadInput(zh + place_zh, en + place_en)
    return BadInput(
        "有数据不符合数据库的规则,未写入任何内容。请检查编码、引用和数值。" + place_zh,
        "A value breaks a rule of the database; nothing was written. Check codes, references and numbers." + place_en,
    )
