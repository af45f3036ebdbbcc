"""What `make build` tells while it builds."""

from types import SimpleNamespace

import pytest
from segmentation.build import Progress, subject_of


def finished(resource_type, path="x.sql", status="success", name="NodeFinished"):
    """An event as dbt gives it."""
    node = SimpleNamespace(
        resource_type=resource_type, node_path=path, node_status=status, node_name="n"
    )
    return SimpleNamespace(
        info=SimpleNamespace(name=name), data=SimpleNamespace(node_info=node)
    )


@pytest.mark.parametrize(
    ("path", "subject"),
    [
        ("marts/segments/dim_segments.sql", "segments"),
        ("intermediate/segments/int_segments__x.sql", "segments"),
        ("intermediate/int_segment_models__registered.py", "intermediate"),
        ("staging/demo/stg_demo__orders.sql", "staging"),
        ("demo/demo_orders.sql", "demo"),
    ],
)
def test_a_model_is_about_what_its_folder_is_called(path, subject):
    assert subject_of(path) == subject


def test_a_subject_is_told_of_once_when_its_last_model_is_there():
    told = []
    progress = Progress({"segments": 2, "demo": 1}, told.append)
    progress(finished("model", "marts/segments/dim_segments.sql"))
    progress(finished("test", status="pass"))
    assert told == []
    progress(finished("model", "intermediate/segments/int_segments__x.sql"))
    assert told == ["segments: 2 models"]
    progress(finished("seed", "demo/seed.csv"))
    progress(finished("model", "demo/demo_orders.sql", name="NodeStart"))
    assert told == ["segments: 2 models"]
    progress(finished("model", "demo/demo_orders.sql"))
    assert told == ["segments: 2 models", "demo: 1 model"]


def test_what_macros_of_the_project_say_is_told_and_nothing_else():
    told = []
    progress = Progress({}, told.append)
    for name, msg in (
        ("JinjaLogInfo", "segmentation: orders  unknown_customer  3"),
        ("JinjaLogWarning", "segmentation: 3 of 7 rows of orders are rejected."),
        ("JinjaLogInfo", "of another package"),
        ("MainReportVersion", "segmentation: not a macro"),
    ):
        progress(
            SimpleNamespace(
                info=SimpleNamespace(name=name), data=SimpleNamespace(msg=msg)
            )
        )
    assert told == [
        "orders  unknown_customer  3",
        "warning: 3 of 7 rows of orders are rejected.",
    ]


def test_tests_are_counted_by_what_came_of_them():
    told = []
    progress = Progress({}, told.append)
    for status in ("pass", "fail", "pass", "warn"):
        progress(finished("test", status=status))
    assert progress.n_tests == {"pass": 2, "fail": 1, "warn": 1}
    assert told == ["warning of test n"]
