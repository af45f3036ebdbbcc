-- One row per invoice. An invoice of which all goods were cancelled in full is
-- cancelled; cancellations that no purchase was found for are an invoice of status
-- refund: money given back on that day, no order. An invoice is rejected if all its
-- lines are.
{{ config(enabled=segmentation.connector() == 'online_retail') }}
with

lines as (

    select * from {{ ref('base_online_retail__settled_lines') }}

),

flagged as (

    select
        order_id,
        customer_id,
        line_kind,
        connector_reject_reason,
        ordered_at,
        returned_at,
        case when connector_reject_reason is null then 1 else 0 end as is_accepted,
        case when line_kind = 'sale' then 1 else 0 end as is_sale,
        case when line_kind = 'sale' and is_goods then 1 else 0 end as is_goods_sale,
        case
            when line_kind = 'sale' and returned_quantity < quantity then 1 else 0
        end as is_kept,
        case
            when line_kind = 'sale' and is_goods and returned_quantity < quantity then 1
            else 0
        end as is_goods_kept

    from lines

),

invoices as (

    select
        order_id,
        max(customer_id) as customer_id,
        max(case when line_kind = 'cancellation' then 1 else 0 end) as is_refund,
        min(connector_reject_reason) as first_reject_reason,
        sum(is_accepted) as n_accepted_lines,
        sum(is_sale) as n_sales,
        sum(is_goods_sale) as n_goods_sales,
        sum(is_kept) as n_kept,
        sum(is_goods_kept) as n_goods_kept,
        min(ordered_at) as ordered_at,
        max(returned_at) as last_returned_at

    from flagged

    group by order_id

),

judged as (

    select
        order_id,
        customer_id,
        ordered_at,
        last_returned_at,
        case when n_accepted_lines = 0 then first_reject_reason end
            as connector_reject_reason,
        case
            when is_refund = 1 then 'refund'
            when n_goods_sales > 0 and n_goods_kept = 0 then 'cancelled'
            -- an invoice of services alone is judged by them
            when n_sales > 0 and n_kept = 0 then 'cancelled'
            else 'complete'
        end as status

    from invoices

),

renamed as (

    select
        -- ids
        cast(order_id as {{ dbt.type_string() }}) as order_id,
        cast(customer_id as {{ dbt.type_string() }}) as customer_id,

        -- strings
        cast(status as {{ dbt.type_string() }}) as status,
        cast('GBP' as {{ dbt.type_string() }}) as currency,
        cast(null as {{ dbt.type_string() }}) as coupon_code,
        cast(null as {{ dbt.type_string() }}) as channel,
        cast(connector_reject_reason as {{ dbt.type_string() }})
            as connector_reject_reason,

        -- numerics
        cast(null as {{ segmentation.type_money() }}) as shipping_amount,
        cast(null as {{ segmentation.type_money() }}) as tax_amount,
        cast(null as {{ segmentation.type_money() }}) as discount_amount,

        -- booleans
        cast(null as boolean) as is_test,
        cast(null as boolean) as has_tax_in_prices,

        -- timestamps
        cast(ordered_at as timestamp) as ordered_at,
        cast(
            case when status = 'cancelled' then last_returned_at end as timestamp
        ) as cancelled_at,
        cast(null as timestamp) as updated_at

    from judged

)

select * from renamed
