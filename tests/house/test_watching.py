"""Metrics, alert rules, dashboard and runbook belong together: whatever one names, the others have."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

import pytest
import yaml
from prometheus_client import REGISTRY, Counter, Gauge, Histogram

from app.call import dispositions, flags
from app.telemetry import metrics

INFRA = Path(__file__).parents[2] / "infra"
RULES = yaml.safe_load((INFRA / "prometheus" / "rules.yml").read_text(encoding="utf-8"))
DASHBOARD = json.loads((INFRA / "grafana" / "frontline.json").read_text(encoding="utf-8"))
RUNBOOK = (INFRA / "README.md").read_text(encoding="utf-8")
Rule = dict[str, object]

OURS = [metric for metric in vars(metrics).values() if isinstance(metric, Counter | Gauge | Histogram)]
# What the labels of a scrape add.
OF_SCRAPE = {"instance", "job"}
PROMTOOL = shutil.which("promtool")
NUMBER = re.compile(r"\+?\d{7,}")


def rules() -> list[Rule]:
    return [rule for group in RULES["groups"] for rule in group["rules"]]


def alerts() -> list[Rule]:
    return [rule for rule in rules() if "alert" in rule]


def samples() -> dict[str, set[str]]:
    """Every name that is exported, with the labels it may have."""
    found: dict[str, set[str]] = {}
    for metric in OURS:
        (family,) = metric.describe()
        labels = set(cast("tuple[str, ...]", metric._labelnames)) | OF_SCRAPE
        match metric:
            case Counter():
                found[f"{family.name}_total"] = labels
            case Histogram():
                found |= {f"{family.name}_{end}": labels for end in ("count", "sum")}
                found[f"{family.name}_bucket"] = labels | {"le"}
            case _:
                found[family.name] = labels
    return found


def recorded() -> set[str]:
    return {str(rule["record"]) for rule in rules() if "record" in rule}


def expressions() -> Iterator[str]:
    yield from (str(rule["expr"]) for rule in rules())
    for panel in DASHBOARD["panels"]:
        yield from (target["expr"] for target in panel.get("targets", []))


def uses(expression: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Each metric that an expression selects, and its matchers."""
    for name, matchers in re.findall(r"((?:slo:)?frontline_[\w:]+)(?:\{([^}]*)\})?", expression):
        yield name, {label: value for label, _, value in re.findall(r'(\w+)(=~|!~|!=|=)"([^"]*)"', matchers)}


@pytest.mark.parametrize("expression", sorted(set(expressions())))
def test_an_expression_selects_what_is_exported_by_labels_that_there_are(expression: str) -> None:
    exported = samples()
    found = list(uses(expression))
    assert found
    for name, matchers in found:
        assert name in exported or name in recorded(), name
        assert set(matchers) <= exported.get(name, set()), (name, matchers)
        grouped = {label for group in re.findall(r"by \(([^)]*)\)", expression) for label in group.split(", ")}
        assert name in recorded() or grouped <= exported[name], (name, grouped)


@pytest.mark.parametrize("expression", sorted(set(expressions())))
def test_an_expression_is_closed_and_its_rates_have_a_range(expression: str) -> None:
    depth = 0
    bare = re.sub(r'"[^"]*"', "", expression)
    for sign in bare:
        depth += (sign in "([{") - (sign in ")]}")
        assert depth >= 0
    assert depth == 0
    for called in re.findall(r"(?:rate|increase)\(([^()]*)\)", bare):
        assert re.search(r"\[(\d+[smhd]|\$__rate_interval)\]$", called), called
    assert not re.search(r"(?<!rate\()(?<!increase\()frontline_\w+_total(?:\{[^}]*\})?\s*[+>/-]", bare)


def test_thresholds_of_promises_are_buckets() -> None:
    bounds = {
        next(iter(metric.describe())).name: metric._upper_bounds for metric in OURS if isinstance(metric, Histogram)
    }
    for expression in expressions():
        for name, matchers in uses(expression):
            if "le" in matchers:
                assert float(matchers["le"]) in bounds[name.removesuffix("_bucket")], (name, matchers)


def test_dispositions_and_flags_that_are_matched_exist() -> None:
    for expression in expressions():
        for _, matchers in uses(expression):
            assert set(matchers.get("disposition", dispositions.FAILED).split("|")) <= set(dispositions.ALL)
            assert set(matchers.get("name", flags.TONE).split("|")) <= set(flags.ALL)


def test_every_alert_has_a_section_and_every_section_an_alert() -> None:
    named = {str(rule["alert"]) for rule in alerts()}
    assert set(re.findall(r"^### (Frontline\w+)$", RUNBOOK, re.MULTILINE)) == named
    for name in named:
        section = RUNBOOK.split(f"### {name}\n")[1].split("\n#")[0]
        assert "*Callers hear:*" in section
        assert "*Do:*" in section


