"""What a caller wants, told from their words: one list of patterns, English and Spanish, first match wins."""

import re

from app.rehearsal.wording import digits_in, join_digits

_RULES: tuple[tuple[str, str], ...] = (
    (
        "robot",
        r"\b(?:are|is) (?:you|this) (?:a |an |some (?:kind|sort) of )?(?:real|robot|machine|computer|bot|ai|"
        r"human|person|recording|actual|automated)|"
        r"am i (?:talking|speaking) (?:to|with) (?:a |an )?(?:robot|machine|computer|bot|ai|real|human)|"
        r"\b(?:eres|es usted|hablo con) (?:un |una )?(?:robot|m[aá]quina|humano|persona real|computadora|ordenador)",
    ),
    (
        "agent",
        r"\b(?:speak|talk|connect|transfer|put|get|give|want|need|like)\b.*"
        r"\b(?:human|person|people|someone|somebody|representative|agent|operator|manager|supervisor|colleague)\b|"
        r"\b(?:representative|operator|real (?:person|human)|human being|customer service)\b|"
        r"^(?:an? )?(?:human|agent)\b|"
        r"\b(?:hablar|comunicarme|p[aá]s\w*|comun[ií]queme|quiero|necesito)\b.*"
        r"\b(?:persona|humano|agente|alguien|operador\w*|representante|supervisor\w*|encargad\w*)\b|"
        r"\brepresentante\b",
    ),
    (
        "angry",
        r"\b(?:ridiculous|unacceptable|outrageous|furious|angry|sick (?:of|and)|terrible service|worst|useless|lawyer|"
        r"complaint?|complain)\b|this is a joke|"
        r"\b(?:inaceptable|rid[ií]culo|furios[oa]|indignad[oa]|enfadad[oa]|queja)\b",
    ),
    ("repeat", r"\b(?:repeat|say (?:that|it) again|come again|pardon|what did you say|repit\w+|repetir|otra vez)\b"),
    (
        "reschedule",
        r"\b(?:reschedul\w*|(?:change|move|postpone)\b.*\b(?:appointment|delivery|date)|cambiar (?:mi|la) cita)\b",
    ),
    ("book", r"\b(?:book|make|schedule|arrange)\b.*\bappointment|\b(?:reservar|pedir) (?:una )?cita"),
    ("cancel_order", r"\bcancel\w*\b|\banular\b"),
    (
        "ticket_state",
        r"\b(?:status|state|update|progress|happened|happening|news|hear\w*|check)\b.*\b(?:ticket|case|complaint)\b|"
        r"\b(?:ticket|case) (?:number|status)?\s*#?\s*[a-z]*-?\d|\bmy (?:support )?(?:ticket|case)\b|"
        r"\b(?:estado|n[uú]mero)\b.*\b(?:ticket|caso|incidencia)\b|\bmi (?:ticket|caso|incidencia)\b",
    ),
    (
        "ticket",
        r"\b(?:open|create|raise|file|log|make|report)\b.*\b(?:ticket|case|problem|issue|complaint)\b|"
        r"\b(?:abrir|crear|reportar)\b.*\b(?:ticket|caso|incidencia|problema)\b",
    ),
    (
        "date",
        r"\bdelivered on\b|\bon (?:january|february|march|april|may|june|july|august|september|october|november|"
        r"december)\b",
    ),
    (
        "damaged",
        r"\b(?:damaged?|broken|broke|smashed|defective|faulty|cracked|torn|"
        r"doesn'?t work|wrong item|da[ñn]ad\w*|rot[oa]|roto)\b",
    ),
    (
        "refund",
        r"\b(?:refund\w*|money back|return (?:it|this|that|my|an|the|something)|send (?:it|this) back|reembols\w*|"
        r"devol\w+|devuelv\w+)\b",
    ),
    (
        "billing",
        r"\b(?:bill|billing|billed|invoice|charged?|charges|payment|credit card|overcharged|factura|cobr\w+|cargo)\b",
    ),
    ("password", r"\b(?:password|log ?in|sign in|account access|contrase[ñn]a)\b"),
    (
        "hours",
        r"\b(?:opening|business|working) hours|hours\b|what time do you|when (?:do|are) you (?:open|close)|"
        r"\bhorarios?\b|\babren\b",
    ),
    ("shipping", r"\b(?:ship|shipping|postage|delivery (?:cost|fee|price|charge)s?|env[ií]os? a|gastos de env[ií]o)\b"),
    (
        "phone_orders",
        r"\b(?:don'?t|do not|haven'?t|can'?t) (?:have|know|remember|find|got)\b.*\b(?:number|it|one)\b|"
        r"\bmy orders\b|by (?:my )?phone|this phone|"
        r"no (?:lo|la|el|s[eé]|tengo|me acuerdo|recuerdo)\b.*(?:n[uú]mero|s[eé]|tengo|acuerdo)|"
        r"\bmis pedidos\b",
    ),
    ("digits", r"\b(?:number|code|n[uú]mero)\b.{0,12}\b(?:is|es)\b.*\d{3,}"),
    (
        "order_status",
        r"\b(?:where|when|status|track\w*|look\w* up|check|find|what happened|what about|about|update|late|waiting)\b.*"
        r"\b(?:orders?|package|parcel|delivery|shipment)\b|"
        r"\bmy (?:order|package|parcel)\b|\border (?:number |no\.? |#)?\d|"
        r"\b(?:pedido|paquete|orden)\b",
    ),
    ("thanks_bye", r"^(?:no[,.]? )?(?:thanks?|thank you)\b.*\bthat'?s (?:all|it|everything)"),
    (
        "goodbye",
        r"\b(?:good ?bye|bye(?:-bye)?|that'?s (?:all|it|everything)|that is all|have a (?:nice|good|great)|hang up|"
        r"adi[oó]s|hasta luego|eso es todo|nada m[aá]s|chao)\b",
    ),
    ("no", r"^\W*(?:no|nope|nah|not really|nothing else|i'?m good|all good)\b"),
    (
        "yes",
        r"^\W*(?:yes|yeah|yep|yup|sure|ok(?:ay)?|correct|right|exactly|please do|of course|"
        r"s[ií]|claro|correcto|vale)\b",
    ),
    ("digits", r"\d{3,}"),
    ("keys", r"\bpress (?:\d|star|pound|hash)"),
    (
        "hello",
        r"^\W*(?:(?:hello|hi|hey|good (?:morning|afternoon|evening)|h?ola|buenos d[ií]as|buenas(?: tardes)?)[\W\s]*)+"
        r"(?:there|anybody|anyone|is|are|you|home|me|oyes?|oye|hay|alguien|can|hear|[?!.,\s])*$",
    ),
    ("thanks", r"\b(?:thanks?|thank you|gracias)\b"),
    ("begins", r"^\W*(?:i (?:have|'ve got|got)|tengo) (?:a|one|another|una) (?:quick )?(?:question|pregunta)\W*$"),
    (
        "question",
        r"^\W*(?:and |so |but |well )?(?:what|how|when|where|why|who|which|do you|does|can (?:i|you|we)|"
        r"could (?:i|you)|is there|are there|is it|may i|will you|i (?:have|want|need|would|'d|got)|i'd|tell me|"
        r"qu[eé]|c[oó]mo|cu[aá]\w+|d[oó]nde|por qu[eé]|puedo|pueden?|hay|tienen|necesito|quiero)\b.*\w+\W+\w+",
    ),
)
_COMPILED = tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in _RULES)


def intent_of(text: str) -> str:
    """The name of what is wanted, ``unclear`` if the words say nothing."""
    said = join_digits(text).replace("’", "'")
    for name, pattern in _COMPILED:
        if pattern.search(said):
            return "goodbye" if name == "thanks_bye" else name
    return "unclear"


def order_number_in(text: str) -> str:
    """The order number in a sentence: the longest run of three digits or more."""
    number = digits_in(text)
    return number if len(number) >= 3 else ""


def ticket_number_in(text: str) -> str:
    """A ticket's number as it was said: with its letters if it has any ("T-204")."""
    match = re.search(r"\b([A-Za-z]{1,4})-?\s?(\d{2,})\b", text)
    if match and match.group(1).lower() not in ("is", "no", "number", "case", "my", "of", "it", "on"):
        return f"{match.group(1).upper()}-{match.group(2)}"
    number = digits_in(text)
    return number if len(number) >= 2 else ""
