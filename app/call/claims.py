"""Does the assistant say that something was done, and was it? A claim is held against the tools' effects."""

import re
from collections.abc import Mapping

from app.call.commands import RecordFlag
from app.call.flags import UNFOUNDED_CLAIM
from app.call.memory import Memory

# What can be done → the stems that a tool's name or description has for it.
KINDS: Mapping[str, tuple[str, ...]] = {
    "refund": ("refund", "reimburs", "return"),
    "cancel": ("cancel",),
    "book": ("book", "appointment", "reserv", "schedul", "slot"),
    "block": ("block", "freeze", "lock"),
    "open": ("ticket", "case", "report", "complaint", "callback", "nurse"),
    "send": ("send", "text", "sms", "email", "mail", "link"),
    "change": ("change", "update", "move", "redirect", "edit", "reschedul"),
    "order": ("order", "buy", "purchase"),
    "pay": ("pay", "transfer", "charge"),
}

# "I have refunded …", "your order has been cancelled": what is over, not what will be or could be.
_DONE_EN = (
    r"\b(?:i(?:'ve|’ve| have)(?: now| just| already)?|(?:has|have) (?:now |just |already )?been|(?:is|are) now)\s+"
)
_DONE_ES = r"\b(?:(?:ya )?(?:le |lo |la |se lo |se la )?(?:he|hemos)|ha sido|han sido|queda|está ya)\s+"
_DONE_FR = r"\b(?:j['’]ai|nous avons|a (?:bien )?été|ont (?:bien )?été)(?: bien)?\s+"
_DONE_DE = r"\b(?:ich habe|wir haben|wurde|ist jetzt)\b[^.!?]{0,60}\b"
_DONE_PT = r"\b(?:já |eu )?(?:foi|foram|está)\s+|\bjá\s+"
_CLAIMS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "refund": _DONE_EN + r"(?:refunded|reimbursed)",
        "cancel": _DONE_EN + r"cancel+ed",
        "book": _DONE_EN + r"(?:booked|reserved|scheduled)",
        "block": _DONE_EN + r"(?:blocked|frozen|locked)",
        "open": _DONE_EN + r"(?:opened|filed|logged|registered)",
        "send": _DONE_EN + r"(?:sent|texted|emailed|e-mailed|mailed)",
        "change": _DONE_EN + r"(?:changed|updated|moved|rescheduled|redirected)",
        "order": _DONE_EN + r"(?:ordered|bought|purchased)",
        "pay": _DONE_EN + r"(?:paid|transferred|charged)",
    },
    "es": {
        "refund": _DONE_ES + r"(?:reembolsad|devuelt)",
        "cancel": _DONE_ES + r"(?:cancelad|anulad)",
        "book": _DONE_ES + r"(?:reservad|agendad|concertad)",
        "block": _DONE_ES + r"bloquead",
        "open": _DONE_ES + r"(?:abiert|registrad)",
        "send": _DONE_ES + r"(?:enviad|mandad)",
        "change": _DONE_ES + r"(?:cambiad|actualizad|movid)",
        "pay": _DONE_ES + r"(?:pagad|transferid)",
    },
    "fr": {
        "refund": _DONE_FR + r"remboursé",
        "cancel": _DONE_FR + r"annulé",
        "book": _DONE_FR + r"réservé",
        "block": _DONE_FR + r"bloqué",
        "open": _DONE_FR + r"(?:ouvert|enregistré)",
        "send": _DONE_FR + r"envoyé",
        "change": _DONE_FR + r"(?:changé|modifié|déplacé)",
        "pay": _DONE_FR + r"(?:payé|viré)",
    },
    "de": {
        "refund": _DONE_DE + r"(?:erstattet|zurückgezahlt)",
        "cancel": _DONE_DE + r"storniert",
        "book": _DONE_DE + r"(?:gebucht|reserviert|vereinbart)",
        "block": _DONE_DE + r"gesperrt",
        "open": _DONE_DE + r"(?:eröffnet|angelegt|aufgenommen)",
        "send": _DONE_DE + r"(?:gesendet|geschickt|verschickt)",
        "change": _DONE_DE + r"(?:geändert|verschoben|aktualisiert)",
        "pay": _DONE_DE + r"(?:bezahlt|überwiesen)",
    },
    "pt": {
        "refund": r"\b(?:reembolsei|foi reembolsad|estornei)",
        "cancel": r"\b(?:cancelei|foi cancelad)",
        "book": r"\b(?:reservei|agendei|foi reservad|foi agendad)",
        "block": r"\b(?:bloqueei|foi bloquead)",
        "open": r"\b(?:abri um|registrei|foi abert)",
        "send": r"\b(?:enviei|foi enviad)",
        "change": r"\b(?:alterei|mudei|foi alterad)",
    },
    "pl": {
        "refund": r"\b(?:zwróciłem|zwróciłam|został[ao]? zwrócon)",
        "cancel": r"\b(?:anulowałem|anulowałam|został[ao]? anulowan)",
        "book": r"\b(?:zarezerwowałem|zarezerwowałam|umówiłem|umówiłam)",
        "block": r"\b(?:zablokowałem|zablokowałam|został[ao]? zablokowan)",
        "open": r"\b(?:założyłem|założyłam|otworzyłem|otworzyłam)",
        "send": r"\b(?:wysłałem|wysłałam|został[ao]? wysłan)",
        "change": r"\b(?:zmieniłem|zmieniłam|przeniosłem|przeniosłam)",
    },
    "hi": {"refund": r"रिफ़?ंड कर दिया", "cancel": r"रद्द कर दिया", "book": r"बुक कर दिया", "send": r"भेज दिया"},
    "ja": {
        "refund": r"返金(?:いた)?しました",
        "cancel": r"キャンセル(?:いた)?しました",
        "book": r"予約(?:いた)?しました",
        "send": r"送(?:信(?:いた)?しました|りました)",
    },
    "ar": {"refund": r"تم (?:استرداد|رد)", "cancel": r"تم إلغاء", "book": r"تم حجز", "send": r"تم إرسال"},
    "zh": {
        "refund": r"已经?(?:为您)?退款",
        "cancel": r"已经?(?:为您)?取消",
        "book": r"已经?(?:为您)?预[订约]",
        "send": r"已经?(?:为您)?发送",
    },
}
_COMPILED = {
    language: {kind: re.compile(pattern, re.IGNORECASE) for kind, pattern in claims.items()}
    for language, claims in _CLAIMS.items()
}


def kinds_of(name: str, description: str) -> tuple[str, ...]:
    """What a tool that writes can be said to have done, by its name and description."""
    told = f"{name} {description}".lower()
    return tuple(kind for kind, stems in KINDS.items() if any(stem in told for stem in stems))


def claimed(words: str, language: str) -> list[str]:
    """What these words say to have been done."""
    claims = _COMPILED.get(language.split("-", maxsplit=1)[0], {})
    return [kind for kind, pattern in claims.items() if pattern.search(words)]


def hold_against_ledger(m: Memory, words: str, now: float) -> None:
    """Flag what the assistant said to have done, and no tool has, nor is about to, nor has told of."""
    founded = {kind for tool in m.tools.values() for kind in m.rules.claims.get(tool.name, ())} | m.effects
    for kind in claimed(words, m.spoken):
        if kind not in founded and not any(kind in claimed(told, m.spoken) for told in m.tools_told):
            m.out.append(RecordFlag(UNFOUNDED_CLAIM, round(now - m.started_at, 3), kind))
