"""Everything an experiment has to say: arms, metrics, strata, verdicts, shrinkage.

One experiment at a time, as arrays with one entry per customer.
"""

import numpy as np
import pyarrow as pa
from scipy import stats

from segmentation.experiments import comparisons, design
from segmentation.statistics.multiple_testing import adjust_p_values

ALL = "all"
# the arms other than the control taken together, where there are several
ALL_TREATMENTS = "all_treatments"
# metric: whether it is a rate, and the covariate known before that CUPED adjusts for
METRICS = {
    "has_ordered": (True, "n_orders_before"),
    "n_orders": (False, "n_orders_before"),
    "net_amount": (False, "net_amount_before"),
    "margin_amount": (False, "net_amount_before"),
    "has_visited": (True, "n_sessions_before"),
    "has_clicked": (True, "n_sessions_before"),
}
# where nobody has any, the shop does not tell
OPTIONAL = {"margin_amount", "has_visited", "has_clicked"}
STRATA = {"segment": "segment_id", "rfm_group": "rfm_group"}
# fewer strata say too little of how much strata differ (Morris 1983)
MINIMUM_STRATA = 4

KEY = ("experiment_id", "arm", "metric", "stratum_type", "stratum_id", "estimator")
BETTER, WORSE, SAME = "better", "worse", "not told apart"
WITHHELD, SRM_FAILED = "withheld", "srm_failed"

_NUMBERS = [
    "control_mean", "treatment_mean", "effect", "standard_error", "ci_low", "ci_high",
    "p_value", "p_adjusted", "variance_reduction", "shrunk_effect",
    "shrunk_standard_error", "shrunk_ci_low", "shrunk_ci_high",
]  # fmt: skip
EFFECTS_SCHEMA = pa.schema(
    [
        ("experiment_effect_id", pa.string()),
        ("experiment_id", pa.string()),
        ("arm", pa.string()),
        ("metric", pa.string()),
        ("stratum_type", pa.string()),
        ("stratum_id", pa.string()),
        ("estimator", pa.string()),
        ("effect_verdict", pa.string()),
        ("n_treatment", pa.int64()),
        ("n_control", pa.int64()),
        *((name, pa.float64()) for name in _NUMBERS),
        ("measured_on", pa.date32()),
        ("input_hash", pa.string()),
    ]
)


def shrink(effects, standard_errors, overall_effect, overall_error):
    """Draw the effects of strata towards that of all customers, as far as they differ
    by chance.

    Parameters
    ----------
    effects, standard_errors : array of shape (s,)
        Standard errors above 0.
    overall_effect, overall_error : float

    Returns
    -------
    shrunk_effects, shrunk_errors : ndarray of shape (s,)
        Unchanged if there are fewer than MINIMUM_STRATA strata.

    Notes
    -----
    Variance between strata by DerSimonian & Laird (1986), Control. Clin. Trials 7,
    177-188, eq. 8. Weights and variance by Morris (1983), JASA 78, 47-55: the factor
    (s - 3) / (s - 1) and the last term of the variance pay for not knowing it.
    """
    effects = np.asarray(effects, dtype=float)
    variances = np.asarray(standard_errors, dtype=float) ** 2
    n_strata = len(effects)
    if n_strata < MINIMUM_STRATA:
        return effects, np.sqrt(variances)
    weights = 1 / variances
    mean = (weights * effects).sum() / weights.sum()
    excess = (weights * (effects - mean) ** 2).sum() - (n_strata - 1)
    scale = weights.sum() - (weights**2).sum() / weights.sum()
    between = max(excess / scale, 0.0)
    pull = (n_strata - 3) / (n_strata - 1) * variances / (variances + between)
    distances = effects - overall_effect
    spread = (
        (1 - pull) * variances
        + (pull * overall_error) ** 2
        + 2 / (n_strata - 3) * (pull * distances) ** 2
    )
    return overall_effect + (1 - pull) * distances, np.sqrt(spread)


def read_experiment(
    experiment_id, members, treatment_share, measured_on, n_resamples, random_seed
):
    """All effects of one experiment whose outcomes are complete.

    Parameters
    ----------
    experiment_id : str
    members : dict of str to array of shape (n,)
        `arm`, `segment_id` and `rfm_group`, texts or None; the metrics and their
        covariates, NaN where the shop does not tell.
    treatment_share : float or None
        Planned share of all treatments; None = not planned, and not tested.
    measured_on : datetime.date
    n_resamples, random_seed : int
        Of the bootstrap.

    Returns
    -------
    list of dict
        In EFFECTS_SCHEMA, one per arm, metric, stratum and estimator. If the arms have
        not the planned sizes, a row per arm and metric that says so, and no effect.

    Notes
    -----
    p-values are adjusted by Benjamini & Hochberg (1995) over the arms and strata of one
    metric, estimator and type of stratum.
    """
    arms = sorted(set(members["arm"]))
    treatments = [arm for arm in arms if arm != "control"]
    n_observed = [np.sum(members["arm"] == arm) for arm in arms]
    has_failed = False
    if treatment_share is not None:
        shares = design.planned_shares(arms, treatment_share)
        p_value = design.check_sample_ratio(n_observed, shares)[1]
        has_failed = p_value < design.SRM_SIGNIFICANCE
    if len(treatments) > 1:
        treatments.append(ALL_TREATMENTS)
    rows = []
    for metric in _told(members):
        for arm in treatments:
            if has_failed:
                rows.append(_row(arm, metric, ALL, ALL, "difference", members))
                rows[-1]["effect_verdict"] = SRM_FAILED
            else:
                rows += _read_strata(arm, metric, members, n_resamples, random_seed)
    if not has_failed:
        _judge(rows)
    for row in rows:
        row["experiment_id"] = experiment_id
        row["measured_on"] = measured_on
        row["experiment_effect_id"] = "|".join(row[key] for key in KEY)
    return rows


