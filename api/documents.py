"""The documents page and the landing page, written here as plain HTML from the OpenAPI document.

A page of our own instead of Swagger UI: about 15 KB without any script but one small
file of ours, against 1.7 MB of vendored bundle, and it speaks both languages.
"""

import re
from collections.abc import Mapping
from html import escape
from typing import Any

import orjson

from api.auth import SCOPES
from api.problems import ProblemKind, all_kinds
from geo.errors import Language

_STYLE = '<link rel="stylesheet" href="/static/style.css"><link rel="icon" href="/static/icon.svg">'


def page(title: str, body: str, language: Language, *, script: str = "") -> str:
    """A whole HTML page in our style.

    Parameters
    ----------
    title : str
        Plain text.
    body : str
        HTML.
    language : {"zh", "en"}
    script : str
        Address of a script of ours, or empty.

    Returns
    -------
    str
    """
    tag = "zh-CN" if language == "zh" else "en"
    run = f'<script src="{script}" defer></script>' if script else ""
    return (
        f'<!DOCTYPE html><html lang="{tag}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">{_STYLE}{run}</head>'
        f"<body>{body}</body></html>"
    )


def landing_page(language: Language, generation: int | None) -> str:
    """The first page: what this is, a look-up, and where everything else is.

    Parameters
    ----------
    language : {"zh", "en"}
    generation : int or None
        The current generation, None before the first.

    Returns
    -------
    str
        HTML.
    """
    is_zh = language == "zh"
    state = (
        (f"现行区划:第 {generation} 版" if is_zh else f"Current division: generation {generation}")
        if generation is not None
        else ("还没有发布任何版本" if is_zh else "Nothing is published yet")
    )
    links = (
        ("/map", "网格地图", "Map of the micro-grids"),
        ("/docs", "接口文档", "API documents"),
        ("/v1/areas", "区域(GeoJSON)", "Areas (GeoJSON)"),
        ("/v1/micro-grids", "微网格(GeoJSON)", "Micro-grids (GeoJSON)"),
        ("/v1/generations", "版本", "Generations"),
    )
    items = "".join(f'<li><a href="{href}">{zh} / {en}</a></li>' for href, zh, en in links)
    ask = "查一个点在哪个网格 / Which micro-grid is a point in"
    fields = (("x", "经度 / longitude", ""), ("y", "纬度 / latitude", ""), ("crs", "坐标系 / system", "EPSG:4490"))
    inputs = "".join(
        f'<label>{label}<input name="{name}" value="{value}" required></label>' for name, label, value in fields
    )
    body = (
        "<h1>微网格地图服务 / Micro-grid mapping</h1>"
        f'<p class="soft">{escape(state)}</p><ul class="links">{items}</ul>'
        f'<h2>{ask}</h2><form action="/v1/locate" method="get">{inputs}<button>查询 / Look up</button></form>'
        '<p class="soft">高德、腾讯坐标写 GCJ-02,百度坐标写 BD-09。/ Amap and Tencent: GCJ-02, Baidu: BD-09.</p>'
    )
    return page("微网格 / Micro-grids", body, language)


def documents_page(document: Mapping[str, Any], language: Language) -> str:
    """The documents of every route, with a form to try each.

    Parameters
    ----------
    document : mapping
        The OpenAPI document.
    language : {"zh", "en"}
        Language of the page's own words.

    Returns
    -------
    str
        HTML.
    """
    info = document["info"]
    intro = "".join(f"<p>{_prose(line.lstrip('* '))}</p>" for line in info["description"].splitlines() if line.strip())
    key = (
        '<h2>密钥 / Key</h2><form><label>X-API-Key<input id="key" type="password" autocomplete="off"></label></form>'
        "<table>" + "".join(_row(scope, f"{zh} / {en}") for scope, (zh, en) in SCOPES.items()) + "</table>"
    )
    groups = "".join(_group(tag, document) for tag in document["tags"])
    kinds = "".join(_row(f"{kind.status} {kind.type}", f"{kind.zh} / {kind.en}") for kind in all_kinds())
    body = (
        f'<h1>{escape(info["title"])}</h1><p class="soft">{escape(info["version"])} · '
        f'<a href="/openapi.json">openapi.json</a> · <a href="/">首页 / Home</a></p>{intro}{key}{groups}'
        f'<h2 id="problems">出错 / Errors</h2><table>{kinds}</table>'
    )
    return page("接口文档 / API documents", body, language, script="/static/docs.js")


def problem_page(kind: ProblemKind, language: Language) -> str:
    """What one kind of problem means: the ``type`` of an error answer leads here."""
    body = (
        f"<h1>{escape(kind.zh)} / {escape(kind.en)}</h1><p><code>{escape(kind.type)}</code> · HTTP {kind.status}</p>"
        '<p>具体原因和下一步见回答中的 detail。/ The member "detail" of the answer says why and what to do.</p>'
        '<p><a href="/docs#problems">接口文档 / API documents</a></p>'
    )
    return page(kind.title(language), body, language)


def _group(tag: Mapping[str, str], document: Mapping[str, Any]) -> str:
    parts = [
        _operation(path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if tag["name"] in operation.get("tags", ())
    ]
    return f"<h2>{escape(tag['description'])}</h2>{''.join(parts)}" if parts else ""


def _operation(path: str, method: str, operation: Mapping[str, Any]) -> str:
    parameters = operation.get("parameters", [])
    rows = "".join(
        _row(item["name"] + (" *" if item.get("required") else ""), item.get("description", "")) for item in parameters
    )
    fields = "".join(_field(item) for item in parameters)
    form = f'<form data-path="{escape(path)}">{fields}<button>试一试 / Try</button></form><pre hidden></pre>'
    return (
        f'<h3 id="{escape(operation["operationId"])}"><span class="method">{method.upper()}</span> '
        f"<code>{escape(path)}</code> {escape(operation.get('summary', ''))}</h3>"
        f"<p>{_prose(operation.get('description', ''))}</p><table>{rows}</table>{form}{_example(operation)}"
    )


def _field(parameter: Mapping[str, Any]) -> str:
    example = parameter.get("example", next(iter(parameter.get("schema", {}).get("examples", [])), ""))
    shown = example if parameter.get("required") else ""
    return (
        f"<label>{escape(parameter['name'])}"
        f'<input name="{escape(parameter["name"])}" data-place="{escape(parameter["in"])}" '
        f'value="{escape(str(shown))}" placeholder="{escape(str(example))}"></label>'
    )


def _example(operation: Mapping[str, Any]) -> str:
    for status, answer in operation["responses"].items():
        for media_type, content in answer.get("content", {}).items():
            if status.startswith("2") and "example" in content:
                text = orjson.dumps(content["example"], option=orjson.OPT_INDENT_2).decode()
                return f'<p class="soft">{escape(status)} {escape(media_type)}</p><pre>{escape(text)}</pre>'
    return ""


def _prose(text: str) -> str:
    """Text with `code` in it, as HTML."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _row(name: str, text: str) -> str:
    return f'<tr><td class="name">{escape(name)}</td><td>{escape(text)}</td></tr>'
