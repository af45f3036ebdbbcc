{#- The input contract of the connectors native and, customer_summaries alone,
    customer_summary: for each entity its columns, their type, whether the shop must have
    them, and the least and the greatest value that can be meant. Columns that may be
    absent are null when they are. The models of models/intermediate/core hold the rows
    of every connector against the limits.

    Returns {entity: {column: {'type': ..., 'is_required': ..., 'minimum': ...,
    'maximum': ..., 'presence': ...}}}; the types are id, string, word (a text, number or
    boolean whose meaning is in segmentation_words), integer, money, double, boolean,
    date, timestamp. Limits may be missing; of dates and timestamps the least is
    segmentation_earliest_day where none is given. A presence names a further column:
    whether anything is there, even if it cannot be read. -#}
{% macro input_contract() %}
    {#- of money and quantities; far above what a shop sells, far below what overflows -#}
    {%- set largest = 9999999999 -%}
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
            'has_email_consent': {'type': 'word', 'is_required': false},
            'has_sms_consent': {'type': 'word', 'is_required': false},
            'has_push_consent': {'type': 'word', 'is_required': false},
            'is_test_account': {'type': 'word', 'is_required': false},
            'birth_date': {
                'type': 'date', 'is_required': false,
                'minimum': '1900-01-01',
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
            'shipping_amount': {
                'type': 'money', 'is_required': false,
                'minimum': -largest, 'maximum': largest,
            },
            'tax_amount': {
                'type': 'money', 'is_required': false,
                'minimum': -largest, 'maximum': largest,
            },
            'discount_amount': {
                'type': 'money', 'is_required': false,
                'minimum': -largest, 'maximum': largest,
            },
            'is_test': {'type': 'boolean', 'is_required': false},
            'prices_include_tax': {'type': 'boolean', 'is_required': false},
            'ordered_at': {'type': 'timestamp', 'is_required': true},
            'cancelled_at': {'type': 'timestamp', 'is_required': false},
            'updated_at': {'type': 'timestamp', 'is_required': false},
        },
        'order_lines': {
            'order_line_id': {'type': 'id', 'is_required': true},
            'order_id': {'type': 'id', 'is_required': true},
            'product_id': {'type': 'id', 'is_required': false},
            'line_type': {'type': 'string', 'is_required': false},
            'quantity': {
                'type': 'money', 'is_required': true,
                'minimum': -largest, 'maximum': largest,
            },
            'unit_price': {
                'type': 'money', 'is_required': true,
                'minimum': -largest, 'maximum': largest,
            },
            'list_price': {
                'type': 'money', 'is_required': false,
                'minimum': -largest, 'maximum': largest,
            },
            'discount_amount': {
                'type': 'money', 'is_required': false,
                'minimum': -largest, 'maximum': largest,
            },
            'unit_cost': {
                'type': 'money', 'is_required': false,
                'minimum': -largest, 'maximum': largest,
            },
            'returned_quantity': {
                'type': 'money', 'is_required': false,
                'minimum': -largest, 'maximum': largest,
            },
            'tax_amount': {
                'type': 'money', 'is_required': false,
                'minimum': -largest, 'maximum': largest,
            },
            'returned_at': {'type': 'timestamp', 'is_required': false},
        },
        'refunds': {
            'refund_id': {'type': 'id', 'is_required': true},
            'order_id': {'type': 'id', 'is_required': true},
            'order_line_id': {'type': 'id', 'is_required': false},
            'amount': {
                'type': 'money', 'is_required': true,
                'minimum': -largest, 'maximum': largest,
            },
            'quantity': {
                'type': 'money', 'is_required': false,
                'minimum': -largest, 'maximum': largest,
            },
            'refunded_at': {'type': 'timestamp', 'is_required': true},
        },
        'products': {
            'product_id': {'type': 'id', 'is_required': true},
            'product_name': {'type': 'string', 'is_required': false},
            'category': {'type': 'string', 'is_required': false},
            'brand': {'type': 'string', 'is_required': false},
            'unit_cost': {
                'type': 'money', 'is_required': false,
                'minimum': -largest, 'maximum': largest,
            },
        },
        'web_events': {
            'web_event_id': {'type': 'id', 'is_required': true},
            'customer_id': {'type': 'id', 'is_required': true},
            'session_id': {'type': 'id', 'is_required': false},
            'product_id': {'type': 'id', 'is_required': false},
            'event_type': {'type': 'string', 'is_required': true},
            'occurred_at': {'type': 'timestamp', 'is_required': true},
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
                'minimum': -largest, 'maximum': largest,
            },
            'assigned_at': {'type': 'timestamp', 'is_required': true},
        },
        'tickets': {
            'ticket_id': {'type': 'id', 'is_required': true},
            'customer_id': {'type': 'id', 'is_required': true},
            'is_complaint': {'type': 'word', 'is_required': false},
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
            'total_amount': {
                'type': 'money', 'is_required': true,
                'minimum': -largest, 'maximum': largest,
            },
            'average_order_amount': {
                'type': 'money', 'is_required': false,
                'minimum': -largest, 'maximum': largest,
            },
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
                'minimum': '1900-01-01',
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
