-- One row per currency and stretch of days: its value in the reporting currency.
{% set reporting_currency = segmentation.text_literal(
    var('segmentation_currency')
) %}
with

rates as (

    select
        upper(trim(currency)) as currency,
        cast(valid_from as date) as valid_from,
        usd_per_unit

    from {{ segmentation.ref_seed('exchange_rates') }}

),

dated as (

    select
        currency,
        valid_from,
        usd_per_unit,
        coalesce(
            lead(valid_from) over (partition by currency order by valid_from asc),
            {{ segmentation.end_of_time() }}
        ) as valid_until

    from rates

),

reporting as (

    select * from dated
    where currency = upper({{ reporting_currency }})

),

converted as (

    -- both currencies change at their own dates: one row where their stretches overlap
    select
        dated.currency,
        greatest(dated.valid_from, reporting.valid_from) as valid_from,
        least(dated.valid_until, reporting.valid_until) as valid_until,
        cast(
            {{ segmentation.ratio(
                'dated.usd_per_unit', 'reporting.usd_per_unit'
            ) }} as decimal(18, 8)
        ) as rate

    from dated

    inner join reporting
        on
            dated.valid_from < reporting.valid_until
            and dated.valid_until > reporting.valid_from

    where dated.currency != reporting.currency

)

select
    currency,
    valid_from,
    valid_until,
    rate

from converted

union all

-- the reporting currency itself needs no rate, nor a row in the seed
select
    upper({{ reporting_currency }}) as currency,
    cast('0001-01-01' as date) as valid_from,
    {{ segmentation.end_of_time() }} as valid_until,
    cast(1 as decimal(18, 8)) as rate
