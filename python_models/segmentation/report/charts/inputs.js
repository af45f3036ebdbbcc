// What the numbers rest on: drift of the features, quality of the input.
(function (report) {
  "use strict";
  const {percent, number, short, tick, known, ink, text} = report;
  const SOME = 0.1;  // the bars of fct_score_drift
  const MUCH = 0.25;

  report.define("feature_drift", {
    name: "Drift of the features", section: "inputs", needs: ["drift"],
    build(data, view) {
      const rows = data.rows.drift.filter(row => !row.is_clock
        && known(row.population_stability_index));
      if (!rows.length) return {title: this.name, empty: "No feature has been compared yet."};
      const days = [...new Set(rows.map(row => row.as_of_date))].sort();
      const last = days[days.length - 1];
      const worst = new Map();
      for (const row of rows) {
        const name = row.feature_name;
        worst.set(name, Math.max(worst.get(name) || 0, row.population_stability_index));
      }
      const features = [...worst.keys()].sort(
        (a, b) => worst.get(b) - worst.get(a) || (a < b ? -1 : 1)).slice(0, 10);
      // a feature may be read by several scores: the larger drift counts
      const value = (name, day) => {
        const found = rows.filter(row => row.feature_name === name && row.as_of_date === day)
          .map(row => row.population_stability_index);
        return found.length ? Math.max(...found) : null;
      };
      const now = features.map(name => ({name, value: value(name, last)}))
        .filter(one => known(one.value)).sort((a, b) => b.value - a.value);
      const drifted = now.filter(one => one.value >= SOME);
      const shades = [ink(view).low, ink(view).high];
      const narrow = report.isNarrow(view);
      return {
        title: drifted.length
          ? drifted.length === 1
            ? `One feature has drifted, ${report.words(drifted[0].name)}: `
              + number(drifted[0].value, 2)
            : `${drifted.length} features have drifted, ${report.words(drifted[0].name)} `
              + `most: ${number(drifted[0].value, 2)}`
          : `No feature has drifted: the most is ${report.words(now[0].name)} at `
            + `${number(now[0].value, 3)}, under ${SOME}`,
        note: report.whole(view) + "Population stability index against the customers the "
          + `scores learned from (no unit); ${SOME} is a change, ${MUCH} a large one. `
          + `Features that grow with time alone are left out. ${days[0]} to ${last}.`,
        basis: "measured",
        height: 70 + features.length * report.row(view, features.map(report.words), 28),
        option: report.option(view, {
          grid: {left: report.left(view), right: 10, top: 8, bottom: narrow ? 58 : 48},
          xAxis: report.axis(view, {type: "category", data: days.map(day => day.slice(5)),
            splitLine: {show: false}, axisLabel: text(view, {hideOverlap: true,
              rotate: narrow ? 60 : 0})}),
          yAxis: report.names(view, features.map(report.words)),
          visualMap: {show: false, min: 0, max: MUCH, inRange: {color: shades}},
          tooltip: {...report.option(view).tooltip,
            formatter: item => `${report.words(features[item.value[1]])}\n`
              + `${days[item.value[0]]}: ${number(item.value[2], 3)}`},
          series: [{
            type: "heatmap", itemStyle: {borderColor: ink(view).page, borderWidth: 1},
            data: features.flatMap((name, j) => days.map((day, i) => {
              const at = value(name, day);
              return {value: [i, j, at],
                      label: {show: known(at) && !narrow, fontFamily: view.font,
                              fontSize: 10, formatter: number(at, 3),
                              color: report.onHeat(view, at / MUCH, shades)}};
            })),
          }],
        }),
        table: {
          columns: ["Feature", `Index on ${last}`],
          rows: now.map(one => [report.words(one.name), number(one.value, 3)]),
        },
      };
    },
  });

  report.define("data_quality", {
    name: "Quality of the input", section: "inputs", needs: ["quality"],
    build(data, view) {
      const rows = data.rows.quality.filter(row => row.n_received > 0);
      if (!rows.length) return {title: this.name, empty: "No input row was received."};
      const reasons = new Map();
      for (const row of data.rows.rejections) {
        reasons.set(row.reject_reason, (reasons.get(row.reject_reason) || 0) + row.n_rows);
      }
      const why = [...reasons].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
        .slice(0, 8);
      const received = report.sum(rows.map(row => row.n_received));
      const rejected = report.sum(rows.map(row => row.n_rejected));
      const narrow = report.isNarrow(view);
      const tall = rows.length
        * report.row(view, rows.map(row => report.words(row.entity)), 28);
      const deep = Math.max(why.length, 1)
        * report.row(view, why.map(one => report.words(one[0])), 28);
      const half = view.width / 2;
      return {
        title: rejected
          ? `${percent(rejected / received)} of ${number(received)} input rows were `
            + "rejected" + (why.length ? `, most often as “${report.words(why[0][0])}”: `
              + number(why[0][1]) : "")
          : `All ${number(received)} input rows were accepted`,
        note: report.whole(view) + "Rows of each input table: share rejected, percent, and "
          + `number by reason; the rest is accepted. As of ${report.asOf(data)}.`,
        basis: "measured",
        height: narrow ? tall + deep + 130 : Math.max(tall, deep) + 70,
        option: report.option(view, {
          title: [
            {text: "Rejected, share of rows received", left: 0, top: 3},
            {text: "Rejected rows by reason", left: narrow ? 0 : half,
             top: narrow ? tall + 67 : 3}].map(title => ({...title, padding: 0,
            textStyle: text(view, {color: ink(view).text, fontWeight: 600})})),
          grid: [
            {left: 120, top: 28, height: tall, width: (narrow ? view.width : half) - 230},
            {left: narrow ? 150 : half + 150, right: 54, height: deep,
             top: narrow ? tall + 92 : 28}],
          xAxis: [0, 1].map(j => report.axis(view, {gridIndex: j, type: "value", min: 0,
            splitNumber: 3, axisLabel: text(view, {hideOverlap: true,
              formatter: value => j ? tick(value) : percent(value, 0)})})),
          yAxis: [rows.map(row => report.words(row.entity)),
                  why.map(one => report.words(one[0]))].map((values, j) =>
            report.names(view, values, {gridIndex: j})),
          tooltip: {...report.option(view).tooltip, formatter: item => item.seriesIndex
            ? `${report.words(why[item.dataIndex][0])}\n${number(item.value)} rows`
            : `${report.words(rows[item.dataIndex].entity)}\n`
              + `${number(rows[item.dataIndex].n_accepted)} accepted, `
              + `${number(rows[item.dataIndex].n_rejected)} rejected`},
          series: [
            {type: "bar", barWidth: 12, color: ink(view).warn,
             data: rows.map(row => row.n_rejected / row.n_received),
             label: {show: true, position: "right", ...text(view),
                     formatter: item => `${percent(item.value)} of `
                       + short(rows[item.dataIndex].n_received)}},
            {type: "bar", barWidth: 12, color: ink(view).warn, xAxisIndex: 1,
             yAxisIndex: 1, data: why.map(one => one[1]),
             label: {show: true, position: "right", ...text(view),
                     formatter: item => number(item.value)}}],
        }),
        table: {
          columns: ["Input", "Received", "Accepted", "Rejected", "Reasons"],
          rows: rows.map(row => [
            report.words(row.entity), number(row.n_received), number(row.n_accepted),
            number(row.n_rejected),
            data.rows.rejections.filter(one => one.entity === row.entity)
              .map(one => `${report.words(one.reject_reason)} ${number(one.n_rows)}`)
              .join("; ")]),
        },
      };
    },
  });
})(segmentationReport);
