"""Words of agreement, in the shipped languages: a write wants one of them, not just the absence of a "no"."""

from collections.abc import Mapping

# Whole words, as ``refusals`` plains them: lower case, one space between.
YES: Mapping[str, tuple[str, ...]] = {
    "en": (
        *("yes", "yeah", "yep", "yup", "yah", "ok", "okay", "sure", "correct", "right", "exactly", "go ahead", "do it"),
        *("do that", "please do", "absolutely", "certainly", "of course", "fine", "perfect", "agreed", "confirm"),
        *("confirmed", "i confirm", "sounds good", "that's it", "that's good", "that works", "definitely", "indeed"),
        *("affirmative", "mhm", "uh huh", "mm hmm", "alright", "all right", "very well", "i do", "i would", "let's do"),
    ),
    "es": (
        *("sí", "si", "claro", "correcto", "exacto", "vale", "de acuerdo", "adelante", "hazlo", "hágalo", "confirmo"),
        *("perfecto", "está bien", "eso es", "así es", "ok", "okey", "okay", "bueno", "por supuesto", "desde luego"),
        *("cierto", "dale", "muy bien", "conforme"),
    ),
    "fr": (
        *("oui", "ouais", "d'accord", "c'est ça", "exact", "exactement", "bien sûr", "allez y", "vas y", "parfait"),
        *("correct", "ok", "okay", "tout à fait", "absolument", "volontiers", "je confirme", "c'est bon", "très bien"),
        *("entendu", "je veux bien", "faites le", "c'est juste"),
    ),
    "de": (
        *("ja", "jawohl", "genau", "richtig", "in ordnung", "ok", "okay", "gerne", "gern", "machen sie", "mach das"),
        *("stimmt", "klar", "natürlich", "sicher", "einverstanden", "passt", "korrekt", "perfekt", "sehr gut", "bitte"),
        *("tun sie", "bestätige"),
    ),
    "pt": (
        *("sim", "claro", "isso", "exato", "correto", "certo", "pode", "ok", "okay", "tá", "está bem", "com certeza"),
        *("confirmo", "perfeito", "beleza", "quero", "de acordo", "está bom", "positivo"),
    ),
    "hi": (
        *("हाँ", "हां", "जी", "ठीक", "सही", "बिल्कुल", "कर दीजिए", "कर दो", "कीजिए", "ओके", "haan", "han", "ji", "theek"),
        *("thik", "sahi", "ok", "okay"),
    ),
    "ar": (
        *("نعم", "ايوه", "أيوه", "ايوة", "أيوة", "أجل", "اجل", "صحيح", "تمام", "حسنا", "حسنًا", "موافق", "أكيد", "اكيد"),
        *("طبعا", "طبعًا", "بالتأكيد", "اوكي", "أوكي", "ماشي", "تفضل", "تفضلي", "بالضبط"),
    ),
    "pl": (
        *("tak", "dobrze", "zgoda", "zgadza się", "oczywiście", "jasne", "okej", "ok", "proszę", "poprawnie"),
        *("dokładnie", "potwierdzam", "pewnie", "może być", "zgadzam się"),
    ),
    "ja": ("ok", "okay"),
    "zh": ("ok", "okay", "对", "對", "好", "是", "行", "嗯"),
}
# Japanese and Chinese have no spaces between words.
YES_ANYWHERE: Mapping[str, tuple[str, ...]] = {
    "ja": (
        *("はい", "ええ", "うん", "お願い", "おねがい", "そうです", "その通り", "オーケー", "いいです", "大丈夫"),
        *("了解", "わかりました", "分かりました", "合って"),
    ),
    "zh": (
        *("是的", "对的", "對的", "对啊", "好的", "好啊", "可以", "行的", "没错", "沒錯", "确认", "確認", "同意"),
        *("当然", "當然", "是啊"),
    ),
}
YES_KEY = "1"
