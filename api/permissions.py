"""What opens each route: one table, which the document shows and a test walks.

A scope stands for whoever has it: an account by one of its roles
(:data:`boundaries.accounts.ROLES` says which, and up to which tier), or a key that was
made with it. Which fields of an answer a tier shows stands in :mod:`boundaries.tiers`.
A route that is not in the table may not be served.
"""

# Answers everybody, known or not: is the service alive, and the door itself.
OPEN = "open"
# Any good key, any session, and the public where the public tier is on.
KNOWN = "known"
# As KNOWN, but the public only at a demonstration.
DOCUMENTS = "documents"

# Method and path -> any one of these opens it.
PERMISSIONS: dict[str, tuple[str, ...]] = {
    "GET /healthz": (OPEN,),
    "GET /readyz": (KNOWN,),
    "GET /metrics": (KNOWN,),
    "GET /": (KNOWN,),
    "GET /map": ("grids:read",),
    "GET /docs": (DOCUMENTS,),
    "GET /openapi.json": (DOCUMENTS,),
    "GET /problems/{slug}": (KNOWN,),
    "GET /static/{name}": (KNOWN,),
    "GET /favicon.ico": (KNOWN,),
    "POST /v1/session": (OPEN,),
    "GET /v1/session": (KNOWN,),
    "DELETE /v1/session": (KNOWN,),
    "PUT /v1/session/password": (KNOWN,),
    "GET /v1/session/oidc": (OPEN,),
    "GET /v1/session/oidc/callback": (OPEN,),
    "GET /v1/accounts": ("accounts", "security"),
    "POST /v1/accounts": ("accounts",),
    "GET /v1/accounts/{name}": ("accounts", "security"),
    "PUT /v1/accounts/{name}/roles": ("security",),
    "PUT /v1/accounts/{name}/password": ("accounts",),
    "PUT /v1/accounts/{name}/identity": ("accounts",),
    "POST /v1/accounts/{name}/disable": ("accounts",),
    "POST /v1/accounts/{name}/enable": ("accounts",),
    "POST /v1/accounts/{name}/unlock": ("accounts",),
    "GET /v1/audit": ("audit:read",),
    "GET /v1/audit/verify": ("audit:read",),
    "GET /v1/locate": ("locate",),
    "POST /v1/locate": ("locate",),
    "GET /v1/locate/table": ("locate",),
    "GET /v1/areas": ("grids:read",),
    "GET /v1/areas/{code}": ("grids:read",),
    "GET /v1/micro-grids": ("grids:read",),
    "GET /v1/micro-grids/{code}": ("grids:read",),
    "GET /v1/premises": ("premises:read",),
    "GET /v1/registers/people": ("registers:read",),
    "PUT /v1/registers/people": ("registers:write",),
    "POST /v1/registers/people/end": ("registers:write",),
    "POST /v1/registers/people/replace": ("registers:write",),
    "GET /v1/registers/shops": ("registers:read",),
    "PUT /v1/registers/shops/{code}": ("registers:write",),
    "POST /v1/registers/shops/{code}/close": ("registers:write",),
    "GET /v1/registers/counts": ("registers:read",),
    "PUT /v1/registers/counts": ("registers:write",),
    "GET /v1/generations": ("grids:read",),
    "GET /v1/generations/at": ("grids:read",),
    "GET /v1/generations/current": ("grids:read",),
    "GET /v1/generations/{number}": ("grids:read",),
    "GET /v1/generations/{number}/certificate": ("grids:read",),
    "GET /v1/generations/{number}/delta": ("grids:read",),
    "GET /v1/drafts": ("drafts:read",),
    "POST /v1/drafts": ("drafts:write",),
    "GET /v1/drafts/{number}": ("drafts:read",),
    "GET /v1/drafts/{number}/edits": ("drafts:read",),
    "POST /v1/drafts/{number}/edits": ("drafts:write",),
    "GET /v1/drafts/{number}/findings": ("drafts:read",),
    "POST /v1/drafts/{number}/findings/acknowledge": ("drafts:write",),
    "GET /v1/drafts/{number}/grids": ("drafts:read",),
    "POST /v1/drafts/{number}/undo": ("drafts:write",),
    "POST /v1/drafts/{number}/redo": ("drafts:write",),
    "PUT /v1/drafts/{number}/lease": ("drafts:write",),
    "DELETE /v1/drafts/{number}/lease": ("drafts:write",),
    "PUT /v1/drafts/{number}/share": ("drafts:write",),
    "POST /v1/drafts/{number}/handover": ("drafts:write",),
    "POST /v1/drafts/{number}/rebase": ("drafts:write",),
    "POST /v1/drafts/{number}/submit": ("drafts:write",),
    "POST /v1/drafts/{number}/abandon": ("drafts:write",),
    "GET /v1/drafts/{number}/reviews": ("drafts:read",),
    "POST /v1/drafts/{number}/approve": ("review",),
    "POST /v1/drafts/{number}/return": ("review",),
    "POST /v1/drafts/{number}/publish": ("publish",),
}


def opens(route: str, scopes: frozenset[str], *, is_public: bool = False) -> bool:
    """Whether a route is open to somebody.

    Parameters
    ----------
    route : str
        A key of ``PERMISSIONS``.
    scopes : frozenset of str
        What the caller has.
    is_public : bool
        Whether nobody in particular asks, and the public tier is on.

    Returns
    -------
    bool
    """
    wanted = PERMISSIONS[route]
    if OPEN in wanted or KNOWN in wanted:
        return True
    if DOCUMENTS in wanted:
        return not is_public
    return "admin" in scopes or not scopes.isdisjoint(wanted)