def _told(members):
    """Metrics that the shop tells."""
    return [
        metric
        for metric in METRICS
        if metric not in OPTIONAL or np.nansum(np.abs(members[metric])) > 0
    ]


def _masks(arm, members, selected):
    """Which customers are in the treatment, and which in the control."""
    is_control = members["arm"] == "control"
    is_treatment = ~is_control if arm == ALL_TREATMENTS else members["arm"] == arm
    return is_treatment & selected, is_control & selected


def _row(arm, metric, stratum_type, stratum_id, estimator, members, selected=True):
    treatment, control = _masks(arm, members, selected)
    return {
        "arm": arm,
        "metric": metric,
        "stratum_type": stratum_type,
        "stratum_id": stratum_id,
        "estimator": estimator,
        "n_treatment": int(treatment.sum()),
        "n_control": int(control.sum()),
    }


def _strata(members):
    """Type, id and mask of all customers and of each stratum."""
    yield ALL, ALL, np.ones(len(members["arm"]), dtype=bool)
    for stratum_type, column in STRATA.items():
        ids = members[column]
        for stratum_id in sorted({value for value in ids if value is not None}):
            yield stratum_type, stratum_id, ids == stratum_id


def _read_strata(arm, metric, members, n_resamples, random_seed):
    """Rows of one arm and metric, shrunk but not yet judged."""
    is_rate, covariate = METRICS[metric]
    rows, variances = [], {}
    for stratum_type, stratum_id, selected in _strata(members):
        key = (arm, metric, stratum_type, stratum_id)
        treatment, control = _masks(arm, members, selected)
        values = members[metric][treatment], members[metric][control]
        before = members[covariate][treatment], members[covariate][control]
        if min(map(len, values)) < comparisons.MINIMUM_IN_ARM:
            rows.append(_row(*key, "difference", members, selected))
            continue
        compare = comparisons.compare_rates if is_rate else comparisons.compare_means
        found = {
            "difference": compare(*values),
            "cuped": comparisons.adjust_for_covariate(*values, *before),
        }
        n_in_arms = np.array([len(arm_values) for arm_values in values])
        if stratum_type == ALL:
            variances = {
                estimator: effect.standard_error**2 / (1 / n_in_arms).sum()
                for estimator, effect in found.items()
                # Newcombe's interval needs no variance
                if not (is_rate and estimator == "difference")
            }
        else:
            for estimator, variance in variances.items():
                found[estimator] = comparisons.steady_effect(
                    found[estimator], variance, *map(int, n_in_arms)
                )
        if stratum_type == ALL and not is_rate:
            found["bootstrap"] = comparisons.bootstrap_means(
                *values, n_resamples, random_seed
            )
        rows += [
            {**_row(*key, estimator, members, selected), **vars(effect)}
            for estimator, effect in found.items()
        ]
    for estimator in ("difference", "cuped"):
        for stratum_type in STRATA:
            _shrink_rows(rows, estimator, stratum_type)
    for row in rows:
        if row["stratum_type"] == ALL and "effect" in row:
            _set_shrunk(row, row["effect"], row["standard_error"])
    return rows


def _shrink_rows(rows, estimator, stratum_type):
    """Write the shrunk effects of one type of stratum into its rows."""
    own = [row for row in rows if row["estimator"] == estimator and "effect" in row]
    overall = next((row for row in own if row["stratum_type"] == ALL), None)
    strata = [row for row in own if row["stratum_type"] == stratum_type]
    if overall is None or not strata or overall["standard_error"] == 0:
        return
    shrunk = shrink(
        [row["effect"] for row in strata],
        [row["standard_error"] for row in strata],
        overall["effect"],
        overall["standard_error"],
    )
    for row, effect, error in zip(strata, *shrunk, strict=True):
        _set_shrunk(row, effect, error)


def _set_shrunk(row, effect, error):
    margin = stats.norm.isf((1 - comparisons.CONFIDENCE) / 2) * error
    row["shrunk_effect"] = float(effect)
    row["shrunk_standard_error"] = float(error)
    row["shrunk_ci_low"] = float(effect - margin)
    row["shrunk_ci_high"] = float(effect + margin)


def _judge(rows):
    """Adjust the p-values family by family and put the verdicts into words."""
    families = {}
    for row in rows:
        family = (
            row["metric"],
            row["estimator"],
            row["stratum_type"],
            row["arm"] == ALL_TREATMENTS,
        )
        families.setdefault(family, []).append(row)
    for family in families.values():
        adjusted = adjust_p_values([row.get("p_value", np.nan) for row in family])
        for row, p_adjusted in zip(family, adjusted, strict=True):
            row["p_adjusted"] = float(p_adjusted)
            row["effect_verdict"] = _verdict(row)


def _verdict(row):
    if "effect" not in row:
        return WITHHELD
    if row["estimator"] == "bootstrap":
        is_told_apart = row["ci_low"] > 0 or row["ci_high"] < 0
    else:
        is_told_apart = row["p_adjusted"] < comparisons.SIGNIFICANCE
    if not is_told_apart:
        return SAME
    return BETTER if row["effect"] > 0 else WORSE


def as_table(rows, schema):
    """Rows as a table with explicit types; NaN becomes null.

    Parameters
    ----------
    rows : list of dict
    schema : pyarrow.Schema

    Returns
    -------
    pyarrow.Table
    """
    clean = [
        {
            key: None if isinstance(value, float) and np.isnan(value) else value
            for key, value in row.items()
        }
        for row in rows
    ]
    return pa.Table.from_pylist(clean, schema=schema)
