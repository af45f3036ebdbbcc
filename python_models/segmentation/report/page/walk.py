# %% [markdown]
# # From features to segments
#
# A walk through what `dbt build` does when it fits segments, on the published marts
# alone: features of the customers, their scaling, how many clusters, how good they are,
# what they look like, and how they compare with the published segments. No single
# customer is shown.

# %%
import numpy as np
from segmentation.identifiers import qualified
from segmentation.report import marts
from segmentation.report.display import Picture, Table
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score, silhouette_score
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

DATABASE = "segmentation.duckdb"
SCHEMA = "shop"
SEED = 20240101
# one thread: sums in a fixed order, the same everywhere
threadpool_limits(1)

connection = marts.open_marts(DATABASE)
schema = qualified(connection, SCHEMA)

# %% [markdown]
# ## 1. Features
#
# Every customer who ordered, as known at the end of the last snapshot. Counts and
# amounts are counted up to that day and know nothing later.

# %%
FEATURES = {
    "recency_days": "log",
    "n_orders": "log",
    "average_order_amount": "log",
    "discount_share": "none",
    "engagement_score": "none",
}
rows = connection.execute(
    f"""
    select segments.segment_name, {", ".join(f"features.{name}" for name in FEATURES)}
    from {schema}.dim_customer_segments as segments
    inner join {schema}.fct_customer_features as features
        on
            segments.customer_id = features.customer_id
            and segments.as_of_date = features.as_of_date
    where features.has_ordered
    order by segments.customer_id
    """
).fetchall()
published = np.array([row[0] for row in rows])
values = np.array([row[1:] for row in rows], dtype=float)
# a feature that the shop lacks is null for everybody: it is left out
known = ~np.isnan(values).all(axis=0)
names = [name for name, is_known in zip(FEATURES, known, strict=True) if is_known]
values = np.nan_to_num(values[:, known])
Table(
    ["feature", "mean", "median", "90th percentile"],
    [
        [name, *(f"{value:,.2f}" for value in
                 (column.mean(), np.median(column), np.quantile(column, 0.9)))]
        for name, column in zip(names, values.T, strict=True)
    ],
)  # fmt: skip

# %% [markdown]
# ## 2. Transform and scale
#
# Orders and amounts have long tails: ten orders are to five what four are to two. So
# they enter as logarithms; then each feature gets mean 0 and standard deviation 1, that
# none counts more for its unit.

# %%
logged = [FEATURES[name] == "log" for name in names]
points = values.copy()
points[:, logged] = np.log1p(np.maximum(points[:, logged], 0))
points = StandardScaler().fit_transform(points)
rng = np.random.default_rng(SEED)
sample = np.sort(rng.choice(len(points), size=min(len(points), 3000), replace=False))
Table(
    ["customers", "features", "in the sample that silhouettes are measured on"],
    [[f"{len(points):,}", len(names), f"{len(sample):,}"]],
)

# %% [markdown]
# ## 3. How many clusters: the elbow
#
# K-Means for two to eight clusters. Inertia always falls; an elbow is where it stops
# falling fast.

# %%
n_clusters = list(range(2, 9))
fits = {
    k: KMeans(n_clusters=k, n_init=4, random_state=SEED).fit(points) for k in n_clusters
}
inertia = [float(fits[k].inertia_) for k in n_clusters]
Picture(
    "Elbow: inertia (no unit) by number of clusters",
    {
        "grid": {"left": 70, "right": 20, "top": 20, "bottom": 40},
        "xAxis": {"type": "category", "data": n_clusters, "name": "clusters",
                  "nameLocation": "middle", "nameGap": 26},
        "yAxis": {"type": "value", "min": 0},
        "series": [{"type": "line", "data": inertia, "symbolSize": 8}],
    },
)  # fmt: skip

# %% [markdown]
# ## 4. Is there anything to find: the silhouette beside its null
#
# The silhouette says how much nearer customers are to their own cluster than to the
# next. Data without groups has one too: each feature is shuffled by itself, which keeps
# its lumps and destroys what features have in common.

# %%
shuffled = np.column_stack([rng.permutation(column) for column in points[sample].T])
silhouette, null = [], []
for k in n_clusters:
    silhouette.append(float(silhouette_score(points[sample], fits[k].labels_[sample])))
    by_chance = KMeans(n_clusters=k, n_init=4, random_state=SEED).fit(shuffled)
    null.append(float(silhouette_score(shuffled, by_chance.labels_)))
Picture(
    "Silhouette (-1 to 1) by number of clusters, beside shuffled features",
    {
        "legend": {"top": 0, "left": 0},
        "grid": {"left": 50, "right": 20, "top": 40, "bottom": 40},
        "xAxis": {"type": "category", "data": n_clusters, "name": "clusters",
                  "nameLocation": "middle", "nameGap": 26},
        "yAxis": {"type": "value", "min": 0},
        "series": [
            {"name": "customers", "type": "line", "data": silhouette, "symbolSize": 8},
            {"name": "shuffled", "type": "line", "data": null, "symbolSize": 8,
             "lineStyle": {"type": "dashed"}},
        ],
    },
)  # fmt: skip

# %% [markdown]
# ## 5. The map: principal components
#
# Two axes that hold as much of the differences as two can. Each dot is ten customers or
# more; colours are clusters.

# %%
from segmentation.report.cube import gathered  # noqa: E402

per_dot = max(10, len(points) // 400)
n_published = len(set(published))
chosen = min(max(n_published, 2), 8)
labels = fits[chosen].labels_
axes = PCA(n_components=2, random_state=SEED).fit(points)
places = axes.transform(points)
Picture(
    f"{chosen} clusters on two axes with "
    f"{axes.explained_variance_ratio_.sum():.0%} of the variance",
    {
        "legend": {"top": 0, "left": 0},
        "grid": {"left": 40, "right": 20, "top": 40, "bottom": 30},
        "xAxis": {"type": "value"},
        "yAxis": {"type": "value"},
        "series": [
            {"name": f"cluster {label + 1}", "type": "scatter", "symbolSize": 6,
             "data": [dot[:2] for dot in gathered(places[labels == label], per_dot)]}
            for label in range(chosen)
        ],
    },
    height=420,
)  # fmt: skip

# %% [markdown]
# ## 6. What they are: the snake plot
#
# The mean of each cluster on each feature, in standard deviations from the mean of all.

# %%
centres = np.array([points[labels == label].mean(axis=0) for label in range(chosen)])
Picture(
    "Snake plot: cluster means in standard deviations, and customers per cluster",
    {
        "legend": {"top": 0, "left": 0},
        "grid": {"left": 40, "right": 20, "top": 40, "bottom": 40},
        "xAxis": {"type": "category", "data": names, "axisLabel": {"interval": 0}},
        "yAxis": {"type": "value"},
        "series": [
            {"name": f"cluster {label + 1}: {(labels == label).sum():,}",
             "type": "line", "data": [round(float(value), 3) for value in centre]}
            for label, centre in enumerate(centres)
        ],
    },
)  # fmt: skip

# %% [markdown]
# ## 7. Beside the published segments
#
# The published segments were fitted on an older snapshot with the recipe's weights,
# judged by resamples and nulls, and smoothed over time; so they differ. 1 means the
# same partition, 0 what chance gives.

# %%
agreement = adjusted_rand_score(published, labels)
Table(
    ["adjusted Rand index with the published segments", "published", "clusters here"],
    [[f"{agreement:.2f}", n_published, chosen]],
)
