// What all charts share. A chart is a pure function from the report's data and a view to
// a title that says the finding, a note with unit, date and basis, an ECharts option and
// the same numbers as a table. The page and the PDF draw with the same functions.
"use strict";

var segmentationReport = (function () {
  const charts = {};

  // told apart with any colour vision, and at 3:1 or more against the page
  const PALETTE = {
    light: ["#0b6aa8", "#c4501b", "#12806a", "#8a4a97", "#a3720a", "#4577d6", "#b03060",
            "#5c7a1f", "#7a5c4a", "#2e7f96", "#94519f", "#59646f"],
    dark: ["#57aee6", "#f08a5b", "#45bfa4", "#c48bd0", "#dcae4a", "#8fb0f5", "#ea7fa6",
           "#a6c562", "#c7a592", "#6fc1d8", "#d59be0", "#a7b1bc"],
  };
  const INK = {
    light: {text: "#1c2733", soft: "#55616e", line: "#cdd4db", grid: "#e6eaee",
            page: "#ffffff", faded: "#c9d0d7", strong: "#0b6aa8", warn: "#b5460f",
            low: "#eef3f7", high: "#0b5a8f"},
    dark: {text: "#e8edf2", soft: "#a9b4bf", line: "#46525e", grid: "#303b46",
           page: "#1a222b", faded: "#46525e", strong: "#57aee6", warn: "#f08a5b",
           low: "#22303c", high: "#57aee6"},
  };
  const WORDS = {
    recency_days: "days since last order", n_orders: "orders", net_amount: "net revenue",
    average_order_amount: "order value", discount_share: "discount share",
    return_rate: "return rate", engagement_score: "engagement",
    n_sessions_90d: "visits, 90 days", n_categories: "categories",
    tenure_days: "days known", median_gap_days: "days between orders",
    score: "the score itself", open_rate_90d: "mail open rate", n_carts_90d: "carts, 90 days",
    cart_abandonment_rate_90d: "abandoned carts", monetary_amount: "net revenue",
  };

  const words = name =>
    Object.hasOwn(WORDS, name) ? WORDS[name]
      : String(name).replace(/_(\d+)d$/, ", $1 days").replace(/_/g, " ")
        .replace(/^n /, "");
  const sentence = text => text.charAt(0).toUpperCase() + text.slice(1);
  const grouped = text => text.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  const known = value => value !== null && value !== undefined && isFinite(value);
  const sum = values => values.reduce((total, value) => total + (value || 0), 0);

  function number(value, digits) {
    if (!known(value)) return "–";
    if (digits === undefined) {
      const size = Math.abs(value);
      digits = size >= 100 || Number.isInteger(value) ? 0 : size >= 10 ? 1 : 2;
    }
    const [whole, rest] = Math.abs(value).toFixed(digits).split(".");
    const sign = value < 0 && Number(Math.abs(value).toFixed(digits)) ? "−" : "";
    return sign + grouped(whole) + (rest ? "." + rest : "");
  }
  const percent = (value, digits) =>
    known(value) ? number(100 * value, digits === undefined ? 1 : digits) + "%" : "–";
  const signed = text => text.startsWith("−") ? text : "+" + text;
  const probability = value => known(value) ? number(value, 2) : "–";
  function short(value) {
    if (!known(value)) return "–";
    const size = Math.abs(value);
    if (size >= 999500) return number(value / 1e6, size < 9995000 ? 2 : 1) + "M";
    if (size >= 9995) return number(value / 1e3, size < 99950 ? 1 : 0) + "k";
    return number(value, size < 10 && !Number.isInteger(value) ? 2 : 0);
  }
  // for axes: no more digits than the tick has
  const tick = value => short(value).replace(/\.0+(?=[kM]|$)/, "");
  const money = (data, value) => {
    const row = data.rows.currency[0];
    return (row ? row.reporting_currency + " " : "") + short(value);
  };
  const unit = data =>
    ((data.rows.currency[0] || {}).reporting_currency) || "currency units";
  const asOf = data => (data.rows.meta[0] || {}).as_of_date;

  // -- segments ---------------------------------------------------------------
  function segmentName(data, id) {
    const row = data.rows.segments.find(segment => segment.segment_id === id);
    return row ? row.segment_name : id === "other" ? "Several segments" : words(id);
  }
  function segmentColour(data, view, id) {
    const position = data.rows.segments.findIndex(row => row.segment_id === id);
    const palette = PALETTE[view.dark ? "dark" : "light"];
    if (id === "other") return view.dark ? "#6d7a86" : "#9aa5b0";
    if (id === "prospects" || position < 0) return palette[palette.length - 1];
    return palette[position % (palette.length - 1)];
  }
  const ink = view => INK[view.dark ? "dark" : "light"];
  const isFaded = (view, id) => Boolean(view.segment) && view.segment !== id;
  const colourNow = (data, view, id) =>
    isFaded(view, id) ? ink(view).faded : segmentColour(data, view, id);

  // -- the cube of the filters --------------------------------------------------
  function cell(data, where) {
    const cube = data.cube;
    const key = cube.dimensions.slice(0, 4).map(dimension => {
      const value = where[dimension.name];
      if (value === null || value === undefined) return "*";
      return dimension.values.indexOf(value);
    });
    const row = cube.cells[key.join(",")];
    if (!row) return null;
    const found = {n_customers: row[0], bands: cube.bands[key.join(",")] || null};
    cube.measures.forEach((name, j) => { found[name] = row[j + 1]; });
    return found;
  }
  const filtered = view => ({
    state: view.state, gender: view.gender, top_category: view.top_category});
  function segmentCells(data, view) {
    const where = filtered(view);
    return data.rows.segments
      .map(segment => ({
        id: segment.segment_id, name: segment.segment_name,
        cell: cell(data, Object.assign({segment_id: segment.segment_id}, where)),
      }))
      .filter(segment => segment.cell);
  }
  function scope(view) {
    const parts = [view.state, view.gender, view.top_category].filter(Boolean);
    return parts.length ? parts.join(" · ") + " only. " : "";
  }
  const WHOLE = "Whole shop, whatever the filter. ";
  const isFiltered = view => Boolean(view.state || view.gender || view.top_category);
  const whole = view => isFiltered(view) ? WHOLE : "";

  // -- looks -------------------------------------------------------------------
  const isNarrow = view => view.width < 480;
  const text = (view, more) =>
    Object.assign({color: ink(view).soft, fontFamily: view.font, fontSize: 12}, more);
  function axis(view, more) {
    return Object.assign({
      axisLine: {lineStyle: {color: ink(view).line}},
      axisTick: {show: false},
      splitLine: {lineStyle: {color: ink(view).grid}},
      axisLabel: text(view),
      nameTextStyle: text(view),
    }, more);
  }
  function names(view, values, more) {
    return axis(view, Object.assign({
      type: "category", data: values, inverse: true,
      axisLine: {show: false}, splitLine: {show: false},
      axisLabel: text(view, {color: ink(view).text, width: isNarrow(view) ? 96 : 150,
                             overflow: "break", lineHeight: 14, interval: 0}),
    }, more));
  }
  // height of a row whose name may take several lines: 14 a line, by their usual width
  function row(view, values, least, width) {
    const space = width || (isNarrow(view) ? 96 : 150);
    const lines = name => {
      let count = 1;
      let used = 0;
      for (const word of String(name).split(/\s+/)) {
        const needed = 6.6 * word.length;
        if (used && used + 3.5 + needed > space) {
          count += 1;
          used = 0;
        }
        count += Math.max(0, Math.ceil(needed / space) - 1);
        used += (used ? 3.5 : 0) + needed % space;
      }
      return count;
    };
    return Math.max(least, 8 + 14 * Math.max(1, ...values.map(lines)));
  }
  const left = view => isNarrow(view) ? 104 : 160;
  const legend = (view, more) => Object.assign({
    top: 0, left: 0, itemWidth: 14, itemHeight: 10, itemGap: 16, icon: "roundRect",
    selectedMode: false, textStyle: text(view)}, more);
  // where a plot begins under a legend of these names: lines by their usual width
  function below(view, shown) {
    let lines = 1;
    let used = 0;
    for (const name of shown) {
      const needed = 38 + 6.6 * name.length;
      if (used + needed > view.width) {
        lines += 1;
        used = 0;
      }
      used += needed;
    }
    return 20 + 22 * lines;
  }
  const option = (view, more) => Object.assign({
    animation: false,
    textStyle: {fontFamily: view.font, color: ink(view).text},
    tooltip: {
      renderMode: "richText", confine: true, backgroundColor: ink(view).page,
      borderColor: ink(view).line, padding: 8,
      textStyle: {color: ink(view).text, fontFamily: view.font, fontSize: 12},
    },
  }, more);
  // why the only fit there is was refused, in which case rules stand in; "" otherwise
  const refusal = data => {
    const version = (data.rows.version || [])[0];
    return version && version.status === "fallback" ? version.failure : "";
  };
  const fitted = (data, day) => `Fitted on ${day}.` + (refusal(data)
    ? ` This fit was refused, and rules stand in: ${refusal(data)}.` : "");
  const channels = colour =>
    [1, 3, 5].map(at => parseInt(colour.slice(at, at + 2), 16));
  // WCAG 2: relative luminance of three channels from 0 to 255
  const luminance = rgb => {
    const [red, green, blue] = rgb.map(value => value / 255).map(value =>
      value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  // dark or white text, whichever reads better at `share` of the way along the colours
  function onHeat(view, share, colours = [ink(view).low, ink(view).high]) {
    const along = Math.max(0, Math.min(1, share || 0)) * (colours.length - 1);
    const first = Math.min(Math.floor(along), colours.length - 2);
    const [from, to] = [first, first + 1].map(i => channels(colours[i]));
    const behind = luminance(
      from.map((value, i) => value + (to[i] - value) * (along - first)));
    const dark = "#10161c";
    return 1.05 / (behind + 0.05) > (behind + 0.05) / (luminance(channels(dark)) + 0.05)
      ? "#ffffff" : dark;
  }

  function define(id, chart) { charts[id] = chart; }

  // The input that a chart lacks, if any
  const lacking = (id, data) =>
    charts[id].needs.find(name => !(data.rows[name] || []).length);

  // What a chart shows: {title, note, basis, option, table, height} or, without its
  // input, {title, empty}.
  function draw(id, data, view) {
    const chart = charts[id];
    const name = lacking(id, data);
    if (name) {
      return {title: chart.name, empty: data.missing[name] || "There are no rows."};
    }
    return Object.assign({height: 320}, chart.build(data, view));
  }

  // Why a chart has nothing to show of the whole shop, null if it has: then it takes no
  // place.
  const leftOut = (id, data) => draw(id, data, {
    width: 680, dark: false, font: "", state: null, gender: null, top_category: null,
    segment: null}).empty || null;

  return {
    charts, define, leftOut, draw, PALETTE, WORDS, words, sentence, number, percent, signed,
    probability, short, tick, money, unit, asOf, known, sum, segmentName, segmentColour,
    colourNow, isFaded, ink, cell, filtered, segmentCells, scope, whole, isNarrow, text,
    axis, names, row, left, below, legend, option, onHeat,
    refusal, fitted,
  };
})();
