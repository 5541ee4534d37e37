"""Pages for people: the first page, the map, the documents, and what an error's ``type`` means."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from api.auth import known_caller, require_documents
from api.dependencies import ReaderLanguage, ReadSession
from api.documents import documents_page, landing_page, problem_page
from api.problems import all_kinds
from boundaries.errors import NotFound
from boundaries.services.reading import current_generation

router = APIRouter(include_in_schema=False)

_STATIC = Path(__file__).resolve().parents[1] / "static"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}

_ANYBODY_KNOWN = [Depends(known_caller)]
_DOCUMENTS_READER = [Depends(require_documents)]


@router.get("/", dependencies=_ANYBODY_KNOWN)
def landing(session: ReadSession, language: ReaderLanguage) -> HTMLResponse:
    """The first page."""
    return HTMLResponse(landing_page(language, current_generation(session)))


@router.get("/openapi.json", dependencies=_DOCUMENTS_READER)
def openapi_document(request: Request) -> dict[str, Any]:
    """The OpenAPI document."""
    return dict(request.app.openapi())


@router.get("/docs", dependencies=_DOCUMENTS_READER)
def documents(request: Request, language: ReaderLanguage) -> HTMLResponse:
    """The documents, readable and to be tried."""
    return HTMLResponse(documents_page(request.app.openapi(), language))


@router.get("/problems/{slug}", dependencies=_ANYBODY_KNOWN)
def problem(slug: str, language: ReaderLanguage) -> HTMLResponse:
    """What the ``type`` of an error answer means."""
    kind = next((kind for kind in all_kinds() if kind.slug == slug), None)
    if kind is None:
        raise NotFound(f"没有名为 {slug} 的出错类型。", f"There is no kind of problem called {slug}.")
    return HTMLResponse(problem_page(kind, language))


@router.get("/static/{name}", dependencies=_ANYBODY_KNOWN)
def static_file(name: str) -> Response:
    """A style sheet or script of ours."""
    files = static_files()
    if name not in files:
        raise NotFound(f"没有文件 {name}。", f"There is no file {name}.")
    headers = {"Cache-Control": "private, max-age=3600"}
    return Response(files[name], media_type=_TYPES[Path(name).suffix], headers=headers)


@router.get("/favicon.ico", dependencies=_ANYBODY_KNOWN)
def icon() -> Response:
    """The picture that browsers ask for by this name."""
    return static_file("icon.svg")


@lru_cache(maxsize=1)
def static_files() -> dict[str, bytes]:
    """Our few static files by name, read once; a name from outside never becomes a path."""
    return {path.name: path.read_bytes() for path in _STATIC.iterdir() if path.suffix in _TYPES}
