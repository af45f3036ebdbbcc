-- One row per customer number of the file. Its country is that of most of its lines,
-- the first by name where as many have another; the shop knows it from its first line
-- on. Nothing else is on record of a customer.
{{ config(enabled=segmentation.connector() == 'online_retail') }}
with

lines as (

    select * from {{ ref('base_online_retail__lines') }}

),

countries as (

    select
        customer_id,
        country,
        min(ordered_at) as first_seen_at,
        count(*) as n_lines

    from lines

    where customer_id is not null

    group by
        customer_id,
        country

),

ranked as (

    select
        customer_id,
        country,
        min(first_seen_at) over (partition by customer_id) as first_seen_at,
        row_number() over (
            partition by customer_id
            order by
                case when country is null then 1 else 0 end asc,
                n_lines desc,
                country asc
        ) as country_rank

    from countries

),

renamed as (

    select
        -- ids
        cast(customer_id as {{ dbt.type_string() }}) as customer_id,

        -- strings
        cast(null as {{ dbt.type_string() }}) as email,
        cast(null as {{ dbt.type_string() }}) as phone,
        cast(null as {{ dbt.type_string() }}) as gender,
        cast(country as {{ dbt.type_string() }}) as country,
        cast(null as {{ dbt.type_string() }}) as state,
        cast(null as {{ dbt.type_string() }}) as city,
        cast(null as {{ dbt.type_string() }}) as connector_reject_reason,
        cast(null as {{ dbt.type_string() }}) as email_consent,
        cast(null as {{ dbt.type_string() }}) as sms_consent,
        cast(null as {{ dbt.type_string() }}) as push_consent,
        cast(null as {{ dbt.type_string() }}) as test_account,

        -- numerics
        cast(null as {{ dbt.type_int() }}) as age,

        -- booleans
        cast(false as boolean) as is_erased,

        -- timestamps
        cast(null as date) as birth_date,
        first_seen_at,
        cast(null as timestamp) as email_consent_at,
        cast(null as timestamp) as sms_consent_at,
        cast(null as timestamp) as push_consent_at,
        cast(null as timestamp) as erased_at

    from ranked

    where country_rank = 1

)

select * from renamed
