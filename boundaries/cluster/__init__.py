"""The private PostgreSQL cluster: programs, data folder, process, roles.

It knows paths, processes and the superuser's few statements. It knows nothing of the
plan's tables, of settings or of the environment: every path is an argument.
"""

from boundaries.cluster.life import Cluster, ClusterStatus, cluster_url, ensure_running, status, stop
from boundaries.cluster.programs import Programs, find_programs
from boundaries.cluster.roles import APP, DATABASE, OWNER, SUPERUSER, TEMPLATE

__all__ = [
    "APP",
    "DATABASE",
    "OWNER",
    "SUPERUSER",
    "TEMPLATE",
    "Cluster",
    "ClusterStatus",
    "Programs",
    "cluster_url",
    "ensure_running",
    "find_programs",
    "status",
    "stop",
]
