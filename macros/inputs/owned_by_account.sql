{#- Common table expressions of a model of Shopify after `accounts`, base_shopify__accounts:
    whose each row is. A merged account's rows are those of the account that it was merged
    into, and a guest's, where guests are joined by their address, those of the address.

    Argument: `rows`, the common table expression whose rows are meant, with customer_id and
    email. The last one, `owned`, has its columns and owner_id. -#}
{% macro owned_by_account(rows) %}
addressed as (

    select
        *,
        case
            when customer_id is null
                then {{ segmentation.email_address('email') }}
        end as guest_address

    from {{ rows }}

),

owned as (

    select
        addressed.*,
        coalesce(
            accounts.counted_customer_id,
            cast(addressed.customer_id as {{ dbt.type_string() }}),
            {% if var('segmentation_guests_by_email') %}
                guests.customer_id
            {% else %}
                null
            {% endif %}
        ) as owner_id

    from addressed

    left join accounts
        on addressed.customer_id = accounts.account_key

    {% if var('segmentation_guests_by_email') %}
        left join accounts as guests
            on
                addressed.guest_address = guests.address
                and guests.is_owner
    {% endif %}

)
{%- endmacro %}
