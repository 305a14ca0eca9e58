"""One-time tokens: whose call a stream is."""

import base64
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.twilio import tokens
from app.twilio.tokens import LIFE_S, LONGEST, Refused, StreamTokens, Ticket

NOW = 1_800_000_000.0
CALL = "CA" + "f" * 32
CALLER, CALLED = "+15550001", "+15550002"


def minted(secret: str = "secret", now: float = NOW) -> str:
    return StreamTokens([secret]).mint(CALL, CALLER, CALLED, now)


def test_a_token_brings_its_call_back() -> None:
    assert StreamTokens(["secret"]).redeem(minted(), CALL, NOW + 1) == Ticket(CALL, CALLER, CALLED)


def test_another_process_with_the_secret_can_redeem_it() -> None:
    one, other = StreamTokens(["secret"]), StreamTokens(["secret"])
    assert isinstance(other.redeem(one.mint(CALL, CALLER, CALLED, NOW), CALL, NOW), Ticket)


def test_a_token_is_good_once() -> None:
    house, token = StreamTokens(["secret"]), minted()
    assert isinstance(house.redeem(token, CALL, NOW), Ticket)
    assert house.redeem(token, CALL, NOW + 1) == Refused("used")


def test_two_tokens_for_one_call_are_both_good() -> None:
    house = StreamTokens(["secret"])
    first, second = (house.mint(CALL, CALLER, CALLED, NOW) for _ in range(2))
    assert first != second
    assert isinstance(house.redeem(second, CALL, NOW), Ticket)
    assert isinstance(house.redeem(first, CALL, NOW), Ticket)


def test_a_token_for_another_call_is_refused() -> None:
    assert StreamTokens(["secret"]).redeem(minted(), "CA" + "0" * 32, NOW) == Refused("other_call")


def test_a_token_lives_for_a_minute() -> None:
    house = StreamTokens(["secret"])
    assert house.redeem(minted(), CALL, NOW + LIFE_S + 1) == Refused("expired")
    assert isinstance(house.redeem(minted(), CALL, NOW + LIFE_S), Ticket)


def test_a_token_of_another_secret_is_refused() -> None:
    assert StreamTokens(["secret"]).redeem(minted("other"), CALL, NOW) == Refused("forged")


def test_the_old_secret_is_good_while_it_is_rotated_out_and_the_new_one_signs() -> None:
    house = StreamTokens(["new", "old"])
    assert isinstance(house.redeem(minted("old"), CALL, NOW), Ticket)
    assert isinstance(StreamTokens(["new"]).redeem(house.mint(CALL, CALLER, CALLED, NOW), CALL, NOW), Ticket)


@given(st.integers(0, 100), st.integers(1, 255))
def test_no_changed_token_is_taken(at: int, change: int) -> None:
    raw = bytearray(base64.urlsafe_b64decode(minted() + "=="))
    raw[at % len(raw)] ^= change
    changed = base64.urlsafe_b64encode(bytes(raw)).rstrip(b"=").decode()
    assert StreamTokens(["secret"]).redeem(changed, CALL, NOW) == Refused("forged")


@given(st.text() | st.text(alphabet="abcdefABCDEF0123456789-_", min_size=40, max_size=200))
def test_nothing_a_stranger_sends_raises_or_is_taken(token: str) -> None:
    assert isinstance(StreamTokens(["secret"]).redeem(token, CALL, NOW), Refused)


@given(st.text(max_size=400), st.text(max_size=400), st.text(max_size=400))
def test_a_token_fits_a_parameter_whatever_the_caller_is_called(call_sid: str, caller: str, called: str) -> None:
    house = StreamTokens(["secret"])
    token = house.mint(call_sid, caller, called, NOW)
    assert len(token) < LONGEST
    assert isinstance(house.redeem(token, call_sid, NOW), Ticket)


