"""The first byte of WebSocket frames that are whole: none of these goes on in another frame.

https://www.rfc-editor.org/rfc/rfc6455#section-5.2
"""

from typing import Final

TEXT, BINARY, CLOSE, PING, PONG = 0x81, 0x82, 0x88, 0x89, 0x8A
MESSAGES: Final = (TEXT, BINARY)
WHOLE: Final = frozenset((*MESSAGES, CLOSE, PING, PONG))
