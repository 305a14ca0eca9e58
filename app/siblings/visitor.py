"""What of somebody's request goes along when it is passed on: who they are, and from which page they ask."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.store.processes import Sibling

# In a request that was passed on: for whom. It lets nobody in; whoever has it is answered by that process alone.
PASSED_ON: Final = "frontline-passed-on"
# Which page it was sent by, and what is in it. All else stays behind: what proxies added, and what is of a connection.
ALONG: Final = ("origin", "sec-fetch-site", "accept-language", "content-type", "hx-request")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who asks this process. ``secure``: their browser came by https; ``cookie``: the console's own."""

    host: str
    secure: bool
    cookie: str
    along: Mapping[str, str]

    def headers(self, sibling: Sibling) -> dict[str, str]:
        """The headers of what is passed on, but for ``Host``."""
        scheme = "https" if self.secure else "http"
        ours = {"cookie": self.cookie, "x-forwarded-proto": scheme, PASSED_ON: sibling.id}
        return {name: value for name, value in self.along.items() if name in ALONG} | ours
