{#- What every profile tells, as the fields of a payload. What the id of an action says
    (its name, channel and offer, its tag) is not told beside it: tools bill each attribute
    that changes. -#}
{% macro profile_fields() %}
    {{- return([
        {'key': 'segment_id', 'kind': 'text', 'value': 'profiles.segment_id'},
        {'key': 'segment_name', 'kind': 'text', 'value': 'profiles.segment_name'},
        {'key': 'previous_segment_id', 'kind': 'text',
         'value': 'profiles.previous_segment_id'},
        {'key': 'segment_changed_at', 'kind': 'timestamp',
         'value': 'profiles.segment_changed_at'},
        {'key': 'segment_tags', 'kind': 'list',
         'value': "('segment:' || profiles.segment_id)"},
        {'key': 'churn_band', 'kind': 'text', 'value': 'profiles.churn_band'},
        {'key': 'churn_score_status', 'kind': 'text',
         'value': 'profiles.churn_score_status'},
        {'key': 'value_band', 'kind': 'text', 'value': 'profiles.value_band'},
        {'key': 'value_score_status', 'kind': 'text',
         'value': 'profiles.value_score_status'},
        {'key': 'action_id', 'kind': 'text', 'value': 'profiles.action_id'},
        {'key': 'action_reason', 'kind': 'text', 'value': 'profiles.action_reason'},
        {'key': 'action_expires_on', 'kind': 'date',
         'value': 'profiles.action_expires_on'},
        {'key': 'suggested_product_ids', 'kind': 'texts',
         'value': segmentation.suggested_products('id')},
        {'key': 'suggested_product_names', 'kind': 'texts',
         'value': segmentation.suggested_products('name')},
        {'key': 'browsed_category', 'kind': 'text',
         'value': 'profiles.browsed_category'},
        {'key': 'holdout_group', 'kind': 'text', 'value': 'profiles.holdout_group'},
        {'key': 'has_email_consent', 'kind': 'boolean',
         'value': 'profiles.has_email_consent'},
        {'key': 'has_sms_consent', 'kind': 'boolean',
         'value': 'profiles.has_sms_consent'},
        {'key': 'has_push_consent', 'kind': 'boolean',
         'value': 'profiles.has_push_consent'},
    ]) -}}
{% endmacro %}


{#- The columns of the products that a profile suggests, the first one first.

    Argument: `part`, id or name. -#}
{% macro suggested_products(part) %}
    {%- set columns = [] -%}
    {%- for rank in range(1, segmentation.synced_suggestions() + 1) -%}
        {%- do columns.append('profiles.suggested_product_' ~ part ~ '_' ~ rank) -%}
    {%- endfor -%}
    {{- return(columns) -}}
{% endmacro %}


{#- What one tool is told of each customer; common table expressions, the last of which
    is `profiles`, with the columns of rpt_esp_profiles that tools are told.

    Without consent the operation is `clear`: all that is told is null, and no tag is left.
    Adds `has_consent`, to one of the channels, published and still standing, and
    `was_told`, whether a publication before told of the customer with such consent. Where
    a channel that was published is closed since, nothing is told until it is published
    again. Unknown counts as no.

    Arguments: `channels`, those that the tool may be used for; `has_phone`, whether to add
    `phone`, the number that was published, with consent to text messages and no other. -#}
{% macro profiles_by(channels, has_phone=false) %}
{%- set told = ['segment_id', 'segment_name', 'previous_segment_id',
    'segment_changed_at'] + segmentation.synced_columns() | list %}
published as (

    select * from {{ ref('segmentation', 'rpt_esp_profiles') }}

),

permitted as (

    select * from {{ ref('segmentation', 'int_profiles__permitted') }}

),

{% if has_phone %}

phones as (

    select * from {{ ref('segmentation', 'int_customer_phones__normalised') }}

),

{% endif %}

compared as (

    select
        published.*,
        {% if has_phone %}
            case when published.has_sms_consent then phones.phone end as phone,
        {% endif %}
        coalesce(
            published.has_{{ channels | join('_consent or published.has_') }}_consent,
            false
        ) as is_consented,
        coalesce(
            {% for channel in ['email', 'sms', 'push'] %}
                (not published.has_{{ channel }}_consent
                or permitted.has_{{ channel }}_consent)
                {{- ' and' if not loop.last }}
            {% endfor %},
            false
        ) as is_standing,
        coalesce(
            permitted.has_been_told_by_{{ channels | join(' or permitted.has_been_told_by_') }},
            false
        ) as was_told

    from published

    left join permitted
        on published.customer_id = permitted.customer_id

    {% if has_phone %}

        -- the number that was published, not one that came after
        left join phones
            on
                published.customer_id = phones.customer_id
                and published.phone_sha256 = phones.phone_sha256

    {% endif %}

),

profiles as (

    select
        customer_id,
        email_md5,
        suppress_reason,
        row_hash,
        is_consented and is_standing as has_consent,
        is_standing,
        was_told,
        changed_at,
        deleted_at,
        has_email_consent,
        has_sms_consent,
        has_push_consent,
        case
            when operation = 'upsert' and not is_consented then 'clear'
            else operation
        end as operation,
        case when has_email_consent then email_sha256 end as email_sha256,
        {% if has_phone %}
            case when is_consented and is_standing then phone end as phone,
        {% endif %}
        {% for column in told %}
            case when is_consented then {{ column }} end as {{ column }},
        {% endfor %}
        case when is_consented then tags_to_add end as tags_to_add,
        case
            when is_consented then tags_to_remove
            when tags_to_add is null then tags_to_remove
            when tags_to_remove is null then tags_to_add
            else tags_to_add || ',' || tags_to_remove
        end as tags_to_remove

    from compared

)
{%- endmacro %}


{#- The operation whose limits in segmentation_esp_operations hold for a row: what is
    cleared is sent as profiles are. Argument: `operation`, SQL of a row's. -#}
{% macro limited_as(operation) %}
    {{- return(
        "case when " ~ operation ~ " = 'clear' then 'upsert' else " ~ operation ~ ' end'
    ) -}}
{% endmacro %}


{#- The steps from payloads to rows that can be sent; common table expressions, the last
    of which is `batched`.

    Reads `rendered`: `profiles` (profiles_by) with `external_id`, `key_problem`, why there
    is no key to send by, and `full_payload`. Rows that may not be sent lose their payload,
    so that nothing can be sent by mistake; who was never told of is not cleared either. Requests are numbered within what changed at one moment and has one
    operation: a request of rows with one batch_number keeps within the tool's limits for
    that operation (segmentation_esp_operations).

    Argument: `tool`, one of segmentation_esp_operations. -#}
{% macro esp_rows(tool) %}
limits as (

    select * from {{ ref('segmentation', 'segmentation_esp_operations') }}
    where tool = '{{ tool }}'

),

weighed as (

    select
        rendered.*,
        {{ segmentation.octets('rendered.full_payload') }} as payload_bytes,
        limits.rows_per_request,
        limits.bytes_per_row,
        limits.characters_per_key,
        -- what the first row of a request began before it is no more than a row, and the
        -- request's own words take 1,000
        limits.bytes_per_request - limits.bytes_per_row - 1000 as stretch_bytes

    from rendered

    inner join limits
        on {{ segmentation.limited_as('rendered.operation') }} = limits.operation

),

judged as (

    select
        *,
        payload_bytes <= bytes_per_row as is_within_limit,
        case
            when
                (operation = 'upsert' and not has_consent)
                or (operation = 'clear' and not (was_told and is_standing))
                then coalesce(suppress_reason, 'no_consent')
            when
                length(external_id) > characters_per_key
                or external_id
                != {{ segmentation.without_control_characters('external_id') }}
                then 'bad_key'
            when key_problem is not null then key_problem
            when payload_bytes > bytes_per_row then 'payload_too_large'
        end as unsendable_reason

    from weighed

),

counted as (

    select
        *,
        unsendable_reason is null as is_sendable,
        row_number() over (
            partition by changed_at, operation, unsendable_reason is null
            order by external_id
        ) as row_count,
        -- a byte for the comma after the row
        sum(payload_bytes + 1) over (
            partition by changed_at, operation, unsendable_reason is null
            order by external_id
            rows between unbounded preceding and current row
        ) as byte_count

    from judged

),

batched as (

    -- rows that end in the same stretch of bytes
    select
        *,
        case when is_sendable then full_payload end as payload_json,
        case
            when is_sendable
                then
                    dense_rank() over (
                        partition by changed_at, operation, is_sendable
                        order by
                            floor((row_count - 1) / rows_per_request),
                            floor(byte_count / stretch_bytes)
                    )
        end as batch_number

    from counted

)
{%- endmacro %}


{#- The columns that the tables of all tools end with, of `batched`. -#}
{% macro esp_columns() %}
    -- strings
    operation,
    unsendable_reason,
    tags_to_add,
    tags_to_remove,
    payload_json,
    row_hash,

    -- numerics
    cast(payload_bytes as {{ dbt.type_bigint() }}) as payload_bytes,
    cast(batch_number as {{ dbt.type_bigint() }}) as batch_number,

    -- booleans
    has_consent,
    is_within_limit,
    is_sendable,

    -- timestamps
    changed_at,
    deleted_at
{%- endmacro %}
