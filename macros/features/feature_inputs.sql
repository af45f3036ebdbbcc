{#- What each feature of fct_customer_features is made of, and why it is null for
    everybody where it is.

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
    {%- set groups = [
        {
            'features': ['recency_days', 'n_orders', 'net_amount', 'average_order_amount'],
            'inputs': ['orders'],
            'absent': 'the shop has no orders',
            'unseen': 'nobody has ordered by this day',
            'summary': 'nobody in the export has ordered',
        },
        {
            'features': ['tenure_days'],
            'inputs': ['orders'],
            'absent': 'the shop has no orders',
            'unseen': 'nobody has ordered by this day',
            'summary': 'the export has no first order dates',
        },
        {
            'features': [
                'n_orders_30d', 'n_orders_60d', 'n_orders_90d', 'n_orders_180d',
                'n_orders_365d', 'net_amount_30d', 'net_amount_60d', 'net_amount_90d',
                'net_amount_180d', 'net_amount_365d',
            ],
            'inputs': ['orders'],
            'absent': 'the shop has no orders',
            'unseen': 'nobody has ordered by this day',
            'summary': no_transactions,
        },
        {
            'features': ['order_amount_stddev'],
            'inputs': ['orders'],
            'absent': 'the shop has no orders',
            'unseen': 'nobody has ordered twice by this day',
            'summary': no_transactions,
        },
        {
            'features': ['median_gap_days', 'gap_ratio'],
            'inputs': ['orders'],
            'absent': 'the shop has no orders',
            'unseen': 'nobody has ordered on two days by this day',
            'summary': no_transactions,
        },
        {
            'features': ['gross_amount'],
            'inputs': ['orders'],
            'absent': 'the shop has no orders',
            'unseen': 'nobody has ordered anything of value by this day',
            'summary': no_details,
        },
        {
            'features': ['discount_amount', 'discount_share'],
            'inputs': ['orders'],
            'absent': 'the shop has no orders',
            'recorded': 'has_discounts',
            'unrecorded': 'the shop has no discounts on record: columns discount_amount '
                'of orders and of order_lines, and list_price of order_lines',
            'unseen': 'nobody has ordered anything of value by this day',
            'summary': no_details,
        },
        {
            'features': ['returned_amount', 'return_rate'],
            'inputs': ['orders'],
            'absent': 'the shop has no orders',
            'recorded': 'has_returns',
            'unrecorded': 'the shop has no returns on record: column returned_quantity of '
                'order_lines, lines below zero, refunds, or a status that says so',
            'unseen': 'nobody has ordered anything of value by this day',
            'summary': no_details,
        },
        {
            'features': ['coupon_order_share'],
            'inputs': ['orders'],
            'absent': 'the shop has no orders',
            'recorded': 'has_coupons',
            'unrecorded': 'the shop has no coupons on record: column coupon_code of orders',
            'unseen': 'nobody has ordered by this day',
            'summary': no_details,
        },
        {
            'features': ['top_category'],
            'inputs': ['products'],
            'absent': 'the shop has no products, and so no categories',
            'unseen': 'nothing bought by this day has a category',
            'summary': 'the export has no preferred category',
        },
        {
            'features': ['top_category_share', 'n_categories'],
            'inputs': ['products'],
            'absent': 'the shop has no products, and so no categories',
            'unseen': 'nothing bought by this day has a category',
            'summary': 'the export names one preferred category at the most, without '
                'what was spent on it',
        },
        {
            'features': ['n_sessions_90d'],
            'inputs': ['web_events'],
            'absent': 'the shop has no web events',
            'unseen': 'no visit is known by this day',
            'summary': 'the export has no site visits',
        },
        {
            'features': [
                'n_sessions_30d', 'n_views_90d', 'n_carts_90d', 'days_since_last_visit',
            ],
            'inputs': ['web_events'],
            'absent': 'the shop has no web events',
            'unseen': 'no visit is known by this day',
            'summary': no_web,
        },
        {
            'features': ['conversion_rate_90d'],
            'inputs': ['web_events'],
            'absent': 'the shop has no web events',
            'unseen': 'no visit is known in the 90 days up to this day',
            'summary': no_web,
        },
        {
            'features': ['cart_abandonment_rate_90d'],
            'inputs': ['web_events'],
            'absent': 'the shop has no web events',
            'unseen': 'no visit with a cart is known in the 90 days up to this day',
            'summary': no_web,
        },
        {
            'features': ['n_emails_clicked_90d'],
            'inputs': ['email_events'],
            'absent': 'the shop has no e-mail events',
            'unseen': 'no message is known to have been sent by this day',
            'summary': 'the export has no e-mail clicks',
        },
        {
            'features': ['n_emails_sent_90d', 'n_emails_opened_90d'],
            'inputs': ['email_events'],
            'absent': 'the shop has no e-mail events',
            'unseen': 'no message is known to have been sent by this day',
            'summary': no_email,
        },
        {
            'features': ['open_rate_90d', 'click_rate_90d'],
            'inputs': ['email_events'],
            'absent': 'the shop has no e-mail events',
            'unseen': 'no message is known to have been sent in the 90 days up to this '
                'day',
            'summary': no_email,
        },
        {
            'features': ['engagement_score'],
            'inputs': ['web_events', 'email_events'],
            'absent': 'the shop has neither web events nor e-mail events',
            'unseen': 'neither a visit nor a message is known by this day',
            'summary': 'the export has neither site visits nor e-mail clicks',
        },
        {
            'features': ['n_tickets_365d'],
            'inputs': ['tickets'],
            'absent': 'the shop has no service tickets',
            'unseen': 'no service ticket is known by this day',
            'summary': 'the export has no service tickets',
        },
        {
            'features': ['n_complaints_365d'],
            'inputs': ['tickets'],
            'absent': 'the shop has no service tickets',
            'recorded': 'has_complaints',
            'unrecorded': 'the shop does not say which service tickets are complaints: '
                'column is_complaint of tickets',
            'unseen': 'no service ticket is known by this day',
            'summary': 'the export has no service tickets',
        },
        {
            'features': ['mean_rating'],
            'inputs': ['reviews'],
            'absent': 'the shop has no reviews',
            'unseen': 'no review is known by this day',
            'summary': 'the export has no reviews',
        },
        {
            'features': ['age_group'],
            'inputs': ['customers'],
            'absent': 'the shop has no customers',
            'unseen': 'no customer has a birth date or an age',
            'summary': 'no customer has a birth date or an age',
        },
        {
            'features': ['location_tier'],
            'inputs': ['customers'],
            'absent': 'the shop has no customers',
            'unseen': 'no customer has a country or a state',
            'summary': 'no customer has a country or a state',
        },
    ] -%}
    {%- set needs = {} -%}
    {%- for group in groups -%}
        {%- for feature in group.features -%}
            {%- do needs.update({feature: {
                'inputs': ['customers'] if is_summary else group.inputs,
                'absent': group.summary if is_summary else group.absent,
                'recorded': none if is_summary else group.get('recorded'),
                'unrecorded': '' if is_summary else group.get('unrecorded', ''),
                'unseen': group.summary if is_summary else group.unseen,
            }}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(needs) -}}
{% endmacro %}
