"""What a caller wants, told from their words: one list of patterns, first match wins. Pure."""

import re
from collections.abc import Mapping

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
        r"adi[oó]s|a dios|hasta luego|eso es todo|nada m[aá]s|chao)\b",
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
# The same in French, German and Italian; what stands here is one more way to match the rule of its name.
_ELSEWHERE: Mapping[str, str] = {
    "robot": r"\b(?:[eê]tes-vous|vous [eê]tes|tu es|c'est) (?:un |une )?(?:robot|machine|ordinateur|vraie personne)|"
    r"\b(?:sind sie|bist du|spreche ich mit) (?:ein(?:em|er|e)? )?(?:robot\w*|maschine|computer|mensch\w*|echte?\w*)|"
    r"\b(?:sei|lei [eè]|parlo con) (?:un |una )?(?:robot|macchina|persona vera)",
    "agent": r"\b(?:parler|passez|mettez|veux|voudrais|besoin)\b.*\b(?:quelqu'un|personne|conseill\w+|"
    r"humain|op[eé]rateur|"
    r"coll[eè]gue)\b|\b(?:mit|einen?|einem?)\b.*\b(?:menschen|mitarbeiter\w*|kollegen|berater\w*)\b|"
    r"\b(?:parlare|passi|voglio)\b.*\b(?:persona|qualcuno|operatore|collega)\b|"
    r"\bmit jemandem\b|\bpersönlich sprechen\b|"
    r"\b(?:speak|talk)\b.*\b(?:adviser|advisor|banker)\b",
    "angry": r"\b(?:inadmissible|scandaleux|furieu\w+|inacceptable|unversch[aä]mt\w*|w[uü]tend|frechheit|"
    r"inaccettabile)\b",
    "repeat": r"\b(?:r[eé]p[eé]t\w+|pouvez-vous redire|wiederhol\w+|noch (?:ein)?mal bitte|wie bitte|ripet\w+)\b",
    "order_status": r"\b(?:commande|colis|bestellung|paket|lieferung|ordine|pacco)\b",
    "ticket_state": r"\b(?:o[uù] en est|[eé]tat)\b.*\b(?:dossier|ticket)\b|\b(?:stand)\b.*\b(?:falls?|tickets?)\b",
    "damaged": r"\b(?:ab[iî]m[eé]\w*|cass[eé]\w*|endommag[eé]\w*|besch[aä]digt\w*|kaputt\w*|defekt\w*|"
    r"danneggiat\w+|rotto)\b",
    "refund": r"\b(?:rembours\w+|r[uü]ckerstatt\w+|erstatt\w+|geld zur[uü]ck|rimbors\w+)\b",
    "cancel_order": r"\b(?:annuler|annulation|stornier\w+|annullare)\b",
    "phone_orders": r"\b(?:pas|connais pas|ne (?:l'|le )?(?:ai|sais))\b.*\bnum[eé]ro\b|\bmes commandes\b|"
    r"\b(?:keine|nicht)\b.*\bnummer\b|\bnummer\b.*\bnicht\b|\bmeine bestellungen\b|\bi miei ordini\b",
    "goodbye": r"\b(?:au revoir|c'est tout|bonne journ[eé]e|rien d'autre|auf wiederh[oö]ren|"
    r"auf wiedersehen|tsch[uü]ss?|"
    r"das w(?:ar|[aä]re)(?:'?s| alles)|das ist alles|arrivederci|[eè] tutto)\b",
    "no": r"^\W*(?:non|nein|nee)\b",
    "yes": r"^\W*(?:oui|ouais|d'accord|bien s[uû]r|exactement|volontiers|ja|genau|gerne?|richtig|s[iì]|"
    r"certo|esatto)(?!\w)|"
    r"^\W*(?:that'?s (?:right|correct|fine)|go ahead|absolutely|perfect)\b",
    "hello": r"^\W*(?:bonjour|all[oô]|bonsoir|salut|hallo|guten (?:tag|morgen|abend)|gr[uü](?:ß|ss) gott|"
    r"buongiorno|pronto)"
    r"[\W\s]*(?:madame|monsieur|zusammen|[?!.,\s])*$",
    "thanks": r"\b(?:merci|danke|vielen dank|grazie)\b",
    "question": r"^\W*(?:et |und )?(?:que|quoi|quand|comment|combien|o[uù]|quel\w*|est-ce que|puis-je|"
    r"pouvez-vous|je (?:veux|"
    r"voudrais|cherche)|j'ai|j'aimerais|was|wann|wie|wo|wer|welche\w*|kann ich|k[oö]nnen sie|haben sie|"
    r"ich (?:m[oö]chte|brauche|"
    r"habe|will)|come|quando|dove|vorrei)\b.*\w+\W+\w+",
}
_COMPILED = tuple(
    (name, re.compile(f"{pattern}|{_ELSEWHERE[name]}" if name in _ELSEWHERE else pattern, re.IGNORECASE))
    for name, pattern in _RULES
)
_PLAINLY = re.compile(  # wanting a person is said so, and not of somebody else
    r"\b(?:speak|talk|connect|transfer|put me|hand me|human|representative|operator|agent|hablar|comun\w+|p[aá]se\w*|"
    r"parler|passez|sprechen|verbind\w+|parlare)\b|^\W*(?:a |an )?(?:real )?person\b",
    re.IGNORECASE,
)
_YES = re.compile(
    r"^\W*(?:yes|yeah|yep|yup|sure|ok(?:ay)?|correct|right|exactly|please do|of course|absolutely|perfect|go ahead|"
    r"(?:that'?s|that is) (?:right|correct|fine)|do (?:it|that)|s[ií]|claro|correcto|vale|adelante|oui|ouais|"
    r"d'accord|bien s[uû]r|exactement|allez-y|ja|genau|gerne?|richtig|stimmt|certo|esatto|s[iì])(?!\w)",
    re.IGNORECASE,
)
_AGREES = re.compile(
    r"\b(?:that'?s right|is (?:right|correct)|go ahead|please do|i confirm|es correcto|c'est (?:[cç]a|bon))\b", re.I
)
_NO = re.compile(
    r"^\W*(?:no|nope|nah|non|nein|nee|not (?:really|now)|don'?t|i (?:don'?t|do not)|rather not|stop|wait|"
    r"forget|leave it|"
    r"never ?mind)\b",
    re.IGNORECASE,
)
_LANGUAGES: Mapping[str, str] = {
    "en": "english|ingl[eé]s|anglais|englisch|inglese",
    "es": "spanish|español|espanol|castellano|espagnol|spanisch|spagnolo",
    "fr": "french|franc[eé]s|français|francais|französisch|francese",
    "de": "german|alem[aá]n|allemand|deutsch|tedesco",
    "it": "italian|italiano|italien|italienisch",
    "pt": "portuguese|brazilian|portugu[eê]s|portugais|portugiesisch|portoghese",
    "hi": "hindi",
    "ja": "japanese|japon[eé]s|japonais|japanisch|giapponese",
    "ar": "arabic|[aá]rabe|arabisch|arabo",
    "zh": "chinese|mandarin|chino|chinois|chinesisch|cinese",
    "pl": "polish|polaco|polonais|polnisch|polacco",
}
_SWITCHES = re.compile(
    r"\b(?:speak|talk|switch|change|continue|in|en|auf|habl\w+|parl\w+|sprech\w+|cambi\w+)\b", re.IGNORECASE
)
_TEXTED = re.compile(
    r"\b(?:text|sms|message) (?:me|it|that|this)\b|\b(?:send|text|message) (?:me )?(?:a |an |the |that |it )?.*"
    r"\b(?:text(?: message)?|sms|link|confirmation)\b|"
    r"\b(?:env[ií]\w+|mand\w+)\b.*\b(?:sms|mensaje|enlace)\b|\benvoy\w+\b.*\b(?:sms|message|texto|lien)\b|"
    r"\bschick\w*\b.*\b(?:sms|nachricht|link)\b",
    re.IGNORECASE,
)
_AGAIN = re.compile(
    r"\b(?:try|do) (?:it |that )?(?:once )?(?:again|once more)\b|\bint[eé]nt\w+\b.*\botra vez\b|\br[eé]essay\w+\b|"
    r"\bversuch\w*\b.*\bnoch\s?(?:ein)?mal\b|\briprov\w+\b",
    re.IGNORECASE,
)
_PHOTO = re.compile(
    r"\bwhat (?:do|can) you see\b|\b(?:look at|see) (?:the|my|this) (?:photo|picture|image)\b|\bqu[eé] ve\b|"
    r"\bque voyez-vous\b|\bwas sehen sie\b",
    re.IGNORECASE,
)
_SHOWN = re.compile(r"\bwhat'?s wrong with (?:this|that|it|the part)\b|\bwhat is (?:this|that)\b", re.IGNORECASE)


