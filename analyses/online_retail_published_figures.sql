-- One row per way of counting: the figures that are published of UCI Online Retail,
-- computed from this project's tables. They leave out cancellations and net nothing.
-- `as_published` keeps the lines that are in the file more than once; `copies_dropped`
-- counts each once, as the project does.
{{ config(enabled=segmentation.connector() == 'online_retail') }}
with

order_lines as (

    select * from {{ ref('int_order_lines__checked') }}

),

sale_lines as (

    -- copies are rejected as duplicate_key before any other reason; those of guests, of
    -- cancellations and without a price are told by customer, treatment and amount
    select
        order_id,
        customer_id,
        ordered_on,
        line_amount,
        reject_reason is null as is_accepted

    from order_lines

    where
        (reject_reason is null or reject_reason = 'duplicate_key')
        and treatment != 'refund'
        and customer_id is not null
        and line_amount > 0

),

counted_lines as (

    select
        'as_published' as edition,
        order_id,
        customer_id,
        ordered_on,
        line_amount
    from sale_lines

    union all

    select
        'copies_dropped' as edition,
        order_id,
        customer_id,
        ordered_on,
        line_amount
    from sale_lines
    where is_accepted

),

totals as (

    select
        edition,
        count(*) as n_lines,
        count(distinct order_id) as n_invoices,
        sum(line_amount) as gross_amount

    from counted_lines

    group by edition

),

customers as (

    -- the published medians are as of the day after the last invoice
    select
        edition,
        customer_id,
        {{ segmentation.days_between(
            'max(ordered_on)', "cast('2011-12-10' as date)"
        ) }} as recency_days,
        count(distinct order_id) as frequency,
        sum(line_amount) as gross_amount

    from counted_lines

    group by
        edition,
        customer_id

),

medians as (

    select
        edition,
        count(*) as n_customers,
        percentile_cont(0.5) within group (order by recency_days)
            as median_recency_days,
        percentile_cont(0.5) within group (order by frequency) as median_frequency,
        percentile_cont(0.5) within group (
            order by cast(gross_amount as {{ segmentation.type_double() }})
        ) as median_gross_amount

    from customers

    group by edition

)

select
    totals.edition,
    totals.n_lines,
    totals.n_invoices,
    medians.n_customers,
    totals.gross_amount,
    medians.median_recency_days,
    medians.median_frequency,
    medians.median_gross_amount

from totals

inner join medians
    on totals.edition = medians.edition

order by totals.edition asc
