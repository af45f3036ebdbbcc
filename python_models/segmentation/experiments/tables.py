"""Between the relations of experiments and the library, on any engine."""

import hashlib
import inspect
import json
from importlib.metadata import version

import numpy as np
import pyarrow as pa

from segmentation import relations
from segmentation.experiments import design, policies, uplift
from segmentation.experiments import effects as experiment_effects
from segmentation.imports import one_thread

SIZES_SCHEMA = pa.schema(
    [
        ("experiment_id", pa.string()),
        ("srm_p_value", pa.float64()),
        ("minimum_detectable_effect", pa.float64()),
        ("n_customers_required", pa.int64()),
    ]
)
CURVES_SCHEMA = pa.schema(
    [
        ("experiment_uplift_point_id", pa.string()),
        ("experiment_id", pa.string()),
        ("arm", pa.string()),
        ("contacted_share", pa.float64()),
        ("extra_orders", pa.float64()),
        ("ci_low", pa.float64()),
        ("ci_high", pa.float64()),
        ("qini_coefficient", pa.float64()),
        ("qini_ci_low", pa.float64()),
        ("qini_ci_high", pa.float64()),
        ("measured_on", pa.date32()),
        ("input_hash", pa.string()),
    ]
)
POLICIES_SCHEMA = pa.schema(
    [
        ("action_policy_row_id", pa.string()),
        ("measured_on", pa.date32()),
        ("section", pa.string()),
        ("action_id", pa.string()),
        ("item", pa.string()),
        ("feature_name", pa.string()),
        ("numeric_value", pa.float64()),
        ("text_value", pa.string()),
        ("input_hash", pa.string()),
    ]
)
# features of int_action_trials__united and fct_customer_features that a choice may be
# made by, and whether as the logarithm of one more
POLICY_FEATURES = {
    "recency_days": True,
    "n_orders": True,
    "average_order_amount": True,
    "discount_share": False,
    "n_orders_90d": True,
}
TEXTS = ("arm", "segment_id", "rfm_group")


def size_experiments(session, dated, members):
    """What each experiment can find, and whether its arms are as planned.

    Parameters
    ----------
    session : session of the engine; see relations
    dated, members : relation of the engine
        int_experiments__dated and int_experiment_members__united.

    Returns
    -------
    relation of the engine
        In SIZES_SCHEMA, one row per experiment.
    """
    counts = {}
    for row in relations.read_rows(
        members,
        {"n_customers": "count(*)"},
        group_by=["experiment_id", "arm"],
        order_by="experiment_id, arm",
    ):
        counts.setdefault(row["experiment_id"], {})[row["arm"]] = row["n_customers"]
    rows = []
    for row in _experiments(dated):
        share, base_rate = row["treatment_share"], row["base_order_rate"]
        arms = counts.get(row["experiment_id"], {})
        has_control = len(arms) > 1 and "control" in arms
        p_value = None
        if has_control and share is not None:
            shares = design.planned_shares(list(arms), share)
            _, p_value = design.check_sample_ratio(list(arms.values()), shares)
        # an arm against the control; several divide what is not the control
        used = share
        if used is None and has_control:
            used = 1 - arms["control"] / sum(arms.values())
        found = np.nan, np.nan
        if used is not None and base_rate is not None:
            own = used / max(row["n_arms"] - 1, 1)
            pair_share, n_pair = own / (own + 1 - used), own + 1 - used
            found = (
                design.minimum_detectable_effect(
                    base_rate, row["n_planned"] * n_pair, pair_share
                ),
                design.required_customers(
                    base_rate, row["minimum_effect"] or 0, pair_share
                )
                / n_pair,
            )
        rows.append(
            {
                "experiment_id": row["experiment_id"],
                "srm_p_value": p_value,
                "minimum_detectable_effect": found[0],
                "n_customers_required": None
                if np.isnan(found[1])
                else int(np.ceil(found[1])),
            }
        )
    return _write(session, rows, SIZES_SCHEMA)


def estimate_effects(session, stored, dated, members, settings):
    """Effects of the experiments whose outcomes are complete.

    Parameters
    ----------
    session, dated, members
        See size_experiments.
    stored : dbt's this
        What was estimated before: an experiment nothing of which has changed is not
        estimated again.
    settings : dict
        `n_resamples` and `random_seed`.

    Returns
    -------
    relation of the engine
        In experiment_effects.EFFECTS_SCHEMA.
    """
    experiments = _experiments(dated, is_closed=True)
    hashes = _hash_inputs(members, experiments, settings)
    known = _read_stored(session, stored)
    rows = []
    for row in experiments:
        experiment_id = row["experiment_id"]
        input_hash = hashes[experiment_id]
        found = known.get((experiment_id, input_hash))
        if found is None:
            found = experiment_effects.read_experiment(
                experiment_id,
                _read_members(members, experiment_id),
                row["treatment_share"],
                row["measured_on"],
                **settings,
            )
        rows += [{**effect, "input_hash": input_hash} for effect in found]
    return _write(session, rows, experiment_effects.EFFECTS_SCHEMA)


