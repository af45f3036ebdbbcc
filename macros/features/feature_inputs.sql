{#- What each feature of fct_customer_features is made of, and why it is null for
    everybody where it is: by the table `features`, which names one of these sources.

    Returns {feature: {'inputs': ..., 'absent': ..., 'recorded': ..., 'unrecorded': ...,
    'unseen': ...}}: the entities of the input layer, one of which it needs; the reason if
    the shop has none of them; the column of int_inputs__recorded that says whether the
    optional columns that it needs hold anything, and the reason if they do not, both none
    for a feature of required columns alone; and the reason if all is there, but nothing in
    it gives anybody a value by the snapshot. -#}
{% macro feature_inputs() %}
    {%- set is_summary = segmentation.connector() == 'customer_summary' -%}
    {%- set no_transactions = 'the export has no transactions: windows, gaps and trends '
        'cannot be known' -%}
    {%- set no_details = 'the export has totals only: discounts, coupons and returns '
        'are not in it' -%}
    {%- set no_web = 'the export has no web events, site visits in all at the most' -%}
    {%- set no_email = 'the export has no e-mail events, clicks in all at the most' -%}
    {%- set sources = {
        'orders': {
            'inputs': ['orders'],
            'absent': 'the shop has no orders',
            'unseen': 'nobody has ordered by this day',
            'summary': 'nobody in the export has ordered',
        },
        'first_order': {
            'inputs': ['orders'],
            'absent': 'the shop has no orders',
            'unseen': 'nobody has ordered by this day',
            'summary': 'the export has no first order dates',
        },
        'orders_in_windows': {
            'inputs': ['orders'],
            'absent': 'the shop has no orders',
            'unseen': 'nobody has ordered by this day',
            'summary': no_transactions,
        },
        'second_order': {
            'inputs': ['orders'],
            'absent': 'the shop has no orders',
            'unseen': 'nobody has ordered twice by this day',
            'summary': no_transactions,
        },
        'gaps': {
            'inputs': ['orders'],
            'absent': 'the shop has no orders',
            'unseen': 'nobody has ordered on two days by this day',
            'summary': no_transactions,
        },
        'order_value': {
            'inputs': ['orders'],
            'absent': 'the shop has no orders',
            'unseen': 'nobody has ordered anything of value by this day',
            'summary': no_details,
        },
        'discounts': {
            'inputs': ['orders'],
            'absent': 'the shop has no orders',
            'recorded': 'has_discounts',
            'unrecorded': 'the shop has no discounts on record: columns discount_amount '
                'of orders and of order_lines, and list_price of order_lines',
            'unseen': 'nobody has ordered anything of value by this day',
            'summary': no_details,
        },
        'returns': {
            'inputs': ['orders'],
            'absent': 'the shop has no orders',
            'recorded': 'has_returns',
            'unrecorded': 'the shop has no returns on record: column returned_quantity of '
                'order_lines, lines below zero, refunds, or a status that says so',
            'unseen': 'nobody has ordered anything of value by this day',
            'summary': no_details,
        },
        'coupons': {
            'inputs': ['orders'],
            'absent': 'the shop has no orders',
            'recorded': 'has_coupons',
            'unrecorded': 'the shop has no coupons on record: column coupon_code of orders',
            'unseen': 'nobody has ordered by this day',
            'summary': no_details,
        },
        'categories': {
            'inputs': ['products'],
            'absent': 'the shop has no products, and so no categories',
            'unseen': 'nothing bought by this day has a category',
            'summary': 'the export has no preferred category',
        },
        'category_shares': {
            'inputs': ['products'],
            'absent': 'the shop has no products, and so no categories',
            'unseen': 'nothing bought by this day has a category',
            'summary': 'the export names one preferred category at the most, without '
                'what was spent on it',
        },
        'visits': {
            'inputs': ['web_events'],
            'absent': 'the shop has no web events',
            'unseen': 'no visit is known by this day',
            'summary': 'the export has no site visits',
        },
        'web_events': {
            'inputs': ['web_events'],
            'absent': 'the shop has no web events',
            'unseen': 'no visit is known by this day',
            'summary': no_web,
        },
        'visits_of_90_days': {
            'inputs': ['web_events'],
            'absent': 'the shop has no web events',
            'unseen': 'no visit is known in the 90 days up to this day',
            'summary': no_web,
        },
        'carts_of_90_days': {
            'inputs': ['web_events'],
            'absent': 'the shop has no web events',
            'unseen': 'no visit with a cart is known in the 90 days up to this day',
            'summary': no_web,
        },
        'clicks': {
            'inputs': ['email_events'],
            'absent': 'the shop has no e-mail events',
            'unseen': 'no message is known to have been sent by this day',
            'summary': 'the export has no e-mail clicks',
        },
        'email_events': {
            'inputs': ['email_events'],
            'absent': 'the shop has no e-mail events',
            'unseen': 'no message is known to have been sent by this day',
            'summary': no_email,
        },
        'messages_of_90_days': {
            'inputs': ['email_events'],
            'absent': 'the shop has no e-mail events',
            'unseen': 'no message is known to have been sent in the 90 days up to this '
                'day',
            'summary': no_email,
        },
        'engagement': {
            'inputs': ['web_events', 'email_events'],
            'absent': 'the shop has neither web events nor e-mail events',
            'unseen': 'neither a visit nor a message is known by this day',
            'summary': 'the export has neither site visits nor e-mail clicks',
        },
        'tickets': {
            'inputs': ['tickets'],
            'absent': 'the shop has no service tickets',
            'unseen': 'no service ticket is known by this day',
            'summary': 'the export has no service tickets',
        },
        'complaints': {
            'inputs': ['tickets'],
            'absent': 'the shop has no service tickets',
            'recorded': 'has_complaints',
            'unrecorded': 'the shop does not say which service tickets are complaints: '
                'column is_complaint of tickets',
            'unseen': 'no service ticket is known by this day',
            'summary': 'the export has no service tickets',
        },
        'reviews': {
            'inputs': ['reviews'],
            'absent': 'the shop has no reviews',
            'unseen': 'no review is known by this day',
            'summary': 'the export has no reviews',
        },
        'ages': {
            'inputs': ['customers'],
            'absent': 'the shop has no customers',
            'unseen': 'no customer has a birth date or an age',
            'summary': 'no customer has a birth date or an age',
        },
        'places': {
            'inputs': ['customers'],
            'absent': 'the shop has no customers',
            'unseen': 'no customer has a country or a state',
            'summary': 'no customer has a country or a state',
        },
    } -%}
    {%- set needs = {} -%}
    {%- for feature in segmentation.features() if feature.known_from is defined -%}
        {%- set source = sources[feature.known_from] -%}
        {%- do needs.update({feature.name: {
            'inputs': ['customers'] if is_summary else source.inputs,
            'absent': source.summary if is_summary else source.absent,
            'recorded': none if is_summary else source.get('recorded'),
            'unrecorded': '' if is_summary else source.get('unrecorded', ''),
            'unseen': source.summary if is_summary else source.unseen,
        }}) -%}
    {%- endfor -%}
    {{- return(needs) -}}
{% endmacro %}
