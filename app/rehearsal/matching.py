"""Which declared tool a caller's words ask for: by the words of its declaration, weighed by how rare they are. Pure."""

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence

from app.rehearsal.declared import Tool

_NAME, _CHOICE, _PARAM, _ABOUT = 3.0, 2.0, 1.0, 1.0  # what a word counts for, by where it stands
_LEANING = 0.3  # of what the kind of sentence says, against its words
_ENOUGH = 2.0
_IDENTIFYING = 0.4  # nobody calls to be identified
_CLEARLY = 1.15  # times the next best

# Words for one thing, in English, Spanish, French, German and Italian.
_CONCEPTS: Mapping[str, str] = {
    "appoint": "appointment visit cita rendez consultation termin appuntamento",
    "look": "find look lookup get show list see search view fetch read status tell ver mostrar buscar voir montrer "
    "chercher zeigen finden mostrare",
    "book": "book make schedule arrange reserve create reservar pedir réserver prendre prenez buchen vereinbaren "
    "prenotare",
    "move": "move reschedule postpone change modify cambiar mover déplacer verschieben spostare",
    "cancel": "cancel cancellation annul anular cancelar annuler absagen stornieren annullare",
    "free": "free available availability slot libre disponible frei libero",
    "balance": "balance saldo solde kontostand funds",
    "account": "account cuenta compte konto conto",
    "block": "block freeze lock stop disable lost stolen bloquear perdido robado bloquer perdu volé sperren verloren "
    "gestohlen bloccare",
    "card": "card tarjeta carte karte carta",
    "payment": "payment transaction purchase pago paiement zahlung",
    "hint": "hint clue stuck puzzle riddle pista atascado indice coincé hinweis tipp indizio",
    "ticket": "ticket case report complaint bug incidencia signaler meldung",
    "report": "report raise file log",
    "device": "device car vehicle watch wearable scooter bike bicycle dispositivo aparato coche reloj bici appareil "
    "voiture montre vélo gerät auto uhr fahrrad",
    "check": "check diagnose diagnostic diagnosis test inspect inspection wrong broken fault faulty malfunction "
    "revisar comprobar diagnóstico vérifier panne prüfen kaputt defekt controllare",
    "service": "service repair workshop maintenance mechanic taller reparación réparation entretien werkstatt "
    "reparatur officina",
    "note": "note remember record nota apuntar noter notiz notieren",
    "level": "level nivel niveau stufe livello",
    "practice": "practice exercise practise drill ejercicio exercice übung esercizio",
    "lesson": "lesson clase leçon stunde lezione",
    "track": "track tracking follow shipment parcel package paquete envío seguimiento colis suivi suivre paket sendung",
    "nurse": "nurse enfermera infirmière krankenschwester",
    "prescription": "prescription refill receta ordonnance rezept",
    "return": "return devolver devolución retour retourner zurückgeben rücksendung",
    "refund": "refund reembolso remboursement rembourser erstattung",
    "price": "price cost rate precio prix preis",
    "pain": "pain hurt ache headache sick fever symptom dolor fiebre douleur fièvre mal schmerz fieber dolore febbre",
    "word": "word vocabulary palabra vocabulario mot vocabulaire wort parola",
    "travel": "travel trip viaje viajar voyage reise viaggio",
    "food": "food eat restaurant comida nourriture essen cibo",
    "work": "work job office trabajo travail arbeit lavoro",
    "family": "family familia famille familie famiglia",
    "money": "money dinero argent geld soldi",
    "hour": "hour open opening horario horaire abren ouvert öffnungszeit geöffnet orario",
    "weather": "weather tiempo météo wetter",
    "code": "code código",
    "player": "player jugador joueur spieler",
    "identify": "identify verify authenticate identity",
}
_VERBS = frozenset({"look", "book"})  # what so many tools do that it says little
_STOP = frozenset(
    word
    for words in (
        "the a an and or of to in on at for with from by is are be it its this that as i me my you your we our they",
        "their do does did can could would will shall should have has had not no any if when what which where who how",
        "whether use call caller called give gives given please tell told want wants need needs like get ask asks one",
        "there here just also so but then than them he she his her was were been about into out up down only after",
        "before hello hi hey thanks thank yes okay ok sorry well um uh number line phone tool answer it's i'd i'm",
        "what's much many more some any",
        "el la los las un una de del que y en su para por con es mi me lo al le les du des et je vous votre mon ma",
        "pour",
        "est j'ai qu'est der die das den und ich ein eine mein meine fur mit zu ist il lo di un' che per sono",
    )
    for word in words.split()
)
_ENDINGS = ("ations", "ation", "ments", "ment", "ings", "ing", "ies", "ied", "es", "ed", "s", "e")
_QUESTION = re.compile(
    r"\b(?:what|which|when|where|how much|how many|do i have|is there|are there|show|list|check|qu[eé]|cu[aá]\w+|"
    r"quel\w*|combien|welche\w*|wann|wie viel)\b",
    re.IGNORECASE,
)
_WISH = re.compile(
    r"\b(?:i want|i'd like|i would like|i need|can i have|could i|quiero|quisiera|necesito|je voudrais|j'aimerais|"
    r"ich m[oö]chte|ich brauche|vorrei)\b",
    re.IGNORECASE,
)
_NEGATED = re.compile(r"(?:^|(?<=[.;!]))\s*(?:do not|don't|never|not for)\b[^.;!]*", re.IGNORECASE)