def test_a_long_sip_address_is_cut_and_a_number_is_not() -> None:
    house = StreamTokens(["secret"])
    address = "sip:" + "a" * 200 + "@example.com"
    ticket = house.redeem(house.mint(CALL, address, CALLED, NOW), CALL, NOW)
    assert ticket == Ticket(CALL, address[:88], CALLED)


# ---- clocks that are set, and used tokens


@dataclass
class Clocks:
    """The wall's clock, which may be set, and the monotonic one, which may not."""

    wall: float = NOW
    monotonic: float = 500.0

    def later(self, seconds: float) -> None:
        self.wall += seconds
        self.monotonic += seconds

    def __call__(self) -> float:
        return self.monotonic


@pytest.mark.parametrize("step_s", [3_600.0, -3_600.0, 1.0, -1.0, 90.0])
@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_phone_that_rings_while_the_clock_is_set_is_answered(step_s: float, elsewhere: bool) -> None:
    clocks = Clocks()
    house = StreamTokens(["secret"], clocks)
    house.redeem("", CALL, clocks.wall)
    token = house.mint(CALL, CALLER, CALLED, clocks.wall)
    if elsewhere:  # made by another process of this machine
        house = StreamTokens(["secret"], clocks)
        house.mint(CALL, CALLER, CALLED, clocks.wall)
    clocks.later(5.0)
    clocks.wall += step_s
    assert house.redeem(token, CALL, clocks.wall) == Ticket(CALL, CALLER, CALLED)
    assert house.redeem(token, CALL, clocks.wall) == Refused("used")


@pytest.mark.parametrize("step_s", [0.0, 3_600.0, -3_600.0])
def test_a_token_made_before_the_clock_was_set_lives_no_longer_for_it(step_s: float) -> None:
    clocks = Clocks()
    house = StreamTokens(["secret"], clocks)
    token = house.mint(CALL, CALLER, CALLED, clocks.wall)
    clocks.wall += step_s
    house.mint(CALL, CALLER, CALLED, clocks.wall)
    clocks.later(LIFE_S + 1)
    assert house.redeem(token, CALL, clocks.wall) == Refused("expired")


def test_a_used_token_is_not_good_again_when_the_clock_is_set_back() -> None:
    clocks = Clocks()
    house = StreamTokens(["secret"], clocks)
    token = house.mint(CALL, CALLER, CALLED, clocks.wall)
    assert isinstance(house.redeem(token, CALL, clocks.wall), Ticket)
    clocks.later(600)
    clocks.wall -= 600
    assert house.redeem(token, CALL, clocks.wall) == Refused("used")


def test_a_token_from_far_in_the_future_is_refused() -> None:
    assert StreamTokens(["secret"]).redeem(minted(now=NOW + 120), CALL, NOW) == Refused("expired")
    assert isinstance(StreamTokens(["secret"]).redeem(minted(now=NOW + 20), CALL, NOW), Ticket)


def test_used_tokens_are_forgotten_after_an_hour() -> None:
    clocks = Clocks()
    house = StreamTokens(["secret"], clocks)
    for _ in range(300):
        assert isinstance(house.redeem(house.mint(CALL, CALLER, CALLED, clocks.wall), CALL, clocks.wall), Ticket)
        clocks.later(60)
    assert len(house._used) <= 61


def test_memory_of_used_tokens_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "_MOST_USED", 2)
    clocks = Clocks()
    house = StreamTokens(["secret"], clocks)
    ends = [house.redeem(minted(), CALL, NOW) for _ in range(3)]
    assert ends[2] == Refused("full")
    clocks.later(tokens.KEPT_S + 1)
    assert isinstance(house.redeem(minted(now=clocks.wall), CALL, clocks.wall), Ticket)


@pytest.mark.parametrize("secrets", [[], [""], ["good", ""]])
def test_an_empty_secret_is_a_mistake(secrets: list[str]) -> None:
    with pytest.raises(ValueError, match="secret"):
        StreamTokens(secrets)
