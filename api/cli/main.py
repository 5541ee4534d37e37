"""Entry of the command line: finds the verb, runs it, turns what it raises into an exit code.

Nothing of the plan is imported before its verb is known, so that ``--help`` and the
light verbs start at once.
"""

import os
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from typing import Any, TextIO

import typer
from typer.exceptions import TyperException

from api import VERSION
from api.cli.usage import usage_text_zh
from boundaries.errors import Blocked, Conflict, Forbidden, NotFound, Unavailable, system_reason_zh
from geo.errors import Problem

DONE = 0
BLOCKED = 1
BAD_INPUT = 2
CONFLICT = 3
NOT_FOUND = 4
UNAVAILABLE = 5
INTERNAL = 70
INTERRUPTED = 130

# The nearest class in the method resolution order of what was raised decides.
EXIT_CODES: dict[type[BaseException], int] = {
    Blocked: BLOCKED,
    Conflict: CONFLICT,
    NotFound: NOT_FOUND,
    Unavailable: UNAVAILABLE,
    Forbidden: BAD_INPUT,
    Problem: BAD_INPUT,
    TyperException: BAD_INPUT,
    OSError: BAD_INPUT,
    KeyboardInterrupt: INTERRUPTED,
    typer.Abort: INTERRUPTED,
    Exception: INTERNAL,
}

# "module:attribute"; the attribute is a typer.Typer or a plain function.
VERBS: dict[str, str] = {
    "demo": "api.cli.demo:demo",
    "serve": "api.cli.serve:serve",
    "worker": "api.cli.worker:worker",
    "db": "api.cli.db:app",
    "doctor": "api.cli.doctor:doctor",
    "test": "api.cli.test:test",
    "load": "api.cli.load:load",
    "export": "api.cli.export:export",
    "check": "api.cli.check:check",
    "repair": "api.cli.repair:repair",
    "assign": "api.cli.assign:assign",
    "locate": "api.cli.locate:locate",
    "draft": "api.cli.draft:app",
    "diff": "api.cli.diff:diff",
    "generation": "api.cli.generation:app",
    "archive": "api.cli.archive:archive",
    "print": "api.cli.print:app",
    "roster": "api.cli.roster:app",
    "user": "api.cli.user:app",
    "key": "api.cli.key:app",
    "public": "api.cli.public:app",
    "audit": "api.cli.audit:app",
}


@dataclass(frozen=True, slots=True)
class Summary:
    """What a verb does, in one line of each language."""

    zh: str
    en: str


SUMMARIES: dict[str, Summary] = {
    "demo": Summary(
        "演示小镇:导入、检查、划入、发布、打印,然后启动服务",
        "load, check, assign, publish and print a town, then serve",
    ),
    "serve": Summary("启动网页与接口服务", "run the HTTP service"),
    "worker": Summary("运行后台任务:封存操作日志、按期发布", "background jobs: seal the trail, publish what is due"),
    "db": Summary("数据库:启动、停止、状态、升级、备份、恢复", "up, down, status, upgrade, backup, restore"),
    "doctor": Summary("检查这台电脑缺什么,不做任何改动", "say what this machine lacks; changes nothing"),
    "test": Summary("运行全部测试", "run the tests"),
    "load": Summary("导入区域、网格、楼栋、小区、商铺等", "load areas, grids, buildings, compounds, shops, ..."),
    "export": Summary("导出 WPS、QGIS、ArcGIS 能打开的文件", "write files for WPS, QGIS and ArcGIS"),
    "check": Summary("查出空白、重叠、越界、未划入等问题", "find every gap, overlap, unassigned compound, ..."),
    "repair": Summary(
        "修补空白、重叠、越界,证明后才写出", "close gaps and overlaps by rule; write only what is proved"
    ),
    "assign": Summary("为未划入的小区和商铺提出建议", "propose a grid for unassigned compounds and shops"),
    "locate": Summary("查一个点或一个文件的点在哪个网格", "which grid a point, or a file of points, is in"),
    "draft": Summary("调整方案:新建、查看、检查、提交、发布、放弃", "open, show, check, submit, publish, abandon"),
    "diff": Summary("变更对照:两个版本之间,或版本与方案之间", "say what differs between two states"),
    "generation": Summary("版本:列出、查看、恢复旧版", "list and show generations, bring one back"),
    "archive": Summary("年度归档:图层、登记表、图纸、证明、清单", "the yearly archive of a generation, in one folder"),
    "print": Summary("打印网格图、生成网页地图", "print sheets, write the web map"),
    "roster": Summary("人员:任命、离任、替换、按季度核算报酬", "people in charge: set, end, replace, import, pay"),
    "user": Summary("账号:新建、角色、密码、停用、解锁", "accounts: open, roles, passwords, close, unlock"),
    "key": Summary("接口密钥:新建、列出、更换、吊销", "create, list, rotate and revoke API keys"),
    "public": Summary("公开查询的开关", "switch public look-up on or off"),
    "audit": Summary("操作日志:查看、核对、导出、清理", "the audit trail: list, verify, export, prune"),
}

HELP_OPTIONS = ("--help", "-h", "help")


def main() -> None:
    """Run the command line with the arguments of this process, and leave with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # File names that are not UTF-8 must not break a message about them.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command and say its refusal, if any, on stderr.

    Parameters
    ----------
    arguments : sequence of str
        What stands after ``microgrid``.

    Returns
    -------
    int
        The exit code.
    """
    try:
        code = dispatch(list(arguments))
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader (head, less) has seen enough; a second write at exit must not complain.
        _discard(sys.stdout)
        return DONE
    except (Exception, KeyboardInterrupt) as error:  # the edge: every refusal becomes a code here
        return refuse(error)
    finally:
        _close_engines()
    return code