def estimate_uplift_curves(session, stored, effects, members, settings):
    """Qini curves of the experiments that were read.

    Parameters
    ----------
    session, stored, members, settings
        See estimate_effects.
    effects : relation of the engine
        int_experiment_effects__estimated: which arms have an effect.

    Returns
    -------
    relation of the engine
        In CURVES_SCHEMA.
    """
    columns = ["experiment_id", "arm", "measured_on", "input_hash"]
    told = relations.read_rows(
        effects,
        columns,
        where="metric = 'n_orders' and stratum_type = 'all' "
        "and estimator = 'difference' and effect is not null and arm != :all",
        values={"all": experiment_effects.ALL_TREATMENTS},
        order_by=", ".join(columns),
    )
    known = _read_stored(session, stored)
    rows = []
    for row in told:
        experiment_id, arm, measured_on, input_hash = row.values()
        points = [
            point
            for point in known.get((experiment_id, input_hash), [])
            if point["arm"] == arm
        ]
        if points:
            rows += points
            continue
        found = _read_members(members, experiment_id)
        own = (found["arm"] == arm) | (found["arm"] == "control")
        extras, coefficient = uplift.measure_uplift(
            found["n_orders"][own],
            found["arm"][own] == arm,
            found["rfm_group"][own],
            **settings,
        )
        rows += [
            {
                "experiment_uplift_point_id": f"{experiment_id}|{arm}|{share:.1f}",
                "experiment_id": experiment_id,
                "arm": arm,
                "contacted_share": round(float(share), 1),
                **_interval(extras[:, place], "extra_orders", "ci"),
                **_interval(coefficient, "qini_coefficient", "qini_ci"),
                "measured_on": measured_on,
                "input_hash": input_hash,
            }
            for place, share in enumerate(uplift.GRID)
        ]
    return _write(session, rows, CURVES_SCHEMA)


def learn_policies(session, stored, trials, settings):
    """What is known of the choice of actions on each day on which a trial was read.

    Parameters
    ----------
    session, stored
        See estimate_effects.
    trials : relation of the engine
        int_action_trials__united.
    settings : dict
        `random_seed`.

    Returns
    -------
    relation of the engine
        In POLICIES_SCHEMA; see the model int_action_policies__learned.
    """
    days = [
        row["measured_on"]
        for row in relations.read_rows(
            trials, group_by=["measured_on"], order_by="measured_on nulls last"
        )
    ]
    known = _read_stored(session, stored, "measured_on")
    made_by = [
        inspect.getsource(policies),
        *map(version, ("numpy", "scipy")),
        relations.library_version(trials),
        json.dumps([settings, POLICY_FEATURES], sort_keys=True),
    ]
    rows = []
    for day in days:
        own = _trials_known_on(trials, day)
        counted = relations.fingerprints(own, None).values()
        input_hash = hashlib.sha256(
            json.dumps([made_by, *counted], default=str).encode()
        )
        input_hash = input_hash.hexdigest()
        found = known.get((day, input_hash))
        if found is None:
            found = _learn_policy(own, **settings)
        rows += [
            {
                **row,
                "measured_on": day,
                "action_policy_row_id": "|".join(
                    [
                        str(day),
                        row["section"],
                        row["action_id"] or "",
                        row["item"],
                        row["feature_name"] or "",
                    ]
                ),
                "input_hash": input_hash,
            }
            for row in found
        ]
    return _write(session, rows, POLICIES_SCHEMA)


def _trials_known_on(trials, day):
    """Trials read by a day, but for those of windows unlike the action's newest."""
    read = relations.select(trials, where="measured_on <= :day", values={"day": day})
    newest = {}
    for row in relations.read_rows(
        read,
        {"outcome_days": "max(outcome_days)"},
        group_by=["action_id", "measured_on"],
        order_by="action_id, measured_on",
    ):
        newest[row["action_id"]] = row["outcome_days"]
    kept, values = [], {}
    for i, (action, outcome_days) in enumerate(newest.items()):
        kept.append(f"(action_id = :action_{i} and outcome_days = :days_{i})")
        values |= {f"action_{i}": action, f"days_{i}": outcome_days}
    return relations.select(read, where=" or ".join(kept), values=values)


