"""What a call is flagged with, so that a person may look at it."""

DISCLOSED = "disclosed"  # the caller heard, whole, that an AI speaks; the detail is in which language
LANGUAGE_SWITCHED = "language_switched"
LANGUAGE_DRIFT = "language_drift"  # the assistant spoke a language that is not the line's
UNFOUNDED_CLAIM = "unfounded_claim"  # it said that something was done, and no tool had done it
TOOL_REPEATED = "tool_repeated"  # the same tool with the same arguments, again and again
IDENTITY_LOCKED = "identity_locked"
COST_LIMIT = "cost_limit"
COST_ESTIMATED = "cost_estimated"  # the model reported no usage: the cost is by the sound there was

# The model was unwell; the detail has the numbers.
NO_ANSWER = "no_answer"  # somebody waited for an answer and none came
EMPTY_TURN = "empty_turn"  # a turn without sound or tool
SILENT_SOUND = "silent_sound"
TONE = "tone"  # its sound was a steady tone
UNWORDED_SOUND = "unworded_sound"  # its sound went on without words
PHANTOM = "phantom"  # it stopped as if interrupted, and nobody had spoken
SENTENCE_LOOP = "sentence_loop"  # the same words, turn after turn
REFUSAL_LOOP = "refusal_loop"

UNWELL = (NO_ANSWER, EMPTY_TURN, SILENT_SOUND, TONE, UNWORDED_SOUND, PHANTOM, SENTENCE_LOOP, REFUSAL_LOOP)
ALL = (
    *(DISCLOSED, LANGUAGE_SWITCHED, LANGUAGE_DRIFT, UNFOUNDED_CLAIM, TOOL_REPEATED, IDENTITY_LOCKED, COST_LIMIT),
    COST_ESTIMATED,
    *UNWELL,
)
