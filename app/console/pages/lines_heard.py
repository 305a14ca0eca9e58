"""A greeting as callers hear it: of what is live or of the draft, in a language and in any voice."""

from dataclasses import replace

from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.console.asked import Asked
from app.console.guard import Pages
from app.console.pages.lines_found import answering, shop_of
from app.console.permissions import Permission
from app.first_sounds import greeting_sound
from app.gemini.models import VOICES
from app.greetings import wav_of
from app.leading import overridden
from app.lines import workshop
from app.lines.workshop import LIVE

BEING_MADE = 202

pages = Pages([])


@pages.page("/lines/{line}/greeting.wav", Permission.TRY_CALLS)
@answering
async def greeting_heard(asked: Asked) -> Response:
    """The sound, once the model has said it: until then the answer is that it is being made.

    A greeting with something of the call in it has no sound of its own: 404.
    """
    name, query, house = asked.path["line"], asked.query, asked.parts.house()
    state = query.get("state", LIVE)
    shop = shop_of(asked)
    proof = await asked.parts.proofs.of(await workshop.whole(shop, await workshop.named(shop, name, state)))
    line, voice = proof.line, query.get("voice", "")
    if line is None or house is None or (voice and voice not in VOICES):
        raise HTTPException(404)
    language = query.get("language", line.languages[0])
    if language not in line.languages or not line.greeting_is_fixed(language):
        raise HTTPException(404)
    chosen = overridden(house, replace(line, voice=voice or line.voice))
    sound = greeting_sound(house, chosen, language)
    if sound is None:
        return Response(asked.words("lines.being_made"), BEING_MADE, media_type="text/plain; charset=utf-8")
    return Response(wav_of(sound), media_type="audio/wav")
