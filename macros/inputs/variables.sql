{#- The table of variables, and the only place to add one. Of it are made the check before
    a build (check_configuration), the variables of dbt_project.yml and docs/variables.md,
    both by `make variables`.

    Returns {name: properties}, in order, read from YAML by group. The properties:

    - type: text, integer, number, boolean, date, timestamp, time zone, list of texts, list
      of numbers, connectors (a name or a list of names), schemas (a mapping of connectors),
      tables, refs, columns (mappings of inputs)
    - from, to: range of a number, or of each number of a list
    - values: words that are allowed; the only ones, if the type is text
    - pattern, like: regular expression that a text matches wholly, and an example
    - default: the value; null is allowed where it is the default, and nowhere else
    - since: the version that brought it
    - meaning: a sentence, the first line of all documentation. -#}
{% macro variables() %}
    {%- set table -%}
inputs:
  segmentation_connector:
    type: connectors
    default: null
    since: 0.1.0
    meaning: >-
      Where the data come from: the name of a connector, or a list of names of which one is a
      shop. Null is the demo shop when this is the root project, and an error when it is
      installed as a package.
  segmentation_database:
    type: text
    default: null
    since: 0.1.0
    meaning: Database of the input tables. Null is that of the target.
  segmentation_schema:
    type: text
    default: null
    since: 0.1.0
    meaning: Schema of the input tables. Null is <target schema>_raw.
  segmentation_schemas:
    type: schemas
    default: {}
    since: 0.1.0
    meaning: >-
      Schemas of connectors whose tables do not lie there, {klaviyo_fivetran: klaviyo}.
  segmentation_tables:
    type: tables
    default:
      customers: customers
      orders: orders
      order_lines: order_lines
      refunds: null
      products: null
      web_events: null
      consents: null
      email_events: null
      campaign_members: null
      tickets: null
      reviews: null
      customer_summaries: customer_summaries
    since: 0.1.0
    meaning: >-
      Connector native: the table of each input; null for one that the shop does not have.
      Connector customer_summary reads customer_summaries and nothing else.
  segmentation_refs:
    type: refs
    default: {}
    since: 0.1.0
    meaning: >-
      The same connectors: models to read in place of tables, {orders: my_orders}, or of
      another package, {orders: [shopify, shopify__orders]}. A seed of this package can be
      replaced likewise, {exchange_rates: my_rates}.
  segmentation_columns:
    type: columns
    default: {}
    since: 0.1.0
    meaning: >-
      The same connectors: column names of your own, {orders: {ordered_at: placed_at}}; null
      where the table has no such column.
  segmentation_parquet_folder:
    type: text
    default: null
    since: 0.1.0
    meaning: >-
      Connectors thelook and online_retail: folder of Parquet files. Null reads tables.
  segmentation_guests_by_email:
    type: boolean
    default: false
    since: 0.1.0
    meaning: >-
      Connectors of Shopify and woocommerce: whether guests who order with the same e-mail
      address are a customer, or, if somebody registered with it, that customer. Else their
      orders are nobody's.
  segmentation_ga4_user_id:
    type: text
    values: [customer_id, email]
    default: customer_id
    since: 0.1.0
    meaning: >-
      Connector ga4: what the site sets as user_id. That of the shop's customers, or their
      e-mail address or its SHA-256.
  segmentation_extracted_at:
    type: timestamp
    default: null
    since: 0.1.0
    meaning: >-
      When the inputs were extracted, in UTC; rows dated later are rejected. Null is the
      start of the run.
  segmentation_time_zone:
    type: time zone
    default: UTC
    since: 0.1.0
    meaning: >-
      Zone in which the shop's days begin, such as Europe/Berlin. Times are in UTC all the
      same.
  segmentation_earliest_day:
    type: date
    default: "1990-01-01"
    since: 0.1.0
    meaning: Rows dated before this day are rejected, as nobody means it.
  segmentation_order_discounts:
    type: text
    values: [auto, additional, included]
    default: auto
    since: 0.1.0
    meaning: >-
      What the discount of an order is whose lines have discounts too: additional to theirs,
      or included, the sum of all its discounts. Auto counts it once where the two agree,
      and refuses it where they do not.
  segmentation_warn_rejected_share:
    type: number
    from: 0
    to: 1
    default: 0.05
    since: 0.1.0
    meaning: >-
      Share of an input's rows, or of its money, from which on it is said at the end of a build
      that they are rejected, and why.
  segmentation_max_rejected_share:
    type: number
    from: 0
    to: 1
    default: 0.5
    since: 0.1.0
    meaning: >-
      If more than this share is lost, no snapshot is built. Rows that are left out as they are
      meant to be, such as tests, do not count.
  segmentation_currency:
    type: text
    pattern: "[A-Z]{3}"
    like: USD
    default: USD
    since: 0.1.0
    meaning: >-
      Currency that all money is reported in; the rates are the seed
      segmentation_exchange_rates.

time:
  segmentation_as_of_date:
    type: date
    default: null
    since: 0.1.0
    meaning: The day that counts as now. Null is the last whole day in the orders.
  segmentation_snapshot_interval_days:
    type: integer
    from: 1
    to: 365
    default: 7
    since: 0.1.0
    meaning: Days from one snapshot to the next.
  segmentation_history_snapshots:
    type: integer
    from: 1
    to: 10000
    default: 12
    since: 0.1.0
    meaning: Snapshots built back from the as-of date by the first build.

segments:
  segmentation_recipe:
    type: text
    pattern: "[A-Za-z][A-Za-z0-9_]*"
    like: personas_6
    default: auto
    since: 0.1.0
    meaning: >-
      auto takes the richest of personas_6 and orders_6 whose features the shop has and
      whose fit passes, else rules; or value_3, growth_4, personas_6, behaviour_5, density_7,
      orders_6, rfm_rules, or a recipe of your own in the seeds.
  segmentation_n_clusters:
    type: integer
    values: [auto]
    from: 2
    to: 8
    default: null
    since: 0.1.0
    meaning: >-
      Clusters to fit; auto chooses by the printed criteria. Null is what the recipe says.
  segmentation_confirmations:
    type: integer
    from: 1
    to: 1000
    default: 2
    since: 0.1.0
    meaning: Runs in a row in a new segment before a customer moves there.
  segmentation_refit_after_days:
    type: integer
    from: 1
    to: 36500
    default: 91
    since: 0.1.0
    meaning: Age at which a model is fitted anew.
  segmentation_min_customers_to_fit:
    type: integer
    from: 1
    to: 4294967295
    default: 100
    since: 0.1.0
    meaning: A shop with fewer ordering customers is segmented by rules.
  segmentation_fit_sample_size:
    type: integer
    from: 10
    to: 4294967295
    default: 50000
    since: 0.1.0
    meaning: Customers that a fit reads at the most; all are scored.
  segmentation_random_seed:
    type: integer
    from: 0
    to: 4294967295
    default: 20240101
    since: 0.1.0
    meaning: Seed of everything that is drawn at random in a fit.
  segmentation_stability_resamples:
    type: integer
    from: 0
    to: 100000
    default: 30
    since: 0.1.0
    meaning: >-
      Bootstrap refits that stability is judged by, per number of clusters. 0 judges none, so
      that every fit passes unjudged.
  segmentation_reset_history:
    type: boolean
    default: false
    since: 0.1.0
    meaning: >-
      True lets --full-refresh erase the history, which it otherwise keeps. The log says how
      many rows.
  segmentation_projected_customers:
    type: integer
    from: 0
    to: 4294967295
    default: 5000
    since: 0.1.0
    meaning: Customers that the two-dimensional map shows.

scores:
  segmentation_churn_horizon_days:
    type: integer
    from: 7
    to: 36500
    default: 90
    since: 0.1.0
    meaning: Days without an order after which a customer counts as churned.
  segmentation_value_horizon_days:
    type: integer
    from: 7
    to: 36500
    default: 365
    since: 0.1.0
    meaning: >-
      Days that expected net revenue is for; fewer where the history does not bear it.
  segmentation_training_slices:
    type: integer
    from: 1
    to: 1000
    default: 8
    since: 0.1.0
    meaning: Past days that a score learns from.
  segmentation_training_interval_days:
    type: integer
    from: 1
    to: 36500
    default: 30
    since: 0.1.0
    meaning: Days from one of them to the next.
  segmentation_judged_days:
    type: integer
    from: 1
    to: 12
    default: 4
    since: 0.1.0
    meaning: Past days, a quarter apart, that a score is judged on at the most.
  segmentation_score_resamples:
    type: integer
    from: 100
    to: 100000
    default: 500
    since: 0.1.0
    meaning: Resamples that the intervals of scorecards and experiments are made of.
  segmentation_early_days:
    type: integer
    from: 0
    to: 89
    default: 14
    since: 0.1.0
    meaning: >-
      Days after the first order whose end a new customer's future segment is predicted at;
      below 90, the first age that a segment is predicted for.
  segmentation_high_churn:
    type: number
    from: 0
    to: 1
    default: 0.7
    since: 0.1.0
    meaning: Probability from which a customer is in churn band high.
  segmentation_medium_churn:
    type: number
    from: 0
    to: 1
    default: 0.4
    since: 0.1.0
    meaning: Probability from which a customer is in churn band medium; at most the other.

products:
  segmentation_service_categories:
    type: list of texts
    default: [Service]
    since: 0.1.0
    meaning: >-
      Categories of what is no goods (postage, fees): in no basket and never suggested.
  segmentation_min_pair_baskets:
    type: integer
    from: 1
    to: 4294967295
    default: 10
    since: 0.1.0
    meaning: >-
      Orders that two products must be in together before anything is said of the pair.
  segmentation_suggestions:
    type: integer
    from: 1
    to: 1000
    default: 3
    since: 0.1.0
    meaning: Products suggested to each customer.
  segmentation_suggestion_exclusion_days:
    type: integer
    from: 0
    to: 36500
    default: 90
    since: 0.1.0
    meaning: Days for which what a customer bought is not suggested again.

activation:
  segmentation_margin_rate:
    type: number
    from: 0
    to: 1
    default: 0.4
    since: 0.1.0
    meaning: >-
      Margin as a share of what customers pay, where no unit cost is known; figures made of
      it are called assumed.
  segmentation_ranked_actions:
    type: integer
    from: 1
    to: 1000
    default: 5
    since: 0.1.0
    meaning: Actions ranked for each customer, beside doing nothing.
  segmentation_budgets:
    type: list of numbers
    from: 0
    to: 1000000000000
    default: null
    since: 0.1.0
    meaning: >-
      Budgets to allocate, in the reporting currency. Null is shares of all that pays.
  segmentation_clock_gap_days:
    type: integer
    from: 1
    to: 36500
    default: 30
    since: 0.1.0
    meaning: >-
      Gap between two orders that the days of win-back, rest and the like are meant for. Who
      usually orders more seldom gets them later in proportion, three times at the most;
      36500 leaves the days as they are for everybody.
  segmentation_return_abuse_orders:
    type: integer
    from: 1
    to: 4294967295
    default: 4
    since: 0.1.0
    meaning: >-
      From how many orders on a customer who sends most back is offered nothing that costs
      money.
  segmentation_return_abuse_rate:
    type: number
    from: 0
    to: 1
    default: 0.5
    since: 0.1.0
    meaning: Share of the value of these orders that counts as most.
  segmentation_slowing_gap_ratio:
    type: number
    from: 0
    to: 100
    default: 2
    since: 0.1.0
    meaning: How many of their own usual gaps of silence make a customer slowing.
  segmentation_frequency_drop:
    type: number
    from: 0
    to: 1
    default: 0.3
    since: 0.1.0
    meaning: Share by which the rate of orders must fall to be called a drop.
  segmentation_alert_false_rate:
    type: number
    from: 0
    to: 0.5
    default: 0.1
    since: 0.1.0
    meaning: >-
      At most this share of customers whose pace has not changed is alerted of at a snapshot,
      for either of the two.
  segmentation_alert_days:
    type: integer
    from: 1
    to: 36500
    default: 30
    since: 0.1.0
    meaning: Days for which an alert of a change of pace stands.
  segmentation_tombstone_days:
    type: integer
    from: 0
    to: 36500
    default: 90
    since: 0.1.0
    meaning: Days for which a deleted profile stays in the sync table as a tombstone.
  segmentation_sync_failures:
    type: text
    default: null
    since: 0.1.0
    meaning: >-
      Files in which the sender lists the rows that tools refused, such as
      activation/.sync/*_failures.csv, for fct_sync_failures. Null reads none.
  segmentation_holdout_share:
    type: number
    from: 0
    to: 0.5
    default: 0.05
    since: 0.1.0
    meaning: >-
      Share of customers whom no campaign may reach, so that what all of them together add
      can be told. Decided once per customer; a new share holds for new customers only.
  segmentation_holdout_salt:
    type: text
    default: holdout
    since: 0.1.0
    meaning: What that draw is salted with; a new salt, too, holds for new customers only.
  segmentation_experiment_outcome_days:
    type: integer
    from: 1
    to: 36500
    default: 14
    since: 0.1.0
    meaning: >-
      Days after the assignment that outcomes are counted for, of campaigns that came with a
      control arm but are not in the seed segmentation_experiments.
  segmentation_max_moved_share:
    type: number
    from: 0
    to: 1
    default: 0.2
    since: 0.1.0
    meaning: A publication is refused if more than this share of the customers moves.
  segmentation_max_share_shift:
    type: number
    from: 0
    to: 1
    default: 0.1
    since: 0.1.0
    meaning: The same, for the points by which a segment's share moves.
  segmentation_max_null_rate_rise:
    type: number
    from: 0
    to: 1
    default: 0.1
    since: 0.1.0
    meaning: The same, for the points by which a rate of unknown values rises.
  segmentation_max_removed_share:
    type: number
    from: 0
    to: 1
    default: 0.05
    since: 0.1.0
    meaning: The same, for the share of customers who disappear.
  segmentation_min_blast_customers:
    type: integer
    from: 0
    to: 4294967295
    default: 25
    since: 0.1.0
    meaning: Fewer customers than this are no reason to refuse.
  segmentation_allow_blast:
    type: boolean
    default: false
    since: 0.1.0
    meaning: True publishes once whatever changes, after a change that is meant.

demo shop:
  segmentation_demo_customers:
    type: integer
    from: 1
    to: 10000000
    default: 4000
    since: 0.1.0
    meaning: Customers of the demo shop.
  segmentation_demo_end_date:
    type: date
    default: "2024-12-31"
    since: 0.1.0
    meaning: Its last day.
  segmentation_demo_seed:
    type: integer
    from: 0
    to: 4294967295
    default: 0
    since: 0.1.0
    meaning: Another number gives another shop of the same kind.
    {%- endset -%}
    {%- set by_name = {} -%}
    {%- for group in fromyaml(table).values() -%}
        {%- do by_name.update(group) -%}
    {%- endfor -%}
    {{- return(by_name) -}}
{% endmacro %}
