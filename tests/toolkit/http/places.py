"""Tools written for a test, and the hosts and callers they meet."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import cast

from app.rehearsal.shipping import HOST, SECRET, ShippingStandIn
from app.toolkit.declare import Caller
from app.toolkit.http import Hosts, Pinned, read_http_tool
from app.toolkit.http.client import Resolve
from app.toolkit.schema import LoadedTool

CALLER = Caller(number="+12125550123", call_sid="CA1", line="store", language="en", key="k1")

TRACK = f"""
description = "Find out where a parcel is."
url = "https://{HOST}/v1/parcels/{{number}}"

[headers]
Authorization = "Bearer {{secret.SHIPPING_KEY}}"

[parameters.number]
description = "The parcel's number."

[response]
not_found = [404]
fields.state = "state"
fields.carrier = "carrier.name"
message.en = "It is {{state}} with {{carrier}}."
"""

REDIRECT = f"""
description = "Send a parcel elsewhere."
method = "POST"
url = "https://{HOST}/v1/parcels/{{number}}/redirect"
write = true
idempotent = "Idempotency-Key"

[headers]
Authorization = "Bearer {{secret.SHIPPING_KEY}}"

[body]
place = "{{place}}"
note = "{{note}}"

[parameters.number]
description = "The parcel's number."

[parameters.place]
description = "Where it shall go."

[parameters.note]
description = "A note for the driver."
required = false

[response]
fields.place = "place"
message.en = "It goes to {{place}} now."
on.409.en = "That parcel is not on its way any more."
"""


def written(folder: Path, text: str, name: str = "track.toml") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def swapped(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1, (old, text.count(old))
    return text.replace(old, new)


def hosts_of(shipping: ShippingStandIn) -> Hosts:
    return Hosts(pinned={HOST: Pinned(shipping.address, shipping.port, shipping.ca_file)})


def read(file: Path, shipping: ShippingStandIn) -> LoadedTool:
    return read_http_tool(file, hosts_of(shipping), {SECRET: shipping.key})


async def ran(tool: LoadedTool, caller: Caller = CALLER, **args: object) -> Mapping[str, object]:
    function = cast(Callable[..., Awaitable[Mapping[str, object]]], tool.function)
    return await function(caller=caller, **args)


def resolving(*answers: list[str]) -> Resolve:
    """A name server that gives one answer after the other, the last for ever."""
    left = list(answers)

    async def resolve(host: str, port: int) -> list[str]:
        return left.pop(0) if len(left) > 1 else left[0]

    return resolve
