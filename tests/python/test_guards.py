"""Every guard fails when it should: data are spoilt, and the test notices."""

import json
import shutil

import duckdb
import pytest

NO_UNIT_TESTS = ("build", "--exclude-resource-type", "unit_test")
# what is done to a built database, and the data test that must notice
SPOILT = {
    "every_row_received_is_accepted_or_rejected": (
        "delete from shop.fct_rejected_rows where rejected_row_id ="
        " (select min(rejected_row_id) from shop.fct_rejected_rows);"
        "update shop.fct_input_reconciliations set n_rejected = n_rejected - 1"
        " where entity = 'orders'"
    ),
    "assert_money_reconciles_from_lines_to_customers": (
        "update shop.fct_customer_rfm set gross_amount = gross_amount + 0.01"
        " where customer_id = (select min(customer_id) from shop.fct_customer_rfm"
        " where has_ordered)"
    ),
    "assert_orders_add_up_to_their_lines": (
        "insert into shop.int_order_lines__priced"
        " select * from shop.int_order_lines__priced limit 1"
    ),
    "assert_every_known_customer_is_in_one_segment": (
        "delete from shop.dim_customer_segments where customer_id ="
        " (select max(customer_id) from shop.dim_customer_segments)"
    ),
    "assert_the_segment_history_has_no_gap_or_overlap": (
        "update shop.fct_customer_segment_history"
        " set valid_until_date = valid_until_date - 1 where not is_current"
    ),
    "assert_the_published_segment_is_the_confirmed_one": (
        "update shop.rpt_esp_profiles set segment_id = 'rfm_lost'"
        " where customer_id = (select max(customer_id) from shop.rpt_esp_profiles"
        " where operation = 'upsert')"
    ),
    "nobody_is_syncable_without_consent": (
        "update shop.rpt_esp_profiles set is_syncable = true"
        " where suppress_reason = 'no_consent'"
    ),
    "assert_no_address_is_written_to_twice": (
        "update shop.rpt_esp_profiles set has_email_consent = true"
        " where suppress_reason = 'duplicate_address'"
    ),
    "assert_nobody_who_refused_a_channel_is_told_to_have_it": (
        "update shop.rpt_esp_profiles set has_push_consent = true where customer_id ="
        " (select min(customer_id) from shop.rpt_esp_profiles"
        " where is_syncable and not has_push_consent)"
    ),
    "tags_to_add_and_to_remove_are_disjoint": (
        "update shop.rpt_esp_profiles set tags_to_remove = tags_to_add"
    ),
    "tags_to_add_are_of_the_segment_and_the_action": (
        "update shop.rpt_esp_profiles set tags_to_add = 'segment:' || segment_id"
        " where action_id is not null"
    ),
    "an_action_is_told_whole_or_there_is_none": (
        "update shop.rpt_esp_profiles set channel = null where customer_id ="
        " (select min(customer_id) from shop.rpt_esp_profiles"
        " where action_id is not null)"
    ),
    "whoever_is_held_out_gets_no_action": (
        "update shop.rpt_esp_profiles set holdout_group = 'holdout'"
        " where channel = 'email'"
    ),
    "a_band_is_told_or_why_there_is_none": (
        "update shop.rpt_esp_profiles"
        " set churn_band = null, churn_unscored_reason = null"
    ),
    "what_was_published_is_dated_by_the_snapshots": (
        "update shop.rpt_esp_profiles set segment_changed_at = changed_at + to_days(1)"
        " where customer_id = (select min(customer_id) from shop.rpt_esp_profiles)"
    ),
    "a_row_is_sent_or_says_why_not": (
        "update shop.rpt_esp_customerio set is_sendable = true"
        " where unsendable_reason = 'no_consent'"
    ),
    "requests_keep_within_limits": (
        "update shop.rpt_esp_braze set batch_number = 1 where is_sendable"
    ),
    "no_imports_subscribe": (
        "update shop.rpt_esp_klaviyo set payload_json = '{\"subscriptions\":{}}'"
        " where is_sendable"
    ),
    "no_member_is_subscribed": (
        'update shop.rpt_esp_mailchimp set payload_json = \'{"status":"subscribed"}\''
        " where external_id ="
        " (select min(external_id) from shop.rpt_esp_mailchimp where is_sendable)"
    ),
    "merge_fields_are_upper_case_and_short": (
        "update shop.rpt_esp_mailchimp set payload_json ="
        " replace(payload_json, 'SEGNAME', 'segment_name')"
        " where payload_json not like '%subscribed%'"
    ),
    "tombstones_carry_nothing_personal": (
        "update shop.rpt_esp_profiles set operation = 'erase'"
        " where customer_id = (select min(customer_id) from shop.rpt_esp_profiles"
        " where email_sha256 is not null)"
    ),
    "assert_scores_and_segments_read_the_same_features": (
        "update shop.int_customer_slices__described set n_sessions_90d = null"
    ),
    "assert_no_segment_is_called_what_its_members_deny": (
        "update shop_seeds.segmentation_claims set median_maximum = -1"
        " where segment_id = 'p6_champions' and feature_name = 'recency_days'"
    ),
    "assert_every_claim_can_be_judged": (
        "insert into shop_seeds.segmentation_claims"
        " values ('p6_champions', 'strategy', 'n_orders', 2, null)"
    ),
    "assert_triggers_of_events_fire_where_their_alert_stands": (
        "delete from shop.int_customer_alerts__raised where alert_type = 'slowing'"
    ),
    "assert_every_feature_in_use_has_words": (
        "delete from shop_seeds.segmentation_feature_words"
        " where feature_name = 'n_lines'"
    ),
    "assert_no_reason_shows_the_name_of_a_column": (
        "update shop.fct_customer_segment_reasons set reason_in_words = 'n_orders 7'"
        " where reason_number = 1"
    ),
    "order_windows_nest": (
        "update shop.fct_customer_features set n_orders_30d = n_orders_60d + 1"
    ),
    "assert_the_rfm_rules_cover_every_cell": (
        "delete from shop_seeds.segmentation_rfm_cells where recency_score = 3"
    ),
    "assert_migrations_add_up_to_the_customers_at_both_ends": (
        "update shop.fct_segment_migrations set n_customers = n_customers + 1"
        " where is_stay and grain = 'week'"
    ),
    "assert_rows_of_the_chain_add_up": (
        "update shop.fct_segment_trajectories set expected_weeks = expected_weeks + 1"
        " where from_segment_id = to_segment_id"
    ),
    "assert_segment_trends_end_with_the_current_segments": (
        "update shop.fct_segment_trends set net_amount = net_amount + 0.01"
    ),
    "assert_trends_and_migrations_tell_the_same_changes": (
        "update shop.fct_segment_trends set n_customers_new = n_customers_new + 1"
    ),
    "assert_published_moves_are_migrations": (
        "update shop.fct_segment_confirmation_costs"
        " set n_published_moves = n_published_moves + 1"
    ),
    "migration_rates_lie_in_their_intervals": (
        "update shop.fct_segment_migrations set upper_bound = migration_rate / 2"
    ),
    "a_migration_test_is_made_or_says_why_not": (
        "update shop.fct_segment_migration_tests set untested_reason = null"
    ),
    "assert_no_two_personas_of_a_recipe_share_a_name": (
        "update shop_seeds.segmentation_personas set segment_name = ' at risk'"
        " where segment_id = 'p6_hibernating'"
    ),
    "assert_every_fitted_persona_has_a_target": (
        "update shop_seeds.segmentation_persona_targets set feature_name = 'shoe_size'"
        " where segment_id = 'p6_discount_hunters'"
    ),
    # names of the stalest and the freshest segment, changed for one another
    "assert_named_segments_keep_within_their_guards": (
        "update shop.int_segment_models__registered set item = case item"
        " when 'p6_champions' then 'p6_hibernating' else 'p6_champions' end"
        " where section = 'center' and item in ('p6_champions', 'p6_hibernating')"
    ),
    "assert_no_stale_segment_is_fresher_than_a_fresh_one": (
        "update shop.int_customer_segments__scored set segment_id = case segment_id"
        " when 'p6_champions' then 'p6_hibernating' else 'p6_champions' end"
        " where segment_id in ('p6_champions', 'p6_hibernating')"
    ),
    "assert_every_segment_is_of_the_active_version": (
        "update shop.dim_customer_segments set segment_id = 'g4_champions'"
        " where customer_id = (select min(customer_id) from shop.dim_customer_segments"
        " where has_ordered)"
    ),
    "assert_no_suggestion_was_just_bought": (
        "update shop.fct_customer_product_suggestions as suggestions"
        " set product_id = bought.product_id from ("
        " select customer_id, max(product_id) as product_id"
        " from shop.int_order_lines__priced"
        " where ordered_on = (select max(as_of_date)"
        " from shop.fct_customer_product_suggestions)"
        " and treatment != 'refund' and ordered_on < voided_on group by customer_id"
        ") as bought where suggestions.customer_id = bought.customer_id"
    ),
    "assert_affinities_are_the_same_both_ways": (
        "delete from shop.fct_product_affinities where affinity_id ="
        " (select min(affinity_id) from shop.fct_product_affinities)"
    ),
    "pair_confidences_are_shares_of_the_antecedent": (
        "update shop.fct_product_affinities set n_antecedent = n_antecedent + 1"
    ),
    "what_was_bought_since_is_not_retargeted": (
        "update shop.fct_customer_browsed_categories set has_bought_since = true"
    ),
    "published_alerts_stand_at_the_snapshot": (
        "update shop.fct_customer_alerts set expires_on = as_of_date - 1"
        " where alert_type = 'cart_abandoned'"
    ),
    "whales_are_slowing_as_whales": (
        "update shop.fct_customer_alerts set is_whale = true"
        " where alert_type = 'slowing'"
    ),
    "keeps_the_staging_contract_stg_demo__reviews": (
        "create or replace view shop.stg_demo__reviews as select review_id,"
        " customer_id, rating, reviewed_at, 5 as stars from shop_demo.demo_reviews"
    ),
    "repeated_keys_are_rejected_int_orders__united": (
        "delete from shop.int_orders__checked where reject_reason = 'duplicate_key'"
    ),
    # what is published, to whom and what for
    "assert_nobody_is_contacted_without_consent": (
        "update shop.int_customer_snapshots__consented set has_email_consent = false,"
        " has_sms_consent = false, has_push_consent = false"
    ),
    "a_channel_is_recommended_to_whom_it_may_reach": (
        "update shop.rpt_customers set has_email_consent = false"
        " where channel = 'email'"
    ),
    "live_actions_have_not_expired": (
        "update shop.fct_customer_actions set action_expires_on = as_of_date - 1"
        " where action_expires_on is not null"
    ),
    "upserts_carry_a_segment": (
        "update shop.rpt_esp_profiles set segment_id = null where customer_id ="
        " (select max(customer_id) from shop.rpt_esp_profiles"
        " where operation = 'upsert')"
    ),
    "a_number_is_told_with_consent_only": (
        "update shop.rpt_esp_profiles set phone_sha256 = 'of a number'"
        " where not has_sms_consent"
    ),
    "what_is_shown_belongs_to_an_action": (
        "update shop.rpt_esp_profiles set browsed_category = 'shoes'"
        " where action_status = 'none'"
    ),
    "whoever_is_not_syncable_has_a_reason": (
        "update shop.rpt_esp_profiles set suppress_reason = 'invalid_address'"
        " where customer_id = (select max(customer_id) from shop.rpt_esp_profiles"
        " where is_syncable and suppress_reason is null)"
    ),
    "columns_of_fct_sync_checks_are_valid": (
        "update shop.fct_sync_checks set measured_rate = 1.5, has_passed = null"
    ),
    "no_words_of_refusal_repeat_an_address": (
        "insert into shop.fct_sync_failures by name select 'f' as sync_failure_id,"
        " customer_id, 'klaviyo' as tool, 'upsert' as operation,"
        " 'ann@example.com is no address' as tool_words, false as has_changed_since,"
        " changed_at as refused_at, changed_at"
        " from shop.rpt_esp_profiles order by customer_id limit 1"
    ),
    "assert_every_strategy_speaks_of_an_action": (
        "delete from shop_seeds.segmentation_strategy_actions"
        " where segment_id = 'p6_champions'"
    ),
    "assert_every_segment_and_trigger_has_a_play": (
        "delete from shop_seeds.segmentation_playbook where trigger_id ="
        " (select min(trigger_id) from shop_seeds.segmentation_triggers)"
    ),
    "everybody_of_a_segment_is_counted_once": (
        "update shop.fct_segment_reach set n_rested = n_rested + 1"
    ),
    "what_reaches_nobody_is_not_current": (
        "update shop.fct_segment_reach set n_strategy_recommended = 0,"
        " current_strategy = strategy where segment_id = 'p6_champions'"
    ),
    "a_strategy_reaches_one_in_a_hundred_of_its_segment": (
        "update shop.fct_segment_reach set strategy_reach_share = 0.005"
    ),
    "assert_budgets_are_kept_and_returns_diminish": (
        "update shop.fct_budget_allocations set spend_amount = budget_amount + 1"
    ),
    "no_more_customers_are_contacted_than_exist": (
        "update shop.fct_budget_allocations set n_customers = n_audience + 1"
    ),
    "assert_months_add_up_to_the_customers": (
        "update shop.fct_segment_months set net_amount = net_amount + 0.01"
    ),
    "nobody_orders_more_often_than_there_are_orders": (
        "update shop.fct_segment_months set n_ordering_customers = n_orders + 1"
    ),
    "effects_lie_in_their_intervals": (
        "update shop.fct_experiment_results set ci_low = effect + 1"
    ),
    "a_choice_by_customer_is_published_only_where_it_is_proven": (
        "update shop.fct_action_policies set is_personal = true, ci_low = -1"
    ),
    "columns_of_fct_segment_fit_curves_are_valid": (
        "update shop.fct_segment_fit_curves"
        " set is_chosen = null, inertia = -1, silhouette = 2"
    ),
    "columns_of_fct_model_scorecards_are_valid": (
        "update shop.fct_model_scorecards set score_name = 'luck'"
        " where score_name = 'value'"
    ),
}
# what must be said of the columns
NAMED = [
    "column is_chosen of fct_segment_fit_curves is null in ",
    "column inertia of fct_segment_fit_curves is below 0 in ",
    "column silhouette of fct_segment_fit_curves is above 1 in ",
    "column score_name of fct_model_scorecards is none of repurchase, value in ",
]


