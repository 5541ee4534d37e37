"""The account of the machine that owns the cluster: never root, which PostgreSQL refuses."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from boundaries.errors import Unavailable

SERVICE_USER = "postgres"
FALLBACK_USER = "microgrid"


@dataclass(frozen=True, slots=True)
class Account:
    """One user of the machine.

    Attributes
    ----------
    name : str
        Login name, as peer authentication reports it.
    uid, gid : int
        Its numbers.
    """

    name: str
    uid: int
    gid: int

    @property
    def is_me(self) -> bool:
        """Whether this process already runs as the account."""
        return os.geteuid() == self.uid

    def identity(self) -> dict[str, object]:
        """Options that make `subprocess` run a program as the account."""
        if self.is_me:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": os.getgrouplist(self.name, self.gid)}

    def own(self, path: Path) -> None:
        """Hand over a file or folder that this process has just made."""
        if not self.is_me:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


def choose_account(data_dir: Path, *, may_make: bool = True) -> Account:
    """The account for a cluster: whoever owns the data folder, else this user, else for root a service user.

    Parameters
    ----------
    data_dir : Path
        The data folder, made or not.
    may_make : bool
        Whether a service user may be made where root has none.

    Raises
    ------
    Unavailable
        Root has no service user and cannot make one, or this user has no login name,
        or the folder belongs to somebody else.
    """
    uid = os.geteuid()
    owner = data_dir.stat().st_uid if data_dir.exists() else None
    if uid != 0:
        if owner is not None and owner != uid:
            raise Unavailable(
                f"数据目录 {data_dir} 属于用户 {_name(owner)}。请以该用户运行,或改用另一个 MICROGRID_HOME。",
                f"The data folder {data_dir} belongs to the user {_name(owner)}. "
                "Run as that user, or choose another MICROGRID_HOME.",
            )
        return _account(uid)
    return _account(owner) if owner else _service_account(may_make=may_make)


def _service_account(*, may_make: bool) -> Account:
    for name in (SERVICE_USER, FALLBACK_USER):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(found.pw_name, found.pw_uid, found.pw_gid)
    maker = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin")
    if maker and may_make:
        shell = "/usr/sbin/nologin"
        made = subprocess.run(  # noqa: S603 - fixed words
            [maker, "--system", "--user-group", "--no-create-home", "--shell", shell, FALLBACK_USER],
            capture_output=True,
            check=False,
        )
        if made.returncode == 0:
            found = pwd.getpwnam(FALLBACK_USER)
            return Account(found.pw_name, found.pw_uid, found.pw_gid)
    raise Unavailable(
        f"PostgreSQL 不能由 root 运行,而本机没有用户 {SERVICE_USER} 或 {FALLBACK_USER}。"
        f"请建立:useradd --system {FALLBACK_USER}",
        f"PostgreSQL does not run as root, and this machine has no user {SERVICE_USER} or {FALLBACK_USER}. "
        f"Make one: useradd --system {FALLBACK_USER}",
    )


def _account(uid: int) -> Account:
    try:
        found = pwd.getpwuid(uid)
    except KeyError:
        raise Unavailable(
            f"当前用户编号 {uid} 在本机没有用户名,PostgreSQL 因此无法启动。请为它建立用户,或以其他用户运行。",
            f"The user number {uid} has no login name on this machine, and PostgreSQL cannot start without one. "
            "Make a user for it, or run as another.",
        ) from None
    return Account(found.pw_name, found.pw_uid, found.pw_gid)


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
