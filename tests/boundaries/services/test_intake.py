"""Files into PostGIS: updates by key, all rows or none, exact borders."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
import shapely
from shapely import LineString, Point, box
from sqlalchemy import func, select, text

from boundaries.checks import run
from boundaries.errors import BadInput, Conflict, NotFound, RefusedRows
from boundaries.rules import Rules
from boundaries.services import publishing
from boundaries.services.drafting import list_drafts, open_draft
from boundaries.services.intake import apply_load, plan_load
from boundaries.services.journal import entries
from boundaries.services.reading import snapshot
from boundaries.store import states, tables
from boundaries.store.drafts import authors, read_draft
from boundaries.store.engine import reading, writing
from tests.boundaries.drawn import directed_segments_cancel, table
from tests.boundaries.meanwhile import at_once

TODAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
X, Y = 422_000, 3_572_000
TURN = 0.35


def place(shape):
    """A shape of a plan that does not run with the axes."""
    moved = shapely.affinity.translate(shape, X, Y)
    return shapely.affinity.rotate(moved, TURN, (X, Y), use_radians=True)


def areas():
    shapes = [box(0, 0, 500, 200), box(0, 0, 300, 200), box(300, 0, 500, 200)]
    columns = {
        "区域编码": ["T", "C1", "C2"], "区域名称": ["真州镇", "锦绣社区", "河西社区"],
        "层级": ["镇街", "社区", "社区"], "上级编码": [None, "真州镇", "T"],
    }  # fmt: skip
    return table(columns, [place(s) for s in shapes], file="区域.gpkg")


GRIDS = {
    "g1": ("C1", box(0, 0, 130.3, 200)),
    "g2": ("C1", box(130.3, 0, 300, 90)),
    "g3": ("C1", box(130.3, 90, 300, 200)),
    "g4": ("C2", box(300, 0, 500, 133.7)),
    "g5": ("C2", box(300, 133.7, 500, 200)),
}


def grids(changes=(), *, file="网格.gpkg", **more):
    chosen = GRIDS | dict(changes)
    kept = {code: found for code, found in chosen.items() if found is not None}
    columns = {
        "网格编码": list(kept),
        "网格名称": [f"{code}格" for code in kept],
        "所属社区": [area for area, _ in kept.values()],
        **more,
    }
    return table(columns, [None if s is None else place(s) for _, s in kept.values()], file=file)


def load(database, layer, *drawn, draft=None, **options):
    applied = {name: options.pop(name) for name in ("missing", "department") if name in options}
    today, actor = options.pop("today", TODAY), options.pop("actor", "李安")
    with writing(database) as session:
        plan = plan_load(session, layer, drawn, today=today, draft=draft, **options)
        return apply_load(session, plan, actor=actor, today=today, **applied)


def refused(database, layer, *drawn, **options):
    with pytest.raises(RefusedRows) as caught:
        load(database, layer, *drawn, **options)
    return caught.value.rows


def state(database, draft=None, today=TODAY):
    with reading(database) as session:
        return snapshot(session, draft=draft, today=today)


@pytest.fixture
def town(database):
    """Areas and grids in draft 1."""
    draft = load(database, "areas", areas()).draft
    load(database, "grids", grids(), draft=draft)
    return database


def is_exact(plan):
    return all(
        directed_segments_cancel([g.polygon for g in plan.grids if g.area == a.code], [a.polygon])
        for a in plan.areas
        if a.level == "community"
    ) and directed_segments_cancel(
        [a.polygon for a in plan.areas if a.level == "community"], [plan.area_by_code["T"].polygon]
    )


def test_areas_and_grids_read_back_from_postgis_are_exact(town):
    plan = state(town, draft=1)
    assert [a.parent for a in plan.areas] == [None, "T", "T"]
    assert is_exact(plan)
    with reading(town) as session:
        leftover = session.execute(
            text(
                "SELECT sum(ST_Area(ST_Difference(a.geom, u.geom)) + ST_Area(ST_Difference(u.geom, a.geom)))"
                " FROM area_state a JOIN (SELECT area_id, ST_Union(geom) AS geom FROM micro_grid_state GROUP BY 1) u"
                " ON u.area_id = a.area_id"
            )
        ).scalar_one()
        overlaps = session.execute(
            text(
                "SELECT count(*) FROM micro_grid_state a JOIN micro_grid_state b ON a.id < b.id"
                " AND ST_Intersects(a.geom, b.geom) AND ST_Dimension(ST_Intersection(a.geom, b.geom)) = 2"
            )
        ).scalar_one()
    assert (leftover, overlaps) == (0.0, 0)


def test_the_same_files_again_change_nothing(town):
    before = state(town, draft=1)
    for layer, drawn in (("areas", areas()), ("grids", grids())):
        report = load(town, layer, drawn, draft=1)
        assert (report.new, report.changed, report.missing, report.refined) == (0, 0, 0, 0)
        assert report.unchanged == len(getattr(before, layer))
    after = state(town, draft=1)
    assert [g.polygon.wkb for g in before.grids] == [g.polygon.wkb for g in after.grids]
    assert [g.version for g in before.grids] == [g.version for g in after.grids]


def test_no_draft_is_opened_for_what_stands_already(town):
    publishing.publish(town, 1, check=lambda _: (), actor="周平", four_eyes=False, now=NOW, today=TODAY)
    report = load(town, "grids", grids())
    assert (report.draft, report.unchanged) == (None, len(state(town).grids))
    with reading(town) as session:
        assert [draft.id for draft in list_drafts(session)] == [1]
    moved = load(town, "grids", grids({"g4": ("C2", box(300, 0, 500, 101.3)), "g5": ("C2", box(300, 101.3, 500, 200))}))
    assert moved.draft == 2


def test_a_moved_border_changes_two_grids_and_stays_exact(town):
    moved = grids({"g4": ("C2", box(300, 0, 500, 101.3)), "g5": ("C2", box(300, 101.3, 500, 200))})
    report = load(town, "grids", moved, draft=1)
    assert (report.new, report.changed, report.unchanged) == (0, 2, 3)
    assert {change.code for change in report.changes} == {"g4", "g5"}
    assert {change.field for change in report.changes} == {"图形"}
    assert is_exact(state(town, draft=1))


def test_one_community_alone_leaves_the_other_out_of_missing(town):
    only = grids({"g1": None, "g2": None, "g3": None, "g5": None, "g6": ("C2", box(300, 133.7, 500, 200))})
    report = load(town, "grids", only, draft=1)
    assert (report.new, report.unchanged, report.missing, report.closed) == (1, 1, 1, 0)
    assert "g5" in state(town, draft=1).grid_by_code
    load(town, "grids", only, draft=1, missing="close")
    assert set(state(town, draft=1).grid_by_code) == {"g1", "g2", "g3", "g4", "g6"}
    assert is_exact(state(town, draft=1))


def test_grids_before_areas_come_out_exact_too(database):
    draft = load(database, "areas", areas()).draft
    load(database, "grids", grids(), draft=draft)
    finer = table(
        {"编码": ["C1-1", "C1-2"], "上级": ["C1", "C1"]}, [place(box(0, 0, 130.3, 200)), place(box(130.3, 0, 300, 200))]
    )
    report = load(database, "areas", finer, draft=draft, level="composite")
    assert report.new == 2
    assert report.refined > 0
    plan = state(database, draft=draft)
    assert is_exact(plan)
    finer_areas = [a.polygon for a in plan.areas if a.level == "composite"]
    assert directed_segments_cancel(finer_areas, [plan.area_by_code["C1"].polygon])


def test_a_grid_without_a_named_area_falls_to_the_smallest_around_it(database):
    draft = load(database, "areas", areas()).draft
    drawn = table({"网格编码": ["g1", "g4"]}, [place(GRIDS["g1"][1]), place(GRIDS["g4"][1])])
    load(database, "grids", drawn, draft=draft)
    assert [g.area for g in state(database, draft=draft).grids] == ["C1", "C2"]


def test_what_a_file_has_no_column_for_stays(town):
    load(town, "grids", grids(网格类型=["住宅"] * 4 + ["沿街商铺"], 荣誉名称=["红旗"] + [None] * 4), draft=1)
    bare = table({"网格编码": ["g5", "g1"]}, [place(GRIDS["g5"][1]), place(GRIDS["g1"][1])])
    report = load(town, "grids", bare, draft=1)
    assert report.changed == 0
    plan = state(town, draft=1).grid_by_code
    assert (plan["g5"].kind, plan["g5"].name, plan["g1"].honorary_name) == ("street_front", "g5格", "红旗")


def test_overlays_lie_on_top_and_refine_nothing(town):
    top = table({"网格编码": ["o1"], "图层": ["叠加"], "网格类型": ["商铺"]}, [place(box(20, 20, 60.7, 40))])
    report = load(town, "grids", top, draft=1)
    assert (report.new, report.missing, report.refined) == (1, 0, 0)
    assert state(town, draft=1).grid_by_code["o1"].layer == "overlay"


def test_an_overlay_along_a_border_shares_every_vertex_with_the_areas(town):
    # Along the border of the two communities, and along that of the town; corners between chain vertices.
    top = table(
        {"网格编码": ["o1", "o2"], "图层": ["叠加"] * 2, "社区": ["C1", "C2"]},
        [place(box(250.7, 10.3, 300, 71.9)), place(box(320.3, 0, 401.9, 8.8))],
    )
    report = load(town, "grids", top, draft=1)
    assert report.refined > 0
    assert is_laid(state(town, draft=1))
    # Tiles drawn anew end where no overlay knew of, and the overlays gain those vertices.
    moved = {"g2": ("C1", box(130.3, 0, 300, 45.1)), "g3": ("C1", box(130.3, 45.1, 300, 200))}
    load(town, "grids", grids(moved), draft=1)
    assert is_laid(state(town, draft=1))


def is_laid(plan):
    """Whether tiles fill their areas exactly, and no overlay leaves its own by as much as rounding."""
    overlays = [grid for grid in plan.grids if grid.layer == "overlay"]
    tiles = replace(plan, grids=tuple(grid for grid in plan.grids if grid.layer == "tile"))
    outside = [shapely.difference(grid.polygon, plan.area_by_code[grid.area].polygon).area for grid in overlays]
    return is_exact(tiles) and outside == [0.0] * len(overlays) and not run(plan, Rules(), only=["tiles", "overlays"])


def test_who_retires_is_an_author_and_who_once_loaded_what_gains_vertices_is_not(town):
    publishing.publish(town, 1, check=lambda _: (), actor="周平", four_eyes=False, now=NOW, today=TODAY)
    rest = grids({"g5": None, "g4": ("C2", box(300, 0, 500, 200))})
    report = load(town, "grids", rest, missing="close", actor="吴敏")
    assert (report.changed, report.closed) == (1, 1)
    report = load(town, "grids", grids({"g2": ("C1", box(130.3, 0, 300, 90.7))}), draft=report.draft, actor="王宁")
    assert report.refined > 0
    with reading(town) as session:
        assert authors(session, read_draft(session, report.draft)) == {"吴敏", "王宁"}


def test_a_generation_published_while_a_load_is_prepared_is_not_overwritten(town):
    with reading(town) as session:
        plan = plan_load(session, "areas", [areas()], today=TODAY)
    publishing.publish(town, 1, check=lambda _: (), actor="周平", four_eyes=False, now=NOW, today=TODAY)
    with pytest.raises(Conflict, match="Generation 1 was published"), writing(town) as session:
        apply_load(session, plan, actor="李安", today=TODAY)


def test_a_long_load_into_a_new_draft_holds_nobody_up(database, monkeypatch):
    put_areas, held = states.put_areas, []

    def watched(session, *args, **options):
        written = put_areas(session, *args, **options)
        locks = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
        held.append(session.execute(locks).scalar_one())
        return written

    monkeypatch.setattr(states, "put_areas", watched)
    load(database, "areas", areas())
    assert held == [0]
    with reading(database) as session:
        assert [entry.action for entry in entries(session)] == ["load", "draft.open"]


def test_nothing_of_a_file_with_one_bad_row_is_written(town):
    bow_tie = shapely.Polygon([(0, 0), (50, 50), (50, 0), (0, 50)])
    drawn = grids({"g6": ("C2", bow_tie), "g7": ("C9", box(300, 0, 310, 10))}, file="坏.gpkg")
    rows = refused(town, "grids", drawn, draft=1)
    assert [(row.file, row.row) for row in rows] == [("坏.gpkg", 7)]
    assert "自相交" in rows[0].zh
    (row,) = refused(town, "grids", grids({"g7": ("C9", box(300, 0, 310, 10))}), draft=1)
    assert (row.row, row.column, row.value) == (7, "所属社区", "C9")
    assert "上级区域不存在" in row.zh
    with reading(town) as session:
        assert session.execute(select(func.count()).select_from(tables.micro_grid)).scalar_one() == 5
        assert session.execute(select(func.count()).select_from(tables.source)).scalar_one() == 2


def test_a_grid_that_does_not_touch_its_area_is_refused_with_the_distance(town):
    (row,) = refused(town, "grids", grids({"g6": ("C1", box(420, 0, 500, 10))}), draft=1)
    assert "距所属区域 C1 120.0 米" in row.zh


def test_shapes_a_thousand_kilometres_away_are_refused(town):
    far = shapely.affinity.translate(place(GRIDS["g5"][1]), 0, 1_000_000)
    drawn = table({"网格编码": ["g4", "g6"], "社区": ["C2", "C2"]}, [place(GRIDS["g4"][1]), far])
    (row,) = refused(town, "grids", drawn, draft=1)
    assert "距所属区域 C2" in row.zh
    assert row.zh.count("1,00") == 1
    (row,) = refused(town, "areas", table({"编码": ["C3"]}, [far]), draft=1, level="community")
    assert "距其他区域约" in row.zh
    shop = table({"店名": ["早点铺"], "门牌号": ["1号"], "经度": ["128.5"], "纬度": ["32.27"]}, crs="EPSG:4490")
    (row,) = refused(town, "shops", shop)
    assert "距最近的区域" in row.zh
    assert state(town, draft=1).shops == ()


def test_grids_need_areas_and_registers_a_system(database):
    with pytest.raises(BadInput, match="no area yet"):
        load(database, "grids", grids())
    with pytest.raises(BadInput, match="no layer"):
        load(database, "trees", grids())
    with pytest.raises(NotFound):
        load(database, "grids", grids(), draft=99)


def test_two_files_are_one_load(database):
    whole = [place(box(0, 0, 500, 200))]
    below = table({"编码": ["C1"], "上级": ["真州镇"], "层级": ["社区"]}, whole, file="社区.gpkg")
    town = table({"编码": ["T"], "名称": ["真州镇"], "层级": ["镇街"]}, whole, file="镇.gpkg")
    report = load(database, "areas", below, town)
    assert report.files == ("社区.gpkg", "镇.gpkg")
    assert [a.parent for a in state(database, draft=report.draft).areas if a.code == "C1"] == ["T"]
    again = grids(dict.fromkeys(("g2", "g3", "g4", "g5")), 上级编码=["C1"])
    (row,) = refused(database, "grids", again, grids(file="另.gpkg", 上级编码=["C1"] * 5), draft=report.draft)
    assert (row.file, row.row) == ("另.gpkg", 2)
    assert "网格.gpkg 第 2 行" in row.zh


def test_border_files_in_two_systems_are_refused_together(town):
    degrees = table({"网格编码": ["g9"]}, [box(119.17, 32.27, 119.171, 32.271)], crs="EPSG:4490")
    with pytest.raises(BadInput.__mro__[1].__mro__[1], match="different systems"):
        load(town, "grids", grids(), degrees, draft=1)


def test_a_draft_that_moved_on_is_a_conflict(town):
    with writing(town) as session:
        plan = plan_load(session, "grids", [grids()], today=TODAY, draft=1)
    load(town, "compounds", table({"小区": ["锦绣花园"]}, [place(box(10, 10, 90, 90))]), draft=1)
    with pytest.raises(Conflict), writing(town) as session:
        apply_load(session, plan, actor="李安", today=TODAY)


def test_each_row_keeps_its_department_file_and_the_deed_is_on_record(town):
    load(town, "grids", grids({"g6": ("C2", box(300, 0, 310, 10))}), draft=1, department="社会治理办公室")
    source, grid = tables.source, tables.micro_grid_state
    with reading(town) as session:
        found = session.execute(
            select(source.c.department, source.c.file, source.c.actor)
            .join(grid, grid.c.source_id == source.c.id)
            .where(grid.c.code == "g6")
        ).one()
        deed = entries(session, limit=1)[0]
    assert tuple(found) == ("社会治理办公室", "网格.gpkg", "李安")
    assert (deed.action, deed.subject, deed.detail["new"]) == ("load", "draft:1", 1)


def test_what_only_gained_vertices_keeps_its_source(town):
    cut = grids({"g4": ("C2", box(300, 0, 500, 101.3)), "g5": ("C2", box(300, 101.3, 500, 200))}, file="新.gpkg")
    # The new corner lies on the border of the town, of both communities, and of g3 across it.
    assert load(town, "grids", cut, draft=1).refined == 4
    source, area, grid = tables.source, tables.area_state, tables.micro_grid_state
    with reading(town) as session:
        areas_of = select(source.c.file).join(area, area.c.source_id == source.c.id)
        grids_of = select(grid.c.code, source.c.file).join(source, grid.c.source_id == source.c.id)
        assert session.execute(areas_of).scalars().all() == ["区域.gpkg"] * 3
        files = {row.code: row.file for row in session.execute(grids_of)}
    assert (files["g3"], files["g4"]) == ("网格.gpkg", "新.gpkg")


def houses(**more):
    columns = {"小区名称": ["锦绣花园", "锦绣花园"], "幢": ["1幢", "2幢"], "户数": ["36", "24"], **more}
    return table(columns, [place(box(10, 10, 50, 22)), place(box(10, 40, 50, 52))], file="楼栋.gpkg")


def test_buildings_of_a_compound_not_yet_loaded_stand_alone_until_it_is(town):
    report = load(town, "buildings", houses(), draft=1)
    assert report.new == 2
    assert "锦绣花园" in report.notes[0].zh
    load(town, "compounds", table({"小区": ["锦绣花园"]}, [place(box(0, 0, 90, 90))]), draft=1)
    report = load(town, "buildings", houses(), draft=1)
    assert report.changed == 2
    plan = state(town, draft=1)
    assert [(b.code, b.compound, b.households) for b in plan.buildings] == [
        ("锦绣花园/1幢", "锦绣花园", 36),
        ("锦绣花园/2幢", "锦绣花园", 24),
    ]


def test_a_table_without_shapes_updates_by_compound_and_number(town):
    load(town, "compounds", table({"小区编码": ["K1"], "小区": ["锦绣花园"]}, [place(box(0, 0, 90, 90))]), draft=1)
    load(town, "buildings", houses(楼栋编码=["B1", "B2"]), draft=1)
    counts = table(
        {"小区名称": ["锦绣花园", "锦绣花园"], "楼号": ["1号楼", "02栋"], "户数": ["37", None]}, file="户数.xlsx"
    )
    report = load(town, "buildings", counts, draft=1, today=TODAY + timedelta(days=30))
    assert (report.new, report.missing) == (0, 0)
    changed = {(change.code, change.field, change.old, change.new) for change in report.changes}
    assert ("B1", "户数", "36", "37") in changed
    after = {b.code: b.households for b in state(town, draft=1, today=TODAY + timedelta(days=30)).buildings}
    assert after == {"B1": 37, "B2": 24}
    assert {b.code: b.households for b in state(town, draft=1).buildings} == {"B1": 36, "B2": 24}
    unknown = table({"小区名称": ["锦绣花园"], "楼号": ["9幢"], "户数": ["1"]}, file="户数.xlsx")
    assert "没有图形或坐标" in refused(town, "buildings", unknown, draft=1)[0].zh


def shops(names=("早点铺", "五金店"), credit=(None, None), file="商铺.xlsx"):
    columns = {"店名": list(names), "门牌号": ["12号", "14号"], "路名": ["解放路"] * 2, "信用代码": list(credit)}
    return table(columns, [place(Point(20, 5)), place(Point(30, 5))], file=file)


def test_shops_are_known_by_door_until_they_have_a_credit_code(town):
    assert load(town, "shops", shops()).new == 2
    code = "91321081MA1ABCDE0X"
    report = load(town, "shops", shops(credit=(code, None)), today=TODAY + timedelta(days=9))
    assert (report.new, report.changed, report.unchanged) == (0, 1, 1)
    renamed = load(town, "shops", shops(("老早点铺", "五金店"), (code, None)), today=TODAY + timedelta(days=10))
    assert (renamed.new, renamed.changed) == (0, 1)
    assert [c.field for c in renamed.changes] == ["店名"]
    assert sorted(s.name for s in state(town, today=TODAY + timedelta(days=10)).shops) == ["五金店", "老早点铺"]
    assert sorted(s.name for s in state(town, today=TODAY).shops) == ["五金店", "早点铺"]


def test_of_two_loads_at_once_neither_takes_back_what_the_other_said(town):
    spots = [place(Point(50, 50)), place(Point(60, 50))]
    columns = {"门牌号": ["1号", "2号"], "店名": ["早点铺", "五金店"]}
    load(town, "shops", table(columns, spots))

    def bring(**more):
        def deed(session):
            plan = plan_load(session, "shops", [table(columns | more, spots)], today=TODAY)
            apply_load(session, plan, actor="李安", today=TODAY)

        return deed

    at_once(town, bring(业态=["餐饮", "零售"]), bring(联系电话=["13800000001", "13800000002"]))
    assert [(s.trade, s.contact) for s in state(town, draft=1).shops] == [
        ("餐饮", "13800000001"),
        ("零售", "13800000002"),
    ]


def test_a_new_tenant_with_a_credit_code_of_its_own_is_another_shop(town):
    load(town, "shops", shops(credit=("91321081MA1ABCDE0X", None)))
    report = load(town, "shops", shops(credit=("91321081MA1ABCDE1X", None)), missing="close")
    assert (report.new, report.unchanged, report.closed) == (1, 1, 1)


def test_missing_shops_are_kept_or_closed_on_the_day_and_never_deleted(town):
    load(town, "shops", shops())
    later = TODAY + timedelta(days=30)
    one = table({"店名": ["早点铺"], "门牌号": ["12号"], "路名": ["解放路"]}, [place(Point(20, 5))])
    assert load(town, "shops", one, today=later).missing == 0  # outside the extent of a single point
    wide = table(
        {"店名": ["早点铺", "药店"], "门牌号": ["12号", "90号"], "路名": ["解放路"] * 2},
        [place(Point(20, 5)), place(Point(400, 5))],
    )
    assert load(town, "shops", wide, today=later).missing in {0, 1}
    all_round = table(
        {"店名": ["早点铺", "药店", "茶馆"], "门牌号": ["12号", "90号", "1号"], "路名": ["解放路"] * 3},
        [place(Point(20, 5)), place(Point(400, 5)), place(Point(0, 150))],
    )
    report = load(town, "shops", all_round, today=later, missing="close")
    assert (report.missing, report.closed) == (1, 1)
    assert "五金店" not in {s.name for s in state(town, today=later).shops}
    assert "五金店" in {s.name for s in state(town, today=later - timedelta(days=1)).shops}


@pytest.mark.parametrize("layer", ["streets", "waters", "walls"])
def test_lines_on_the_ground(town, layer):
    line = LineString([place(Point(0, 0)).coords[0], place(Point(500, 0)).coords[0]])
    assert load(town, layer, table({"编码": ["1"], "名称": ["解放路"]}, [line])).new == 1
    assert load(town, layer, table({"编码": ["1"], "名称": ["解放路"]}, [line])).unchanged == 1
    moved = shapely.affinity.translate(line, 1, 0)
    report = load(town, layer, table({"编码": ["1"], "名称": ["解放路"]}, [moved]))
    assert (report.draft, report.changed) == (None, 1)


def test_parts_and_people(town):
    parts = {"分段编码": ["g1-1", "g1-2"], "网格编码": ["g1", "g1格"], "单元": ["1", "2-3"], "户数": ["60", "66"]}
    assert load(town, "parts", table(parts), draft=1).new == 2
    assert load(town, "parts", table(parts), draft=1).unchanged == 2
    report = load(town, "parts", table({**parts, "单元": ["1-2", "3"]}), draft=1)
    assert report.changed == 2
    (grid,) = [g for g in state(town, draft=1).grids if g.parts]
    assert [(p.code, p.units, p.households) for p in grid.parts] == [("g1-1", ("1", "2"), 60), ("g1-2", ("3",), 66)]
    staff = {
        "姓名": ["李安", "王平"],
        "职务": ["联络员", "志愿者"],
        "所属网格": ["g1", "g1-2"],
        "手机号": ["13800000000", None],
    }
    assert load(town, "people", table(staff)).new == 2
    assert load(town, "people", table(staff)).unchanged == 2
    later = TODAY + timedelta(days=30)
    changed = {**staff, "姓名": ["赵宁", "王平"], "手机号": ["13900000000", None]}
    report = load(town, "people", table(changed), missing="close", today=later, draft=1)
    assert (report.new, report.unchanged, report.missing, report.closed) == (1, 1, 1, 1)
    assert {p.name for p in state(town, draft=1, today=later).people} == {"赵宁", "王平"}


def test_parts_and_people_of_unknown_grids_are_refused(town):
    (row,) = refused(town, "parts", table({"分段编码": ["x-1"], "网格编码": ["x"], "单元": ["1"]}), draft=1)
    assert (row.row, row.value) == (2, "x")
    (row,) = refused(town, "people", table({"姓名": ["李安"], "网格编码": ["x"]}))
    assert (row.row, row.column, row.value) == (2, "网格编码", "x")


def test_an_overlay_office_of_its_own_levels_is_asked_for_a_known_one(database):
    drawn = table({"编码": ["C1"], "层级": ["王国"]}, [place(box(0, 0, 9, 9))])
    (row,) = refused(database, "areas", drawn)
    assert "镇街" in row.zh
    with writing(database) as session:
        assert open_draft(session, name="空", actor="李安").id == 1


def test_a_thousand_cells_of_any_shape_stay_exact(database):
    rng = np.random.default_rng(7)
    x = np.cumsum(np.r_[0, rng.uniform(5, 40, 12)])
    drawn, codes = [], []
    for left, right in pairwise(x):
        cuts = np.r_[0, np.sort(rng.uniform(1, 199, 9)), 200]
        for low, high in pairwise(cuts):
            drawn.append(place(box(left, low, right, high)))
            codes.append(f"c{len(codes)}")
    area = table({"编码": ["C1"]}, [place(box(0, 0, x[-1], 200))])
    draft = load(database, "areas", area, level="community").draft
    load(database, "grids", table({"网格编码": codes}, drawn), draft=draft)
    plan = state(database, draft=draft)
    assert directed_segments_cancel([g.polygon for g in plan.grids], [plan.areas[0].polygon])
