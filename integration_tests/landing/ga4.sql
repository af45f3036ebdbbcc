-- The shop's site in GA4's table of events, nested as BigQuery exports it. The visitor
-- signs in with the cart; before that the browser alone is known.
create schema landed_ga4;

create table landed_ga4.events as
select
    strftime(occurred_at, '%Y%m%d') as event_date,
    epoch_us(occurred_at) as event_timestamp,
    case event_type
        when 'view' then 'view_item'
        when 'cart' then 'add_to_cart'
        else event_type
    end as event_name,
    [
        {
            'key': 'page_location',
            'value': {'string_value': 'https://shop.example', 'int_value': null::bigint}
        },
        {
            'key': 'ga_session_id',
            'value': {
                'string_value': null::varchar,
                'int_value': dense_rank() over (order by session_id)
            }
        }
    ] as event_params,
    row_number() over (order by web_event_id) as event_bundle_sequence_id,
    case
        when
            event_type != 'view'
            or max(event_type) over (partition by session_id) = 'view'
            and min(event_type) over (partition by session_id) = 'view'
            then customer_id
    end as user_id,
    'browser ' || customer_id as user_pseudo_id,
    case when product_id is null then [] else [{'item_id': product_id}] end as items
from landed_shop.web_events;