def _learn_policy(trials, random_seed):
    """Rows of what trials teach, with the columns of POLICIES_SCHEMA but the keys'."""
    numbers = [
        "treated_indicator", "control_indicator", "treated_odds", "control_odds",
        "n_orders_within", "expected_order_amount", "margin_rate", *POLICY_FEATURES,
    ]  # fmt: skip
    texts = at = relations.read_arrays(
        trials,
        ["experiment_id", "action_id", "customer_id", "segment_id"],
        doubles=numbers,
        order_by="md5(action_trial_id), action_trial_id",
    )
    read = policies.Trials(
        actions=texts["action_id"],
        customers=texts["customer_id"].astype(str),
        sources=texts["experiment_id"].astype(str),
        is_treated=at["treated_indicator"] == 1,
        is_control=at["control_indicator"] == 1,
        odds_treated=at["treated_odds"],
        odds_control=at["control_odds"],
        outcomes=at["n_orders_within"],
        features=np.column_stack(
            [
                np.log1p(np.maximum(at[name], 0)) if is_log else at[name]
                for name, is_log in POLICY_FEATURES.items()
            ]
        ),
        segments=texts["segment_id"],
        order_amounts=np.maximum(at["expected_order_amount"], 0.01),
        order_margins=np.maximum(at["expected_order_amount"], 0.01) * at["margin_rate"],
    )
    prices = {
        action: policies.Price(*costs)
        for action, *costs in (
            row.values()
            for row in relations.read_rows(
                trials,
                {
                    "offer_rate": "max(offer_rate)",
                    "offer_amount": "max(offer_amount)",
                    "contact_cost_amount": "max(contact_cost_amount)",
                },
                group_by=["action_id"],
                order_by="action_id",
            )
        )
    }
    with one_thread():
        verdict = policies.judge_policy(
            tuple(POLICY_FEATURES), read, prices, random_seed
        )
        basis = policies.make_basis(tuple(POLICY_FEATURES), read)
        effects = policies.learn_effects(basis, read, random_seed)
    rows = []

    def add(section, item, value, action=None, feature=None):
        is_text = isinstance(value, str)
        rows.append(
            {
                "section": section,
                "action_id": action,
                "item": item,
                "feature_name": feature,
                # the last digits differ between machines, and mean nothing
                "numeric_value": None if is_text else round(float(value), 12),
                "text_value": value if is_text else None,
            }
        )

    for item, value in vars(verdict).items():
        add("verdict", item, value)
    for name, center, scale in zip(
        basis.names, basis.centers, basis.scales, strict=True
    ):
        add("feature", "center", center, feature=name)
        add("feature", "scale", scale, feature=name)
    for action, effect in effects.items():
        for item in (
            "learner",
            "mean",
            "mean_error",
            "shrinkage",
            "intercept",
            "difference_error",
        ):
            add("effect", item, getattr(effect, item), action)
        for (first, second), value in zip(
            basis.terms, effect.coefficients, strict=True
        ):
            add("term", first, value, action, second)
    return rows


def _hash_inputs(members, experiments, settings):
    """What the estimates of each experiment are made of, as {experiment_id: text}.

    That is the members, in any order, what is planned, the settings, and the code that
    estimates with what it computes by.
    """
    made_by = [
        *map(inspect.getsource, (design, experiment_effects, uplift)),
        *map(version, ("numpy", "scipy")),
        relations.library_version(members),
        json.dumps(settings, sort_keys=True),
    ]
    of_members = relations.fingerprints(members, "experiment_id")
    return {
        row["experiment_id"]: hashlib.sha256(
            json.dumps(
                [made_by, of_members.get(row["experiment_id"]), row],
                sort_keys=True,
                default=str,
            ).encode()
        ).hexdigest()
        for row in experiments
    }


def _read_stored(session, stored, key="experiment_id"):
    """Rows of a table of estimates, by experiment, or day, and what they were made of.

    None if there is no such table yet, or it is of a version that kept no hashes.
    """
    found = relations.stored(session, stored)
    rows = {}
    if found is not None and "input_hash" in relations.names(found):
        for row in relations.read_rows(found):
            rows.setdefault((row[key], row["input_hash"]), []).append(row)
    return rows


def _write(session, rows, schema):
    """Rows as a relation."""
    return relations.write(session, schema, experiment_effects.as_table(rows, schema))


def _interval(values, name, prefix):
    names = (name, f"{prefix}_low", f"{prefix}_high")
    return dict(zip(names, map(float, values), strict=True))


def _experiments(dated, is_closed=False):
    """Rows of int_experiments__dated in a stable order."""
    where = "enrolment_status = 'closed'" if is_closed else None
    return relations.read_rows(dated, where=where, order_by="experiment_id")


def _read_members(members, experiment_id):
    """Columns of an experiment's customers, in an order that chance decided."""
    metrics = experiment_effects.METRICS
    columns = {name: f"{name}_within" for name in metrics} | {
        name: name for _, name in metrics.values()
    }
    found = relations.read_arrays(
        members,
        {
            **{name: name for name in TEXTS},
            **{name: f"cast({of} as double)" for name, of in columns.items()},
        },
        where="experiment_id = :experiment",
        values={"experiment": experiment_id},
        order_by="md5(experiment_member_id), experiment_member_id",
    )
    return {name: found[name] for name in (*TEXTS, *columns)}
