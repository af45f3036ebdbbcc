{#- The input contract of the connectors native and, customer_summaries alone,
    customer_summary: for each entity its columns, their type, whether the shop must have
    them, and the least and the greatest value that can be meant. Columns that may be
    absent are null when they are. The models of models/intermediate/core hold the rows
    of every connector against the limits.

    Returns {entity: {column: {'type': ..., 'is_required': ..., 'minimum': ...,
    'maximum': ..., 'is_past': ..., 'presence': ..., 'staged_as': ...}}}; the types are id, string, word (a
    text, number or boolean whose meaning is in segmentation_words), integer, money,
    double, boolean, date, timestamp. Limits may be missing; of dates and timestamps the
    least is segmentation_earliest_day where none is given; what is_past lies on no day
    after the inputs were extracted. A presence names a further column: whether anything is
    there, even if it cannot be read. A column is staged under its own name, or as what
    staged_as says. -#}
{% macro input_contract() %}
    {#- of money, and of what is multiplied with it -#}
    {%- set largest = segmentation.largest_amount() -%}
    {%- set needed_money = {
        'type': 'money', 'is_required': true, 'minimum': -largest, 'maximum': largest,
    } -%}
    {%- set money = {
        'type': 'money', 'is_required': false, 'minimum': -largest, 'maximum': largest,
    } -%}
    {{- return({
        'customers': {
            'customer_id': {'type': 'id', 'is_required': true},
            'email': {'type': 'string', 'is_required': false},
            'phone': {'type': 'string', 'is_required': false},
            'gender': {'type': 'string', 'is_required': false},
            'country': {'type': 'string', 'is_required': false},
            'state': {'type': 'string', 'is_required': false},
            'city': {'type': 'string', 'is_required': false},
            'age': {
                'type': 'integer', 'is_required': false,
                'minimum': 0, 'maximum': 120,
            },
            'has_email_consent': {
                'type': 'word', 'is_required': false, 'staged_as': 'email_consent',
            },
            'has_sms_consent': {
                'type': 'word', 'is_required': false, 'staged_as': 'sms_consent',
            },
            'has_push_consent': {
                'type': 'word', 'is_required': false, 'staged_as': 'push_consent',
            },
            'is_test_account': {
                'type': 'word', 'is_required': false, 'staged_as': 'test_account',
            },
            'birth_date': {
                'type': 'date', 'is_required': false,
                'minimum': '1900-01-01', 'is_past': true,
            },
            'first_seen_at': {'type': 'timestamp', 'is_required': false},
            'email_consent_at': {'type': 'timestamp', 'is_required': false},
            'sms_consent_at': {'type': 'timestamp', 'is_required': false},
            'push_consent_at': {'type': 'timestamp', 'is_required': false},
            'erased_at': {
                'type': 'timestamp', 'is_required': false,
                'presence': 'is_erased',
            },
        },
        'orders': {
            'order_id': {'type': 'id', 'is_required': true},
            'customer_id': {'type': 'id', 'is_required': true},
            'status': {'type': 'string', 'is_required': false},
            'currency': {'type': 'string', 'is_required': false},
            'coupon_code': {'type': 'string', 'is_required': false},
            'channel': {'type': 'string', 'is_required': false},
            'shipping_amount': money,
            'tax_amount': money,
            'discount_amount': money,
            'is_test': {'type': 'boolean', 'is_required': false},
            'prices_include_tax': {
                'type': 'boolean', 'is_required': false,
                'staged_as': 'has_tax_in_prices',
            },
            'ordered_at': {'type': 'timestamp', 'is_required': true},
            'cancelled_at': {'type': 'timestamp', 'is_required': false},
            'updated_at': {'type': 'timestamp', 'is_required': false},
        },
        'order_lines': {
            'order_line_id': {'type': 'id', 'is_required': true},
            'order_id': {'type': 'id', 'is_required': true},
            'product_id': {'type': 'id', 'is_required': false},
            'line_type': {'type': 'string', 'is_required': false},
            'quantity': needed_money,
            'unit_price': needed_money,
            'list_price': money,
            'discount_amount': money,
            'unit_cost': money,
            'returned_quantity': money,
            'tax_amount': money,
            'returned_at': {'type': 'timestamp', 'is_required': false},
        },
        'refunds': {
            'refund_id': {'type': 'id', 'is_required': true},
            'order_id': {'type': 'id', 'is_required': true},
            'order_line_id': {'type': 'id', 'is_required': false},
            'amount': needed_money,
            'quantity': money,
            'refunded_at': {'type': 'timestamp', 'is_required': true},
        },
        'products': {
            'product_id': {'type': 'id', 'is_required': true},
            'product_name': {'type': 'string', 'is_required': false},
            'category': {'type': 'string', 'is_required': false},
            'brand': {'type': 'string', 'is_required': false},
            'unit_cost': money,
        },
        'web_events': {
            'web_event_id': {'type': 'id', 'is_required': true},
            'customer_id': {'type': 'id', 'is_required': true},
            'session_id': {'type': 'id', 'is_required': false},
            'product_id': {'type': 'id', 'is_required': false},
            'email': {'type': 'string', 'is_required': false},
            'event_type': {'type': 'string', 'is_required': true},
            'occurred_at': {'type': 'timestamp', 'is_required': true},
        },
        'consents': {
            'consent_id': {'type': 'id', 'is_required': true},
            'customer_id': {'type': 'id', 'is_required': false},
            'email': {'type': 'string', 'is_required': false},
            'phone': {'type': 'string', 'is_required': false},
            'channel': {'type': 'string', 'is_required': true},
            'decision': {'type': 'word', 'is_required': true},
            'decided_at': {'type': 'timestamp', 'is_required': false},
        },
        'email_events': {
            'email_event_id': {'type': 'id', 'is_required': true},
            'customer_id': {'type': 'id', 'is_required': true},
            'campaign_id': {'type': 'id', 'is_required': false},
            'message_id': {'type': 'id', 'is_required': false},
            'email': {'type': 'string', 'is_required': false},
            'event_type': {'type': 'string', 'is_required': true},
            'occurred_at': {'type': 'timestamp', 'is_required': true},
        },
        'campaign_members': {
            'campaign_id': {'type': 'id', 'is_required': true},
            'customer_id': {'type': 'id', 'is_required': true},
            'arm': {'type': 'string', 'is_required': true},
            'channel': {'type': 'string', 'is_required': false},
            'cost': {
                'type': 'money', 'is_required': false,
                'minimum': 0, 'maximum': largest,
            },
            'assigned_at': {'type': 'timestamp', 'is_required': true},
        },
        'tickets': {
            'ticket_id': {'type': 'id', 'is_required': true},
            'customer_id': {'type': 'id', 'is_required': true},
            'is_complaint': {
                'type': 'word', 'is_required': false, 'staged_as': 'complaint',
            },
            'opened_at': {'type': 'timestamp', 'is_required': true},
            'closed_at': {'type': 'timestamp', 'is_required': false},
        },
        'reviews': {
            'review_id': {'type': 'id', 'is_required': true},
            'customer_id': {'type': 'id', 'is_required': true},
            'rating': {
                'type': 'double', 'is_required': true,
                'minimum': 1, 'maximum': 5,
            },
            'reviewed_at': {'type': 'timestamp', 'is_required': true},
        },
        'customer_summaries': {
            'customer_id': {'type': 'id', 'is_required': true},
            'email': {'type': 'string', 'is_required': false},
            'phone': {'type': 'string', 'is_required': false},
            'gender': {'type': 'string', 'is_required': false},
            'country': {'type': 'string', 'is_required': false},
            'state': {'type': 'string', 'is_required': false},
            'city': {'type': 'string', 'is_required': false},
            'currency': {'type': 'string', 'is_required': false},
            'preferred_category': {'type': 'string', 'is_required': false},
            'age': {
                'type': 'integer', 'is_required': false,
                'minimum': 0, 'maximum': 120,
            },
            'n_orders': {
                'type': 'integer', 'is_required': true,
                'minimum': 0, 'maximum': 1000000,
            },
            'total_amount': needed_money,
            'average_order_amount': money,
            'n_site_visits': {
                'type': 'integer', 'is_required': false,
                'minimum': 0, 'maximum': 1000000,
            },
            'n_email_clicks': {
                'type': 'integer', 'is_required': false,
                'minimum': 0, 'maximum': 1000000,
            },
            'has_email_consent': {'type': 'word', 'is_required': false},
            'has_sms_consent': {'type': 'word', 'is_required': false},
            'has_push_consent': {'type': 'word', 'is_required': false},
            'is_test_account': {'type': 'word', 'is_required': false},
            'birth_date': {
                'type': 'date', 'is_required': false,
                'minimum': '1900-01-01', 'is_past': true,
            },
            'first_seen_at': {'type': 'timestamp', 'is_required': false},
            'first_ordered_at': {'type': 'timestamp', 'is_required': false},
            'last_ordered_at': {'type': 'timestamp', 'is_required': true},
            'email_consent_at': {'type': 'timestamp', 'is_required': false},
            'sms_consent_at': {'type': 'timestamp', 'is_required': false},
            'push_consent_at': {'type': 'timestamp', 'is_required': false},
            'erased_at': {
                'type': 'timestamp', 'is_required': false,
                'presence': 'is_erased',
            },
        },
    }) -}}
{% endmacro %}


{#- Whether a value lies outside what the contract says can be meant; null of null.

    Arguments: `entity`, `column`, those of the contract; `expression`, SQL of the value
    where it is not the column itself. -#}
{% macro is_out_of_range(entity, column, expression=none) %}
    {%- set value = expression or column -%}
    {%- set properties = segmentation.input_contract()[entity][column] -%}
    {%- set limits = [] -%}
    {%- if properties.type in ['date', 'timestamp'] -%}
        {%- set day = properties.get('minimum') or var('segmentation_earliest_day') -%}
        {%- set first = 'cast(' ~ segmentation.text_literal(day) ~ ' as date)' -%}
        {%- do limits.append(value ~ ' < ' ~ (
            first if properties.type == 'date' else segmentation.start_of_day(first)
        )) -%}
        {%- if properties.is_past -%}
            {%- do limits.append(
                value ~ ' > ' ~ segmentation.day_of(segmentation.extracted_at())
            ) -%}
        {%- endif -%}
    {%- else -%}
        {%- do limits.append(value ~ ' < ' ~ properties.minimum) -%}
        {%- do limits.append(value ~ ' > ' ~ properties.maximum) -%}
    {%- endif -%}
    {{- return('(' ~ limits | join(' or ') ~ ')') -}}
{% endmacro %}


{#- A value, or null where it lies outside what the contract says can be meant: the rule
    for optional columns, whose rows are kept. Arguments: as of is_out_of_range. -#}
{% macro within_range(entity, column, expression=none) %}
    {%- set value = expression or column -%}
    {{- return(
        'case when not ' ~ segmentation.is_out_of_range(entity, column, value)
        ~ ' then ' ~ value ~ ' end'
    ) -}}
{% endmacro %}
