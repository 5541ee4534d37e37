"""Every error of the HTTP door as one problem document (RFC 9457), in the reader's language.

One table maps the class of what was raised to a stable ``type``, a status and a
title. A body never holds a stack trace, SQL, or the text of an exception of a library.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from boundaries.errors import BadInput, Blocked, Conflict, Forbidden, KeyReused, NotFound, RefusedRows, Unavailable
from geo.errors import CrsProblem, Language, Problem

MEDIA_TYPE = "application/problem+json"


class KeyNeeded(Problem):
    """Nobody has said who is asking, or with a key that is not good."""


class TooLarge(Problem):
    """The request is larger than this service reads."""


class UnsupportedMedia(Problem):
    """The body is of a kind, or packed in a way, that this service does not read."""


class TooMany(Problem):
    """The caller asks more often, or more at once, than is allowed.

    Parameters
    ----------
    zh, en : str
    retry_after_s : int
        When to ask again, in whole seconds.
    """

    def __init__(self, zh: str, en: str, retry_after_s: int = 1) -> None:
        super().__init__(zh, en)
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """A kind of problem: the last part of its ``type``, its status and its titles."""

    slug: str
    status: int
    zh: str
    en: str

    @property
    def type(self) -> str:
        """The stable ``type`` member, a reference that this service also answers."""
        return f"/problems/{self.slug}"

    def title(self, language: Language) -> str:
        """The title in one language."""
        return self.zh if language == "zh" else self.en


BAD_REQUEST = ProblemKind("bad-request", 400, "请求写法有误", "The request cannot be used")
INVALID_CONTENT = ProblemKind("invalid-content", 422, "内容不能使用", "The content cannot be used")
NO_SUCH_PAGE = ProblemKind("no-such-page", 404, "没有这个地址", "No such address")
WRONG_METHOD = ProblemKind("method-not-allowed", 405, "这个地址不支持该方法", "The method is not allowed here")
REFUSED = ProblemKind("refused", 400, "请求被拒绝", "The request is refused")
INTERNAL = ProblemKind("internal-error", 500, "服务内部错误", "Internal error")

# The nearest class in the method resolution order of what was raised decides.
PROBLEM_KINDS: dict[type[Problem], ProblemKind] = {
    Problem: REFUSED,
    BadInput: ProblemKind("bad-input", 400, "输入不能使用", "The input cannot be used"),
    RefusedRows: ProblemKind("refused-rows", 422, "有数据行不能导入", "Rows cannot be loaded"),
    KeyReused: ProblemKind("key-reused", 422, "幂等键已用于其他请求", "The idempotency key was used before"),
    CrsProblem: ProblemKind("coordinate-system", 400, "坐标系有问题", "The coordinate system cannot be used"),
    KeyNeeded: ProblemKind("key-needed", 401, "需要登录或接口密钥", "Sign in or send an API key"),
    Forbidden: ProblemKind("not-allowed", 403, "没有权限", "Not allowed"),
    NotFound: ProblemKind("not-found", 404, "没有找到", "Not found"),
    Conflict: ProblemKind("conflict", 409, "与他人的修改冲突", "Conflict with another change"),
    Blocked: ProblemKind("blocked", 409, "有必须处理的问题", "Blocking findings stand in the way"),
    TooLarge: ProblemKind("too-large", 413, "请求过大", "The request is too large"),
    UnsupportedMedia: ProblemKind("unsupported-media", 415, "不支持这种正文", "The body is not read"),
    TooMany: ProblemKind("too-many", 429, "请求过于频繁", "Too many requests"),
    Unavailable: ProblemKind("unavailable", 503, "服务暂时不可用", "The service is not available now"),
}

FRAMEWORK_KINDS: dict[int, ProblemKind] = {
    400: BAD_REQUEST,
    404: NO_SUCH_PAGE,
    405: WRONG_METHOD,
    413: PROBLEM_KINDS[TooLarge],
}


def all_kinds() -> tuple[ProblemKind, ...]:
    """Every kind of problem that this service answers with, by status."""
    others = (BAD_REQUEST, INVALID_CONTENT, NO_SUCH_PAGE, WRONG_METHOD, INTERNAL)
    return tuple(sorted((*PROBLEM_KINDS.values(), *others), key=lambda kind: (kind.status, kind.slug)))


def kind_of(problem: Problem) -> ProblemKind:
    """The kind of a refusal: that of its nearest class in ``PROBLEM_KINDS``."""
    return next(PROBLEM_KINDS[cls] for cls in type(problem).__mro__ if cls in PROBLEM_KINDS)


def reader_language(accept_language: str | None, default: Language) -> Language:
    """The language to answer in.

    Parameters
    ----------
    accept_language : str or None
        The request's header.
    default : {"zh", "en"}
        The language of the settings, where the header prefers neither.

    Returns
    -------
    {"zh", "en"}
    """
    best: tuple[float, Language | None] = (0.0, None)
    for item in (accept_language or "").split(","):
        tag, _, parameter = item.strip().lower().partition(";")
        weight = _weight(parameter)
        language: Language | None = {"zh": "zh", "en": "en", "*": default}.get(tag.split("-")[0])  # type: ignore[assignment]
        if language is not None and weight > best[0]:
            best = (weight, language)
    return best[1] or default


def _weight(parameter: str) -> float:
    if not parameter.strip().startswith("q="):
        return 1.0
    try:
        return float(parameter.strip()[2:])
    except ValueError:
        return 0.0


def problem_response(
    kind: ProblemKind,
    *,
    language: Language,
    detail: str,
    request_id: str | None = None,
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The answer that tells one problem.

    Parameters
    ----------
    kind : ProblemKind
    language : {"zh", "en"}
        Language of title and detail.
    detail : str
        What is wrong here and what to do.
    request_id : str or None
        Number under which the log has it.
    errors : sequence of mappings
        ``pointer`` and ``detail`` of each single fault.
    headers : mapping or None
        More headers, such as ``Allow``.

    Returns
    -------
    Response
    """
    body: dict[str, Any] = {"type": kind.type, "title": kind.title(language), "status": kind.status, "detail": detail}
    if errors:
        body["errors"] = list(errors)
    if request_id is not None:
        body["request_id"] = request_id
    return Response(
        orjson.dumps(body),
        status_code=kind.status,
        media_type=MEDIA_TYPE,
        headers={**(headers or {}), "Content-Language": language, "Cache-Control": "no-store"},
    )


