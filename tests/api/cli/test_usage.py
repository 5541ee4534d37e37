"""A wrong command is told in Chinese, whatever the command line's library says."""

import re

import pytest

from api.cli.main import run


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("draft foo", "没有子命令“foo”。"),
        ("export grids", "缺少 FILE。"),
        ("print sheet", "缺少选项 --out。"),
        ("check --draf 3", "没有选项 --draf,相近的有:--draft。"),
        ("check --zzz", "没有选项 --zzz。"),
        ("locate --point", "选项 --point 后面缺少内容。"),
        ("check --strict=3", "选项 --strict 后面不能写内容。"),
        ("check a b c", "多出了:b c。"),
        ("serve --port abc", "--port 不能这样写:应为整数。"),
        ("serve --port 99999", "--port 不能这样写:不能大于 65535。"),
        ("check --draft 0", "--draft 不能这样写:不能小于 1。"),
        ("check --sliver-width abc", "--sliver-width 不能这样写:应为数字。"),
        ("check --format xml", "--format 不能这样写:没有“xml”,可用:'table', 'json'。"),
        ("print sheet --out x.pdf --date 2026-13-01", "--date 不能这样写:“2026-13-01”不是日期,应像 2026-01-31。"),
    ],
)
def test_a_wrong_command_is_told_in_chinese(command: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(command.split()) == 2
    told, hint = capsys.readouterr().err.splitlines()
    assert told == f"命令写法有误:{said}"
    assert re.fullmatch(r"查看用法:microgrid( [a-z]+)* --help", hint)


@pytest.mark.parametrize("verb", ["db", "draft", "key", "print", "public"])
def test_a_verb_without_its_step_shows_its_help(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([verb]) == 2
    told = capsys.readouterr()
    assert "Commands:" in told.out + told.err
