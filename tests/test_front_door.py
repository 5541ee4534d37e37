"""The front door, run for real on a copy of it, with an invented Python that notes what it is asked."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# Answers what the door asks of a Python; notes every call; `-m venv` makes a copy of itself.
PYTHON = """#!/bin/sh
echo "$*" >>"$NOTES"
case $* in
*"%d.%d"*) echo "${VERSION:-3.11}" ;;
*"-m venv"*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
*sysconfig*) mkdir -p "${0%/bin/python}/site" && echo "${0%/bin/python}/site" ;;
*"-m pip install"*) sleep "${PIP_TAKES_S:-0}"; [ -z "${PIP_FAILS:-}" ] || exit 1 ;;
*api.cli.main*) shift 5; printf '<%s>' "$@"; echo ;;
esac
"""


class Door:
    """A copy of the front door in a folder whose name holds a space."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "a checkout"
        self.root.mkdir()
        for name in ("microgrid", "requirements.txt", "requirements-dev.txt"):
            shutil.copy2(ROOT / name, self.root / name)
        self.path = self.root / "microgrid"
        self.venv = self.root / ".venv"
        self.notes = folder / "notes"
        programs = folder / "programs"
        programs.mkdir()
        for name, text in {"python3": PYTHON, "sudo": "#!/bin/sh\nexit 1\n"}.items():
            (programs / name).write_text(text)
            (programs / name).chmod(0o755)
        self.environment = {
            "PATH": f"{programs}:/usr/bin:/bin",
            "NOTES": str(self.notes),
            "MICROGRID_INSTALL": "no",
            "MICROGRID_LANG": "en",
        }

    def start(self, *arguments: str, path: Path | str | None = None, cwd: Path | None = None, **settings: str):
        return subprocess.Popen(
            [str(path or self.path), *arguments],
            env={**self.environment, **settings},
            cwd=cwd or "/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, **options):
        with self.start(*arguments, **options) as process:
            out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    def asked(self, words: str) -> list[str]:
        """What was asked of a Python since the last time, as far as it holds these words."""
        lines = self.notes.read_text().splitlines() if self.notes.exists() else []
        self.notes.unlink(missing_ok=True)
        return [line for line in lines if words in line]


@pytest.fixture
def door(tmp_path):
    return Door(tmp_path)


@pytest.mark.parametrize("shell", ["sh", "dash", "bash"])
def test_every_shell_reads_it(shell):
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} on this machine")
    assert subprocess.run([shell, "-n", ROOT / "microgrid"], check=False).returncode == 0


def test_shellcheck_finds_nothing():
    if shutil.which("shellcheck") is None:
        pytest.skip("no shellcheck on this machine")
    done = subprocess.run(["shellcheck", ROOT / "microgrid"], capture_output=True, text=True, check=False)
    assert done.stdout == ""


def test_ci_calls_the_tests_and_nothing_cleverer():
    lines = [line for line in (ROOT / ".ci" / "run").read_text().splitlines() if line and not line.startswith("#")]
    assert lines == ["set -euo pipefail", 'cd "$(dirname "${BASH_SOURCE[0]}")/.."', "exec ./microgrid test"]
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    assert os.access(ROOT / "microgrid", os.X_OK)


def test_the_first_run_makes_the_parts_and_the_second_only_runs(door):
    code, out, err = door.run("--version")
    assert (code, out) == (0, "<--version>\n")
    assert "Making the Python environment" in err
    notes = door.asked("-m ")
    assert [note.split()[1] for note in notes] == ["venv", "pip", "utf8"]
    assert "--no-deps --require-hashes --only-binary :all: -r" in notes[1]
    assert notes[1].endswith("/a checkout/requirements.txt")
    assert (door.venv / "site" / "microgrid.pth").read_text() == f"{door.root}\n"
    assert door.run("--version") == (0, "<--version>\n", "")
    assert door.asked("-m pip") == []


def test_arguments_come_through_as_they_are(door):
    assert door.run("--help", "a b", "", "$x*")[1] == "<--help><a b><><$x*>\n"


def test_a_link_and_another_folder_and_the_shim(door, tmp_path):
    link = tmp_path / "links" / "mg"
    link.parent.mkdir()
    link.symlink_to("../a checkout/microgrid")
    assert door.run("--version", path=link, cwd=tmp_path)[:2] == (0, "<--version>\n")
    assert door.run("--version", path="./mg", cwd=link.parent)[:2] == (0, "<--version>\n")
    shim = door.venv / "bin" / "microgrid"
    assert door.run("x y", path=shim, cwd=tmp_path)[:2] == (0, "<x y>\n")


