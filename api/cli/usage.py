"""What the command line's own library says about a wrong command, said in Chinese."""

import re

from api.reasons import reason_zh

# Tried in order, each at most once; what none of them knows stays as it is.
_SENTENCES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), text)
    for pattern, text in (
        (r"^Missing command\.$", "缺少子命令。"),
        (r"^No such command '(.*)'\.$", r"没有子命令“\1”。"),
        (r"^Missing option '(.*?)'\.(.*)$", r"缺少选项 \1。\2"),
        (r"^Missing argument '(.*?)'\.(.*)$", r"缺少 \1。\2"),
        (r"^No such option: (\S+) \(Possible options: (.*)\)$", r"没有选项 \1,相近的有:\2。"),
        (r"^No such option: (\S+)$", r"没有选项 \1。"),
        (r"^Option '(.*)' requires an argument\.$", r"选项 \1 后面缺少内容。"),
        (r"^Option '(.*)' does not take a value\.$", r"选项 \1 后面不能写内容。"),
        (r"^Got unexpected extra arguments?(?:\(s\))? \((.*)\)$", r"多出了:\1。"),
        (r"^Invalid value for '(.*?)': (?:Value error, )?(.*)$", r"\1 不能这样写:\2"),
    )
)


def usage_text_zh(text: str) -> str:
    """A message about how a command was written, in Chinese as far as it is known."""
    for pattern, said in _SENTENCES:
        changed, count = pattern.subn(said, text)
        if count:
            text = changed
            break
    return reason_zh(text)