@pytest.fixture(scope="module")
def sound(tmp_path_factory, build_shop):
    """A small demo shop, built, with its tests passing."""
    database = tmp_path_factory.mktemp("guards") / "sound.duckdb"
    process = build_shop(VARIABLES, database, NO_UNIT_TESTS)
    assert "WARN=0 ERROR=0" in process.stdout
    return database


VARIABLES = {
    "segmentation_demo_customers": 900,
    "segmentation_history_snapshots": 4,
    "segmentation_stability_resamples": 5,
}


def make_tables_of_views(connection):
    """Put tables in place of marts that are views, whose rows cannot be spoilt."""
    views = connection.execute(
        "select table_name from information_schema.tables where table_schema = 'shop'"
        " and table_type = 'VIEW' and starts_with(table_name, 'rpt_')"
    ).fetchall()
    # all of them before any is replaced: one may read another
    for (view,) in views:
        connection.execute(f"create table shop.{view}__rows as from shop.{view}")
    for (view,) in views:
        connection.execute(f"drop view shop.{view}")
        connection.execute(f"alter table shop.{view}__rows rename to {view}")


def test_every_guard_notices_what_it_guards_against(sound, build_shop, tmp_path):
    database = tmp_path / "spoilt.duckdb"
    shutil.copy(sound, database)
    with duckdb.connect(str(database)) as connection:
        make_tables_of_views(connection)
        for statements in SPOILT.values():
            connection.execute(statements)
    told = ("test", "-s", "test_type:data", "--write-json")
    process = build_shop(VARIABLES, database, told, check=False)
    results = json.loads((process.target / "run_results.json").read_text())["results"]
    statuses = {
        result["unique_id"].split(".")[2]: result["status"]
        for result in results
        if result["unique_id"].startswith("test.")
    }
    noticed = {
        guard: any(
            status in ("fail", "warn")
            for name, status in statuses.items()
            if guard in name
        )
        for guard in SPOILT
    }
    assert [guard for guard, is_noticed in noticed.items() if not is_noticed] == []
    assert [text for text in NAMED if text not in process.stdout] == []
    assert "such as luck" in process.stdout


def test_a_fit_that_cannot_be_made_is_warned_of(build_shop, tmp_path, query):
    database = tmp_path / "tiny.duckdb"
    process = build_shop({"segmentation_demo_customers": 60}, database, NO_UNIT_TESTS)
    assert (
        "Warning in test assert_the_active_segments_come_from_a_fit" in process.stdout
    )
    ((status, failure),) = query(
        database,
        "select status, failure from shop.dim_segment_model_versions where is_active",
    )
    assert status == "fallback"
    assert "segmentation_min_customers_to_fit" in failure
