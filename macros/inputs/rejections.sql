{#- What makes a row one to reject, as text: the value that the reason is about. SQL, in a
    query that has a column reject_reason.

    Argument: `values`, {reason: SQL of the value}. -#}
{% macro offending_value(values) %}
    {%- set cases = [] -%}
    {%- for reason, value in values.items() -%}
        {%- do cases.append(
            "when '" ~ reason ~ "' then cast(" ~ value ~ ' as ' ~ dbt.type_string() ~ ')'
        ) -%}
    {%- endfor -%}
    {{- return('case reject_reason ' ~ cases | join(' ') ~ ' end') -}}
{% endmacro %}


{#- The key of a rejected row as it is kept: of an erased customer, or what is theirs, a
    keyed hash. SQL.

    Arguments: `key`; `reason`, the column of the reason. -#}
{% macro key_to_keep(key, reason='reject_reason') %}
    {{- return(
        'case when ' ~ reason ~ " in ('erased_customer', 'order_erased_customer') then "
        ~ segmentation.keyed_hash(key) ~ ' else ' ~ key ~ ' end'
    ) -}}
{% endmacro %}


{#- A text that is published, unless it is an address. SQL. -#}
{% macro without_address(value) %}
    {{- return(
        'case when ' ~ value ~ " like '%@%' then '(an address)' else " ~ value ~ ' end'
    ) -}}
{% endmacro %}


{#- What is lost with rejected rows, by entity and reason; SQL of a text:

    - as_meant: nothing that anybody wants counted (tests, who was erased, gift cards, older
      versions of an order), or what is counted at another row (lines of a rejected order)
    - told: what a shop may have, and should know of: orders of guests, events of people who
      are no customers, rows of one customer beyond the first
    - lost: what should be there. -#}
{% macro rejection_loss() %}
    {%- set as_meant = [
        'test_order', 'test_account', 'erased_customer', 'superseded', 'gift_card_line',
        'tip_line', 'shipping_line', 'service_line', 'tax_line', 'cancellation_applied',
        'adjustment', 'stock_write_off', 'zero_price', 'line_is_no_sale', 'deleted_order',
        'no_goods', 'removed_line', 'merged_customer',
        'refund_as_order',
    ] -%}
    {%- set events = [
        'web_events', 'email_events', 'campaign_members', 'tickets', 'reviews',
    ] -%}
    {{- return(
        "case when reject_reason in ('" ~ as_meant | join("', '")
        ~ "') or reject_reason like 'order!_%' escape '!' then 'as_meant' "
        ~ "when entity in ('" ~ events | join("', '")
        ~ "') and reject_reason = 'guest' then 'as_meant' "
        ~ "when reject_reason = 'guest' then 'told' "
        ~ "when entity = 'customers' and reject_reason = 'duplicate_key' then 'told' "
        ~ "when entity in ('" ~ events | join("', '")
        ~ "') and reject_reason = 'unknown_customer' then 'told' else 'lost' end"
    ) -}}
{% endmacro %}


{#- What to look at, where rows are rejected for a reason that has no numbers of its own to
    give a hint; {reason: text}. -#}
{% macro rejection_hints() %}
    {{- return({
        'missing_key': 'rows without a key: is another column mapped?',
        'unknown_customer': 'is the table of customers whole, and the column that orders '
            ~ 'and events name them by the right one?',
        'guest': 'rows without a customer; map another column, if they have one',
        'orphan_line': 'is the table of orders whole?',
        'orphan_refund': 'is the table of orders whole?',
        'no_accepted_lines': 'is the table of order lines whole?',
        'missing_date': 'rows without a time: is another column mapped?',
        'future_date': 'dated after segmentation_extracted_at, or the start of the run: '
            ~ 'are day and month confused, or is the clock of another zone meant?',
        'implausible_date': 'before segmentation_earliest_day: a nought read as 1970, or '
            ~ 'years of two digits?',
        'unknown_status': 'add what is meant to the seed segmentation_order_statuses',
        'unknown_event_type': 'add what is meant to the seed segmentation_words',
        'unknown_line_type': 'add what is meant to the seed segmentation_words',
        'unknown_currency': 'add it to the seed segmentation_exchange_rates',
        'missing_amount': 'is another column mapped?',
        'implausible_amount': 'is it in cents, or in a currency of small units?',
        'unexpected_sign': 'most rows of the column have the other sign',
        'contradictory_discount': 'see segmentation_order_discounts',
    }) -}}
{% endmacro %}


{#- The rows of int_inputs__profiled of what is not meant, by entity, as sentences.

    Arguments: `profile`, the relation; `least_share`, the share of an entity's rows or
    money above which it is told; `losses`, those of rejection_loss that count. -#}
{% macro rejections_above(profile, least_share, losses) %}
    {%- set sentences = [] -%}
    {%- set entities = run_query(
        'select entity, sum(n_rejected), max(n_received), sum(rejected_amount), '
        ~ 'max(received_amount) from ' ~ profile ~ " where loss in ('"
        ~ losses | join("', '") ~ "') group by entity having sum(rejected_row_share) > "
        ~ least_share ~ ' or sum(rejected_amount_share) > ' ~ least_share ~ ' order by entity'
    ).rows -%}
    {%- for entity, n_rows, n_received, rejected, received in entities -%}
        {%- set reasons = [] -%}
        {%- for row in run_query(
            'select reject_reason, n_rejected, offending_value, n_offending_rows, hint from '
            ~ profile ~ " where entity = '" ~ entity ~ "' and loss in ('"
            ~ losses | join("', '") ~ "') order by n_rejected desc, reject_reason limit 3"
        ).rows -%}
            {%- do reasons.append(
                row[1] ~ ' ' ~ row[0] ~ (
                    ', ' ~ row[3] ~ ' of them ' ~ row[2][:40] if row[2] else ''
                ) ~ (' (' ~ row[4] ~ ')' if row[4] else '')
            ) -%}
        {%- endfor -%}
        {%- do sentences.append(
            n_rows ~ ' of ' ~ n_received ~ ' rows of ' ~ entity ~ (
                ', with ' ~ '{:.1f} %'.format(100 * (rejected or 0) / received)
                ~ ' of the money,' if received else ''
            ) ~ ' are rejected: ' ~ reasons | join('; ')
        ) -%}
    {%- endfor -%}
    {{- return(sentences) -}}
{% endmacro %}


{#- Stop before anything is made of the inputs, if more of an entity is lost than
    segmentation_max_rejected_share. A pre-hook of the schedules of snapshots. -#}
{% macro check_rejected_shares() %}
    {%- if execute -%}
        {%- set limit = var('segmentation_max_rejected_share') -%}
        {%- set problems = [] -%}
        {%- for sentence in segmentation.rejections_above(
            ref('segmentation', 'int_inputs__profiled'), limit, ['lost']
        ) -%}
            {%- do problems.append(
                sentence ~ '. That is more than segmentation_max_rejected_share, '
                ~ limit ~ ': correct the rows or the mapping; if they are meant to be '
                ~ 'left out, raise it'
            ) -%}
        {%- endfor -%}
        {{- segmentation.raise_problems(problems) -}}
    {%- endif -%}
{% endmacro %}


{#- At the end of a build, print what of the inputs was rejected, and warn of entities that
    lose more than segmentation_warn_rejected_share. Runs in on-run-end. -#}
{% macro tell_rejections() %}
    {%- set profile = segmentation.relation_of(
        graph.nodes['model.segmentation.int_inputs__profiled']
    ) -%}
    {%- set rows = run_query(
        'select entity, reject_reason, n_rejected, rejected_row_share, '
        ~ 'rejected_amount, rejected_amount_share, offending_value, n_offending_rows, hint from ' ~ profile
        ~ ' order by entity, n_rejected desc, reject_reason'
    ).rows -%}
    {%- if rows -%}
        {%- do log(
            'segmentation: rows of the inputs that were rejected; all of them are in '
            ~ 'fct_rejected_rows', info=true
        ) -%}
        {%- do log(
            'segmentation: %-16s %-28s %10s %7s %14s %7s  %s' | format(
                'entity', 'reason', 'rows', 'share', 'amount', 'share',
                'commonest value'
            ), info=true
        ) -%}
    {%- endif -%}
    {%- for row in rows -%}
        {%- do log(
            'segmentation: %-16s %-28s %10s %7s %14s %7s  %s' | format(
                row[0], row[1], '{:,}'.format(row[2]),
                '{:.1f} %'.format(100 * row[3]),
                '{:,.2f}'.format(row[4]) if row[4] is not none else '-',
                '{:.1f} %'.format(100 * row[5]) if row[5] is not none else '-',
                row[6][:40] ~ ' (' ~ '{:,}'.format(row[7]) ~ ')' if row[6] else '-'
            ), info=true
        ) -%}
    {%- endfor -%}
    {%- for sentence in segmentation.rejections_above(
        profile, var('segmentation_warn_rejected_share'), ['told', 'lost']
    ) if segmentation.connector() != 'demo' -%}
        {%- do exceptions.warn('segmentation: ' ~ sentence ~ '.') -%}
    {%- endfor -%}
{% endmacro %}
