{#- Every feature, once: where it is known from and what it may be used in. Whoever lists
    features reads this table. In words: the seed segmentation_feature_words.

    Returns a list of dicts: `name`, the column; `known_from`, a key of feature_sources,
    none for columns of the slices alone; `used_in`, any of recipes (a recipe may name it),
    profiles (segments are profiled by it, and names and strategies may make claims on it),
    scores (models of scores read it) and baselines (carried forward as a prediction);
    `transform`, of a linear model of scores; `is_clock`, whether it grows by itself,
    whatever customers do; `counts_returns`, whether a return lowers or raises it. -#}
{% macro features() %}
    {{- return([
        {'name': 'recency_days', 'known_from': 'orders', 'used_in': ['recipes',
            'profiles', 'scores'], 'transform': 'log'},
        {'name': 'tenure_days', 'known_from': 'first_order', 'used_in': ['recipes',
            'profiles', 'scores'], 'transform': 'log', 'is_clock': true},
        {'name': 'n_orders_30d', 'known_from': 'orders_in_windows'},
        {'name': 'n_orders_60d', 'known_from': 'orders_in_windows'},
        {'name': 'n_orders_90d', 'known_from': 'orders_in_windows',
            'used_in': ['scores'], 'transform': 'log'},
        {'name': 'n_orders_180d', 'known_from': 'orders_in_windows'},
        {'name': 'n_orders', 'known_from': 'orders', 'used_in': ['recipes',
            'profiles', 'scores'], 'transform': 'log', 'is_clock': true},
        {'name': 'n_orders_365d', 'known_from': 'orders_in_windows',
            'used_in': ['recipes']},
        {'name': 'net_amount_30d', 'known_from': 'orders_in_windows'},
        {'name': 'net_amount_60d', 'known_from': 'orders_in_windows'},
        {'name': 'net_amount_90d', 'known_from': 'orders_in_windows',
            'used_in': ['scores'], 'transform': 'log', 'counts_returns': true},
        {'name': 'net_amount_180d', 'known_from': 'orders_in_windows',
            'used_in': ['baselines'], 'counts_returns': true},
        {'name': 'net_amount', 'known_from': 'orders', 'used_in': ['recipes',
            'profiles', 'scores'], 'transform': 'log', 'is_clock': true,
            'counts_returns': true},
        {'name': 'net_amount_365d', 'known_from': 'orders_in_windows',
            'used_in': ['recipes', 'baselines'], 'counts_returns': true},
        {'name': 'order_amount_stddev', 'known_from': 'second_order'},
        {'name': 'average_order_amount', 'known_from': 'orders',
            'used_in': ['recipes', 'profiles', 'scores'], 'transform': 'log'},
        {'name': 'median_gap_days', 'known_from': 'gaps', 'used_in': ['recipes',
            'profiles']},
        {'name': 'gap_ratio', 'known_from': 'gaps', 'used_in': ['recipes']},
        {'name': 'gross_amount', 'known_from': 'order_value'},
        {'name': 'discount_amount', 'known_from': 'discounts'},
        {'name': 'discount_share', 'known_from': 'discounts', 'used_in': ['recipes',
            'profiles', 'scores'], 'transform': 'none'},
        {'name': 'returned_amount', 'known_from': 'returns'},
        {'name': 'return_rate', 'known_from': 'returns', 'used_in': ['recipes',
            'profiles', 'scores'], 'transform': 'none', 'counts_returns': true},
        {'name': 'coupon_order_share', 'known_from': 'coupons', 'used_in': ['recipes']},
        {'name': 'top_category', 'known_from': 'categories'},
        {'name': 'top_category_share', 'known_from': 'category_shares'},
        {'name': 'n_categories', 'known_from': 'category_shares',
            'used_in': ['recipes', 'profiles']},
        {'name': 'days_since_last_visit', 'known_from': 'web_events',
            'used_in': ['recipes', 'scores'], 'transform': 'log'},
        {'name': 'conversion_rate_90d', 'known_from': 'visits_of_90_days'},
        {'name': 'n_sessions_90d', 'known_from': 'visits', 'used_in': ['recipes',
            'profiles', 'scores'], 'transform': 'log'},
        {'name': 'n_sessions_30d', 'known_from': 'web_events'},
        {'name': 'n_views_90d', 'known_from': 'web_events'},
        {'name': 'n_carts_90d', 'known_from': 'web_events', 'used_in': ['scores'],
            'transform': 'log'},
        {'name': 'cart_abandonment_rate_90d', 'known_from': 'carts_of_90_days',
            'used_in': ['recipes']},
        {'name': 'n_emails_clicked_90d', 'known_from': 'clicks',
            'used_in': ['scores'], 'transform': 'log'},
        {'name': 'n_emails_sent_90d', 'known_from': 'email_events'},
        {'name': 'n_emails_opened_90d', 'known_from': 'email_events',
            'used_in': ['scores'], 'transform': 'log'},
        {'name': 'open_rate_90d', 'known_from': 'messages_of_90_days',
            'used_in': ['recipes', 'profiles']},
        {'name': 'click_rate_90d', 'known_from': 'messages_of_90_days',
            'used_in': ['recipes']},
        {'name': 'engagement_score', 'known_from': 'engagement',
            'used_in': ['recipes', 'profiles']},
        {'name': 'n_tickets_365d', 'known_from': 'tickets'},
        {'name': 'n_complaints_365d', 'known_from': 'complaints',
            'used_in': ['scores'], 'transform': 'log'},
        {'name': 'mean_rating', 'known_from': 'reviews'},
        {'name': 'age_group', 'known_from': 'ages'},
        {'name': 'location_tier', 'known_from': 'places'},
        {'name': 'n_lines', 'used_in': ['scores'], 'transform': 'log',
            'is_clock': true},
        {'name': 'n_order_weeks', 'used_in': ['scores'], 'transform': 'log',
            'is_clock': true},
    ]) -}}
{% endmacro %}


{#- Names of the features that may be used in something, in the order of the table.

    Argument: `use`, see features. -#}
{% macro features_used_in(use) %}
    {%- set names = [] -%}
    {%- for feature in segmentation.features() if use in feature.get('used_in', []) -%}
        {%- do names.append(feature.name) -%}
    {%- endfor -%}
    {{- return(names) -}}
{% endmacro %}


{#- The numeric columns of fct_customer_features that a recipe may name. -#}
{% macro scorable_features() %}
    {{- return(segmentation.features_used_in('recipes')) -}}
{% endmacro %}


{#- The columns of fct_customer_features that segments are profiled by, and that names and
    strategies may make claims on. -#}
{% macro profiled_features() %}
    {{- return(segmentation.features_used_in('profiles')) -}}
{% endmacro %}


{#- What models of scores may read, by name: `name`, `transform` and `is_clock`. Drift of
    clock features is reported apart. Trees cannot extrapolate, and on a later day every
    customer is older than those they learned from: they do not read the tenure. -#}
{% macro score_features() %}
    {%- set listed = [] -%}
    {%- for feature in segmentation.features() | sort(attribute='name')
        if 'scores' in feature.get('used_in', []) -%}
        {%- do listed.append({
            'name': feature.name,
            'transform': feature.transform,
            'is_clock': feature.get('is_clock', false),
        }) -%}
    {%- endfor -%}
    {{- return(listed) -}}
{% endmacro %}
