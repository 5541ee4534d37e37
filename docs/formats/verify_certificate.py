#!/usr/bin/env python3
"""Verify a certificate of a division from its exported grids and areas.

usage: verify_certificate.py CERTIFICATE.json GRIDS.geojson AREAS.geojson

Follows certificate.md beside this file, in whole numbers, with the standard library alone.
Leaves with 0 where everything holds, 1 where something does not, 2 where a file cannot be used.
"""

# ruff: noqa: D103, T201 - a program to be read and carried away by itself, not a part of the service

import hashlib
import json
import struct
import sys
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict, namedtuple
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cmp_to_key
from itertools import pairwise
from pathlib import Path

Edge = namedtuple("Edge", "start end enters ring")


def read_layer(path):
    """Properties and polygon of each feature: the directed steps of every ring by (part, ring)."""
    layer = json.loads(Path(path).read_text(encoding="utf-8"), parse_float=Decimal)
    if "4490" not in str(layer.get("crs")):
        raise ValueError(f"{path} is not in EPSG:4490; export without --crs")
    for feature in layer["features"]:
        shape = feature["geometry"]
        parts = [shape["coordinates"]] if shape["type"] == "Polygon" else shape["coordinates"]
        names = [(part, ring) for part, rings in enumerate(parts) for ring in range(len(rings))]
        yield feature["properties"], {(part, ring): steps(parts[part][ring], ring > 0) for part, ring in names}


def steps(positions, is_hole):
    """Steps of a ring with the inside to the left, none between equal vertices."""
    ring = [tuple(int((Decimal(x) * 10**9).to_integral_value(ROUND_HALF_EVEN)) for x in at[:2]) for at in positions]
    walked = [(a, b) for a, b in pairwise([*ring, *ring[:1]]) if a != b]
    area = sum(a[0] * b[1] - b[0] * a[1] for a, b in walked)
    return walked if (area > 0) != is_hole else [(b, a) for a, b in walked]


def segments(polygon):
    return [step for ring in polygon.values() for step in ring]


def cancelled(directed):
    """What opposite segments leave."""
    left = Counter(directed)
    return sorted((left - Counter({(b, a): count for (a, b), count in left.items()})).elements())


def segments_digest(directed):
    return hashlib.sha256(b"".join(struct.pack("<4q", *a, *b) for a, b in cancelled(directed))).hexdigest()


def lines_digest(lines):
    return hashlib.sha256(b"".join(sorted(f"{line}\n".encode() for line in lines))).hexdigest()


