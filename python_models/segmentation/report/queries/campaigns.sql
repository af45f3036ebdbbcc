-- One row per segment: how it is addressed, and how many may be.
select
    profiles.segment_id,
    count(*) as n_profiles,
    sum(case when profiles.is_syncable and profiles.has_email_consent then 1 else 0 end)
        as n_email,
    sum(case when profiles.is_syncable and profiles.has_sms_consent then 1 else 0 end)
        as n_sms,
    sum(case when profiles.is_syncable and profiles.has_push_consent then 1 else 0 end)
        as n_push
from {schema}.rpt_esp_profiles as profiles
where profiles.segment_id is not null and profiles.deleted_at is null
group by profiles.segment_id
order by profiles.segment_id
