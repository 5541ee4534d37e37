"""Why a value cannot be used: what the libraries say in English, said in Chinese."""

import re

_REASONS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), text)
    for pattern, text in (
        (r"Input should be a valid integer.*$", "应为整数。"),
        (r"Input should be a valid number.*$", "应为数字。"),
        (r"Input should be less than or equal to (\S+)$", r"不能大于 \1。"),
        (r"Input should be greater than or equal to (\S+)$", r"不能小于 \1。"),
        (r"Input should be '(\w+)' or '(\w+)'$", r"只能是 \1 或 \2。"),
        (r"Input should be a valid boolean.*$", "应为 yes 或 no。"),
        (r"String should match pattern '\^EPSG.*$", "应像 EPSG:4549。"),
        (r"Value error, expected a time zone such as (\S+)$", r"不是时区,应像 \1。"),
        (r"Value error, expected (\S+)$", r"应写成 \1。"),
        (r"'([^']*)' is not one of (.*?)\.?$", r"没有“\1”,可用:\2。"),
        (r"'([^']*)' does not match the formats? '%Y-%m-%d'\.?$", r"“\1”不是日期,应像 2026-01-31。"),
    )
)


def reason_zh(text: str) -> str:
    """Why a value cannot be used, in Chinese as far as it is known."""
    for pattern, said in _REASONS:
        text = pattern.sub(said, text)
    return text
