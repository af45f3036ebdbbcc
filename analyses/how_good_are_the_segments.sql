-- One row per judged version: what its segments may be called, beside what chance
-- gives.
with

quality as (

    select * from {{ ref('fct_segment_fit_quality') }}

)

select
    model_version,
    fitted_as_of_date,
    status,
    structure,
    n_segments,
    round(silhouette, 3) as silhouette,
    round(null_silhouette, 3) as null_silhouette,
    round(shuffled_silhouette, 3) as shuffled_silhouette,
    round(stability_mean, 3) as stability_mean,
    round(stability_p5, 3) as stability_p5,
    triviality_binning,
    round(triviality_ari, 3) as triviality_ari,
    round(density_validity, 3) as density_validity,
    failure

from quality

order by
    fitted_as_of_date desc,
    model_version desc