def language_of(request: Request) -> Language:
    """The language to answer this request in."""
    return reader_language(request.headers.get("accept-language"), request.app.state.settings.lang)


def install_problems(app: FastAPI) -> None:
    """Make every refusal, of ours or of the framework, leave as a problem document."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_framework)


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101  registered for this class only
    return refusal_response(error, language_of(request), request_id=_request_id(request), is_page=_is_page(request))


def refusal_response(
    error: Problem, language: Language, *, request_id: str | None = None, is_page: bool = False
) -> Response:
    """The answer that tells a refusal.

    Parameters
    ----------
    error : Problem
    language : {"zh", "en"}
    request_id : str or None
        Number under which the log has it.
    is_page : bool
        Whether a person in a browser asks: then it may ask for a name and a key.
    """
    kind = kind_of(error)
    headers = {"Retry-After": "5"} if kind.status == 503 else {}
    if isinstance(error, TooMany):
        headers["Retry-After"] = str(error.retry_after_s)
    if kind.status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="microgrid", charset="UTF-8"' if is_page else "X-API-Key"
    errors: list[dict[str, str]] = []
    if isinstance(error, RefusedRows):
        errors = [
            {"pointer": f"/rows/{row.row}" if row.row is not None else "", "detail": row.text(language)}
            for row in error.rows[:100]
        ]
    return problem_response(
        kind,
        language=language,
        detail=error.text(language),
        request_id=request_id,
        errors=errors,
        headers=headers,
    )


async def _on_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101  registered for this class only
    return invalid_response(error, language_of(request), request_id=_request_id(request))


def invalid_response(error: RequestValidationError, language: Language, *, request_id: str | None = None) -> Response:
    """The answer that tells every fault of a request and its place."""
    faults = error.errors()
    errors = [{"pointer": _pointer(fault["loc"]), "detail": fault_text(fault, language)} for fault in faults]
    in_body = any(fault["loc"][:1] == ("body",) for fault in faults)
    return problem_response(
        INVALID_CONTENT if in_body else BAD_REQUEST,
        language=language,
        detail="; ".join(f"{item['pointer'].rpartition('/')[2]}: {item['detail']}" for item in errors),
        request_id=request_id,
        errors=errors,
    )


async def _on_framework(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  registered for this class only
    language = language_of(request)
    kind = FRAMEWORK_KINDS.get(error.status_code) or ProblemKind(
        f"http-{error.status_code}", error.status_code, "请求被拒绝", "The request is refused"
    )
    return problem_response(
        kind,
        language=language,
        detail=f"{kind.title(language)}: {request.method} {request.url.path}",
        request_id=_request_id(request),
        headers=error.headers,
    )


# What pydantic calls a fault, told to people; {limit} is the bound that was broken.
_FAULTS: dict[str, tuple[str, str]] = {
    "missing": ("必须填写", "is required"),
    "extra_forbidden": ("没有这个参数", "is not a parameter here"),
    "float_parsing": ("应为数字", "must be a number"),
    "finite_number": ("应为有限的数字", "must be a finite number"),
    "int_parsing": ("应为整数", "must be a whole number"),
    "int_from_float": ("应为整数", "must be a whole number"),
    "greater_than_equal": ("不能小于 {ge}", "must be at least {ge}"),
    "less_than_equal": ("不能大于 {le}", "must be at most {le}"),
    "literal_error": ("只能是 {expected}", "must be one of {expected}"),
    "date_from_datetime_parsing": ("应为日期,如 2026-01-31", "must be a date, such as 2026-01-31"),
    "date_parsing": ("应为日期,如 2026-01-31", "must be a date, such as 2026-01-31"),
    "string_too_long": ("太长", "is too long"),
    "json_invalid": ("不是合法的 JSON", "is not valid JSON"),
}


# Parameters that are never guessed, with the way to give them.
_HINTS: dict[str, tuple[str, str]] = {
    "crs": (
        "请写明坐标系:EPSG:4490、EPSG:4326、GCJ-02(高德、腾讯)或 BD-09(百度)",
        "name the system: EPSG:4490, EPSG:4326, GCJ-02 (Amap, Tencent) or BD-09 (Baidu)",
    ),
}


def fault_text(fault: Mapping[str, Any], language: Language) -> str:
    """One fault of a parameter for people; the value itself is not repeated."""
    zh, en = _FAULTS.get(fault["type"], ("值不能使用", "cannot be used"))
    text = (zh if language == "zh" else en).format(**fault.get("ctx", {}))
    hint = _HINTS.get(str(fault["loc"][-1])) if fault["type"] == "missing" else None
    if hint is None:
        return text
    return f"{text},{hint[0]}" if language == "zh" else f"{text}: {hint[1]}"


def _pointer(place: Sequence[str | int]) -> str:
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in place)


def _request_id(request: Request) -> str | None:
    return getattr(request.state, "request_id", None)


def _is_page(request: Request) -> bool:
    """Whether a person in a browser asks: then it may ask for a name and a key."""
    return "text/html" in request.headers.get("accept", "")
