-- One row per event of GA4. It has no key: what tells events apart is hashed. An event
-- before the login is the customer's who logged in later in the same session, if that
-- was one. The product is the first item's, of an event that is about one item.
{{ config(enabled=segmentation.is_in_use('ga4')) }}
{% set session = 'partition by user_pseudo_id, ga_session_id' %}
{% set of_one_item = [
    'view_item', 'select_item', 'add_to_cart', 'remove_from_cart', 'add_to_wishlist',
] %}
with

events as (

    select * from {{ ref('base_ga4__events') }}

),

signed_in as (

    select
        *,
        coalesce(
            user_id,
            case
                when
                    user_pseudo_id is not null
                    and ga_session_id is not null
                    and min(user_id) over ({{ session }})
                    = max(user_id) over ({{ session }})
                    then max(user_id) over ({{ session }})
            end
        ) as visitor_id

    from events

),

renamed as (

    select
        -- ids
        'ga4|' || {{ dbt.hash(segmentation.fingerprint_text([
            'user_pseudo_id', 'user_id', 'ga_session_id', 'event_name', 'occurred_at',
            'event_bundle_sequence_id', 'item_id',
        ])) }} as web_event_id,
        {% if var('segmentation_ga4_user_id') == 'customer_id' %}
            visitor_id as customer_id,
        {% else %}
            cast(null as {{ dbt.type_string() }}) as customer_id,
        {% endif %}
        user_pseudo_id || '.' || ga_session_id as session_id,
        case
            when
                lower(event_name)
                in (
                    {% for name in of_one_item %}
                        '{{ name }}'{{ ',' if not loop.last }}
                    {% endfor %}
                )
                then item_id
        end as product_id,

        -- strings
        {% if var('segmentation_ga4_user_id') == 'email' %}
            visitor_id as email,
        {% else %}
            cast(null as {{ dbt.type_string() }}) as email,
        {% endif %}
        event_name as event_type,

        -- timestamps
        occurred_at

    from signed_in

)

select * from renamed
