"""The private PostgreSQL cluster: programs, data folder, process, roles.

It knows paths, processes and the superuser's few statements. It knows nothing of the
plan's tables, of settings or of the environment: every path is an argument.
"""

from boundaries.cluster.account import Account, choose_account
from boundaries.cluster.life import Cluster, ClusterStatus, cluster_url, ensure_running, status, stop
from boundaries.cluster.process import program_environment
from boundaries.cluster.programs import Programs, client_for, find_programs
from boundaries.cluster.roles import APP, DATABASE, OWNER, SUPERUSER, TEMPLATE

__all__ = [
    "APP",
    "DATABASE",
    "OWNER",
    "SUPERUSER",
    "TEMPLATE",
    "Account",
    "Cluster",
    "ClusterStatus",
    "Programs",
    "choose_account",
    "client_for",
    "cluster_url",
    "ensure_running",
    "find_programs",
    "program_environment",
    "status",
    "stop",
]
