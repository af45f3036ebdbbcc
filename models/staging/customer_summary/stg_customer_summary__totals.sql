-- One row per customer of the summary whose row can be used: what the customer has
-- bought in all, in the export's own currency.
{{ config(enabled=segmentation.connector() == 'customer_summary') }}
with

source as (

    select * from {{ ref('base_customer_summary__judged_rows') }}

),

renamed as (

    select
        -- ids
        customer_id,

        -- strings
        currency,
        preferred_category,

        -- numerics
        n_orders,
        total_amount,
        stated_average_amount,
        n_site_visits,
        n_email_clicks,

        -- timestamps
        first_ordered_on,
        last_ordered_on

    from source

    where
        connector_reject_reason is null
        and customer_id is not null

)

select * from renamed
