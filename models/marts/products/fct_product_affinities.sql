-- One row per level and ordered pair of items bought together, as of the last snapshot.
with

pairs as (

    select * from {{ ref('int_item_pairs__tested') }}

)

select
    affinity_id,
    as_of_date,
    antecedent_id,
    consequent_id,
    item_level,
    antecedent_name,
    consequent_name,
    n_baskets,
    n_antecedent,
    n_consequent,
    n_both,
    pair_support,
    pair_confidence,
    pair_confidence_lower,
    pair_confidence_upper,
    lift,
    lift_lower,
    lift_upper,
    expected_both,
    p_by_chance,
    n_pairs_tested,
    is_above_chance

from pairs
