"""The call: a pure state machine, typed events in, typed commands out, time as an argument."""