def dispatch(arguments: list[str]) -> int:
    """Find the verb and run it.

    Parameters
    ----------
    arguments : list of str
        The verb and what follows it.

    Returns
    -------
    int
        0, or the code that the verb asked for.

    Raises
    ------
    TyperException
        If the verb or its options are not known.
    """
    if not arguments or arguments[0] in HELP_OPTIONS:
        sys.stdout.write(help_text())
        return DONE if arguments else BAD_INPUT
    verb, rest = arguments[0], arguments[1:]
    if verb == "--version":
        sys.stdout.write(f"microgrid {VERSION}\n")
        return DONE
    if verb not in VERBS:
        raise TyperException(_unknown_verb(verb))
    command = load_command(verb)
    try:
        with command.make_context(f"microgrid {verb}", rest) as context:
            result = command.invoke(context)
    except typer.Exit as leaving:
        return leaving.exit_code
    return result if isinstance(result, int) and not isinstance(result, bool) else DONE


def load_command(verb: str) -> Any:
    """The command of a verb, imported now.

    Parameters
    ----------
    verb : str
        A key of ``VERBS``.

    Returns
    -------
    typer's command object
    """
    module_name, attribute = VERBS[verb].split(":")
    found: typer.Typer | Callable[..., Any] = getattr(import_module(module_name), attribute)
    summary = SUMMARIES[verb]
    text = f"{summary.zh} / {summary.en}"
    if isinstance(found, typer.Typer):
        # Plain help reads the same on a terminal, in a file and in a chat.
        found.rich_markup_mode = None
        group = typer.main.get_group(found)
        group.help = text
        return group
    single = typer.Typer(add_completion=False, rich_markup_mode=None)
    single.command(name=verb, help=text)(found)
    return typer.main.get_command(single)


def help_text() -> str:
    """The list of verbs, in both languages."""
    width = max(map(len, VERBS))
    lines = [
        "microgrid - 微网格划分与地图 / mapping of neighbourhood micro-grids",
        "",
        "用法 / Usage: microgrid VERB [OPTIONS] ...      microgrid VERB --help",
        "",
    ]
    for verb, summary in SUMMARIES.items():
        lines.append(f"  {verb:<{width}}  {summary.zh}")
        lines.append(f"  {'':<{width}}  {summary.en}")
    return "\n".join([*lines, ""])


def refuse(error: BaseException) -> int:
    """Say a refusal on stderr, in the language of the settings.

    Parameters
    ----------
    error : BaseException
        What the verb raised.

    Returns
    -------
    int
        Its exit code.
    """
    code = exit_code(error)
    if code == INTERNAL:
        _log_trace(error)
    message = _message(error)
    if message:
        try:
            sys.stderr.write(message.rstrip("\n") + "\n")
        except BrokenPipeError:
            _discard(sys.stderr)
    return code


def exit_code(error: BaseException) -> int:
    """The exit code of an exception: that of its nearest class in ``EXIT_CODES``."""
    # An OSError about no file of the caller's (a full disk, a lost socket) is ours to look into.
    if isinstance(error, OSError) and error.filename is None:
        return INTERNAL
    return next(EXIT_CODES[cls] for cls in type(error).__mro__ if cls in EXIT_CODES)


def _message(error: BaseException) -> str:
    is_zh = _is_chinese()
    if isinstance(error, Problem):
        return error.text("zh" if is_zh else "en")
    if isinstance(error, TyperException):
        return _usage_message(error, is_zh)
    if isinstance(error, KeyboardInterrupt | typer.Abort):
        return "已中断。" if is_zh else "Interrupted."
    if isinstance(error, OSError) and error.filename is not None:
        zh = f"不能使用文件“{error.filename}”:{system_reason_zh(error)}。请检查路径和权限。"
        return zh if is_zh else f'File "{error.filename}": {error.strerror}. Check the path and your rights.'
    kind = type(error).__name__
    zh = f"程序内部错误({kind})。请连同上方的日志一起报告。"
    return zh if is_zh else f"Internal error ({kind}). Please report it with the log line above."


def _usage_message(error: TyperException, is_zh: bool) -> str:
    text = error.format_message()
    if type(error).__name__ == "NoArgsIsHelpError":
        return text  # the help page itself
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "microgrid"
    if is_zh:
        return f"命令写法有误:{usage_text_zh(text)}\n查看用法:{path} --help"
    return f"Usage error: {text}\nSee: {path} --help"


def _unknown_verb(verb: str) -> str:
    near = get_close_matches(verb, VERBS, n=1)
    hint = f" 是不是 / Did you mean: {near[0]}?" if near else ""
    return f"没有命令“{verb}” / no such verb.{hint}"


def _is_chinese() -> bool:
    from api.cli.context import message_language

    return message_language() == "zh"


def _log_trace(error: BaseException) -> None:
    from api.logs import configure_logs, logger

    configure_logs()
    logger().error("internal_error", error=type(error).__name__, trace=_trace(error))


def _trace(error: BaseException) -> list[str]:
    """Where it happened, without the message: a message may quote names or coordinates."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]


def _close_engines() -> None:
    # A verb that needs no database has not loaded this module, and need not now.
    context = sys.modules.get("api.cli.context")
    if context is not None:
        context.close_engines()


def _discard(stream: TextIO) -> None:
    """Point a stream whose reader is gone at nothing."""
    empty = os.open(os.devnull, os.O_WRONLY)
    os.dup2(empty, stream.fileno())
    os.close(empty)


if __name__ == "__main__":
    main()
