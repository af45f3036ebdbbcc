-- One row per product of the gift shop; the shop's own database has no table of them.
select
    'SKU001' as product_id,
    'Birthday card' as product_name,
    'Stationery' as category
