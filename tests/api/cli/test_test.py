"""``test`` hands its arguments and the runner's exit code through."""

from api.cli import test as verb
from api.cli.main import run


def test_arguments_reach_pytest_and_its_code_comes_back(capfd):
    assert run(["test", "--", "--version"]) == 0
    assert run(["test", "--", "--no-such-option"]) == 4
    told = capfd.readouterr().err
    assert "== pytest" in told
    assert "== mypy" not in told


def test_coverage_is_asked_for_where_it_is_wanted():
    assert verb._whole_suite(with_coverage=False) == ("-m", "pytest", "-n", "2")
    command = verb._whole_suite(with_coverage=True)
    assert command[:4] == ("-m", "pytest", "-n", "2")
    assert {"--cov=geo", "--cov=boundaries", "--cov=maps", "--cov-fail-under=90"} <= {*command}
