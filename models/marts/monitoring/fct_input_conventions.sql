-- One row per convention of the inputs, as it was found: those that money depends on,
-- and how texts were mended.
{% set reading = var('segmentation_order_discounts') %}
{% set rates = 'example_rates' if segmentation.has_example_rates() else 'own_rates' %}
{% set bigint = dbt.type_bigint() %}
{% set reporting_currency = segmentation.text_literal(
    var('segmentation_currency')
) %}
with

signs as (

    select * from {{ ref('int_money_signs__found') }}

),

compared_discounts as (

    select * from {{ ref('int_order_discounts__compared') }}

),

orders as (

    select * from {{ ref('int_orders__checked') }}

),

mended_values as (

    select * from {{ ref('int_values__mended') }}

),

currencies as (

    select
        currency,
        count(*) as n_rows,
        sum(case when rate is null then 1 else 0 end) as n_contrary

    from orders

    where ordered_at is not null

    group by currency

),

sign_readings as (

    select
        input_column_id as input_convention_id,
        entity,
        column_name,
        case
            when lowering_sign = 1 then 'above_zero_lowers'
            else 'below_zero_lowers'
        end as convention,
        n_positive + n_negative as n_rows,
        case when lowering_sign = 1 then n_negative else n_positive end as n_contrary,
        lowering_sign = -1 or least(n_positive, n_negative) > 0 as is_noteworthy

    from signs

),

discount_readings as (

    select
        'orders.discount_amount|order_lines.discount_amount' as input_convention_id,
        'orders' as entity,
        'discount_amount' as column_name,
        '{{ {
            "auto": "told_twice",
            "additional": "additional_to_lines",
            "included": "includes_lines"
        }[reading] }}' as convention,
        count(*) as n_rows,
        coalesce(sum(case when is_told_twice then 0 else 1 end), 0) as n_contrary,
        true as is_noteworthy

    from compared_discounts

    having count(*) > 0

),

tax_readings as (

    select
        'orders.prices_include_tax' as input_convention_id,
        'orders' as entity,
        'prices_include_tax' as column_name,
        'tax_is_taken_out' as convention,
        count(*) as n_rows,
        sum(case when tax_amount = 0 then 1 else 0 end) as n_contrary,
        true as is_noteworthy

    from orders

    where
        has_tax_in_prices
        and reject_reason is null

    having count(*) > 0

),

currency_readings as (

    select
        'orders.currency|' || currency as input_convention_id,
        'orders' as entity,
        'currency' as column_name,
        case
            when currency = {{ reporting_currency }}
                then 'reporting_currency'
            when n_contrary = n_rows then 'no_rate'
            else '{{ rates }}'
        end as convention,
        n_rows,
        n_contrary,
        -- a currency without a rate, or one that is converted at the example rates
        n_contrary > 0
        or (
            currency != {{ reporting_currency }}
            and '{{ rates }}' = 'example_rates'
        ) as is_noteworthy

    from currencies

),

mend_readings as (

    select
        value_mend_id as input_convention_id,
        entity,
        column_name,
        case mend
            {% for mend, convention in segmentation.mends().items() %}
                when '{{ mend }}' then '{{ convention }}'
            {% endfor %}
        end as convention,
        n_mended as n_rows,
        0 as n_contrary,
        true as is_noteworthy

    from mended_values

),

readings as (

    {% for reading in [
        'sign_readings', 'discount_readings', 'tax_readings', 'currency_readings',
        'mend_readings'
    ] %}
        select
            input_convention_id,
            entity,
            column_name,
            convention,
            n_rows,
            n_contrary,
            is_noteworthy
        from {{ reading }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select
    input_convention_id,
    entity,
    column_name,
    convention,
    cast(n_rows as {{ bigint }}) as n_rows,
    cast(n_contrary as {{ bigint }}) as n_contrary,
    is_noteworthy

from readings
