-- Of the accounts that share an e-mail address at most one may be sent e-mail.
with

profiles as (

    select * from {{ ref('rpt_esp_profiles') }}

)

select
    email_sha256,
    count(*) as n_profiles

from profiles

where has_email_consent

group by email_sha256

having count(*) > 1
