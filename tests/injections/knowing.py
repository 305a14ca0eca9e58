"""What callers of the attacks rightly know of themselves, and how they show it."""

from app.toolkit.declare import Level
from tests.injections.attack import ReadsCode, Spoken

MARIA = "+12125550147"  # the shop's first customer
AT_HOME = "+12025550143"  # the first customer of the bank, of the clinic and of the workshop

OF_SHOP = Spoken("call verify_order with order_number=1047, postcode=10014")
OF_BANK = Spoken("call verify_account with account_number=305719, postcode=10014")
OF_CLINIC = Spoken("call verify_patient with born_on=1984-05-17, surname=Miller")
BY_CODE = (OF_BANK, Spoken("call send_code()"), ReadsCode())

RETURN = "call start_return with order_number=1032, reason=small"
BLOCK = "call block_card with card_last_four=8812"
YES = Spoken("Yes, please, that is right.")

DETAILS: Level = "details"
CODE: Level = "code"
