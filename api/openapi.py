"""What the documents say besides the routes themselves: introduction, groups, the shared error answers."""

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from api.examples import example_of
from api.geojson import MEDIA_TYPE as GEOJSON
from api.permissions import PERMISSIONS
from api.problems import BAD_REQUEST, MEDIA_TYPE, PROBLEM_KINDS, KeyNeeded, ProblemKind
from api.schemas.problem import ProblemDocument
from boundaries.errors import Forbidden, NotFound, Unavailable

DESCRIPTION = """\
把城市划分为微网格并回答“这个点在哪个网格”。/ Divides a city into neighbourhood micro-grids \
and answers which one a point is in.

* 密钥 / Key: `X-API-Key: mg_<id>_<secret>`. 公开查询打开后,查点、名称、边界和公开地图无需密钥 / \
with the public tier on, look-up, names, borders and the public map need none.
* 坐标 / Coordinates: GeoJSON, EPSG:4326, 经度在前 / longitude first; `crs=` 另行指定 / says otherwise \
(`EPSG:n`, `GCJ-02`, `BD-09`).
* 分页 / Pages: 按 `links` 里的 `next` 继续 / follow the link `next`.
* 出错 / Errors: `application/problem+json` (RFC 9457), 语言随 `Accept-Language` / in the language asked for.
* 时间 / Times: ISO 8601.
"""

TAGS: list[dict[str, Any]] = [
    {"name": "locate", "description": "查点 / Which grid a point is in"},
    {"name": "plan", "description": "区域与微网格 / Areas and micro-grids"},
    {"name": "premises", "description": "楼栋、小区、商铺 / Buildings, compounds and shops"},
    {"name": "registers", "description": "台账:人员、商铺、户数 / Registers: people, shops, counts"},
    {"name": "generations", "description": "版本 / Published generations"},
    {"name": "drafts", "description": "调整方案 / Drafts"},
    {"name": "session", "description": "登录 / Signing in"},
    {"name": "accounts", "description": "账号与角色 / Accounts and their roles"},
    {"name": "audit", "description": "操作日志 / The audit trail"},
    {"name": "health", "description": "运行状态 / Is the service alive and ready"},
]


def error_answers(*kinds: ProblemKind) -> dict[int | str, dict[str, Any]]:
    """The documented error answers of a route.

    Parameters
    ----------
    *kinds : ProblemKind
        Those besides a bad request, a missing key, a missing right and an unavailable database.

    Returns
    -------
    dict
        For FastAPI's ``responses``.
    """
    usual = (BAD_REQUEST, PROBLEM_KINDS[KeyNeeded], PROBLEM_KINDS[Forbidden], PROBLEM_KINDS[Unavailable])
    return {
        kind.status: {
            "description": f"{kind.zh} / {kind.en}",
            "content": {
                MEDIA_TYPE: {
                    "schema": {"$ref": f"#/components/schemas/{ProblemDocument.__name__}"},
                    "example": {"type": kind.type, "title": kind.zh, "status": kind.status, "detail": "…"},
                }
            },
        }
        for kind in (*usual, *kinds)
    }


def geojson_answer(model: type[BaseModel], feature: dict[str, Any], *, is_one: bool = False) -> dict[str, Any]:
    """The documented answer of a route that gives one feature, or a page of them.

    Parameters
    ----------
    model : type of BaseModel
        What it looks like.
    feature : dict
        An example of one feature.
    is_one : bool
        Whether the answer is one feature.

    Returns
    -------
    dict
        For one entry of FastAPI's ``responses``.
    """
    page = {"type": "FeatureCollection", "generation": 1, "numberReturned": 1, "links": [], "features": [feature]}
    return {"model": model, "content": {GEOJSON: {"example": feature if is_one else page}}}


def install_document(app: FastAPI) -> None:
    """Make the application's OpenAPI document say what it really answers.

    The framework documents a 422 of its own for every route with parameters; here a bad
    parameter is a 400, and every error is a problem document.
    """
    made = app.openapi

    def document() -> dict[str, Any]:
        if app.openapi_schema is not None:
            return app.openapi_schema
        found = made()
        schemas = found["components"]["schemas"]
        for path, methods in found["paths"].items():
            for method, operation in methods.items():
                operation["responses"].pop("422", None)
                operation["x-open-to"] = list(PERMISSIONS.get(f"{method.upper()} {path}", ()))
                _complete(operation["responses"], schemas)
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        problem = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(problem.pop("$defs"))
        schemas[ProblemDocument.__name__] = problem
        return found

    app.openapi = document  # type: ignore[method-assign]  # the way the framework names for it


def _complete(answers: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Say of every refusal that it is a problem document, and give each answer an example."""
    for status, answer in answers.items():
        content = answer.setdefault("content", {})
        if status >= "400" and "application/json" in content:
            told = content.pop("application/json")
            content[MEDIA_TYPE] = {**content.get(MEDIA_TYPE, {}), **told}
        for one in content.values():
            if "example" not in one and "schema" in one:
                one["example"] = example_of(one["schema"], schemas)


NOT_FOUND = PROBLEM_KINDS[NotFound]
