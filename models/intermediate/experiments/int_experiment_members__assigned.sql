-- One row per customer and experiment that this project assigns by itself. A run enrols
-- at the last snapshot only: nobody could act on an arm drawn for a day gone by.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    full_refresh=segmentation.full_refresh_of_history(),
    tags=['segmentation_history']
) }}
with

candidates as (

    select * from {{ ref('int_experiment_candidates__found') }}
    where
        campaign_id is null
        and starts_on <= as_of_date

),

{% if is_incremental() %}

    stored as (

        select * from {{ this }}

    ),

    enrolled as (

        select candidates.*

        from candidates

        left join stored
            on candidates.experiment_member_id = stored.experiment_member_id

        where stored.experiment_member_id is null

    )

{% else %}

    enrolled as (

        select * from candidates

    )

{% endif %}

select
    experiment_member_id,
    experiment_id,
    customer_id,
    arm,
    as_of_date as assigned_on

from enrolled
