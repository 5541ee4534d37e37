"""Reading finished files back: text, fonts and paths of a PDF, overlaps of labels."""

import subprocess

import numpy as np
import pikepdf
import shapely


def text_of(path, *options):
    return subprocess.run(["pdftotext", *options, path, "-"], capture_output=True, check=True, text=True).stdout


def fonts_of(path):
    lines = subprocess.run(["pdffonts", path], capture_output=True, check=True, text=True).stdout.splitlines()[2:]
    return [line.split() for line in lines]


def pages_of(path):
    """Width and height of each page in millimetres."""
    with pikepdf.open(path) as document:
        boxes = [[float(each) for each in page.mediabox] for page in document.pages]
    return [((x2 - x1) * 25.4 / 72, (y2 - y1) * 25.4 / 72) for x1, y1, x2, y2 in boxes]


def polygons_of(path, page=0):
    """Closed subpaths of a page as arrays of points, in millimetres (y upwards), duplicates of the end dropped."""
    matrix = np.eye(3)
    stack, found, current = [], [], []
    with pikepdf.open(path) as document:
        for operands, operator in pikepdf.parse_content_stream(document.pages[page]):
            name = str(operator)
            values = [float(each) for each in operands] if name in {"cm", "m", "l", "re"} else []
            if name == "q":
                stack.append(matrix)
            elif name == "Q":
                matrix = stack.pop()
            elif name == "cm":
                a, b, c, d, e, f = values
                matrix = np.array([[a, b, 0], [c, d, 0], [e, f, 1]]) @ matrix
            elif name == "re":
                x, y, w, h = values
                corners = [(x, y), (x + w, y), (x + w, y + h), (x, y + h)]
                found.append(np.array([np.array([*point, 1]) @ matrix for point in corners])[:, :2])
            elif name == "m":
                current = [np.array([*values, 1]) @ matrix]
            elif name == "l":
                current.append(np.array([*values, 1]) @ matrix)
            elif name == "h" and current:
                found.append(np.array(current)[:, :2])
    return [points * 25.4 / 72 for points in found]


def sides(points):
    return np.hypot(*(np.roll(points, -1, axis=0) - points).T)


def overlaps(labels):
    """Pairs of labels whose boxes lie over each other."""
    boxes = [(label, shapely.Polygon(box)) for label in labels for box in label.boxes]
    shapes = [shape for _, shape in boxes]
    tree = shapely.STRtree(shapes)
    first, second = tree.query(shapes, predicate="intersects")
    return [
        (boxes[a][0].text, boxes[b][0].text)
        for a, b in zip(first, second, strict=True)
        if a < b and boxes[a][0] is not boxes[b][0] and shapes[a].intersection(shapes[b]).area > 0.02
    ]
