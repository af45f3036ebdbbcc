-- One row per assumption of the fitted chain that was checked.
with

chain as (

    select * from {{ ref('int_segment_chains__fitted') }}

),

checks as (

    select
        check_name,
        max(case when item = 'n_transitions' then numeric_value end) as n_transitions,
        max(case when item = 'statistic' then numeric_value end) as statistic,
        max(case when item = 'dof' then numeric_value end) as dof,
        max(case when item = 'p_value' then numeric_value end) as p_value,
        max(case when item = 'verdict' then text_value end) as verdict,
        max(case when item = 'untested_reason' then text_value end) as untested_reason

    from chain

    where part = 'check'

    group by check_name

)

select
    -- ids
    check_name,

    -- strings
    verdict,
    untested_reason,

    -- numerics
    cast(round(n_transitions) as {{ dbt.type_bigint() }}) as n_transitions,
    statistic,
    cast(round(dof) as {{ dbt.type_bigint() }}) as dof,
    p_value

from checks
