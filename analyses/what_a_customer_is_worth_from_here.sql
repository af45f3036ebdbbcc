-- One row per starting segment: expected net revenue over the coming year if customers
-- go on moving and buying as they did. Descriptive: nothing says what an action adds.
with

trajectories as (

    select * from {{ ref('fct_segment_trajectories') }}

),

segments as (

    select * from {{ ref('dim_segments') }}

)

select distinct
    segments.segment_name,
    trajectories.expected_net_amount,
    trajectories.expected_net_amount_lower,
    trajectories.expected_net_amount_upper

from trajectories

inner join segments
    on trajectories.from_segment_id = segments.segment_id

order by trajectories.expected_net_amount desc
