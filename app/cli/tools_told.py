"""What the commands of `frontline tools` print: tools in a row each, and one use of a tool from end to end."""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from app.toolbench.kinds import kind_of
from app.toolbench.trial import problem_of, was_sent
from app.toolkit.http.client import Answer
from app.toolkit.schema import LoadedTool

if TYPE_CHECKING:
    from app.toolbench.trial import Trial


def tool_as_json(loaded: LoadedTool) -> dict[str, object]:
    return {
        "name": loaded.spec.name,
        "kind": kind_of(loaded),
        "file": str(loaded.file),
        "line": loaded.line,
        "level": loaded.options.level,
        "write": loaded.options.write,
        "off": loaded.off,
        "description": loaded.spec.description,
        "parameters": loaded.spec.parameters,
    }


def tool_row(loaded: LoadedTool) -> str:
    """A tool on one line: name, kind, whether it changes something, who may use it, where it is."""
    does = "changes" if loaded.options.write else "reads"
    who = "anyone" if loaded.options.level == "none" else loaded.options.level
    row = f"{loaded.spec.name:<24} {kind_of(loaded):<7} {does:<8} {who:<8} {loaded.file}:{loaded.line}"
    return f"{row}\n    {loaded.off}" if loaded.off else row


def trial_as_json(trial: "Trial", paths: list[str], empty: Mapping[str, str]) -> dict[str, object]:
    request, guard = trial.request, trial.guard
    return {
        "tool": trial.loaded.spec.name,
        "kind": kind_of(trial.loaded),
        "file": str(trial.loaded.file),
        "arguments": trial.given,
        "off": trial.loaded.off,
        "request": None
        if request is None
        else {
            "method": request.method,
            "url": request.url,
            "headers": dict(request.headers),
            "body": json.loads(request.body) if request.body else None,
        },
        "cannot_be_sent": trial.unfit,
        "guard": None
        if guard is None
        else {"problem": guard.problem, "addresses": guard.addresses, "rehearsed": trial.rehearsed},
        "answers": [_came_as_json(came) for came in trial.came],
        "paths": paths,
        "empty": dict(empty),
        "kept_back": trial.kept_back,
        "status": trial.ends[-1].status if trial.ends else None,
        "sees": [end.response for end in trial.ends],
    }


def _came_as_json(came: Answer | Exception) -> dict[str, object]:
    if isinstance(came, Answer):
        return {"status": came.status, "took_ms": came.took_ms, "bytes": came.size}
    return {"problem": problem_of(came), "status": getattr(came, "status", 0) or None}


def _came_in_words(came: Answer) -> str:
    return f"{came.status} in {came.took_ms} ms, {came.size} bytes"


def trial_in_words(trial: "Trial", paths: list[str], empty: Mapping[str, str]) -> str:
    return "\n".join(_lines(trial, paths, empty))


def _lines(trial: "Trial", paths: list[str], empty: Mapping[str, str]) -> Iterator[str]:
    loaded = trial.loaded
    yield f"{loaded.spec.name} ({kind_of(loaded)}, {loaded.file}:{loaded.line})"
    if trial.request is None and kind_of(loaded) != "http":
        told = ", ".join(f"{name}={value!r}" for name, value in trial.given.items())
        yield f"\nWhat runs\n  {loaded.spec.name}({told})"
    yield from _request_lines(trial)
    yield from _guard_lines(trial)
    for came in trial.came:
        said = problem_of(came) if isinstance(came, Exception) else _came_in_words(came)
        yield f"\nWhat came back\n  {said}"
    if paths:
        yield "  In it stand: " + ", ".join(paths)
    if empty:
        wanting = ", ".join(f"{name} ({path})" for name, path in empty.items())
        yield f"  Nothing stands there for: {wanting}"
    for end in trial.ends:
        shown = json.dumps(end.response, ensure_ascii=False, indent=2)
        status = end.response.get("status", "ok") if end.status == "ok" else end.status
        yield f"\nWhat the model sees ({status})\n" + "\n".join(f"  {line}" for line in shown.splitlines())
    if loaded.off:
        yield f"\n{loaded.off}"
    if trial.kept_back:
        yield "\nThis tool changes something, so it was not done. Add --really to do it."


def _request_lines(trial: "Trial") -> Iterator[str]:
    if trial.unfit:
        yield f"\nNothing is sent\n  {trial.unfit}"
    if trial.request is None:
        return
    sent = "What is sent" if any(map(was_sent, trial.came)) else "What would be sent"
    yield f"\n{sent}\n  {trial.request.method} {trial.request.url}"
    yield from (f"  {name}: {value}" for name, value in trial.request.headers)
    if trial.request.body:
        yield f"\n  {trial.request.body.decode()}"


def _guard_lines(trial: "Trial") -> Iterator[str]:
    if trial.guard is None:
        return
    addresses = ", ".join(trial.guard.addresses)
    if trial.guard.problem:
        yield f"\nGuard\n  refused: {trial.guard.problem}" + (f" (all: {addresses})" if addresses else "")
    elif trial.rehearsed:
        yield f"\nGuard\n  allowed: a service of this rehearsal, at {addresses}"
    else:
        yield f"\nGuard\n  allowed, checked and connected to at no other address: {addresses}"