def turn(a, b, c):
    """Positive where c lies to the left of a -> b, zero on the line."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def collide(south, north):
    """Whether two edges cross or run along each other before the first of them ends."""
    end = min(south.end, north.end)
    from_south, from_north = turn(south.start, south.end, end), turn(north.start, north.end, end)
    is_one_line = from_south == from_north == turn(south.start, south.end, north.start) == 0
    return from_south < 0 or from_north > 0 or is_one_line


def sweep(polygon):
    """A line goes from vertex to vertex, eastward, and northward along a meridian.

    It keeps the edges that it cuts in their order to the north. For each vertex it gives those that meet there
    (one that goes on counts twice), those that are neighbours now, and these with the one that pairs with each.
    """
    begun, cut = defaultdict(list), []
    for name, ring in polygon.items():
        for a, b in ring:
            begun[min(a, b)].append(Edge(min(a, b), max(a, b), a < b, name))
    for v in sorted({a for a, _ in segments(polygon)}):
        first = bisect_left(cut, 0, key=lambda edge, v=v: turn(edge.end, edge.start, v))
        last = bisect_right(cut, 0, first, key=lambda edge, v=v: turn(edge.end, edge.start, v))
        before, after = cut[first:last], [edge for edge in cut[first:last] if edge.end != v] + begun[v]
        cut[first:last] = sorted(after, key=cmp_to_key(lambda one, other, v=v: turn(v, other.end, one.end)))
        last = first + len(after)
        yield v, before + after, cut[max(first - 1, 0) : last + 1], cut[first - first % 2 : last + last % 2]


def place(vertex):
    return "near {:.9f}, {:.9f}".format(*(number / 10**9 for number in vertex))


def fault(polygon):
    """Why a polygon is not valid, or None."""
    island = {name: name for name in polygon}
    for v, met, neighbours, paired in sweep(polygon):
        # Edges that cross have been neighbours before.
        if any(collide(south, north) for south, north in pairwise(neighbours)):
            return f"its border crosses itself or runs along itself {place(v)}"
        # To the north, one edge enters the inside of a part and the next one leaves it.
        for south, north in zip(paired[::2], paired[1::2], strict=True):
            if not south.enters or north.enters or south.ring[0] != north.ring[0]:
                return f"its border crosses itself, a hole lies outside its shell or a part inside another {place(v)}"
        if len(met) == 2:
            continue
        # Each ring comes here once and leaves once; rings of one part that meet twice part its inside.
        legs = Counter(edge.ring for edge in met)
        islands = Counter(island[name] for name in legs)
        if max(legs.values()) > 2 or max(islands.values()) > 1:
            return f"a ring touches itself, or rings that touch part its inside {place(v)}"
        if len(islands) > 1:
            joined = {name: min(other for other in islands if other[0] == name[0]) for name in islands}
            island = {name: joined.get(at, at) for name, at in island.items()}
    return None if polygon and all(polygon.values()) else "a ring is empty"


def why_not(area, grids, borders, listed):
    """Everything that does not hold for one area of the certificate."""
    if any(code not in borders or code not in listed for code in [area["code"], *area["inner"]]):
        return ["area missing"]
    shapes = [(area["code"], borders[area["code"]]), *grids]
    wrong = [f"{code}: {reason}" for code, shape in shapes if (reason := fault(shape))]
    directed = [segment for _, shape in grids for segment in segments(shape)]
    border = segments(borders[area["code"]])
    border += [(b, a) for code in area["inner"] for a, b in segments(borders[code])]
    found = {
        "grids": len(grids),
        "segments": len(directed),
        "boundary_segments": len(cancelled(directed)),
        "grids_digest": lines_digest(f"{segments_digest(segments(shape))} {code}" for code, shape in grids),
        "boundary_digest": segments_digest(directed),
    }
    wrong += [f"{key} differs" for key in found if found[key] != area[key]]
    is_exact = area["exact"] is True and segments_digest(border) == segments_digest(directed)
    return wrong if is_exact else [*wrong, "the grids do not fill it"]


def value(properties, *names):
    """What stands under the first of these headers."""
    return next(properties[name] for name in names if name in properties)


def main(certificate_file, grids_file, areas_file):
    certificate = json.loads(Path(certificate_file).read_text(encoding="utf-8"))
    if (certificate["format"], certificate["version"], certificate["step"]) != ("microgrid-certificate", 1, "1e-9"):
        raise ValueError("not a certificate of version 1")
    borders = {value(row, "区域编码", "code"): shape for row, shape in read_layer(areas_file)}
    grids = {}
    for row, shape in read_layer(grids_file):
        if value(row, "图层", "layer") in ("平铺", "tile"):
            grids.setdefault(value(row, "上级编码", "parent"), []).append((value(row, "网格编码", "code"), shape))
    areas = certificate["areas"]
    listed = {area["code"] for area in areas}
    verdicts = {area["code"]: why_not(area, grids.get(area["code"], []), borders, listed) for area in areas}
    verdicts |= {code: ["not in the certificate"] for code in grids if code not in listed}
    for code, wrong in verdicts.items():
        print(code, "不成立 / NOT exact: " + "; ".join(wrong) if wrong else "成立 / exact")
    digest = lines_digest(f"{area['boundary_digest']} {area['grids_digest']} {area['code']}" for area in areas)
    holds = digest == certificate["digest"] and len(areas) == len(listed) > 0 and not any(verdicts.values())
    print("generation", certificate["generation"], "成立 / exact" if holds else "不成立 / NOT exact", digest)
    return 0 if holds else 1


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except (OSError, ValueError, KeyError, TypeError, StopIteration, ArithmeticError) as error:
        print(f"不能核对 / cannot verify: {type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(2)
