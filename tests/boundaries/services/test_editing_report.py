"""What an edit tells is what the contracts list."""

from datetime import UTC, datetime
from typing import get_args

from api.schemas.commands import AnyCommand
from boundaries.edits import Command
from boundaries.lifecycle import Draft
from boundaries.services.editing_report import Outcome, report_of
from tests.test_contracts import rows

DRAFT = Draft(7, "方案", None, 1, "open", 3, "陈晨", datetime(2026, 3, 1, tzinfo=UTC))


def test_the_keys_of_the_report_are_listed():
    outcome = Outcome(DRAFT, 1, (), (), (), (), frozenset(), (), {}, ())
    assert list(rows("Edits of a draft", 1)) == list(report_of(outcome))


def test_every_command_is_listed_with_what_it_says():
    told = rows("Edits of a draft")
    models = get_args(get_args(AnyCommand)[0])
    assert list(told) == [get_args(model.model_fields["do"].annotation)[0] for model in models]
    for model in models:
        does = get_args(model.model_fields["do"].annotation)[0]
        assert all(f"`{name}" in told[does][0] for name in model.model_fields if name != "do"), does


def test_commands_over_http_are_those_of_the_plan():
    models = get_args(get_args(AnyCommand)[0])
    assert [model.__name__ for model in models] == [command.__name__ for command in get_args(Command)]
