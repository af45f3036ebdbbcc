// What the scores say, and what they are worth.
(function (report) {
  "use strict";
  const {percent, number, short, tick, money, known, sum, ink, text} = report;
  const tenths = rows => rows.map(row => String(row.decile));
  const of = (data, score) => data.rows.calibration.filter(row => row.score_name === score);
  const none = (chart, score, data) => ({title: chart.name,
    empty: data.missing.calibration
      || `fct_score_calibration has no rows for the score ${score} yet.`});

  // observed points with their intervals
  function intervals(view, rows, colour, index) {
    return {
      type: "custom", silent: true, z: 3, xAxisIndex: index || 0, yAxisIndex: index || 0,
      data: rows,
      encode: {x: 0, y: [1, 2]},
      renderItem(params, api) {
        const [low, high] = [1, 2].map(at => api.coord([api.value(0), api.value(at)]));
        return {type: "line", style: {stroke: colour, lineWidth: 2},
                shape: {x1: low[0], y1: low[1], x2: high[0], y2: high[1]}};
      },
    };
  }

  report.define("churn_lift", {
    name: "Lift of the churn score", section: "scores", needs: ["calibration"],
    build(data, view) {
      const tested = of(data, "repurchase");
      if (!tested.length) return none(this, "repurchase", data);
      const n = sum(tested.map(row => row.n_customers));
      const base = 1 - sum(tested.map(row => row.mean_outcome * row.n_customers)) / n;
      // the score is of buying again: its lowest tenth is the likeliest to leave
      const rows = tested.map(row => ({
        tenth: row.decile, n: row.n_customers, left: 1 - row.mean_outcome,
        low: 1 - row.high_value, high: 1 - row.low_value,
        lift: (1 - row.mean_outcome) / base}));
      return {
        title: `The tenth most likely to leave leaves ${number(rows[0].lift, 2)} times as `
          + "often as the average customer, the safest tenth "
          + `${number(rows[rows.length - 1].lift, 2)} times`,
        note: report.whole(view) + `Customers who did not order within `
          + `${tested[0].horizon_days} days, percent, by tenth of the score, with 95% `
          + `intervals; ${number(n)} customers held out, as of ${tested[0].test_date}.`,
        basis: "measured",
        option: report.option(view, {
          grid: {left: 46, right: 16, top: 26, bottom: 62},
          xAxis: report.axis(view, {type: "category", splitLine: {show: false},
            name: "tenth, from likeliest to leave to safest, and its lift", nameLocation: "middle",
            nameGap: 42, data: rows.map(row => `${row.tenth}\n${number(row.lift, 2)}×`),
            axisLabel: text(view, {lineHeight: 16, interval: 0,
                                   fontSize: report.isNarrow(view) ? 9 : 12})}),
          yAxis: report.axis(view, {type: "value", min: 0, max: 1, axisLine: {show: false},
            axisLabel: text(view, {formatter: value => percent(value, 0)})}),
          tooltip: {...report.option(view).tooltip,
            formatter: item => `Tenth ${rows[item.dataIndex].tenth}\n`
              + `${percent(rows[item.dataIndex].left)} left, lift `
              + number(rows[item.dataIndex].lift, 2)},
          series: [
            {type: "bar", barWidth: "62%", color: ink(view).strong,
             itemStyle: {opacity: 0.8},
             data: rows.map(row => row.left),
             markLine: {silent: true, symbol: "none",
               lineStyle: {color: ink(view).soft, type: "dashed"},
               label: {position: "insideEndTop", formatter: `average ${percent(base)}`,
                       ...text(view)},
               data: [{yAxis: base}]}},
            intervals(view, rows.map((row, j) => [j, row.low, row.high]), ink(view).text),
          ],
        }),
        table: {
          columns: ["Tenth", "Customers", "Left", "95% interval", "Lift"],
          rows: rows.map(row => [String(row.tenth), number(row.n), percent(row.left),
            `${percent(row.low)} to ${percent(row.high)}`, number(row.lift, 2)]),
        },
      };
    },
  });

  report.define("churn_calibration", {
    name: "Calibration of the churn score", section: "scores", needs: ["calibration"],
    build(data, view) {
      const tested = of(data, "repurchase");
      if (!tested.length) return none(this, "repurchase", data);
      const rows = tested.map(row => ({
        predicted: 1 - row.mean_prediction, observed: 1 - row.mean_outcome,
        low: 1 - row.high_value, high: 1 - row.low_value, n: row.n_customers,
        within: row.is_within_interval}));
      const nWithin = rows.filter(row => row.within).length;
      return {
        title: `${nWithin} of ${rows.length} tenths left as often as they were said to`,
        note: report.whole(view) + `Predicted against observed share who did not order `
          + `within ${tested[0].horizon_days} days, percent, with 95% intervals; the `
          + `diagonal is perfect. Held out, as of ${tested[0].test_date}.`,
        basis: "measured",
        option: report.option(view, {
          grid: {left: 52, right: 20, top: 20, bottom: 44},
          xAxis: report.axis(view, {type: "value", min: 0, max: 1, name: "predicted",
            nameLocation: "middle", nameGap: 26,
            axisLabel: text(view, {formatter: value => percent(value, 0)})}),
          yAxis: report.axis(view, {type: "value", min: 0, max: 1, name: "observed",
            nameLocation: "middle", nameGap: 40,
            axisLabel: text(view, {formatter: value => percent(value, 0)})}),
          tooltip: {...report.option(view).tooltip,
            formatter: item => `said ${percent(item.value[0])}, was `
              + percent(item.value[1])},
          series: [
            {type: "line", silent: true, symbol: "none", data: [[0, 0], [1, 1]],
             lineStyle: {color: ink(view).soft, width: 1, type: "dashed"}},
            intervals(view, rows.map(row => [row.predicted, row.low, row.high]),
                      ink(view).soft),
            {type: "scatter", symbolSize: 10, z: 4, data: rows.map(row => ({
              value: [row.predicted, row.observed],
              itemStyle: {color: row.within ? ink(view).strong : ink(view).warn},
              symbol: row.within ? "circle" : "diamond"}))},
          ],
        }),
        table: {
          columns: ["Predicted", "Observed", "95% interval", "Customers"],
          rows: rows.map(row => [percent(row.predicted), percent(row.observed),
            `${percent(row.low)} to ${percent(row.high)}`, number(row.n)]),
        },
      };
    },
  });

  report.define("value_by_decile", {
    name: "Value by tenth", section: "scores", needs: ["calibration"],
    build(data, view) {
      const rows = of(data, "value");
      if (!rows.length) return none(this, "value", data);
      const total = sum(rows.map(row => row.mean_outcome * row.n_customers));
      const top = rows[rows.length - 1];
      const said = sum(rows.map(row => row.mean_prediction * row.n_customers));
      const currency = report.unit(data);
      return {
        title: `The best tenth brought `
          + `${percent(top.mean_outcome * top.n_customers / total, 0)} of revenue; in all `
          + `the score said ${percent(Math.abs(said / total - 1), 0)} too `
          + (said > total ? "much" : "little"),
        note: report.whole(view) + `Mean net revenue per customer over `
          + `${rows[0].horizon_days} days, ${currency}, by tenth of the score, with 95% `
          + `intervals. Held out, as of ${rows[0].test_date}.`,
        basis: "measured",
        height: 280,
        option: report.option(view, {
          legend: report.legend(view),
          grid: {left: 52, right: 16, top: 36, bottom: 44},
          xAxis: report.axis(view, {type: "category", data: tenths(rows),
            name: "tenth, from least to most expected", nameLocation: "middle",
            nameGap: 28, splitLine: {show: false}}),
          yAxis: report.axis(view, {type: "value", min: 0, axisLine: {show: false},
            axisLabel: text(view, {formatter: tick})}),
          tooltip: {...report.option(view).tooltip,
            formatter: item => `${item.seriesName}, tenth ${item.dataIndex + 1}\n`
              + money(data, Array.isArray(item.value) ? item.value[1] : item.value)},
          series: [
            {name: "was (measured)", type: "bar", barWidth: "62%",
             color: ink(view).strong, itemStyle: {opacity: 0.8},
             data: rows.map(row => row.mean_outcome)},
            intervals(view, rows.map((row, j) => [j, row.low_value, row.high_value]),
                      ink(view).text),
            {name: "expected (estimated)", type: "scatter", symbol: "diamond",
             symbolSize: 11, z: 5,
             itemStyle: {color: ink(view).warn, borderColor: ink(view).page,
                         borderWidth: 1},
             data: rows.map(row => row.mean_prediction)},
          ],
        }),
        table: {
          columns: ["Tenth", "Customers", `Expected, ${currency}`, `Was, ${currency}`,
                    "95% interval"],
          rows: rows.map(row => [String(row.decile), number(row.n_customers),
            number(row.mean_prediction, 1), number(row.mean_outcome, 1),
            `${number(row.low_value, 1)} to ${number(row.high_value, 1)}`]),
        },
      };
    },
  });

  const BANDS = ["low", "medium", "high"];

  report.define("churn_matrix", {
    name: "Segments by churn band", section: "scores", needs: ["segments"],
    build(data, view) {
      const positions = data.cube.dimensions[4].values;
      const bands = BANDS.filter(band => positions.includes(band));
      const segments = report.segmentCells(data, view)
        .filter(one => one.cell.n_scored > 0);
      if (!bands.length || !segments.length) {
        return {title: this.name, empty: "No customer has a churn score yet."};
      }
      const rows = segments.map(one => ({
        id: one.id, name: one.name, atRisk: one.cell.revenue_at_risk,
        chance: one.cell.p_churn, n: one.cell.n_customers,
        counts: bands.map(band => (one.cell.bands || [])[positions.indexOf(band)])}));
      const told = rows.find(row => row.id === view.segment)
        || rows.reduce((a, b) => ((b.atRisk || 0) > (a.atRisk || 0) ? b : a));
      const narrow = report.isNarrow(view);
      return {
        title: `${money(data, told.atRisk)} of expected revenue is at risk in `
          + `${told.name}` + (told.id === view.segment ? "" : ", the most of any segment"),
        note: report.scope(view) + "Customers by churn band, and the share of the segment; "
          + "right: expected revenue times the chance of leaving, "
          + `${report.unit(data)}. ${report.sentence("as of")} ${report.asOf(data)}. `
          + `Groups of fewer than ${data.cube.floor}, and what would reveal them, are `
          + "blank.",
        basis: "estimated",
        height: 66 + 36 * rows.length,
        option: report.option(view, {
          grid: {left: report.left(view), right: narrow ? 62 : 110, top: 30, bottom: 12},
          xAxis: report.axis(view, {type: "category", position: "top",
            data: bands.map(band => narrow ? band : band + " churn"), splitLine: {show: false},
            axisLine: {show: false}, axisLabel: text(view, {interval: 0})}),
          yAxis: [
            report.names(view, rows.map(row => row.name)),
            report.names(view, rows.map(row => row.name), {position: "right",
              name: narrow ? "at risk" : "revenue at risk", nameLocation: "start",
              nameGap: 12, nameTextStyle: text(view, {align: "left"}),
              axisLabel: text(view, {color: ink(view).text, interval: 0,
                formatter: (name, j) => short(rows[j].atRisk)})})],
          visualMap: {show: false, dimension: 2, min: 0, max: 1, inRange: {
            color: [ink(view).low, ink(view).high]}},
          tooltip: {...report.option(view).tooltip,
            formatter: item => `${rows[item.value[1]].name}, ${bands[item.value[0]]} churn`
              + `\n${number(item.value[3])} customers, ${percent(item.value[2])}`},
          series: [{
            type: "heatmap", itemStyle: {borderColor: ink(view).page, borderWidth: 2},
            data: rows.flatMap((row, j) => bands.map((band, i) => {
              const count = row.counts[i];
              const share = known(count) ? count / row.n : 0;
              const faded = report.isFaded(view, row.id);
              return {
                value: [i, j, share, known(count) ? count : null], segment: row.id,
                itemStyle: {opacity: faded ? 0.35 : 1},
                label: {show: true, fontFamily: view.font, fontSize: narrow ? 10 : 12,
                  formatter: known(count)
                    ? `${number(count)}${narrow ? "" : "  ·  " + percent(share, 0)}` : "",
                  color: faded ? ink(view).soft : report.onHeat(view, share)},
              };
            })),
          }],
        }),
        table: {
          columns: ["Segment", ...bands.map(band => `Customers, ${band} churn`),
                    "Mean chance to leave", `Revenue at risk, ${report.unit(data)}`],
          rows: rows.map(row => [row.name, ...row.counts.map(count => number(count)), percent(row.chance),
                                 number(row.atRisk, 0)]),
        },
      };
    },
  });

  const MEASURES = {
    auc: {name: "AUC, .5 to 1", short: "AUC", better: "more is better", digits: 3},
    log_loss: {name: "log loss, in nats", short: "log loss", better: "less is better", digits: 3},
    mae: {name: "mean absolute error", short: "mean error", better: "less is better", digits: 0, money: true},
  };

  report.define("scorecards", {
    name: "Scorecards", section: "scores", needs: ["scorecards"],
    build(data, view) {
      const scores = [...new Set(data.rows.scorecards.map(row => row.score_name))];
      const panels = scores.map(score => {
        const rows = data.rows.scorecards.filter(row => row.score_name === score);
        const measure = rows[0].measure;
        const known2 = MEASURES[measure] || {name: report.words(measure), better: ""};
        const less = measure === "mae" || measure === "log_loss" || measure === "brier";
        rows.sort((a, b) => (less ? 1 : -1) * (a.measured_value - b.measured_value)
          || (a.candidate < b.candidate ? -1 : 1));
        return {score, measure: known2, rows};
      });
      const first = panels[0];
      const chosen = panel => panel.rows.find(row => row.is_published_candidate);
      const title = panels.map(panel => {
        const row = chosen(panel);
        return row ? `${report.words(row.candidate)} for ${report.words(panel.score)} (`
          + `${panel.measure.short || panel.measure.name} `
          + `${number(row.measured_value, panel.measure.digits)})` : null;
      }).filter(Boolean).join(", ");
      const narrow = report.isNarrow(view);
      const heights = panels.map(panel => 26 * panel.rows.length);
      const tops = heights.map((height, j) =>
        34 + sum(heights.slice(0, j)) + j * 74);
      return {
        title: title ? `${report.sentence(title)} ${panels.length > 1 ? "are" : "is"} `
          + "published"
          : "No candidate is published",
        note: report.whole(view) + "Every candidate by the measure that decides, with 95% "
          + `bootstrap intervals, on customers held out as of ${first.rows[0].test_date}`
          + (panels[1] ? ` and ${panels[1].rows[0].test_date}` : "") + ". "
          + panels.map(panel => report.sentence(panel.rows[0].score_verdict || ""))
            .filter(Boolean).join(". ") + ".",
        basis: "measured",
        height: tops[tops.length - 1] + heights[heights.length - 1] + 40,
        option: report.option(view, {
          title: panels.map((panel, j) => ({
            text: `${report.sentence(report.words(panel.score))}: ${panel.measure.name}`
              + (panel.measure.money ? `, ${report.unit(data)}` : "")
              + (panel.measure.better ? ` (${panel.measure.better})` : ""),
            left: 0, top: tops[j] - 26, padding: 0,
            textStyle: text(view, {color: ink(view).text, fontWeight: 600})})),
          grid: panels.map((panel, j) => ({
            left: narrow ? 104 : 130, right: 64, top: tops[j], height: heights[j]})),
          xAxis: panels.map((panel, j) => report.axis(view, {gridIndex: j, type: "value",
            scale: true, axisLabel: text(view, {hideOverlap: true})})),
          yAxis: panels.map((panel, j) => report.names(view,
            panel.rows.map(row => report.words(row.candidate)), {gridIndex: j})),
          tooltip: {...report.option(view).tooltip,
            formatter: item => {
              const panel = panels[item.seriesIndex];
              const row = panel.rows[item.dataIndex];
              const d = panel.measure.digits;
              return `${report.words(row.candidate)}\n${number(row.measured_value, d)}, `
                + `95% ${number(row.low_value, d)} to ${number(row.high_value, d)}`;
            }},
          series: panels.map((panel, j) => ({
            type: "custom", xAxisIndex: j, yAxisIndex: j,
            data: panel.rows.map((row, i) =>
              [row.measured_value, i, row.low_value, row.high_value]),
            encode: {x: [0, 2, 3], y: 1},
            renderItem(params, api) {
              const row = panel.rows[params.dataIndex];
              const colour = row.is_published_candidate ? ink(view).strong : ink(view).soft;
              const at = value => api.coord([value, params.dataIndex]);
              const [middle, low, high] = [row.measured_value, row.low_value,
                                           row.high_value].map(value =>
                at(known(value) ? value : row.measured_value));
              return {type: "group", children: [
                {type: "line", style: {stroke: colour, lineWidth: 2},
                 shape: {x1: low[0], y1: low[1], x2: high[0], y2: high[1]}},
                {type: "circle", shape: {cx: middle[0], cy: middle[1],
                  r: row.is_published_candidate ? 6 : 4}, style: {fill: colour}},
                {type: "text", x: high[0] + 6, y: high[1] - 6,
                 style: {text: number(row.measured_value, panel.measure.digits)
                           + (row.is_published_candidate ? " ✓" : ""),
                         fill: row.is_published_candidate ? ink(view).text : ink(view).soft,
                         fontSize: 11, fontFamily: view.font}},
              ]};
            },
          })),
        }),
        table: {
          columns: ["Score", "Candidate", "Measure", "Value", "95% interval",
                    "Published is better by (95%)"],
          rows: panels.flatMap(panel => panel.rows.map(row => [
            report.words(row.score_name),
            report.words(row.candidate) + (row.is_published_candidate ? " (published)" : ""),
            row.measure, number(row.measured_value, panel.measure.digits),
            `${number(row.low_value, panel.measure.digits)} to `
              + number(row.high_value, panel.measure.digits),
            known(row.gain_of_published) ? `${number(row.gain_of_published)} `
              + `(${number(row.low_gain)} to ${number(row.high_gain)})` : "–"])),
        },
      };
    },
  });
})(segmentationReport);
