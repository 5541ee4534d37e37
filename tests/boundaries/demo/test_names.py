import numpy as np
import pytest

from boundaries.demo.names import credit_code, person_names, phones, shop_names

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@pytest.mark.parametrize("number", [0, 1, 17, 299, 999_999])
def test_credit_codes_have_right_check_characters(number: int) -> None:
    code = credit_code(number)
    assert len(code) == 18
    assert code.startswith("92321081")
    weighted = sum(pow(3, place, 31) * ALPHABET.index(char) for place, char in enumerate(code[:17]))
    assert (weighted + ALPHABET.index(code[17])) % 31 == 0
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(weight * digits.index(char) for weight, char in zip(weights, code[8:16], strict=True))
    check = 10 if code[16] == "X" else int(code[16])
    assert (total + check) % 11 == 0


def test_names_do_not_repeat() -> None:
    people = person_names(np.random.default_rng(1))
    assert len({next(people) for _ in range(400)}) == 400
    shops = shop_names(np.random.default_rng(1))
    assert len({next(shops)[0] for _ in range(300)}) == 300


def test_phones_count_on_from_the_first() -> None:
    numbers = phones(7)
    assert [next(numbers), next(numbers)] == ["10800000007", "10800000008"]
