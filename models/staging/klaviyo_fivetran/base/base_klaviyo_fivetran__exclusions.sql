-- One row per profile that is suppressed, and per list that a profile has left, as
-- Fivetran lands them, lifted ones included.
{{ config(enabled=segmentation.is_in_use('klaviyo_fivetran')) }}
with

everywhere as (

    {{ segmentation.select_landed(
        'klaviyo_fivetran',
        'global_exclusion',
        {
            'person_id': 'id',
            'is_deleted': ['boolean', '_fivetran_deleted'],
            'excluded_at': ['timestamp', 'timestamp'],
        },
        needed=['person_id']
    ) }}

),

of_one_list as (

    {{ segmentation.select_landed(
        'klaviyo_fivetran',
        'list_exclusion',
        {
            'person_id': ['id', 'id'],
            'list_id': 'id',
            'is_deleted': ['boolean', '_fivetran_deleted'],
            'excluded_at': ['timestamp', 'created'],
        },
        needed=['person_id', 'list_id'],
        is_optional=true
    ) }}

)

select
    person_id,
    cast(null as {{ dbt.type_string() }}) as list_id,
    is_deleted,
    excluded_at
from everywhere

union all

select
    person_id,
    list_id,
    is_deleted,
    excluded_at
from of_one_list
