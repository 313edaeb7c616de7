// The four plots of a job.
/* global uPlot */
import { Plot, colour, upright } from './plot.js';
import { Series, outline } from './series.js';
import * as text from './text.js';

export class Plots {
  #series = new Series();
  #status = null;
  #plots;
  #due = false;

  constructor(root) {
    const make = (name, build) => new Plot(root.querySelector(`[data-plot="${name}"]`), build);
    this.#plots = { progress: make('progress', progress), error: make('error', error), replicas: make('replicas', replicas), lateness: make('lateness', lateness) };
  }

  add(samples) { if (this.#series.add(samples)) this.#soon(); }

  update(status) {
    this.#status = status;
    this.#soon();
  }

  // Messages that come together are drawn once.
  #soon() {
    if (this.#due || !this.#status) return;
    this.#due = true;
    requestAnimationFrame(() => {
      this.#due = false;
      this.#draw();
    });
  }

  #draw() {
    const series = this.#series;
    const { lead, ...content } = outline(series, this.#status);
    const done = (i) => `${text.percent(series.column('job')[i])} done, ${text.percent(series.column('time')[i])} of time`;
    const at = (index) => this.#reading(index == null ? null : index - lead, done);
    this.#plots.progress.show({ ...content, words: this.#progressWords(), at });
    const range = series.length > 1 ? null : content.range;
    this.#plain('error', ['error'], text.points, range, 100);
    this.#plain('replicas', ['replicas', 'asked'], workers, range);
    this.#plain('lateness', ['lateness'], (s) => (s == null ? 'unknown' : text.span(s)), range);
  }

  // #plain draws columns as they are, and says in words what show makes of their values.
  #plain(name, columns, show, range, scale = 1) {
    const series = this.#series;
    const values = columns.map((column) => series.column(column).map((x) => (x == null ? null : x * scale)));
    const at = (i) => columns.map((column) => show(series.column(column)[i], column)).filter(Boolean).join(', ');
    this.#plots[name].show({
      data: [series.column('at'), ...values], range, words: this.#words(columns, show), at: (index) => this.#reading(index, at),
    });
  }

  #reading(index, describe) {
    const length = this.#series.length;
    if (length === 0) return 'No sample yet';
    const i = index == null || index < 0 || index >= length ? length - 1 : index;
    return `${text.time(this.#series.column('at')[i] * 1000)}: ${describe(i)}`;
  }

  #progressWords() {
    const s = this.#status;
    if (this.#series.length === 0) return `No sample yet. The deadline is ${text.time(s.deadline)}.`;
    const now = `At ${text.time(this.#series.last('at') * 1000)} ${text.percent(this.#series.last('job'))} of the items are done and ${text.percent(this.#series.last('time'))} of the time has passed.`;
    const f = s.forecast;
    const finish = f?.finish_p50 ? ` The finish is expected at ${text.time(f.finish_p50)}${f.finish_p10 && f.finish_p90 ? `, between ${text.time(f.finish_p10)} and ${text.time(f.finish_p90)} with a probability of 80 %` : ''}.` : '';
    return `${now}${finish} The deadline is ${text.time(s.deadline)}.`;
  }

  #words(columns, show) {
    if (this.#series.length === 0) return 'No sample yet.';
    const parts = columns.map((column) => {
      const known = this.#series.column(column).filter((x) => x != null);
      if (known.length === 0) return '';
      let [low, high] = [known[0], known[0]];
      for (const x of known) [low, high] = [Math.min(low, x), Math.max(high, x)];
      return `lowest ${show(low, column)}, highest ${show(high, column)}, latest ${show(known.at(-1), column)}`;
    });
    return `From ${text.time(this.#series.column('at')[0] * 1000)} to ${text.time(this.#series.last('at') * 1000)}: ${parts.filter(Boolean).join('; ') || 'unknown'}.`;
  }
}

function workers(n, column) {
  return n == null ? '' : `${text.count(n)} ${column === 'asked' ? 'asked for' : 'working'}`;
}

function progress(plot) {
  return {
    scales: { y: { range: [0, 100] } },
    axes: [{}, { values: (_, splits) => splits.map((x) => `${x} %`) }],
    series: [{},
      { stroke: colour('plot-a'), width: 2.5, points: { show: false } },
      { stroke: colour('plot-soft'), width: 1.5, dash: [2, 4], points: { show: false } },
      { stroke: 'transparent', points: { show: false } },
      { stroke: colour('plot-a'), width: 1.5, dash: [6, 5], points: { show: false } },
      { stroke: 'transparent', points: { show: false } },
    ],
    bands: [{ series: [3, 5], fill: colour('plot-band') }],
    hooks: { draw: [(u) => upright(u, plot.content.deadline, colour('red'))] },
  };
}

function error() {
  return {
    scales: { y: { range: (_, low, high) => around(low, high) } },
    axes: [{}, { values: (_, splits) => splits.map((x) => `${x > 0 ? '+' : ''}${+x.toFixed(2)}`) }],
    series: [{}, { stroke: colour('plot-a'), width: 2, points: { show: false }, fill: colour('plot-band'), fillTo: 0 }],
  };
}

function around(low, high) {
  const most = Math.max(Math.abs(low ?? 0), Math.abs(high ?? 0), 5);
  return [Math.min((low ?? 0) * 1.1, -most * 0.15), Math.max((high ?? 0) * 1.1, most * 0.15)];
}

function replicas() {
  const paths = uPlot.paths.stepped({ align: 1 });
  return {
    scales: { y: { range: (_, __, high) => [0, Math.max(high ?? 0, 2) * 1.15] } },
    axes: [{}, { incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000] }],
    series: [{},
      { stroke: colour('plot-a'), width: 2, paths, points: { show: false } },
      { stroke: colour('plot-b'), width: 2, dash: [5, 4], paths, points: { show: false } },
    ],
  };
}

function lateness() {
  return {
    scales: { y: { range: (_, __, high) => [0, Math.max(high ?? 0, 0.5) * 1.15] } },
    axes: [{}, { values: (_, splits) => splits.map((x) => `${+x.toFixed(2)} s`) }],
    series: [{}, { stroke: colour('plot-a'), width: 1.5, points: { show: true, size: 4, fill: colour('plot-a') } }],
  };
}
