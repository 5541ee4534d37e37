"""The database as the role that owns its tables: where it is, and bringing it up to date.

Whoever needs the tables of this version goes through here, so that nothing is ever
changed without a backup before it.
"""

from typing import TYPE_CHECKING

from api import VERSION
from api.cli import context
from api.cli.output import note

if TYPE_CHECKING:
    from boundaries.cluster import Cluster
    from boundaries.services.upkeep import UpgradeReport

# What a backup keeps of the settings: no address of a database (it may hold a password), no folder of this machine.
_KEPT_SETTINGS = ("lang", "timezone", "metric_crs", "four_eyes", "host", "port")


def private_cluster() -> "Cluster":
    """The private cluster of this home, started where need be.

    Raises
    ------
    Unavailable
        It cannot be started.
    """
    from boundaries import cluster

    settings = context.settings()
    return cluster.ensure_running(settings.home, runtime_dir=settings.runtime_dir)


def owner_url() -> str:
    """Address of the database as the role that owns the tables; the private cluster is started where need be.

    Raises
    ------
    Unavailable
        The private cluster cannot be started.
    """
    named = context.settings().database_url
    return named if named is not None else private_cluster().url("microgrid_owner")


def bring_up_to_date(url: str) -> "UpgradeReport":
    """Upgrade the tables, after a backup of what they hold; says on stderr where the backup is.

    Parameters
    ----------
    url : str
        Address, as the role that owns the tables.

    Raises
    ------
    Unavailable
        The database or ``pg_dump`` is missing, or the backup failed; nothing was changed then.
    """
    from boundaries.services import upkeep

    folder = context.settings().home / "backups"
    done = upkeep.upgrade(url, folder=folder, settings=kept_settings(), service=VERSION, now=context.now())
    if done.backup is not None:
        zh, en = f"升级前已备份到 {done.backup}", f"Backed up before the upgrade: {done.backup}"
        note(zh if context.language() == "zh" else en)
    return done


def kept_settings() -> dict[str, str]:
    """The settings that a backup keeps."""
    settings = context.settings()
    return {name: str(getattr(settings, name)) for name in _KEPT_SETTINGS}
