-- A name stands for one segment: readers know segments by it. Prospects are in every
-- recipe.
{% call segmentation.if_all_are_built() %}
with

personas as (

    select * from {{ segmentation.ref_seed('personas') }}

),

recipes as (

    select * from {{ segmentation.ref_seed('recipes') }}

),

named as (

    select
        recipes.recipe,
        personas.segment_id,
        lower(trim(personas.segment_name)) as segment_name

    from recipes

    inner join personas
        on personas.recipe in (recipes.recipe, 'all')

)

select
    recipe,
    segment_name,
    count(*) as n_segments

from named

group by
    recipe,
    segment_name

having
    count(*) > 1
    or segment_name is null

{% endcall %}
