"""How a call can end, as reports count it."""

COMPLETED = "completed"  # the assistant said goodbye
CALLER_HUNG_UP = "caller_hung_up"
HANDED_OFF = "handed_off"  # a representative has the caller
SILENT = "silent"  # nobody spoke, asked twice
LONGEST_CALL = "longest_call"  # the limit on a call's length
COST_LIMIT = "cost_limit"  # the line's limit on what a call may cost
SESSION_LOST = "session_lost"  # no Live session could be had any more
STREAM_LOST = "stream_lost"  # the stream broke without a goodbye
MEDIA_TIMEOUT = "media_timeout"  # nothing came on the stream any more, and no goodbye
DRAINED = "drained"  # this process went down
WORKER_LOST = "worker_lost"  # this process died, and the caller did not come back to another
ENDED_BY_OPS = "ended_by_ops"
SHED = "shed"  # not taken: no room for one more
FAILED = "failed"  # our own fault

ALL = (
    COMPLETED,
    CALLER_HUNG_UP,
    HANDED_OFF,
    SILENT,
    LONGEST_CALL,
    COST_LIMIT,
    SESSION_LOST,
    STREAM_LOST,
    MEDIA_TIMEOUT,
    DRAINED,
    WORKER_LOST,
    ENDED_BY_OPS,
    SHED,
    FAILED,
)
