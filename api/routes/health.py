"""``/healthz`` (the process lives) and ``/readyz`` (it can answer from its database)."""

from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import PlainTextResponse

from api.auth import known_caller
from api.dependencies import ReaderLanguage, ReadSession, app_engine
from api.locating.watching import Live
from api.openapi import error_answers
from boundaries.errors import Unavailable
from boundaries.services import sealing
from boundaries.services.reading import current_generation
from boundaries.store.jobs import count_due_jobs
from boundaries.store.migrate import current, head
from boundaries.store.seals import count_waiting

router = APIRouter(tags=["health"])

_READY = {
    "status": "ready",
    "generation": 3,
    "served": 3,
    "refusal": None,
    "jobs_waiting": 0,
    "unsealed": 0,
    "sealed_at": "2026-01-31T08:00:00Z",
}
_COUNTED = 'microgrid_locate_requests_total{kind="point",status="200"} 1204.0'


@router.get(
    "/healthz",
    summary="进程是否在运行 / Is the process alive",
    description=("无需密钥,不查数据库。 / Needs no key and asks nothing of the database."),
    responses={200: {"content": {"application/json": {"example": {"status": "ok"}}}}},
)
def healthz() -> dict[str, str]:
    """Needs no key and asks nothing of the database."""
    return {"status": "ok"}


@router.get(
    "/readyz",
    dependencies=[Depends(known_caller)],
    summary="能否从数据库回答 / Can it answer from its database",
    description=(
        "需要任一密钥,或公开查询已打开;首次发布前 `generation` 为 null。`served` 是内存中回答查询的版本;数据库断开时 "
        "`status` 为 stale,查询照常。`jobs_waiting` 是到期未做的后台任务,`unsealed` 是尚未封存的操作记录:两者只增不减,"
        "说明后台任务(worker)没有运行。 / Needs any key, or the public tier on; `generation` is null before the first "
        "publication. `served` answers look-ups from memory: without the database `status` is stale, look-ups go on. "
        "`jobs_waiting` are background jobs that are due, `unsealed` entries of the audit trail without a seal: where "
        "they only grow, no worker runs."
    ),
    responses={
        200: {"content": {"application/json": {"example": _READY}}},
        **error_answers(),
    },
)
def readyz(request: Request, session: ReadSession, language: ReaderLanguage) -> dict[str, Any]:
    """Needs any key, or the public tier on. ``served`` is what answers look-ups from memory."""
    found = current(app_engine(request).url.render_as_string(hide_password=False))
    if found != head():
        raise Unavailable(
            "数据库的表与程序版本不一致。请运行 microgrid db upgrade。",
            "The tables are not of this version. Run: microgrid db upgrade",
        )
    watch = request.app.state.watch
    live = watch.live if watch is not None else Live()
    last = sealing.head(session)
    return {
        "status": "ready",
        "generation": current_generation(session),
        "served": live.served.generation if live.served is not None else None,
        "refusal": live.refusal.text(language) if live.refusal is not None else None,
        "jobs_waiting": count_due_jobs(session),
        "unsealed": count_waiting(session),
        "sealed_at": last.sealed_at if last is not None else None,
    }


@router.get(
    "/metrics",
    dependencies=[Depends(known_caller)],
    summary="查询计数,Prometheus 格式 / Counts of look-ups, for Prometheus",
    description=(
        "需要任一密钥,或公开查询已打开;数据库断开时照常回答。 / Needs any key, or the public tier on; "
        "answers without the database, too."
    ),
    response_class=PlainTextResponse,
    responses={200: {"content": {"text/plain": {"example": _COUNTED}}}, **error_answers()},
)
def metrics() -> None:
    """Answered in front, from the first moment that the database was seen."""
    raise Unavailable("服务正在启动,请稍后再试。", "The service is starting. Try again in a moment.")
