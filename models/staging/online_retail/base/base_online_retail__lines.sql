-- One row per row of the file, with what kind of line it is. A line is known by its
-- content alone, whatever the order of the rows: rows that are equal in every column
-- have the same order_line_id and differ in copy_number.
{{ config(
    enabled=segmentation.connector() == 'online_retail',
    materialized='table'
) }}
with

source as (

    select * from {{ source('online_retail', 'online_retail') }}

),

typed as (

    select
        cast(invoiceno as {{ dbt.type_string() }}) as invoice_no,
        cast(stockcode as {{ dbt.type_string() }}) as stock_code,
        cast(description as {{ dbt.type_string() }}) as description,
        {{ segmentation.to_number('quantity', 'money', 'double') }} as quantity,
        {{ segmentation.to_timestamp('invoicedate') }} as ordered_at,
        {{ segmentation.to_number('unitprice', 'money', 'double') }} as unit_price,
        cast(cast(customerid as {{ dbt.type_bigint() }}) as {{ dbt.type_string() }})
            as customer_id,
        cast(country as {{ dbt.type_string() }}) as country

    from source

),

digested as (

    select
        trim(invoice_no) as order_id,
        upper(trim(stock_code)) as product_id,
        nullif(trim(description), '') as product_name,
        quantity,
        ordered_at,
        unit_price,
        customer_id,
        nullif(trim(country), 'Unspecified') as country,
        {{ dbt.hash(
            "coalesce(invoice_no, '') || '|' || coalesce(stock_code, '') || '|' || "
            "coalesce(description, '') || '|' || coalesce(cast(quantity as "
            ~ dbt.type_string() ~ "), '') || '|' || coalesce(cast(ordered_at as "
            ~ dbt.type_string() ~ "), '') || '|' || coalesce(cast(unit_price as "
            ~ dbt.type_string() ~ "), '') || '|' || coalesce(customer_id, '') "
            "|| '|' || coalesce(country, '')"
        ) }} as digest

    from typed

),

identified as (

    select
        order_id || '-' || coalesce(product_id, '') || '-' || substr(digest, 1, 12)
            as order_line_id,
        order_id,
        product_id,
        product_name,
        quantity,
        ordered_at,
        unit_price,
        customer_id,
        country,
        digest,
        -- A and C mark an invoice; stock is written off on invoices that look like a
        -- sale's
        case
            when order_id like 'A%' then 'adjustment'
            when order_id like 'C%' then 'cancellation'
            when quantity < 0 then 'stock_write_off'
            when unit_price = 0 then 'zero_price'
            else 'sale'
        end as line_kind,
        -- goods' codes start with five digits, but for party bags and the like (DCGS),
        -- gift vouchers (GIFT) and cushion pads (PADS); the other codes are postage,
        -- carriage, fees, discounts, samples and entries by hand
        coalesce(
            translate(substr(product_id, 1, 5), '0123456789', '0000000000') = '00000'
            or product_id like 'DCGS%'
            or product_id like 'GIFT%'
            or product_id = 'PADS',
            false
        ) as is_goods

    from digested

),

numbered as (

    select
        -- ids
        order_line_id,
        order_id,
        customer_id,
        product_id,

        -- strings
        product_name,
        country,
        line_kind,

        -- numerics
        quantity,
        unit_price,
        -- copies are equal in every column, so that it is no matter which comes first
        row_number() over (
            partition by order_line_id order by digest asc
        ) as copy_number,

        -- booleans
        is_goods,

        -- timestamps
        ordered_at

    from identified

)

select * from numbered
