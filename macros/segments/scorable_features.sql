{#- The numeric columns of fct_customer_features that a recipe may name. -#}
{% macro scorable_features() %}
    {{- return([
        'recency_days', 'tenure_days', 'n_orders', 'n_orders_365d', 'net_amount',
        'net_amount_365d', 'average_order_amount', 'median_gap_days', 'gap_ratio',
        'discount_share', 'return_rate', 'coupon_order_share', 'n_categories',
        'days_since_last_visit', 'n_sessions_90d', 'cart_abandonment_rate_90d',
        'open_rate_90d', 'click_rate_90d', 'engagement_score',
    ]) -}}
{% endmacro %}


{#- The most segments that a fitted recipe can have: one slot each in the scoring. -#}
{% macro max_fitted_segments() %}
    {{- return(8) -}}
{% endmacro %}