def intent_of(text: str) -> str:
    """The name of what is wanted, ``unclear`` if the words say nothing."""
    said = join_digits(text).replace("’", "'")
    for name, pattern in _COMPILED:
        if pattern.search(said):
            return "goodbye" if name == "thanks_bye" else name
    return "unclear"


def wants_a_person(text: str) -> bool:
    """Is it said plainly that a person is wanted?"""
    return _PLAINLY.search(text) is not None


def affirms(text: str) -> bool:
    """Does the caller agree?"""
    said = text.replace("’", "'")
    return _YES.search(said) is not None or (_AGREES.search(said) is not None and not denies(said))


def denies(text: str) -> bool:
    """Does the caller disagree?"""
    return _NO.search(text.replace("’", "'")) is not None


def language_asked(text: str) -> str:
    """The language the caller asks to go on in, empty if they ask for none."""
    if not _SWITCHES.search(text) or re.search(r"\b(?:don'?t|do not|not|no hablo|ne parle pas)\b", text, re.IGNORECASE):
        return ""
    named = (code for code, names in _LANGUAGES.items() if re.search(rf"\b(?:{names})\b", text, re.IGNORECASE))
    return next(named, "")


def language_named(word: str) -> str:
    """The code of a language by its name in one of the languages, empty if there is none."""
    named = (code for code, names in _LANGUAGES.items() if re.fullmatch(names, word, re.IGNORECASE))
    return next(named, "")


def wants_a_text(text: str) -> bool:
    """Does the caller want something in writing, on their phone?"""
    return _TEXTED.search(text) is not None


def wants_another_try(text: str) -> bool:
    """Is something that failed to be tried again?"""
    return _AGAIN.search(text) is not None


def asks_of_photo(text: str, shown: bool) -> bool:
    """Is it about what a photo shows? Where one was ``shown``, "what is this" is, too."""
    said = text.replace("’", "'")
    return _PHOTO.search(said) is not None or (shown and _SHOWN.search(said) is not None)


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


def keys_in(text: str) -> str:
    """The keys that are to be pressed: "one two star" is not understood, "1 2 star" is."""
    words = re.findall(r"\d+|star|pound|hash", text.lower())
    return "".join({"star": "*", "pound": "#", "hash": "#"}.get(word, word) for word in words)
