{#- Rest of a model after its common table expressions `customers`, `numbered` and `checked`:
    one row per accepted customer with a contact that can be sent to, the contact of the row
    that is kept and of no other.

    Arguments: `contact`, the column that it is called; `written`, SQL of it as it is sent;
    `hashed`, SQL of its hash, made of `contact`, which is called `<contact>_sha256`; `key`,
    the column of int_customer_rows__numbered that has the hash of each row's. -#}
{% macro kept_contacts(contact, written, hashed, key) %}
{%- set contact_sha256 = contact ~ '_sha256' -%}
written as (

    select
        customer_id,
        {{ written }} as {{ contact }}

    from customers

),

hashed as (

    select
        customer_id,
        {{ contact }},
        {{ hashed }} as {{ contact_sha256 }}

    from written

    where {{ contact }} is not null

    group by
        customer_id,
        {{ contact }}

),

accepted as (

    select
        numbered.customer_id,
        numbered.{{ key }} as accepted_key

    from numbered

    inner join checked
        on
            numbered.customer_id = checked.customer_id
            and numbered.copy_number = checked.copy_number

    where
        checked.reject_reason is null
        and numbered.{{ key }} is not null

)

select
    hashed.customer_id,
    hashed.{{ contact }},
    hashed.{{ contact_sha256 }}

from hashed

inner join accepted
    on
        hashed.customer_id = accepted.customer_id
        and hashed.{{ contact_sha256 }} = accepted.accepted_key
{%- endmacro %}
