// Who the segments are: size, revenue, profile, distributions, map.
(function (report) {
  "use strict";
  const {percent, number, money, short, tick, known, sum, ink, text} = report;

  report.define("size_against_revenue", {
    name: "Size against revenue", section: "overview", needs: ["segments"],
    build(data, view) {
      const segments = report.segmentCells(data, view);
      const total = report.cell(data, report.filtered(view));
      if (!total || !segments.length) {
        return {title: this.name,
                empty: `No group of ${data.cube.floor} customers or more is left.`};
      }
      const rows = segments.map(segment => ({
        id: segment.id, name: segment.name, n: segment.cell.n_customers,
        net: segment.cell.net_amount,
        size: segment.cell.n_customers / total.n_customers,
        share: total.net_amount > 0 && known(segment.cell.net_amount)
          ? segment.cell.net_amount / total.net_amount : null,
      }));
      const nLeft = total.n_customers - sum(rows.map(row => row.n));
      if (nLeft > 0) {
        const net = rows.every(row => known(row.net))
          ? total.net_amount - sum(rows.map(row => row.net)) : null;
        rows.push({id: "other", name: "Segments too small to show", n: nLeft, net,
                   size: nLeft / total.n_customers,
                   share: total.net_amount > 0 && known(net) ? net / total.net_amount : null});
      }
      const told = rows.find(row => row.id === view.segment)
        || rows.reduce((a, b) => (b.share - b.size > a.share - a.size ? b : a));
      const at = kind => rows.map(row => ({
        value: [row[kind], row.name], segment: row.id,
        itemStyle: {
          color: kind === "share" ? report.colourNow(data, view, row.id) : ink(view).page,
          borderColor: report.colourNow(data, view, row.id), borderWidth: 2},
      }));
      // both shares, right of the dot that is farther to the right
      const label = kind => ({
        show: true, position: "right", distance: 8,
        ...text(view, {color: ink(view).text}),
        formatter: item => {
          const {size, share} = rows[item.dataIndex];
          const isHere = (share || 0) > size ? kind === "share" : kind === "size";
          return isHere ? `${percent(size)} → ${percent(share)}` : "";
        }});
      return {
        title: told.share === null
          ? `${told.name} are ${percent(told.size)} of customers`
          : `${told.name} are ${percent(told.size)} of customers and bring `
            + `${percent(told.share)} of revenue`,
        note: report.scope(view) + "Share of customers and of lifetime net revenue, in "
          + `percent. As of ${report.asOf(data)}.`,
        basis: "measured",
        height: 70 + rows.length * report.row(view, rows.map(row => row.name), 40),
        option: report.option(view, {
          legend: report.legend(view, {data: [
            {name: "share of customers", icon: "circle",
             itemStyle: {color: ink(view).page, borderColor: ink(view).soft,
                         borderWidth: 2}},
            {name: "share of net revenue", icon: "circle",
             itemStyle: {color: ink(view).soft}}], itemWidth: 10}),
          grid: {left: report.left(view), right: 104, top: 34, bottom: 28},
          xAxis: report.axis(view, {type: "value", min: 0, axisLabel: text(view, {
            formatter: value => percent(value, 0), hideOverlap: true})}),
          yAxis: report.names(view, rows.map(row => row.name)),
          series: [
            {type: "custom", silent: true, z: 1,
             data: rows.map(row => [row.size, row.name]),
             renderItem(params, api) {
               const row = rows[params.dataIndex];
               const [from, to] = [row.size, row.share || 0].map(
                 share => api.coord([share, row.name]));
               return {type: "line", shape: {x1: from[0], y1: from[1], x2: to[0],
                                             y2: to[1]},
                       style: {stroke: report.colourNow(data, view, row.id),
                               lineWidth: 3, opacity: 0.45}};
             }},
            {name: "share of customers", type: "scatter", symbolSize: 12,
             data: at("size"), z: 3, label: label("size"),
             tooltip: {formatter: item => {
               const row = rows[item.dataIndex];
               return `${row.name}\n${number(row.n)} customers, ${percent(row.size)}`;
             }}},
            {name: "share of net revenue", type: "scatter", symbolSize: 13, z: 4,
             data: at("share"), label: label("share"),
             tooltip: {formatter: item => {
               const row = rows[item.dataIndex];
               return `${row.name}\n${money(data, row.net)}, ${percent(row.share)}`;
             }}},
          ],
        }),
        table: {
          columns: ["Segment", "Customers", "Share of customers",
                    `Net revenue, ${report.unit(data)}`, "Share of net revenue"],
          rows: rows.map(row => [row.name, number(row.n), percent(row.size),
                                 number(row.net, 0), percent(row.share)]),
        },
      };
    },
  });

  report.define("segment_trends", {
    name: "Segment shares over time", section: "overview", needs: ["trends"],
    build(data, view) {
      const rows = data.rows.trends;
      const days = [...new Set(rows.map(row => row.as_of_date))];
      const ids = data.rows.segments.map(row => row.segment_id)
        .filter(id => rows.some(row => row.segment_id === id));
      const series = ids.map(id => ({
        id, name: report.segmentName(data, id),
        values: days.map(day => {
          const row = rows.find(one => one.as_of_date === day && one.segment_id === id);
          return row ? row.customer_share : null;
        }),
      }));
      const moved = series.map(one => {
        const seen = one.values.filter(known);
        return {name: one.name, id: one.id, from: seen[0], to: seen[seen.length - 1]};
      });
      // names at the line's end, shifted where they would touch
      const tall = report.isNarrow(view) || ids.length <= 8 ? 320 : 420;
      const height = tall - 14 - 28;
      const top = Math.ceil(20 * Math.max(...rows.map(row => row.customer_share))) / 20;
      const shift = {};
      let last = -Infinity;
      for (const one of [...moved].sort((a, b) => b.to - a.to)) {
        const y = height * (1 - one.to / top);
        last = Math.max(y, last + 14);
        shift[one.id] = last - y;
      }
      const told = moved.find(one => one.id === view.segment)
        || moved.reduce((a, b) =>
          (Math.abs(b.to - b.from) > Math.abs(a.to - a.from) ? b : a));
      const change = told.to - told.from;
      const verb = Math.abs(change) < 0.0005 ? "stayed at"
        : change > 0 ? "grew" : "shrank";
      return {
        title: days.length < 2 ? `One week is known so far: ${days[0]}`
          : Math.abs(change) < 0.01 && told.id !== view.segment
            ? `Shares are steady: in ${days.length} weeks ${told.name} changed most, by `
              + `${report.signed(number(100 * change, 1))} points`
          : verb === "stayed at"
            ? `${told.name} stayed at ${percent(told.to)} of customers`
            : `${told.name} ${verb} from ${percent(told.from)} to `
              + `${percent(told.to)} of customers in ${days.length} weeks`,
        note: report.whole(view) + "Share of all customers, in percent, by week, "
          + `${days[0]} to ${days[days.length - 1]}.`,
        basis: "measured",
        height: tall,
        option: report.option(view, {
          grid: {left: 46, right: report.isNarrow(view) ? 16 : 128, top: 14,
                 bottom: report.isNarrow(view) ? 96 : 28},
          legend: report.isNarrow(view)
            ? report.legend(view, {top: undefined, bottom: 0, itemGap: 10}) : undefined,
          xAxis: report.axis(view, {type: "category", data: days, boundaryGap: false,
            splitLine: {show: false},
            axisLabel: text(view, {formatter: day => day.slice(5), hideOverlap: true})}),
          yAxis: report.axis(view, {type: "value", min: 0, max: top, interval: 0.05,
            axisLine: {show: false},
            axisLabel: text(view, {formatter: value => percent(value, 0)})}),
          tooltip: {...report.option(view).tooltip, trigger: "item",
            formatter: item =>
              `${item.seriesName}\n${days[item.dataIndex]}: ${percent(item.value)}`},
          series: series.map(one => ({
            name: one.name, type: "line", symbol: "circle", symbolSize: 5,
            data: one.values.map(value => ({value, segment: one.id})),
            color: report.colourNow(data, view, one.id),
            lineStyle: {width: view.segment === one.id ? 3.5 : 2},
            z: report.isFaded(view, one.id) ? 2 : 4,
            endLabel: {show: !report.isNarrow(view), formatter: "{a}", distance: 8,
              offset: [0, shift[one.id]],
              ...text(view, {color: report.isFaded(view, one.id) ? ink(view).soft
                : report.segmentColour(data, view, one.id)})},
          })),
        }),
        table: {
          columns: ["Week", ...series.map(one => one.name)],
          rows: days.map((day, j) => [day, ...series.map(one => percent(one.values[j]))]),
        },
      };
    },
  });

  // standardised means of the profile's features, of the groups that the filter leaves
  function profile(data, view) {
    const features = [...new Set(data.rows.profiles.map(row => row.feature_name))];
    const scale = {};
    for (const row of data.rows.profiles) {
      if (!known(row.standardised_mean) || Math.abs(row.standardised_mean) < 1e-9) continue;
      const deviation = (row.segment_mean - row.population_mean) / row.standardised_mean;
      scale[row.feature_name] = {mean: row.population_mean, deviation};
    }
    const segments = report.segmentCells(data, view)
      .filter(segment => segment.id !== "prospects");
    const standardised = (segment, name) => {
      const value = segment.cell["mean_" + name];
      return known(value) && scale[name]
        ? (value - scale[name].mean) / scale[name].deviation : null;
    };
    const relative = (segment, name) => {
      const value = segment.cell["mean_" + name];
      return known(value) && scale[name] && scale[name].mean
        ? value / scale[name].mean - 1 : null;
    };
    const spread = name => {
      const values = segments.map(one => standardised(one, name)).filter(known);
      return values.length ? Math.max(...values) - Math.min(...values) : 0;
    };
    const ordered = features.filter(name => scale[name])
      .sort((a, b) => spread(b) - spread(a) || (a < b ? -1 : 1));
    return {segments, features: ordered, standardised, relative};
  }

  report.define("snake_plot", {
    name: "Snake plot", section: "segments", needs: ["profiles", "segments"],
    build(data, view) {
      const {segments, features, standardised} = profile(data, view);
      if (!segments.length || !features.length) {
        return {title: this.name,
                empty: `No group of ${data.cube.floor} customers or more is left.`};
      }
      const series = segments.map(segment => ({
        id: segment.id, name: segment.name,
        values: features.map(name => standardised(segment, name))}));
      let told = null;
      for (const one of series) {
        if (view.segment && one.id !== view.segment
            && series.some(other => other.id === view.segment)) continue;
        one.values.forEach((value, j) => {
          if (known(value) && (!told || Math.abs(value) > Math.abs(told.value))) {
            told = {value, name: one.name, feature: features[j]};
          }
        });
      }
      const narrow = report.isNarrow(view);
      return {
        title: `${told.name} stand out by ${report.words(told.feature)}: `
          + `${number(Math.abs(told.value), 1)} standard deviations `
          + `${told.value > 0 ? "above" : "below"} the average customer`,
        note: report.scope(view) + "Mean of each segment, in standard deviations from "
          + `the mean of all customers. As of ${report.asOf(data)}.`,
        basis: "measured",
        height: narrow ? 470 : 380,
        option: report.option(view, {
          legend: report.legend(view),
          grid: {left: 40, right: 20, top: report.below(view, series.map(one => one.name)),
                 bottom: narrow ? 112 : 74},
          xAxis: report.axis(view, {type: "category", data: features.map(report.words),
            splitLine: {show: true, lineStyle: {color: ink(view).grid}},
            axisLabel: text(view, {interval: 0, rotate: narrow ? 60 : 30})}),
          yAxis: report.axis(view, {type: "value", axisLine: {show: false},
            axisLabel: text(view, {formatter: value => number(value, 1)})}),
          tooltip: {...report.option(view).tooltip,
            formatter: item => `${item.seriesName}\n${item.name}: `
              + `${report.signed(number(item.value, 2))} s.d.`},
          series: series.map(one => ({
            name: one.name, type: "line", symbolSize: 7, symbol: "circle",
            color: report.colourNow(data, view, one.id),
            lineStyle: {width: view.segment === one.id ? 3.5 : 2},
            z: report.isFaded(view, one.id) ? 2 : 4,
            data: one.values.map(value => ({value, segment: one.id})),
            markLine: one === series[0] ? {silent: true, symbol: "none", label: {show: false},
              lineStyle: {color: ink(view).soft, type: "solid", width: 1},
              data: [{yAxis: 0}]} : undefined,
          })),
        }),
        table: {
          columns: ["Segment", ...features.map(report.words)],
          rows: series.map(one => [one.name, ...one.values.map(
            value => known(value) ? report.signed(number(value, 2)) : "–")]),
        },
      };
    },
  });

  report.define("relative_importance", {
    name: "Relative importance", section: "segments", needs: ["profiles", "segments"],
    build(data, view) {
      const {segments, features, relative} = profile(data, view);
      if (!segments.length || !features.length) {
        return {title: this.name,
                empty: `No group of ${data.cube.floor} customers or more is left.`};
      }
      const cells = [];
      let told = null;
      segments.forEach((segment, j) => features.forEach((name, i) => {
        const value = relative(segment, name);
        if (!known(value)) return;
        if ((!told || Math.abs(value) > Math.abs(told.value))
            && (!view.segment || segment.id === view.segment
                || !segments.some(one => one.id === view.segment))) {
          told = {value, name: segment.name, feature: name};
        }
        cells.push({i, j, value, id: segment.id});
      }));
      const narrow = report.isNarrow(view);
      // narrow: features down, segments across, by initials of their names
      const xs = narrow ? segments.map(one => one.name) : features.map(report.words);
      const ys = narrow ? features.map(report.words) : segments.map(one => one.name);
      const ends = view.dark ? ["#e39465", "#22303c", "#57aee6"]
        : ["#c4601f", "#f6f7f8", "#0b6aa8"];
      return {
        title: `${told.name} differ most in ${report.words(told.feature)}: `
          + `${percent(Math.abs(told.value), 0)} ${told.value > 0 ? "above" : "below"} `
          + "the average customer",
        note: report.scope(view) + "Mean of the segment against the mean of all "
          + `customers, in percent. As of ${report.asOf(data)}.`,
        basis: "measured",
        height: (narrow ? 150 : 120)
          + ys.length * report.row(view, ys, narrow ? 34 : 36),
        option: report.option(view, {
          grid: {left: report.left(view), right: 8, top: 6, bottom: narrow ? 110 : 76},
          xAxis: report.axis(view, {type: "category", data: xs, splitLine: {show: false},
            axisLabel: text(view, {interval: 0, rotate: narrow ? 60 : 30})}),
          yAxis: report.names(view, ys),
          visualMap: {show: false, min: -1, max: 1, inRange: {color: ends}},
          tooltip: {...report.option(view).tooltip,
            formatter: item => {
              const one = cells[item.dataIndex];
              return `${segments[one.j].name}\n${report.words(features[one.i])}: `
                + report.signed(percent(one.value, 0));
            }},
          series: [{
            type: "heatmap", label: {show: true, fontSize: narrow ? 10 : 11,
              fontFamily: view.font,
              formatter: item => report.signed(percent(cells[item.dataIndex].value, 0))},
            itemStyle: {borderColor: ink(view).page, borderWidth: 2},
            data: cells.map(one => ({
              value: [narrow ? one.j : one.i, narrow ? one.i : one.j,
                      Math.max(-1, Math.min(1, one.value))],
              segment: one.id,
              itemStyle: {opacity: report.isFaded(view, one.id) ? 0.3 : 1},
              label: {color: report.isFaded(view, one.id) ? ink(view).soft
                : report.onHeat(view, (one.value + 1) / 2, ends)},
            })),
          }],
        }),
        table: {
          columns: ["Segment", ...features.map(report.words)],
          rows: segments.map(segment => [segment.name, ...features.map(name => {
            const value = relative(segment, name);
            return known(value) ? report.signed(percent(value, 0)) : "–";
          })]),
        },
      };
    },
  });

  const MEASURES = [
    {key: "recency_days", name: "Recency, days since last order", brief: "Recency, days",
     log: false},
    {key: "frequency", name: "Frequency, orders", brief: "Orders", log: true},
    {key: "monetary_amount", name: "Monetary value, net revenue", brief: "Net revenue",
     log: true},
  ];

  report.define("rfm_distributions", {
    name: "Recency, frequency and monetary value by segment", section: "segments",
    needs: ["segments"],
    build(data, view) {
      const segments = report.segmentCells(data, view)
        .filter(segment => segment.cell.recency_days);
      if (!segments.length) {
        return {title: this.name,
                empty: `No group of ${data.cube.floor} customers or more is left.`};
      }
      const narrow = report.isNarrow(view);
      const panel = (narrow ? 64 : 0)
        + segments.length * report.row(view, segments.map(one => one.name), 26);
      const middle = segment => segment.cell.recency_days[2];
      const fresh = segments.find(one => one.id === view.segment)
        || segments.reduce((a, b) => (middle(b) < middle(a) ? b : a));
      const stale = segments.reduce((a, b) => (middle(b) > middle(a) ? b : a));
      const space = (view.width - report.left(view) - 16) / 3;
      // the power of ten, or its double or fivefold, below all lines
      const lowest = key => {
        const least = Math.max(0.5, Math.min(...segments.map(one => one.cell[key][0])));
        const power = 10 ** Math.floor(Math.log10(least));
        return [5, 2, 1].map(times => times * power).find(value => value <= least);
      };
      const grids = MEASURES.map((measure, j) => narrow
        ? {left: report.left(view), right: 18, top: 30 + j * (panel + 40),
           height: panel - 30}
        : {left: report.left(view) + j * space + 6, width: space - 44, top: 34,
           height: 32 * segments.length});
      return {
        title: fresh === stale
          ? `Half of ${fresh.name} last ordered ${number(middle(fresh), 0)} days ago or less`
          : `Half of ${fresh.name} ordered within ${number(middle(fresh), 0)} days, `
            + `half of ${stale.name} not for ${number(middle(stale), 0)}`,
        note: report.scope(view) + "Dot: median; bar: middle half; line: 10th to 90th "
          + `percentile. Days, orders, ${report.unit(data)} (logarithmic). Customers who `
          + `ordered, as of ${report.asOf(data)}.`,
        basis: "measured",
        height: narrow ? 3 * (panel + 40) + 20 : 80 + 32 * segments.length,
        option: report.option(view, {
          title: MEASURES.map((measure, j) => ({
            text: !narrow && space < 210 ? measure.brief : measure.name,
            left: grids[j].left, top: grids[j].top - 26,
            padding: 0, textStyle: text(view, {fontWeight: 600, color: ink(view).text}),
          })),
          grid: grids,
          xAxis: MEASURES.map((measure, j) => report.axis(view, {
            gridIndex: j, type: measure.log ? "log" : "value", splitNumber: 3,
            min: measure.log ? lowest(measure.key) : 0,
            axisLabel: text(view, {formatter: tick, hideOverlap: true}),
          })),
          yAxis: MEASURES.map((measure, j) => report.names(view,
            segments.map(segment => segment.name),
            {gridIndex: j,
             ...(narrow || j === 0 ? {} : {axisLabel: {show: false}})})),
          tooltip: {...report.option(view).tooltip,
            formatter: item => {
              const measure = MEASURES[item.seriesIndex];
              const segment = segments[item.dataIndex];
              const at = segment.cell[measure.key].map(value => short(value));
              return `${segment.name}\n${measure.name}\nmedian ${at[2]}, half between `
                + `${at[1]} and ${at[3]}`;
            }},
          series: MEASURES.map((measure, j) => ({
            type: "custom", xAxisIndex: j, yAxisIndex: j,
            data: segments.map((segment, i) => ({
              value: [segment.cell[measure.key][2], i, ...segment.cell[measure.key]],
              segment: segment.id})),
            encode: {x: [2, 6], y: 1},
            renderItem(params, api) {
              const segment = segments[params.dataIndex];
              const colour = report.colourNow(data, view, segment.id);
              const at = segment.cell[measure.key].map(value => api.coord(
                [measure.log ? Math.max(value, 0.5) : value, params.dataIndex])[0]);
              const y = api.coord([1, params.dataIndex])[1];
              return {type: "group", children: [
                {type: "rect", shape: {x: at[0], y: y - 1, width: at[4] - at[0],
                                       height: 2}, style: {fill: colour, opacity: 0.6}},
                {type: "rect", shape: {x: at[1], y: y - 5, r: 2, height: 10,
                                       width: Math.max(at[3] - at[1], 2)},
                 style: {fill: colour, opacity: 0.55}},
                {type: "circle", shape: {cx: at[2], cy: y, r: 5},
                 style: {fill: colour, stroke: ink(view).page, lineWidth: 1.5}},
              ]};
            },
          })),
        }),
        table: {
          columns: ["Segment", "Customers", "Median recency, days", "Median orders",
                    `Median net revenue, ${report.unit(data)}`],
          rows: segments.map(segment => [
            segment.name, number(segment.cell.n_customers), number(middle(segment), 0),
            number(segment.cell.frequency[2]), number(segment.cell.monetary_amount[2])]),
        },
      };
    },
  });

  report.define("customer_map", {
    name: "Map of the customers", section: "segments", needs: ["map", "components"],
    build(data, view) {
      const groups = data.rows.map;
      const axes = ["component_1", "component_2"].map(name => {
        const rows = data.rows.components.filter(row => row.principal_component === name);
        const strong = rows.filter(row => Math.abs(row.loading) >= 0.45).slice(0, 3);
        const side = rows2 => rows2.map(row =>
          (row.loading > 0 ? "more " : "less ")
          + report.words(row.feature_name).replace("days since last order",
                                                   "time since last order")).join(", ");
        const told = strong.length ? strong : rows.slice(0, 1);
        return {share: rows.length ? rows[0].explained_share : null, name: side(told),
                features: told.map(row => report.words(row.feature_name)).join(", ")};
      });
      const ids = data.rows.segments.map(row => row.segment_id)
        .filter(id => groups.some(row => row.segment_id === id));
      const nCustomers = sum(groups.map(row => row.n_customers));
      return {
        title: `Two axes hold ${percent(axes[0].share + axes[1].share, 0)} of the `
          + `differences: first ${axes[0].features}; then ${axes[1].features}`,
        note: report.whole(view) + `Principal components of the features of the fit `
          + `(standardised, no unit). Each dot is ${data.cube.floor} customers or more, `
          + `${number(nCustomers)} in all. As of ${report.asOf(data)}.`,
        basis: "measured",
        height: report.isNarrow(view) ? 420 : 440,
        option: report.option(view, {
          legend: report.legend(view),
          grid: {left: 36, right: 16, bottom: 46,
                 top: 18 + report.below(view, ids.map(id => report.segmentName(data, id)))},
          xAxis: report.axis(view, {type: "value", name: axes[0].name + " →",
            nameLocation: "middle", nameGap: 26, scale: true}),
          yAxis: report.axis(view, {type: "value", scale: true,
            name: axes[1].name + " ↑", nameLocation: "end", nameGap: 8,
            nameTextStyle: text(view, {align: "left"})}),
          tooltip: {...report.option(view).tooltip,
            formatter: item => `${item.seriesName}\n${number(item.value[2])} customers`},
          series: ids.map(id => ({
            name: report.segmentName(data, id), type: "scatter",
            color: report.colourNow(data, view, id),
            z: report.isFaded(view, id) ? 2 : 4,
            itemStyle: {opacity: report.isFaded(view, id) ? 0.35 : 0.75},
            symbolSize: value => 1.6 * Math.sqrt(value[2]) + 1,
            data: groups.filter(row => row.segment_id === id).map(row => ({
              value: [row.component_1, row.component_2, row.n_customers], segment: id})),
          })),
        }),
        table: {
          columns: ["Axis", "Share of variance", "Made of (loading)"],
          rows: ["component_1", "component_2"].map((name, j) => [
            String(j + 1), percent(axes[j].share),
            data.rows.components.filter(row => row.principal_component === name)
              .map(row => `${report.words(row.feature_name)} `
                + report.signed(number(row.loading, 2))).join("; ")]),
        },
      };
    },
  });

  report.define("elbow", {
    name: "Elbow", section: "method", needs: ["fit_curves"],
    build(data, view) {
      const rows = data.rows.fit_curves;
      const chosen = rows.findIndex(row => row.is_chosen);
      const fall = j => j > 0 && j < rows.length && rows[j - 1].inertia
        ? 1 - rows[j].inertia / rows[j - 1].inertia : null;
      const at = rows[Math.max(chosen, 0)];
      const next = fall(chosen + 1);
      return {
        title: chosen < 0 ? `From ${rows[0].n_clusters} to `
          + `${rows[rows.length - 1].n_clusters} clusters`
          : `The step to ${at.n_clusters} clusters takes away ${percent(fall(chosen), 0)} `
            + `of the spread that was left` + (known(next)
              ? `, the next ${percent(next, 0)}` : ""),
        note: report.whole(view) + "Inertia: squared distance to the nearest centre, "
          + "summed (standardised features, no unit). "
          + report.fitted(data, at.fitted_as_of_date),
        basis: "measured",
        height: 280,
        option: report.option(view, {
          grid: {left: 56, right: 20, top: 22, bottom: 42},
          xAxis: report.axis(view, {type: "category", name: "number of clusters",
            nameLocation: "middle", nameGap: 26, splitLine: {show: false},
            data: rows.map(row => String(row.n_clusters))}),
          yAxis: report.axis(view, {type: "value", min: 0, axisLine: {show: false},
            axisLabel: text(view, {formatter: tick})}),
          series: [{
            type: "line", color: ink(view).strong, symbol: "circle",
            data: rows.map(row => ({
              value: row.inertia, symbolSize: row.is_chosen ? 14 : 7,
              label: {show: row.is_chosen, position: "top", formatter: "chosen",
                      ...text(view, {color: ink(view).text, fontWeight: 600})}})),
          }],
        }),
        table: {
          columns: ["Clusters", "Inertia", "Chosen"],
          rows: rows.map(row => [String(row.n_clusters), number(row.inertia, 0),
                                 row.is_chosen ? "yes" : ""]),
        },
      };
    },
  });

  report.define("silhouette", {
    name: "Silhouette beside its nulls", section: "method", needs: ["fit_curves"],
    build(data, view) {
      const rows = data.rows.fit_curves;
      const at = rows.find(row => row.is_chosen) || rows[0];
      const chance = Math.max(at.null_silhouette, at.shuffled_silhouette);
      const gain = at.silhouette - chance;
      const lines = [
        {name: "these customers", key: "silhouette", colour: ink(view).strong},
        {name: "chance: one Gaussian cloud", key: "null_silhouette",
         colour: ink(view).soft, dash: "dashed"},
        {name: "chance: features shuffled", key: "shuffled_silhouette",
         colour: ink(view).soft, dash: "dotted"}];
      return {
        title: `At ${at.n_clusters} clusters the silhouette is ${number(at.silhouette, 2)}, `
          + `${number(Math.abs(gain), 2)} ${gain >= 0 ? "above" : "below"} what chance gives`,
        note: report.whole(view) + "Mean silhouette, −1 to 1, and that of data without "
          + `groups. ${report.fitted(data, at.fitted_as_of_date)}`,
        basis: "measured",
        height: report.isNarrow(view) ? 330 : 280,
        option: report.option(view, {
          legend: report.legend(view),
          grid: {left: 46, right: 20, top: report.isNarrow(view) ? 92 : 40, bottom: 42},
          xAxis: report.axis(view, {type: "category", name: "number of clusters",
            nameLocation: "middle", nameGap: 26, splitLine: {show: false},
            data: rows.map(row => String(row.n_clusters))}),
          yAxis: report.axis(view, {type: "value", min: 0, axisLine: {show: false},
            axisLabel: text(view, {formatter: value => number(value, 2)})}),
          series: lines.map(line => ({
            name: line.name, type: "line", color: line.colour, symbol: "circle",
            lineStyle: {type: line.dash || "solid", width: 2},
            data: rows.map(row => ({
              value: row[line.key],
              symbolSize: row.is_chosen && !line.dash ? 14 : 6,
            })),
          })),
        }),
        table: {
          columns: ["Clusters", ...lines.map(line => line.name)],
          rows: rows.map(row => [String(row.n_clusters),
            ...lines.map(line => number(row[line.key], 3))]),
        },
      };
    },
  });

  report.define("stability", {
    name: "Stability", section: "method", needs: ["stability"],
    build(data, view) {
      const order = data.rows.segments.map(row => row.segment_id);
      const rows = [...data.rows.stability].sort(
        (a, b) => order.indexOf(a.segment_id) - order.indexOf(b.segment_id));
      const worst = rows.reduce((a, b) =>
        (b.jaccard_stability < a.jaccard_stability ? b : a));
      const told = rows.find(row => row.segment_id === view.segment) || worst;
      const floor = 0.75;
      return {
        title: report.refusal(data)
          ? "The fit was refused, and rules stand in; its weakest segment is found again "
            + `to ${percent(worst.jaccard_stability, 0)} in resamples`
          : told === worst
          ? worst.jaccard_stability >= floor
            ? `Every segment is found again in resamples; the weakest, `
              + `${report.segmentName(data, worst.segment_id)}, to `
              + percent(worst.jaccard_stability, 0)
            : `${report.segmentName(data, worst.segment_id)} is not found again in `
              + `resamples: ${percent(worst.jaccard_stability, 0)}`
          : `${report.segmentName(data, told.segment_id)} is found again to `
            + `${percent(told.jaccard_stability, 0)} in resamples`,
        note: report.whole(view) + "Mean Jaccard overlap with the segment found in "
          + "bootstrap samples, percent; 75% is the usual bar (Hennig 2007). "
          + report.fitted(data, worst.fitted_as_of_date),
        basis: "measured",
        height: 60 + 34 * rows.length,
        option: report.option(view, {
          grid: {left: report.left(view), right: 50, top: 22, bottom: 26},
          xAxis: report.axis(view, {type: "value", min: 0, max: 1, axisLabel: text(view, {
            formatter: value => percent(value, 0), hideOverlap: true})}),
          yAxis: report.names(view,
            rows.map(row => report.segmentName(data, row.segment_id))),
          series: [{
            type: "bar", barWidth: 14,
            data: rows.map(row => ({
              value: row.jaccard_stability, segment: row.segment_id,
              itemStyle: {color: report.colourNow(data, view, row.segment_id)}})),
            label: {show: true, position: "right",
                    formatter: item => percent(item.value, 0),
                    ...text(view, {color: ink(view).text})},
            markLine: {silent: true, symbol: "none",
              label: {formatter: "75%, the bar", position: "start", distance: 4, ...text(view)},
              lineStyle: {color: ink(view).soft, type: "dashed"},
              data: [{xAxis: floor}]},
          }],
        }),
        table: {
          columns: ["Segment", "Customers in the fit", "Jaccard"],
          rows: rows.map(row => [report.segmentName(data, row.segment_id),
            number(row.n_sampled), percent(row.jaccard_stability)]),
        },
      };
    },
  });
})(segmentationReport);
