"""The metrics, each defined once: Prometheus names, labels and buckets. No label holds a call, a number or a word."""

from prometheus_client import Counter, Gauge, Histogram

from app.call import dispositions
from app.call import flags as flag_names

_SPEECH_S = (0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
_GAP_S = (0.2, 0.3, 0.5, 0.7, 0.9, 1.2, 1.5, 1.8, 2.2, 3.0, 4.0, 5.0, 8.0, 15.0)  # the targets are among them
_CALL_S = (0.0, 3.0, 5.0, 8.0, 12.0, 20.0, 40.0, 80.0)
_TOOL_S = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0)
_FAST_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 1.0)

calls_now = Gauge("frontline_calls_now", "Calls going on now.")
calls_offered = Counter("frontline_calls_offered", "Voice webhooks taken in.", ["answer"])
calls_ended = Counter("frontline_calls_ended", "Calls that ended, by disposition.", ["disposition"])
first_sound_s = Histogram(
    "frontline_first_sound_seconds", "Pick-up to the greeting's first sound sent.", buckets=_GAP_S
)
turn_gap_s = Histogram(
    "frontline_turn_gap_seconds",
    "End of the caller's speech to the answer's first sound sent; `tools`: whether one was used meanwhile.",
    ["tools"],
    buckets=_GAP_S,
)
turn_gap_share_s = Histogram(
    "frontline_turn_gap_share_seconds",
    "What a turn gap is made of (`ours`, `model`), and `playout`, from first sound sent to played.",
    ["share"],
    buckets=_GAP_S,
)
barge_in_stop_s = Histogram(
    "frontline_barge_in_stop_seconds", "Where the caller breaks in, by our detector, to the clear.", buckets=_SPEECH_S
)
dead_air_s = Histogram(
    "frontline_dead_air_seconds",
    "Unannounced silence of both sides in a call, in stretches of more than 3 s.",
    buckets=_CALL_S,
)
longest_wait_s = Histogram(
    "frontline_longest_wait_seconds",
    "The longest unannounced silence of more than 3 s after the caller had spoken, of each call; else 0.",
    buckets=_CALL_S,
)
clear_s = Histogram(
    "frontline_clear_seconds", "The model's `interrupted` received to `clear` written to the phone.", buckets=_FAST_S
)
calls_counted = Counter(
    "frontline_calls_counted", "Valid calls (answered, 5 s or longer) that are over, by outcome.", ["outcome"]
)
turns = Counter("frontline_turns", "Turns of the assistant.")
talk_overs = Counter(
    "frontline_talk_overs", "Turns of the assistant that began while the caller spoke on for more than 300 ms."
)
renewals = Counter("frontline_renewals", "Live sessions that took over from another in a call.")
cost_usd = Counter("frontline_cost_usd", "What calls cost, in US dollars, by what is paid for.", ["unit"])
barge_ins = Counter("frontline_barge_ins", "Turns of the assistant cut by the caller.")
flags = Counter("frontline_flags", "What calls were flagged with, by name.", ["name"])
mcp_tools_off = Counter("frontline_mcp_tools_off", "Uses of MCP tools that are not as they were allowed.", ["why"])
tool_s = Histogram("frontline_tool_seconds", "Tool run time, by tool and status.", ["tool", "status"], buckets=_TOOL_S)
live_connect_s = Histogram(
    "frontline_live_connect_seconds", "Wish for a Live session to setupComplete.", ["kind"], buckets=_SPEECH_S
)
live_closes = Counter("frontline_live_closes", "Live connections that ended, by close code or HTTP status.", ["code"])
quota_spent = Counter("frontline_quota_spent", "Times that a spent quota of the Live service began to hold calls back.")
live_unknown = Counter("frontline_live_unknown", "Messages of the Live service that were not understood.", ["kind"])
listen_dropped_ms = Counter("frontline_listen_dropped_ms", "Caller's sound dropped because the Live side was behind.")
phone_dropped = Counter("frontline_phone_dropped", "Messages of a stream that were dropped, by fault.", ["fault"])
phone_gap_ms = Counter("frontline_phone_gap_ms", "Missing caller sound that was filled in.")
refused = Counter("frontline_refused", "Requests refused at the door, by reason.", ["reason"])
loop_lag_s = Histogram("frontline_loop_lag_seconds", "How late the event loop woke a timer.", buckets=_FAST_S)
tasks_now = Gauge("frontline_tasks", "Tasks on the event loop.")
loop_blocked = Counter("frontline_loop_blocked", "Times the event loop stood still for 0.4 s or more.")
garbage_s = Histogram("frontline_garbage_seconds", "A look through all objects for garbage.", buckets=_FAST_S)
records_waiting = Gauge("frontline_records_waiting", "Records not yet in the database.")
records_failed = Counter("frontline_records_failed", "Database writes that failed and were tried again.")
calls_owed = Gauge("frontline_calls_owed", "Calls whose records wait in their journals for want of room.")
greetings_made = Counter("frontline_greetings_made", "Greetings made ahead of calls, by result.", ["result"])
messages = Counter("frontline_messages", "What callers left who could not be answered, by kind.", ["kind"])
messages_written = Counter("frontline_messages_written", "Voice messages brought into words, by result.", ["result"])
journals_cut = Counter("frontline_journals_cut", "Journals that end before their call, for want of room.")
analysis_usd = Counter("frontline_analysis_usd", "What analyses after calls have cost, in US dollars.")
jobs = Counter("frontline_jobs", "Jobs after calls, by kind and what they came to.", ["kind", "result"])
recordings_now = Gauge("frontline_recordings_now", "Streams being recorded now.")
recordings_waiting = Gauge("frontline_recordings_waiting", "Recordings that are over and not stored yet.")
recordings_stored = Counter("frontline_recordings_stored", "Recordings stored, by format.", ["format"])
recordings_cut = Counter("frontline_recordings_cut", "Recordings that end before their call.")
recordings_failed = Counter("frontline_recordings_failed", "Attempts to store a recording that failed.")
consents = Counter("frontline_consents", "Callers' answers to being recorded, by how and answer.", ["how", "answer"])

# What is counted from its first time on must be there before: of a series that Prometheus has not seen yet, it cannot
# tell the first increase. https://prometheus.io/docs/practices/instrumentation/#avoid-missing-metrics
for _name in dispositions.ALL:
    calls_ended.labels(_name)
for _name in flag_names.ALL:
    flags.labels(_name)
calls_offered.labels("budget")