def test_an_alert_says_how_urgent_it_is_and_where_to_read_on() -> None:
    for rule in alerts():
        labels, notes = cast("Mapping[str, str]", rule["labels"]), cast("Mapping[str, str]", rule["annotations"])
        assert labels["severity"] in ("page", "ticket")
        assert notes["runbook"] == f"infra/README.md#{str(rule['alert']).lower()}"
        assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}
        assert re.fullmatch(r"\d+[smh]", str(rule["for"]))


def test_every_promise_burns_at_three_rates_over_two_windows_each() -> None:
    burning: dict[str, set[tuple[str, str]]] = {}
    for rule in alerts():
        burn = cast("Mapping[str, str]", rule["labels"]).get("burn")
        if burn is not None:
            windows = re.findall(r"ratio_(\w+) > ([\d.]+) \* ", str(rule["expr"]))
            assert {factor for _, factor in windows} == {burn}
            burning.setdefault(str(rule["alert"]), set()).add((burn, "+".join(window for window, _ in windows)))
    assert len(burning) == 5
    assert set(map(frozenset, burning.values())) == {frozenset({("14.4", "1h+5m"), ("6", "6h+30m"), ("1", "3d+6h")})}


@pytest.mark.skipif(PROMTOOL is None, reason="promtool, of Debian's package prometheus, is not installed")
@pytest.mark.parametrize("wish", ["check rules infra/prometheus/rules.yml", "test rules tests/house/rules_test.yml"])
def test_promtool_takes_the_rules_and_they_do_over_time_what_they_should(wish: str) -> None:
    assert PROMTOOL is not None
    run = subprocess.run(
        [PROMTOOL, *wish.split()], cwd=INFRA.parent, capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.skipif(PROMTOOL is None, reason="promtool, of Debian's package prometheus, is not installed")
def test_promtool_takes_what_the_dashboard_asks(tmp_path: Path) -> None:
    assert PROMTOOL is not None
    asked = [target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", [])]
    as_rules = [
        {"record": f"asked:{number}", "expr": expression.replace("$__rate_interval", "5m")}
        for number, expression in enumerate(asked)
    ]
    file = tmp_path / "asked.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": as_rules}]}), encoding="utf-8")
    run = subprocess.run([PROMTOOL, "check", "rules", file], capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert f"{len(asked)} rules found" in run.stdout


def test_grafanas_own_types_know_every_field_of_the_dashboard() -> None:
    plugins = pytest.importorskip(
        "grafana_foundation_sdk.cog.plugins", reason="grafana-foundation-sdk is not installed"
    )
    encoder = pytest.importorskip("grafana_foundation_sdk.cog.encoder")
    types = pytest.importorskip("grafana_foundation_sdk.models.dashboard")
    plugins.register_default_plugins()
    known = json.loads(encoder.JSONEncoder().encode(types.Dashboard.from_json(DASHBOARD)))
    assert list(lost(DASHBOARD, known)) == []


def lost(written: object, known: object, at: str = "") -> Iterator[str]:
    """What of one document is not in another."""
    if isinstance(written, dict) and isinstance(known, dict):
        for name, value in written.items():
            yield from lost(value, known.get(name, ...), f"{at}.{name}")
    elif isinstance(written, list) and isinstance(known, list) and len(written) == len(known):
        for number, (one, other) in enumerate(zip(written, known, strict=True)):
            yield from lost(one, other, f"{at}[{number}]")
    elif written != known:
        yield at


def test_what_alerts_count_from_its_first_time_on_is_exported_before() -> None:
    def exported(counter: str, **labels: str) -> bool:
        return REGISTRY.get_sample_value(f"frontline_{counter}_total", labels) is not None

    assert all(exported("calls_ended", disposition=name) for name in dispositions.ALL)
    assert all(exported("flags", name=name) for name in flags.ALL)
    assert exported("calls_offered", answer="budget")


def test_the_dashboard_is_one_that_grafana_takes() -> None:
    assert DASHBOARD["title"] == "Frontline"
    assert DASHBOARD["schemaVersion"] >= 36
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        place = panel["gridPos"]
        assert 0 <= place["x"] < place["x"] + place["w"] <= 24
        assert panel["type"] in ("row", "stat", "timeseries")
    taken = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels]
    assert len(set(taken)) == len(taken)


def test_no_label_of_a_metric_is_for_a_call_a_number_or_words() -> None:
    told = {label for metric in OURS for label in cast("tuple[str, ...]", metric._labelnames)}
    assert told & {"call", "call_sid", "stream", "caller", "called", "number", "text", "words", "said"} == set()
    for family in REGISTRY.collect():
        if family.name.startswith("frontline_"):
            values = [value for sample in family.samples for label, value in sample.labels.items() if label != "le"]
            assert [value for value in values if NUMBER.search(value) or re.match(r"CA[0-9a-f]{6}", value)] == []
