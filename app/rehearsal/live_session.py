"""One Live session on one connection: hears, lets the assistant decide, speaks, and can be interrupted."""

import asyncio
import secrets
from collections import deque
from collections.abc import Callable, Sequence

from app.rehearsal.actions import Action, Speak, UseTool, rest_of
from app.rehearsal.endpoint import SpeechEnded, SpeechEvent, SpeechStarted
from app.rehearsal.faults import Fault
from app.rehearsal.live_hearing import Hearing
from app.rehearsal.live_mouth import Mouth, Send, Turn
from app.rehearsal.live_protocol import (
    INVALID,
    Activity,
    ClientMessage,
    Content,
    ContextUpdate,
    Picture,
    Refused,
    Setup,
    Sound,
    SoundEnded,
    Text,
    ToolAnswer,
    ToolAnswers,
    at,
    grounded,
    heard,
    resumable,
    text_of,
    tool_call,
    tool_cancelled,
    turn_ended,
)
from app.rehearsal.live_talk import Conversation, Handles, retooled
from app.rehearsal.mischief import Mischief
from app.rehearsal.seen import NotAPhoto, Seen, look
from app.rehearsal.told import asks_to_go_on, heard_before_cut, is_nudge, sentence_to_say

_SHORT_NOISE_MS = 700  # a sound without words that is not worth a "sorry?"
_WORDS_A_FRAGMENT = 3
_MISSED_S = 2.0  # what was missed is still there to be heard for so long
_FRAME_S = 1.0  # more than a picture a second is more than the service looks at
_CODES = {"en": "en-US", "es": "es-US", "fr": "fr-FR", "de": "de-DE", "it": "it-IT"}