def plain(text: str) -> str:
    """In small letters without accents."""
    decomposed = unicodedata.normalize("NFKD", text.lower().replace("’", "'"))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def stem(word: str) -> str:
    """A word without its ending, so that "booking" and "booked" are one."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            break
    return word[:-1] if len(word) > 4 and word[-1] == word[-2] else word


_CONCEPT_OF = {stem(plain(word)): concept for concept, words in _CONCEPTS.items() for word in words.split()}


def tokens(text: str) -> set[str]:
    """The things a text speaks of."""
    words = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", plain(text))
    stems = {stem(word) for word in words if word not in _STOP and len(word) > 1}
    return {_CONCEPT_OF.get(each, each) for each in stems}


def spoken_of(tool: Tool) -> dict[str, float]:
    """What a tool's declaration speaks of, and how strongly."""
    weights: dict[str, float] = {}
    params = [tool.param(name) for name in tool.params]
    parts = [(tool.name, _NAME), (_NEGATED.sub("", tool.description), _ABOUT)]
    parts += [(choice, _CHOICE) for param in params for choice in param.choices]
    parts += [(param.name, _PARAM) for param in params]
    for text, weight in parts:
        for token in tokens(re.sub(r"(?<=[a-z])(?=[A-Z])|[_.-]", " ", text)):
            weights[token] = max(weight, weights.get(token, 0.0))
    return weights


def scores(text: str, tools: Sequence[Tool]) -> list[tuple[float, Tool]]:
    """Every tool the words speak of, the likeliest first."""
    spoken = [(tool, spoken_of(tool)) for tool in tools]
    said = dict.fromkeys(tokens(text), 1.0)
    wanted = set(said)
    if _QUESTION.search(text):
        said.setdefault("look", _LEANING)
    if _WISH.search(text):
        said.setdefault("book", _LEANING)
    found: list[tuple[float, Tool]] = []
    for tool, weights in spoken:
        shared = wanted & set(weights)
        if not shared - _VERBS and len(shared) < 2:
            continue
        total = sum(strength * weights.get(token, 0.0) * _rarity(token, spoken) for token, strength in said.items())
        total *= _IDENTIFYING if weights.get("identify") == _NAME and "identify" not in said else 1.0
        if total >= _ENOUGH:
            found.append((total, tool))
    return sorted(found, key=lambda each: -each[0])


def wanted_tool(text: str, tools: Sequence[Tool]) -> Tool | None:
    """The tool that ``text`` asks for, if one fits clearly better than all others."""
    found = scores(text, tools)
    if not found or (len(found) > 1 and found[0][0] < _CLEARLY * found[1][0]):
        return None
    return found[0][1]


def sentence_about(text: str, instruction: str) -> str:
    """The sentence of an instruction that states what ``text`` asks, empty if none does."""
    asked = tokens(text)
    best, most = "", 1
    for sentence in re.split(r"\n+|(?<=[.!?])\s+", instruction):
        shared = len(asked & tokens(sentence)) if _STATES.search(sentence) else 0
        if shared > most:
            best, most = sentence.strip(" *-"), shared
    return best


# A fact has a figure or a colon in it; what begins with an order to the assistant, or names a tool, is none.
_STATES = re.compile(
    r"^(?!\W*(?:the )?(?:caller|assistant|tool|never|do not|always|use|ask|say|call|if|when|you|read|offer)"
    r"\b)(?!.*`).*[\d:]",
    re.I,
)


def _rarity(token: str, spoken: Sequence[tuple[Tool, Mapping[str, float]]]) -> float:
    holding = sum(token in weights for _, weights in spoken)
    return math.log(1 + len(spoken) / holding) if holding else 0.0
