-- One row per entity that has money: the sum of it that was received, as far as it can
-- be told in the reporting currency. A line that lowers its order counts like another.
{% set double = segmentation.type_double() %}
with

order_lines as (

    select * from {{ ref('int_order_lines__checked') }}

),

refunds as (

    select * from {{ ref('int_refunds__checked') }}

)

select
    'order_lines' as entity,
    sum(abs(cast(line_amount as {{ double }}))) as received_amount
from order_lines

union all

-- what an order is worth stands on its lines
select
    'orders' as entity,
    sum(abs(cast(line_amount as {{ double }}))) as received_amount
from order_lines
where
    copy_number = 1
    and coalesce(reject_reason, '') != 'orphan_line'

union all

select
    'refunds' as entity,
    sum(abs(cast(refund_amount as {{ double }}))) as received_amount
from refunds
