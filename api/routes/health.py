"""``/healthz`` (the process lives) and ``/readyz`` (it can answer from its database)."""

from typing import Any

from fastapi import APIRouter, Depends, Request

from api.auth import known_caller
from api.dependencies import ReadSession, app_engine
from api.openapi import error_answers
from boundaries.errors import Unavailable
from boundaries.services.reading import current_generation
from boundaries.store.migrate import current, head

router = APIRouter(tags=["health"])


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
        "需要任一密钥,或公开查询已打开;首次发布前 `generation` 为 null。 / "
        "Needs any key, or the public tier on; `generation` is null before the first publication."
    ),
    responses={
        200: {"content": {"application/json": {"example": {"status": "ready", "generation": 3}}}},
        **error_answers(),
    },
)
def readyz(request: Request, session: ReadSession) -> dict[str, Any]:
    """Needs any key, or the public tier on. ``generation`` is null before the first publication."""
    found = current(app_engine(request).url.render_as_string(hide_password=False))
    if found != head():
        raise Unavailable(
            "数据库的表与程序版本不一致。请运行 microgrid db upgrade。",
            "The tables are not of this version. Run: microgrid db upgrade",
        )
    return {"status": "ready", "generation": current_generation(session)}
