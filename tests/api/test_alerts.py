"""The alerts that are given along name metrics that there are, and the documentation says what to do about each."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

ROOT = Path(__file__).parent.parent.parent
CHAPTER = "## What to watch, and what to do"

OF_PROMETHEUS = {"up", "probe_success"}
"""Made by Prometheus itself and by its blackbox exporter."""


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((ROOT / "deploy" / "prometheus" / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def chapter() -> str:
    _, _, after = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8").partition(CHAPTER)
    return after.split("\n## ")[0]


def metrics_named(expression: str) -> set[str]:
    """The names that a selector or the end of the expression follows; functions have a bracket behind them."""
    plain = re.sub(r"\{[^}]*\}|\[[^\]]*\]", " ", expression)
    words = set(re.findall(r"\b[a-z_]+\b(?!\s*\()", plain))
    return words - {"and", "or", "unless", "offset", "by", "on", "m", "s"}


async def there_are(http: httpx.AsyncClient) -> set[str]:
    await http.get("/metrics")  # counted in the next one
    families = text_string_to_metric_families((await http.get("/metrics")).text)
    return {sample.name for family in families for sample in family.samples}


async def test_alerts_are_whole_and_name_metrics_that_there_are(http: httpx.AsyncClient) -> None:
    known = await there_are(http) | OF_PROMETHEUS
    for rule in rules():
        assert rule.keys() == {"alert", "expr", "for", "labels", "annotations"}, rule
        assert re.fullmatch(r"\d+[smh]", rule["for"])
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert rule["expr"].count("(") == rule["expr"].count(")")
        named = metrics_named(rule["expr"])
        assert named, rule
        assert named <= known, named - known


async def test_the_chapter_names_metrics_that_there_are(http: httpx.AsyncClient) -> None:
    named = set(re.findall(r"\bokevents_[a-z_]+\b(?!/)", re.sub(r"```.*?```", "", chapter(), flags=re.DOTALL)))
    assert named <= await there_are(http)


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_the_chapter_says_what_to_do_about_each_alert(rule: dict[str, Any]) -> None:
    assert f"\n### {rule['alert']}\n" in chapter()
    assert rule["annotations"]["runbook"] == f"docs/operations.md#{rule['alert'].lower()}"