class LiveSession:
    """Takes the client's messages one by one; what takes time goes on in tasks of ``group``."""

    def __init__(
        self,
        *,
        talk: Conversation,
        hearing: Hearing,
        mouth: Mouth,
        send: Send,
        group: asyncio.TaskGroup,
        handles: Handles | None,
        history_first: bool,
        fault: Fault,
        seen: Callable[[Seen, bool], None],
    ) -> None:
        self._talk = talk
        self._hearing = hearing
        self._mouth = mouth
        self._send = send
        self._group = group
        self._handles = handles  # None: resumption was not asked for
        self._history_first = history_first
        self._fault = fault
        self._mischief = Mischief(fault)
        self._seen = seen  # told of each picture, and whether it came too soon after the one before
        self._pictured_at = float("-inf")
        self._missed: SpeechEnded | None = None
        self._missed_at = 0.0
        self._turn: Turn | None = None
        self._turns = 0
        self._unsaid: list[Action] = []  # of a turn that a phantom cut
        self._listening: asyncio.Task[None] | None = None
        self._waiting: deque[Sequence[Action]] = deque(maxlen=50)

    async def begin(self) -> None:
        """The setup is taken."""
        await self._send({"setupComplete": {}})
        await self._offer_handle()

    async def take(self, message: ClientMessage) -> None:
        """Act on one message of the client."""
        match message:
            case Sound():
                self._talk.usage.listened(len(message.pcm) / 2 / message.rate)
                await self._on_speech(self._caught(self._hearing.feed(message.pcm, message.rate)))
            case SoundEnded():
                await self._on_speech(self._hearing.finish() or self._missed_before())
            case Activity():
                await self._on_activity(message.started)
            case Text():
                await self._on_text(message.text)
            case Content():
                await self._on_content(message)
            case ToolAnswers():
                for answer in message.answers:
                    await self._on_answer(answer)
            case ContextUpdate():
                self._on_update(message)
            case Picture():
                await self._on_picture(message)
            case Setup():
                raise Refused(1007, "setup must be the first message and only the first")

    async def phantom(self) -> None:
        """Stop, and say ``interrupted``, though nobody spoke."""
        if self._turn is None:
            await self._send({"serverContent": {"interrupted": True}})
            return
        turn = self._turn
        rest: list[Action] = [Speak(turn.unsaid, turn.language)] if turn.unsaid else []
        self._unsaid = [*rest, *turn.left]
        await self._interrupt()

    # ---- the caller speaks

    async def _on_speech(self, events: Sequence[SpeechEvent]) -> None:
        for event in events:
            if isinstance(event, SpeechStarted):
                await self._on_start()
            elif isinstance(event, SpeechEnded):
                self._listening = self._group.create_task(self._listen(event))

    def _caught(self, events: Sequence[SpeechEvent]) -> list[SpeechEvent]:
        """What these ears do not miss, without being told that it has ended."""
        deaf_below_ms = self._fault.deaf_below_ms
        if not deaf_below_ms:  # what was spoken at once when the session began may count as less than nothing
            return list(events)
        short = [each for each in events if isinstance(each, SpeechEnded) and each.spoken_ms < deaf_below_ms]
        if short:
            self._missed, self._missed_at = short[-1], asyncio.get_running_loop().time()
        return [each for each in events if each not in short]

    def _missed_before(self) -> list[SpeechEvent]:
        missed, self._missed = self._missed, None
        recent = asyncio.get_running_loop().time() - self._missed_at < _MISSED_S
        return [missed] if missed is not None and recent else []

    async def _on_start(self) -> None:
        if self._listening is not None and not self._listening.done():
            self._listening.cancel()
            self._hearing.hold()
        if self._hearing.rules.interrupts:
            await self._interrupt()

    async def _on_activity(self, started: bool) -> None:
        if self._hearing.rules.automatic:
            raise Refused(
                1007, "Explicit activity control is not supported when automatic activity detection is enabled."
            )
        if started:
            self._hearing.begin()
            await self._on_start()
        elif self._hearing.speaking:
            await self._on_speech([self._hearing.end()])

    async def _listen(self, ended: SpeechEnded) -> None:
        said = await self._hearing.words(ended)
        self._listening = None
        rules = self._hearing.rules
        if said.text and rules.transcribes:
            code = (rules.codes or {}).get(said.language) or _CODES.get(said.language, said.language)
            for fragment in fragments(said.text):
                await self._send(heard(fragment, code))
        if said.text or ended.spoken_ms >= _SHORT_NOISE_MS:
            answer = self._mischief.answering(self._talk.assistant.heard(said.text, said.language))
            await self._answer_late(answer)
        self._go_on()

    async def _interrupt(self) -> None:
        """Stop speaking; what has been sent stays said."""
        turn, self._turn = self._turn, None
        if turn is None:
            return
        if turn.generating is not None:
            turn.generating.cancel()
        self._talk.assistant.cut("".join(turn.said).strip())
        blocking = [id for id, (_, blocks) in self._talk.open_calls.items() if blocks]
        if blocking:
            for id in blocking:
                del self._talk.open_calls[id]
            await self._send(tool_cancelled(blocking))
        await self._send({"serverContent": {"interrupted": True}})
        await self._send(turn_ended(self._talk.usage.metadata()))
        await self._offer_handle()

    # ---- the client writes

    async def _on_text(self, text: str) -> None:
        self._talk.usage.wrote(text)
        if is_nudge(text) and self._listening is not None:
            return  # what was said is just being understood
        heard = heard_before_cut(text)
        if heard is not None and self._talk.doing:
            actions = rest_of(self._talk.doing, heard)
        elif asks_to_go_on(text):
            actions, self._unsaid = self._unsaid, []
        else:
            actions = self._talk.assistant.told(text)
        if not sentence_to_say(text):
            actions = self._mischief.answering(actions)
        if not actions:
            return
        await self._interrupt()
        if self._fault.slow_answer_s and not sentence_to_say(text):
            self._group.create_task(self._answer_late(actions))
        else:
            self._begin_turn(actions)

    async def _answer_late(self, actions: Sequence[Action]) -> None:
        await asyncio.sleep(self._fault.slow_answer_s)
        self._answer(actions)

    async def _on_content(self, content: Content) -> None:
        for _, text in content.turns:
            self._talk.usage.wrote(text)
        if self._history_first:
            self._history_first = not content.complete
            for role, text in content.turns:
                self._talk.assistant.noted(f"{role}: {text}")
            return
        if not self._talk.model.content_all_session and self._talk.answered_once:
            raise Refused(1007, INVALID)
        last = content.turns[-1] if content.turns else ("", "")
        if content.complete and last[0] == "user":
            await self._on_text(last[1])
            return
        for role, text in content.turns:
            self._talk.assistant.noted(f"{role}: {text}")

    async def _on_picture(self, picture: Picture) -> None:
        now = asyncio.get_running_loop().time()
        soon, self._pictured_at = now - self._pictured_at < _FRAME_S, now
        try:
            photo = await asyncio.to_thread(look, picture.jpeg)
        except NotAPhoto as broken:
            raise Refused(1007, f"{INVALID} The image cannot be decoded.") from broken
        self._seen(photo, soon)
        self._answer(self._talk.assistant.saw(photo))

    def _on_update(self, update: ContextUpdate) -> None:
        if not self._talk.model.updates:
            raise Refused(1007, f"{INVALID} context_update is not supported by {self._talk.model_name}")
        instruction = text_of(update.body.get("system_instruction"))
        if instruction:
            self._talk.usage.wrote(instruction)
            self._talk.assistant.instructed(instruction)
        tools = at(update.body, "tools", "tools")
        if tools:
            retooled(self._talk, tools)

    # ---- tools

    async def _on_answer(self, answer: ToolAnswer) -> None:
        call = self._talk.open_calls.get(answer.id)
        if call is None:
            return  # cancelled, or never called
        if answer.scheduling and not self._talk.model.scheduling:
            raise Refused(1007, f"{INVALID} scheduling is not supported by {self._talk.model_name}")
        if not answer.more:
            del self._talk.open_calls[answer.id]
        self._talk.usage.wrote(str(answer.response))
        name = answer.name or call[0]
        actions = self._mischief.after(name, self._talk.assistant.answered(name, answer.response))
        if answer.scheduling == "SILENT":
            actions = []
        turn = self._turn
        if turn is not None and turn.held:
            turn.held = False
            turn.generating = self._group.create_task(self._generate(turn, actions))
            return
        if turn is not None and answer.scheduling == "INTERRUPT" and actions and not self._hearing.speaking:
            if turn.generating is not None:
                turn.generating.cancel()
            turn.generating = self._group.create_task(self._generate(turn, actions))
            return
        self._answer(actions)

    async def _call(self, use: UseTool) -> None:
        id = f"function-call-{secrets.randbelow(10**19):019d}"
        self._talk.open_calls[id] = (use.name, use.blocking)
        await self._send(tool_call(id, use.name, use.args))

    # ---- the model speaks

    def _answer(self, actions: Sequence[Action]) -> None:
        """Have a turn with ``actions``, now or as soon as nobody speaks."""
        if actions:
            self._waiting.append(actions)
        self._go_on()

    def _go_on(self) -> None:
        if self._turn is not None or self._listening is not None or self._hearing.speaking or not self._waiting:
            return
        self._begin_turn(self._waiting.popleft())

    def _begin_turn(self, actions: Sequence[Action]) -> None:
        self._turns += 1
        turn = Turn(ill=self._turns > self._fault.well_turns)
        if self._turns == self._fault.well_turns + 1:
            turn.cut_after = self._fault.phantom_after_chunks
        if turn.ill and self._fault.no_answer:
            return
        self._turn = turn
        turn.generating = self._group.create_task(self._generate(turn, actions))

    async def _generate(self, turn: Turn, actions: Sequence[Action]) -> None:
        blocking = False
        for done, action in enumerate(() if self._fault.empty_turn and turn.ill else actions, 1):
            turn.left, self._talk.doing = actions[done:], actions[done - 1 :]
            if isinstance(action, Speak):
                await self._say(turn, action)
            else:
                blocking = blocking or action.blocking
                turn.held = blocking
                await self._call(action)
        if turn.held:
            return
        if blocking:
            return  # answered while it was being called: another task goes on with the turn
        await self._send({"serverContent": {"generationComplete": True}})
        await self._played(turn)

    async def _say(self, turn: Turn, speak: Speak) -> None:
        await self._mouth.speak(turn, speak.text, speak.language)
        if turn.cut_after and turn.messages >= turn.cut_after:
            self._group.create_task(self.phantom())
            await asyncio.Event().wait()  # it ends this turn
        if speak.sources:
            await self._send(grounded(speak.text, speak.sources))

    async def _played(self, turn: Turn) -> None:
        """The service ends a turn when a client that plays in real time has played it."""
        loop = asyncio.get_running_loop()
        if turn.began and turn.heard_until > loop.time():
            await asyncio.sleep(turn.heard_until - loop.time())
        self._turn = None
        self._talk.answered_once, self._talk.doing = True, ()
        await self._send(turn_ended(self._talk.usage.metadata()))
        await self._offer_handle()
        self._go_on()

    async def _offer_handle(self) -> None:
        if self._handles is not None:
            await self._send(resumable(self._handles.new(self._talk)))


def fragments(text: str) -> list[str]:
    """A transcript as it arrives: a few words at a time, each with the space before it."""
    words = text.split()
    return [" " + " ".join(words[at : at + _WORDS_A_FRAGMENT]) for at in range(0, len(words), _WORDS_A_FRAGMENT)]