def test_new_requirements_are_installed_into_the_same_environment(door):
    door.run("--version")
    door.asked("")
    with (door.root / "requirements.txt").open("a") as file:
        file.write("# one more\n")
    assert door.run("--version")[0] == 0
    assert len(door.asked("-m pip install")) == 1
    assert door.asked("-m venv") == []


def test_an_environment_left_half_way_is_made_afresh(door):
    code, out, err = door.run("--version", PIP_FAILS="yes")
    assert (code, out) == (5, "")
    assert "could not be installed" in err
    (door.venv / "left.txt").touch()
    door.asked("")
    assert door.run("--version")[:2] == (0, "<--version>\n")
    assert len(door.asked("-m venv")) == 1
    assert not (door.venv / "left.txt").exists()


def test_a_new_python_of_the_system_and_a_moved_checkout_are_noticed(door, tmp_path):
    door.run("--version")
    door.asked("")
    assert door.run("--version", VERSION="3.13")[0] == 0
    assert len(door.asked("-m pip install")) == 1
    moved = tmp_path / "moved"
    door.root.rename(moved)
    assert door.run("--version", path=moved / "microgrid", VERSION="3.13")[0] == 0
    assert (moved / ".venv" / "site" / "microgrid.pth").read_text() == f"{moved}\n"


def test_two_doors_at_once_install_once(door):
    doors = [door.start("--version", PIP_TAKES_S="0.5") for _ in range(3)]
    told = [one.communicate(timeout=60)[0] for one in doors]
    assert told == ["<--version>\n"] * 3
    assert len(door.asked("-m pip install")) == 1


def test_wheels_from_a_folder(door, tmp_path):
    door.run("--version", MICROGRID_WHEELS=str(tmp_path / "the wheels"))
    assert door.asked("-m pip")[0].endswith(f"--no-index --find-links {tmp_path}/the wheels")


def test_the_doctor_changes_nothing(door):
    before = sorted(door.root.iterdir())
    code, out, err = door.run("doctor")
    assert (code, out) == (5, "")
    assert "not installed yet" in err
    assert sorted(door.root.iterdir()) == before
    assert "尚未安装" in door.run("doctor", MICROGRID_LANG="zh")[2]


@pytest.mark.parametrize("verb", ["demo", "test", "--version"])
def test_where_nothing_may_be_installed_the_command_is_printed(door, tmp_path, verb):
    (tmp_path / "programs" / "python3").write_text("#!/bin/sh\nexit 1\n")
    code, out, err = door.run(verb, PATH=f"{tmp_path}/programs:{_plain_programs(tmp_path)}")
    assert (code, out) == (5, "")
    assert "apt-get install --no-install-recommends python3 python3-venv" in err
    assert not door.venv.exists()


def _plain_programs(folder):
    """The few programs that the door itself needs, and no Python."""
    plain = folder / "plain"
    plain.mkdir()
    for name in ("sh", "dirname", "basename", "readlink", "id", "grep", "cat", "env", "uname"):
        (plain / name).symlink_to(shutil.which(name))
    return plain


def test_what_is_missing_is_installed_without_a_question(door, tmp_path):
    (tmp_path / "programs" / "python3").write_text("#!/bin/sh\nexit 1\n")
    noted = tmp_path / "apt"
    # Once its packages are "installed", there is a Python.
    later = tmp_path / "later"
    later.write_text(PYTHON)
    later.chmod(0o755)
    apt = f"""#!/bin/sh
    echo "$DEBIAN_FRONTEND $*" >>'{noted}'
    case $* in *python3-venv*) cp '{later}' '{tmp_path}/programs/python3' ;; esac
    """
    programs = {
        "apt-get": apt,
        "apt-cache": "#!/bin/sh\necho '  Candidate: 3.11'\n",
        "sudo": '#!/bin/sh\n[ "$1" = -n ] && shift && exec "$@"\n',
    }
    for name, text in programs.items():
        (tmp_path / "programs" / name).write_text(text)
        (tmp_path / "programs" / name).chmod(0o755)
    plain = _plain_programs(tmp_path)
    for name in ("mktemp", "rm", "mkdir", "cp", "sleep", "find", "sha256sum", "chmod", "tail", "flock", "true"):
        (plain / name).symlink_to(shutil.which(name))
    settings = {"PATH": f"{tmp_path}/programs:{plain}", "MICROGRID_INSTALL": "yes"}
    code, out, err = door.run("--version", **settings)
    assert (code, out) == (0, "<--version>\n"), err
    assert "Installing system packages: python3 python3-venv" in err
    [line] = noted.read_text().splitlines()
    assert line.startswith("noninteractive -q -y --no-install-recommends -o DPkg::Lock::Timeout=600")
    assert line.endswith("install python3 python3-venv")
