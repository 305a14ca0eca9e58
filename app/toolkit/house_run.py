"""The house tools that the runner runs: codes and texts, made for one call."""

from collections.abc import Callable, Mapping
from pathlib import Path

from app.toolkit.codes import Codes
from app.toolkit.declare import Options
from app.toolkit.house import CHECK_CODE, HOUSE, SEND_CODE, text_spec
from app.toolkit.schema import Function, LoadedTool
from app.toolkit.spec import ToolSpec
from app.toolkit.standing import Standing
from app.toolkit.texting import Texting
from app.toolkit.texts import Texts

_TEXTING_S = 10.0
_SENDING = Options(timeout_s=_TEXTING_S, write=True)
_CODING = Options(timeout_s=_TEXTING_S, write=True, again=True, level="details")
_CHECKING = Options(filler=False, level="details", identifies="code")


def house_run(
    standing: Standing, texts: Texts | None, links: Mapping[str, str], clock: Callable[[], float]
) -> dict[str, LoadedTool]:
    """The house's own tools of one call, by name."""
    codes, texting = Codes(standing, texts, clock), Texting(texts, links)
    tools = (
        _loaded(HOUSE[SEND_CODE], codes.send, _CODING),
        _loaded(HOUSE[CHECK_CODE], codes.check, _CHECKING),
        _loaded(text_spec(links), texting.send, _SENDING),
    )
    return {tool.spec.name: tool for tool in tools}


def _loaded(spec: ToolSpec, function: Function, options: Options) -> LoadedTool:
    return LoadedTool(spec, function, options, "caller", {}, Path(__file__), 1)
