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
from collections import Counter
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path


def integer(degrees):
    """Degrees as a count of 1e-9 degree."""
    return int((Decimal(degrees) * 10**9).to_integral_value(ROUND_HALF_EVEN))


def read_layer(path):
    """Features of a GeoJSON file: properties, and parts of rings of integer vertices without repetition."""
    layer = json.loads(Path(path).read_text(encoding="utf-8"), parse_float=Decimal)
    if "4490" not in str(layer.get("crs")):
        raise ValueError(f"{path} is not in EPSG:4490; export without --crs")
    for feature in layer["features"]:
        shape = feature["geometry"]
        parts = [shape["coordinates"]] if shape["type"] == "Polygon" else shape["coordinates"]
        yield feature["properties"], [[ring_of(ring) for ring in part] for part in parts]


def ring_of(positions):
    """Vertices in their order; equal ones that follow each other count once."""
    vertices = [(integer(position[0]), integer(position[1])) for position in positions]
    return [vertex for index, vertex in enumerate(vertices) if vertex != vertices[index - 1]]


def value(properties, *names):
    """What stands under the first of these headers."""
    return next(properties[name] for name in names if name in properties)


def steps(ring):
    """Pairs of vertices, the last one joined to the first."""
    return [(ring[index - 1], vertex) for index, vertex in enumerate(ring)]


def turn(a, b, c):
    """Positive where c lies to the left of a -> b, zero on the line."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def segments(polygon):
    """Directed segments with the inside to the left."""
    for part in polygon:
        for number, ring in enumerate(part):
            area = sum(a[0] * b[1] - b[0] * a[1] for a, b in steps(ring))
            is_drawn_so = (area > 0) == (number == 0)
            yield from steps(ring) if is_drawn_so else [(b, a) for a, b in steps(ring)]


def cancelled(directed):
    """What opposite segments leave."""
    left = Counter()
    for a, b in directed:
        other = (b, a)
        if left[other] > 0:
            left[other] -= 1
        else:
            left[a, b] += 1
    return sorted(left.elements())


def segments_digest(directed):
    return hashlib.sha256(b"".join(struct.pack("<4q", *a, *b) for a, b in cancelled(directed))).hexdigest()


def lines_digest(lines):
    return hashlib.sha256(b"".join(sorted((line + "\n").encode() for line in lines))).hexdigest()


def is_between(a, b, c):
    """Whether c lies on the segment a b and is neither end."""
    inside = min(a[0], b[0]) <= c[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= c[1] <= max(a[1], b[1])
    return inside and c not in (a, b) and turn(a, b, c) == 0


def collide(a, b, c, d):
    """Whether two segments have more in common than an end of both."""
    if {a, b} == {c, d} or is_between(a, b, c) or is_between(a, b, d) or is_between(c, d, a) or is_between(c, d, b):
        return True
    if a in (c, d) or b in (c, d):
        return False
    return (turn(a, b, c) > 0) != (turn(a, b, d) > 0) and (turn(c, d, a) > 0) != (turn(c, d, b) > 0)


def fault(polygon):
    """Why a polygon winds otherwise than once round its inside, or None."""
    rings = [(ring, 1 if number == 0 else -1) for part in polygon for number, ring in enumerate(part)]
    if not rings or any(len(ring) < 3 or len(set(ring)) < len(ring) for ring, _ in rings):
        return "a ring is empty or touches itself"
    active = []
    for a, b in sorted(((min(step), max(step)) for ring, _ in rings for step in steps(ring))):
        active = [(c, d) for c, d in active if d[0] >= a[0]]
        low, high = min(a[1], b[1]), max(a[1], b[1])
        for c, d in active:
            if min(c[1], d[1]) <= high and max(c[1], d[1]) >= low and collide(a, b, c, d):
                return f"its border meets itself near {a[0] / 1e9:.9f}, {a[1] / 1e9:.9f}"
        active.append((a, b))
    for ring, sign in rings if len(rings) > 1 else ():
        around = [other_sign * is_inside(ring, other) for other, other_sign in rings if other is not ring]
        if sum(around) != (sign < 0):
            return "a hole lies outside its shell, or a part inside another"
    return None


def is_inside(ring, other):
    """Whether a ring lies inside another; not a number where it lies on both sides."""
    shared = set(ring) & set(other)
    # Twice the vertices, or the middle of a step between two shared ones.
    points = [(2 * a[0], 2 * a[1]) for a in ring if a not in shared]
    points += [(a[0] + b[0], a[1] + b[1]) for a, b in steps(ring) if a in shared and b in shared]
    sides = {holds(other, point) for point in (points if shared else points[:1])}
    return sides.pop() if len(sides) == 1 else float("nan")


def holds(ring, point):
    """Whether a ring holds a point that is given at twice the scale and does not lie on it."""
    odd = False
    for (ax, ay), (bx, by) in steps([(2 * x, 2 * y) for x, y in ring]):
        if (ay > point[1]) != (by > point[1]):
            odd ^= (turn((ax, ay), (bx, by), point) > 0) == (by > ay)
    return odd


def why_not(area, grids, borders, listed):
    """Everything that does not hold for one area of the certificate."""
    if any(code not in borders or code not in listed for code in [area["code"], *area["inner"]]):
        return ["area missing"]
    shapes = [(area["code"], borders[area["code"]]), *grids]
    wrong = [f"{code}: {reason}" for code, reason in ((code, fault(shape)) for code, shape in shapes) if reason]
    directed = [segment for _, shape in grids for segment in segments(shape)]
    border = list(segments(borders[area["code"]]))
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
    verdicts.update({code: ["not in the certificate"] for code in grids if code not in listed})
    for code, wrong in verdicts.items():
        print(code, "不成立 / NOT exact: " + "; ".join(wrong) if wrong else "成立 / exact")
    digest = lines_digest(f"{area['boundary_digest']} {area['grids_digest']} {area['code']}" for area in areas)
    holds_all = digest == certificate["digest"] and bool(areas) and not any(verdicts.values())
    print("generation", certificate["generation"], "成立 / exact" if holds_all else "不成立 / NOT exact", digest)
    return 0 if holds_all else 1


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except (OSError, ValueError, KeyError, TypeError, StopIteration, ArithmeticError) as error:
        print(f"不能核对 / cannot verify: {type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(2)
