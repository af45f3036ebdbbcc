{#- The numeric columns of fct_customer_features that a recipe may name. -#}
{% macro scorable_features() %}
    {{- return([
        'recency_days', 'tenure_days', 'n_orders', 'n_orders_90d', 'n_orders_365d',
        'net_amount', 'net_amount_90d', 'net_amount_365d', 'average_order_amount',
        'order_amount_stddev', 'median_gap_days', 'gap_ratio', 'discount_share',
        'return_rate', 'coupon_order_share', 'top_category_share', 'n_categories',
        'n_sessions_90d', 'n_views_90d', 'n_carts_90d', 'cart_abandonment_rate_90d',
        'conversion_rate_90d', 'open_rate_90d', 'click_rate_90d', 'n_complaints_365d',
        'mean_rating', 'days_since_last_visit', 'engagement_score',
    ]) -}}
{% endmacro %}


{#- The most segments that a fitted recipe can have: one slot each in the scoring. -#}
{% macro max_fitted_segments() %}
    {{- return(12) -}}
{% endmacro %}
