"""Whatever shapes a fit is in the fingerprint of its configuration."""

import datetime
import re
from pathlib import Path

import pytest
import yaml
from segmentation.errors import CannotFit
from segmentation.scores import early_segment_registry
from segmentation.scores import registry as score_registry
from segmentation.scores.fits import Target
from segmentation.segments import registry
from segmentation.segments.personas import Naming

ROOT = Path(__file__).parents[2] / "python_models" / "intermediate"
DAY = datetime.date(2024, 6, 1)
FITS = (
    "int_segment_models__registered",
    "int_score_models__registered",
    "int_early_segment_models__registered",
)


def settings_read(model):
    """The settings that a model's file asks its configuration for."""
    return set(
        re.findall(r'meta\["(\w+)"\]', next(ROOT.rglob(f"{model}.py")).read_text())
    )


def settings_set(model):
    """The settings that its YAML has, each with the variable that it is set by."""
    for path in ROOT.rglob("*.yml"):
        for node in yaml.safe_load(path.read_text())["models"]:
            if node["name"] == model:
                meta = node["config"]["meta"]
                return {
                    name: re.search(r"var\('(\w+)'\)", str(value)).group(1)
                    for name, value in meta.items()
                    if "var(" in str(value)
                }
    raise AssertionError(f"no YAML of {model}")


def cannot_read(*_):
    raise CannotFit("nothing to learn from")


def hash_of(model, settings):
    """The fingerprint of a version that is registered under these settings."""
    if model == "int_segment_models__registered":
        recipe = {"recipe": "own", "method": "kmeans", "features": []}
        candidate = registry.Candidate(recipe, Naming(), cannot_read)
        rows = registry.fit_due_versions([DAY], [], [candidate], settings, lambda _: 0)
    elif model == "int_score_models__registered":
        target = Target("repurchase", 90, False)
        rows = score_registry.fit_due_versions(
            [DAY], [], [(target, [DAY])], [], settings, cannot_read
        )
    else:
        schedule = [
            {
                "score_name": "early_segment_90",
                "horizon_days": 90,
                "as_of_date": DAY,
                "active_scheme": "own",
            }
        ]
        rows = early_segment_registry.fit_due_versions(
            schedule, [], settings, cannot_read
        )
    (found,) = set(rows.column("config_hash").to_pylist())
    return found


@pytest.mark.parametrize("model", FITS)
def test_every_variable_that_a_fit_reads_is_in_its_fingerprint(model):
    variables = settings_set(model)
    assert settings_read(model) == set(variables)
    settings = dict.fromkeys(variables, 7)
    silent = {
        name
        for name in variables
        if hash_of(model, settings | {name: 8}) == hash_of(model, settings)
    }
    # when a fit is due is no matter of what comes of it
    assert silent == {"refit_after_days"}
