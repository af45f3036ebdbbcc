{#- A common table expression's body: the day of each customer's last visit, however long
    ago, as of each date. Features and what scores read both take it from here.

    Arguments: `dates`, a relation with as_of_date; `days`, one with the columns of
    int_customer_days__engaged. Gives as_of_date, customer_id and last_visited_on; no row
    for a customer who never visited by then. -#}
{% macro last_visits(dates, days) %}
    with

    first_date as (

        select min(as_of_date) as as_of_date
        from {{ dates }}

    ),

    visits as (

        -- the last visit that all of these dates know, and those after it
        select
            {{ days }}.customer_id,
            max({{ days }}.activity_on) as visited_on

        from {{ days }}

        inner join first_date
            on {{ days }}.activity_on <= first_date.as_of_date

        where {{ days }}.n_sessions > 0

        group by {{ days }}.customer_id

        union all

        select
            {{ days }}.customer_id,
            {{ days }}.activity_on as visited_on

        from {{ days }}

        inner join first_date
            on {{ days }}.activity_on > first_date.as_of_date

        where {{ days }}.n_sessions > 0

    ),

    visit_spells as (

        select
            customer_id,
            visited_on,
            coalesce(
                lead(visited_on) over (
                    partition by customer_id order by visited_on asc
                ),
                {{ segmentation.end_of_time() }}
            ) as next_visited_on

        from visits

    )

    select
        {{ dates }}.as_of_date,
        visit_spells.customer_id,
        visit_spells.visited_on as last_visited_on

    from {{ dates }}

    inner join visit_spells
        on
            {{ dates }}.as_of_date >= visit_spells.visited_on
            and {{ dates }}.as_of_date < visit_spells.next_visited_on
{% endmacro %}


{#- A common table expression's body: which kinds of events each date has seen any of. What
    was never seen is unavailable, so that counts of it are null and not zero.

    Arguments as in last_visits. Gives as_of_date, has_web, has_email, has_tickets and
    has_reviews. -#}
{% macro seen_events(dates, days) %}
    with

    first_events as (

        select
            min(case when n_sessions > 0 then activity_on end) as first_session_on,
            min(case when n_emails_sent > 0 then activity_on end) as first_email_on,
            min(case when n_tickets > 0 then activity_on end) as first_ticket_on,
            min(case when n_reviews > 0 then activity_on end) as first_review_on

        from {{ days }}

    )

    select
        {{ dates }}.as_of_date,
        coalesce(first_events.first_session_on <= {{ dates }}.as_of_date, false)
            as has_web,
        coalesce(first_events.first_email_on <= {{ dates }}.as_of_date, false)
            as has_email,
        coalesce(first_events.first_ticket_on <= {{ dates }}.as_of_date, false)
            as has_tickets,
        coalesce(first_events.first_review_on <= {{ dates }}.as_of_date, false)
            as has_reviews

    from {{ dates }}

    cross join first_events
{% endmacro %}
