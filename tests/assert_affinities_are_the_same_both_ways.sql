-- A pair of items has both orders, with the same orders together and the same lift.
with

affinities as (

    select * from {{ ref('fct_product_affinities') }}

)

select
    affinities.affinity_id,
    affinities.lift,
    reverses.lift as lift_of_reverse

from affinities

left join affinities as reverses
    on
        affinities.item_level = reverses.item_level
        and affinities.antecedent_id = reverses.consequent_id
        and affinities.consequent_id = reverses.antecedent_id

where
    reverses.affinity_id is null
    or affinities.n_both != reverses.n_both
    or affinities.is_above_chance != reverses.is_above_chance
    or abs(affinities.lift - reverses.lift) > 1e-9 * affinities.lift
