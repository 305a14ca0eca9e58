"""Words that tell what a number is: asked for, said before it or after it, in the languages that have phrases."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Label = Literal[
    "last_four", "plain", "card_number", "card", "password", "secret", "iban", "id", "e-mail", "phone", "number"
]

# Of two that begin at the same place the first counts: "zip code" is no code, a "card's last digits" no card.
_WORDS: Final[Mapping[Label, tuple[str, ...]]] = {
    "last_four": (
        r"(?:ending|ends|ended)(?: in| with)?|last (?:four|4)(?: digits)?",
        r"(?:que )?(?:termina|terminada|acaba)(?: en| em)?|últim[oa]s (?:cuatro|quatro|4)|com final"
        r"|final(?= \d{4}\b)",
        r"(?:auf|mit)(?= \d{4} ende)|endet auf|letzten vier|se termin\w+ par|finissant par|quatre derniers",
        r"kończąc\w+ się(?: na)?|ostatnie cztery|末尾(?:が)?|下4桁|尾号(?:是)?|后四位|المنتهية|आख़िरी चार"
        r"|अंतिम चार|ख़त्म होने वाल\w*",
    ),
    "plain": (
        r"(?:zip|postal|post|area|country|dial(?:ling)?|product|item|promo|promotion|discount|coupon|voucher|error|tracking"
        r"|booking|reservation|dress|bar|source|branch|color|colour)[ -]?codes?|zip|post ?code",
        r"orders?|tracking|references?|booking|reservation|invoices?|receipt|articles?|products?|items?|serial"
        r"|tickets?|flight|room|extension|quantity|customer (?:number|id)|case (?:number|id)|model|meter"
        r"|parcel|version|sku|part number|route",
        r"expir\w*|valid (?:until|thru|through)|born|year|birthday|birth|price|total|amount|cost|paid|size|shares",
        r"código (?:postal|de (?:seguimiento|producto|barras|descuento|área|rastreio|rastreamento|reserva|barras))"
        r"|c\.?p\.?|pedidos?|seguimiento|referencia|reserva|factura|art[ií]culo|producto|serie|vuelo|habitación|talla"
        r"|cantidad|número de cliente|caso|nac[ií]\w*|año|precio|importe|pagu?[ée]\b|caduca|vence",
        r"\w*bestell\w*|\w*auftrags?\w*|sendungs\w*|\w*rechnung\w*|kundennummer|artikel\w*|buchung\w*|referenz\w*"
        r"|postleitzahl|plz|zählerstand|seriennummer|flug\w*|zimmer\w*|größe|geboren|gültig|ticket\w*|vorgangs\w*",
        r"code (?:postal|produit|promo|barres|de (?:suivi|réduction))|commandes?|suivi|référence|facture"
        r"|article|produit"
        r"|série|vol|chambre|numéro (?:de )?client|dossier|taille|quantité|née?|expire\w*|réservation|colis",
        r"cep|rastre\w*|refer[êe]ncia|nota fiscal|fatura|produto|voo|quarto|tamanho|quantidade|protocolo|ano",
        r"kod (?:pocztowy|produktu|rabatowy)|zamówieni\w*|przesyłk\w*|faktur\w*|produkt\w*|seri[ai]\w*|lot"
        r"|pok[oó]j|rozmiar"
        r"|rezerwac\w*|numer klienta|urodził\w*|ważna|zgłoszeni\w*",
        r"पिन ?कोड|ऑर्डर|ट्रैकिंग|बुकिंग|इनवॉइस|बिल|प्रोडक्ट|साइज़|फ़्लाइट|टिकट|मात्रा|जन्म",
        r"注文|追跡|予約|請求書|商品|製品|型番|郵便|便名|部屋|お問い合わせ番号|伝票|有効期限|生まれ|订单"
        r"|快递|单号|发票|产品|型号|邮编|航班|房间|到期|出生",
        r"الرمز البريدي|رمز بريدي|طلب\w*|الطلب|الشحنة|شحنة|تتبع|الحجز|حجز|الفاتورة|فاتورة|المنتج|رحلة|غرفة|مواليد",
    ),
    "card_number": (
        r"(?:credit |debit |bank )?card(?:'s)? numbers?|number (?:on|of) (?:the|your|my) (?:front|card)|long number",
        r"número (?:de|del|de la|do|da)(?: mi| su| tu| meu| seu)? (?:tarjeta|cartão)|tarjeta número|cartão número",
        r"\w*kartennummer|nummer (?:der|ihrer|meiner|auf der) (?:kredit|bank)?karte",
        r"numéro (?:de|de la|de ma|de votre|sur la) carte(?! (?:vitale|d'identité))"
        r"|numer\w* (?:mojej |pana |pani )?kart\w*",
        r"(?:क्रेडिट |डेबिट )?कार्ड (?:का )?(?:नंबर|संख्या)|カード(?:の)?番号|卡号|رقم (?:ال)?بطاق\w+(?! الهوي\w*)",
    ),
    "password": (
        r"pass ?words?|pass ?phrase|contraseñ\w+|\w*(?:passwort|kennwort)|mot de passe|senhas?|palavra-passe"
        r"|has[łl][oa]",
        r"पासवर्ड|パスワード|密码|口令|كلم[ةه] (?:ال)?(?:مرور|سر)",
    ),
    "secret": (
        r"pins?(?: (?:code|number))?|cvv2?|cvc2?|cvn|csc|otps?|tans?|pass ?codes?|api[ -]?keys?"
        r"|(?:access |secret )?tokens?",
        r"(?:security|verification|confirmation|access|one[ -]?time|sms|login|log-?in|authenti\w+|auth|unlock"
        r"|six[ -]digit|6[ -]digit|four[ -]digit|4[ -]digit)(?: pass)?[ -]?(?:codes?|numbers?)|codes?",
        r"(?:three|3|four) (?:digits|numbers)(?: on)?|digits on the back|(?:number|code)s? on the back",
        r"códigos?(?: (?:de|del) (?:seguridad|verificación|acceso|sms|segurança|verificação|confirmação))?|clave|nip",
        r"(?:tres|três) (?:números|dígitos|cifras)(?: d[eo]l? (?:reverso|verso|dorso))?",
        r"prüf(?:ziffer|nummer)n?|sicherheits(?:code|nummer)|bestätigungs(?:code|nummer)|geheimzahl|\w*code"
        r"|drei (?:ziffern|zahlen)(?: auf)?|pin-?nummer",
        r"cryptogramme(?: visuel)?|codes?(?: (?:pin|secret|de (?:sécurité|vérification|confirmation)|confidentiel))?"
        r"|trois (?:chiffres|numéros)(?: au dos)?",
        r"kody?\w*(?: (?:cvv|cvc|pin|sms|weryfikacyjn\w+|bezpieczeństwa|dostępu))?|trzy cyfry(?: z tyłu)?|pinu?",
        r"पिन(?: नंबर)?|सीवीवी|ओटीपी|(?:सुरक्षा |वेरिफ़िकेशन |सत्यापन )?कोड|(?:पीछे के )?तीन अंक",
        r"暗証番号|セキュリティ(?:ー)?コード|認証(?:コード|番号)|確認コード|ワンタイム\w*|(?:三|3)桁(?:の番号)?",
        r"(?:取款|支付|登录)密码|验证码|校验码|安全码|(?:背面的?)?(?:三|3)位(?:数字)?|动态码",
        r"رمز (?:ال)?(?:أمان|امان|تحقق|التحقق|دخول)|الرقم السري|رقم سري|رمز|كود|(?:ال)?أرقام الثلاثة(?: على ظهر)?",
    ),
    "iban": (r"iban|account number|kontonummer|número de (?:cuenta|conta)|numer\w* konta|rib",),
    "id": (
        r"(?:my )?social(?: security)?(?: number)?|ssn|national (?:insurance|id)(?: number)?|ni(?: number)?"
        r"|nino|tax id"
        r"|passport(?: number)?|driver'?s licen[cs]e(?: number)?|id number",
        r"d\.?n\.?i\.?|n\.?i\.?e\.?|n\.?i\.?f\.?|documento(?: de identidad)?|pasaporte|número de la seguridad social",
        r"steuer-?id\w*|steueridentifikationsnummer|\w*(?:ausweis|versicherungs)nummer|reisepass\w*",
        r"numéro de (?:sécurité sociale|sécu)|sécurité sociale|nir|carte d'identité|passeport",
        r"cpf|rg|cnpj|passaporte|pesel\w*|dowod\w*(?: osobist\w+)?|dowód|paszport\w*|codice fiscale|bsn",
        r"आधार(?: कार्ड)?(?: नंबर)?|पैन(?: कार्ड)?(?: नंबर)?|पासपोर्ट|マイナンバー|個人番号|免許証"
        r"|パスポート|身份证(?:号码?)?|护照",
        r"(?:ال)?رقم\w* (?:ال)?قومي|رقمي القومي|بطاقة الهوية|جواز",
    ),
    "e-mail": (
        r"e-?mails?(?:[ -]?(?:address|adresse))?|correo(?: electrónico)?|courriel|mails?|adres (?:e-?mail|mailow\w+)",
        r"ईमेल|मेल|メール(?:アドレス)?|邮箱|电子邮件|邮件|(?:ال)?بريد\w*(?: (?:ال)?[إا]لكتروني)?|الإيميل|ايميل",
    ),
    "phone": (
        r"(?:tele|cell ?|mobile ?)?phones?(?: number)?|mobile|cell|call(?: me| us| you)?(?: back)?"
        r"|reach(?: me| us| you)?|text me",
        r"tel[ée]fonos?|móvil|celular|whatsapp|ll[áa]m[ea]\w*|llamamos|telefones?|telem[óo]vel|lig(?:a|ar|ue|amos)\b",
        r"\w*telefon\w*|handy\w*|rufnummer|rufen|anrufen|erreich\w*|téléphone|portable|appeler|joindre|rappel\w*",
        r"telefon\w*|komórk\w*|dzwoni\w*|zadzwo\w+|फ़ोन|फोन|मोबाइल|कॉल|電話(?:番号)?|携帯|手机号?码?|电话|联系",
        r"(?:ال)?هاتف\w*|جوال\w*|موبايل\w*|اتصل|نتصل",
    ),
    "number": (
        r"(?:my|your) number|mi número|qué número|meu número|que número|meine nummer|ihre nummer"
        r"|welcher nummer|mon numéro",
        r"quel numéro|mój numer|jaki numer|मेरा नंबर|किस नंबर|我的号码|رقمي|أي رقم|番号は私",
    ),
    "card": (
        r"(?:credit |debit |bank )?cards?|visa|mastercard|amex|american express|discover card"
        r"|(?:kredit|bank|ec-?)?karten?",
        r"tarjetas?(?: de (?:crédito|débito))?|cartão|cartões|carte(?: bancaire| bleue| de crédit)?|kart[aąęy]",
        r"(?:क्रेडिट |डेबिट )?कार्ड|(?:クレジット)?カード|(?:信用|银行|储蓄)卡|(?:ال)?بطاق\w+",
    ),
}
_SPACELESS: Final = r"\u3040-\u30ff\u3400-\u9fff"  # scripts that have no spaces: a word of them ends anywhere


def _pattern() -> re.Pattern[str]:
    groups = "|".join(f"(?P<l{number}>{'|'.join(words)})" for number, words in enumerate(_WORDS.values()))
    begins = rf"(?:(?<![^\W_])|(?<=[{_SPACELESS}])|(?=[{_SPACELESS}])|(?<=[وب]))"
    ends = rf"(?:(?![^\W_])|(?<=[{_SPACELESS}])|(?=[{_SPACELESS}\d]))"
    return re.compile(f"{begins}(?:{groups}){ends}".replace(r"\w*", r"\w{0,24}"), re.IGNORECASE)


_LABELS: Final[tuple[Label, ...]] = tuple(_WORDS)
_PATTERN: Final = _pattern()
ANNOUNCED: Final = re.compile("|".join(_WORDS["password"]).replace(r"\w*", ""), re.IGNORECASE)
_TELLING: Final[Mapping[Label, int]] = {"plain": 0, "last_four": 0, "number": 1, "card": 1}
_SENTENCE: Final = re.compile(r"[^.!?。？！؟।]+[.!?。？！؟।]*")


@dataclass(frozen=True, slots=True)
class Told:
    """A label where it stands in a text."""

    label: Label
    start: int
    end: int


def labels_in(text: str) -> list[Told]:
    """Every label of a text, in its order."""
    found = []
    for match in _PATTERN.finditer(text):
        assert match.lastgroup is not None
        found.append(Told(_LABELS[int(match.lastgroup[1:])], match.start(), match.end()))
    return found


def asked_in(text: str) -> Label | None:
    """What the last sentence that names anything asks for; a number of an order only where it is nothing else."""
    for sentence in reversed(_SENTENCE.findall(text)):
        labels = [told.label for told in labels_in(sentence)]
        if labels:
            return max(reversed(labels), key=lambda label: _TELLING.get(label, 2))
    return None
