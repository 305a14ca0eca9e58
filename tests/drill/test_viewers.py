"""How late a console shows what is said."""

from app.drill.viewers import lags_ms
from app.rehearsal.phone_notes import Happening
from tests.drill.calls import told


def test_a_number_is_late_by_the_time_between_the_house_and_the_page() -> None:
    asked = tuple(
        Happening(at, "caller", f"How is trail number {number} today?") for at, number in ((3, 1003), (9, 1004))
    )
    heard = [(103.5, "caller"), (103.6, "caller"), (104.0, "assistant"), (109.0, "caller")]
    journal = tuple({"e": "Transcribed", "t": at, "side": side, "text": "…"} for at, side in heard)
    one = told(happened=asked, journal=journal)

    lags = lags_ms([one], [{"1003": 103.9, "1004": 109.25}, {"1004": 110.0, "1999": 3.0}])

    assert [round(lag) for lag in lags] == [300, 250, 1000]
