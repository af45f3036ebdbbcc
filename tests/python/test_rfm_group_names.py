"""The seed of RFM group names against the grids that Shopify and Klaviyo publish."""

import csv
from itertools import product
from pathlib import Path

import pytest

SEED = Path(__file__).resolve().parents[2] / "seeds/segmentation_rfm_group_names.csv"
# Shopify's help centre, RFM customer analysis: ranges of the recency score and of the
# mean of frequency and monetary score, lower ends of the mean exclusive
SHOPIFY = {
    "Champions": ({5}, 3, 5),
    "Loyal": ({3, 4}, 3, 5),
    "Active": ({4, 5}, 1, 3),
    "New": ({5}, 0, 1),
    "Promising": ({4}, 0, 1),
    "Needs attention": ({3}, 2, 3),
    "Almost lost": ({3}, 0, 2),
    "At risk": ({1, 2}, 2, 4),
    "Previously loyal": ({1, 2}, 4, 5),
    "Dormant": ({1, 2}, 0, 2),
}
# Klaviyo's help centre, scoring and customer groups in the RFM report
KLAVIYO = {
    "Champions": {"333", "332", "323"},
    "Loyal": {"321", "322", "331", "232", "233"},
    "Recent": {"312", "313", "311", "222", "223"},
    "Needs attention": {"213", "221", "123", "132", "133"},
    "At risk": {"231", "212", "122", "131", "211"},
    "Inactive": {"111", "112", "113", "121"},
}
# the third in which the middle of each fifth lies
THIRD_OF_FIFTH = {1: "1", 2: "1", 3: "2", 4: "3", 5: "3"}


@pytest.fixture(scope="module")
def cells():
    """{(recency, frequency, monetary score): (Shopify's group, Klaviyo's)}."""
    with SEED.open() as file:
        rows = list(csv.reader(file))[1:]
    return {tuple(map(int, row[:3])): tuple(row[3:]) for row in rows}


def test_every_cell_is_there_once(cells):
    assert list(cells) == list(product(range(1, 6), repeat=3))


def test_shopify_groups_go_by_recency_and_the_mean_of_the_other_two(cells):
    for (recency, frequency, monetary), (group, _) in cells.items():
        mean = (frequency + monetary) / 2
        found = [
            name
            for name, (scores, above, most) in SHOPIFY.items()
            if recency in scores and above < mean <= most
        ]
        assert found == [group], (recency, frequency, monetary)


def test_klaviyo_groups_go_by_scores_of_one_to_three(cells):
    assert sum(map(len, KLAVIYO.values())) == 27
    for cell, (_, group) in cells.items():
        assert "".join(THIRD_OF_FIFTH[score] for score in cell) in KLAVIYO[group], cell
