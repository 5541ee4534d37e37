from dataclasses import replace

import pytest

from maps.display import Rect, TextOp
from maps.style import STYLES
from maps.table import Row, Table, fit_table, table_height, table_ops, without_orphans
from maps.typeface import SMALLEST_TYPE_MM, load_typeface

HEADS = ("编号", "网格名称", "联络员", "联系电话")
LONG = "锦绣花园东区一号院沿街商铺南段十二字以上的名称"


@pytest.fixture(scope="module")
def typeface():
    return load_typeface()


def _table(count):
    rows = tuple(Row((f"{n:03d}", f"第{n}网格", "张三", "13800000000"), fill="#FFF4C2") for n in range(count))
    return Table("一览表", HEADS, ("centre", "left", "centre", "centre"), rows, flexible=1)


def _fit(table, typeface, **more):
    sizes = {"width_mm": 97, "height_mm": 180, "largest_mm": 2.9, "run_on_mm": 2.2, **more}
    return fit_table(table, table.rows, typeface=typeface, **sizes)


def test_a_short_table_keeps_its_type_and_takes_room(typeface):
    fit = _fit(_table(10), typeface)
    assert fit.size_mm == 2.9
    assert fit.count == 10
    assert fit.row_height(0) > 2.9 * 1.9
    assert sum(fit.widths_mm) == pytest.approx(97)


def test_type_shrinks_before_rows_go(typeface):
    fit = _fit(_table(45), typeface)
    assert fit.count == 45
    assert SMALLEST_TYPE_MM <= fit.size_mm < 2.9
    assert table_height(fit) <= 180 + 1e-6


def test_rows_that_do_not_fit_at_the_floor_run_on(typeface):
    fit = _fit(_table(90), typeface)
    assert fit.size_mm == 2.2
    assert 0 < fit.count < 90
    assert table_height(fit) <= 180 + 1e-6


def test_a_long_name_is_broken_in_its_column_and_none_of_it_lost(typeface):
    rows = (Row(("001", LONG, "张三", "13800000000")),)
    table = Table("一览表", HEADS, ("centre", "left", "centre", "centre"), rows, flexible=1)
    fit = _fit(table, typeface, width_mm=70)
    assert "".join(fit.lines[0][1]) == LONG
    assert len(fit.lines[0][1]) > 1
    ops = table_ops(table, rows, fit, Rect(0, 0, 70, 100), style=STYLES["colour"], typeface=typeface, title="一览表")
    texts = [op for op in ops if isinstance(op, TextOp)]
    for op in texts:
        width = typeface.width_mm(op.text, op.size_mm, is_bold=op.is_bold)
        assert op.x_mm >= 0
        assert op.x_mm + width <= 70 + 1e-6
    assert LONG in "".join(op.text for op in texts)


def test_group_rows_span_the_table(typeface):
    rows = (Row(("第一综合网格", "周建国", "0514-80000020"), "group"), *_table(3).rows)
    table = Table("一览表", HEADS, ("centre", "left", "centre", "centre"), rows, flexible=1)
    fit = _fit(table, typeface)
    assert fit.count == 4
    ops = table_ops(table, rows, fit, Rect(0, 0, 97, 100), style=STYLES["bw"], typeface=typeface, title="一览表")
    texts = [op.text for op in ops if isinstance(op, TextOp)]
    assert "第一综合网格" in texts
    assert "周建国 0514-80000020" in texts


def test_a_heading_never_stands_last_in_its_column(typeface):
    heading = Row(("第二综合网格", "周建国", "0514-80000020"), "group")
    rows = (*_table(40).rows, heading, *_table(60).rows)
    table = Table("一览表", HEADS, ("centre", "left", "centre", "centre"), rows, flexible=1)
    fit = _fit(table, typeface, may_shrink=False)
    heights = [table_height(replace(fit, count=count)) for count in (40, 41, 42)]
    counts = [_fit(table, typeface, may_shrink=False, height_mm=height + 0.01).count for height in heights]
    assert counts == [40, 40, 42]
    assert without_orphans((heading,), 1) == 1
    assert without_orphans((heading, heading, *_table(1).rows), 2) == 2
