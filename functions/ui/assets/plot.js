// One plot over time: its axes, colours, size, what is under the pointer, and its text
// for those who do not see it.
/* global uPlot */
const hour = new Intl.DateTimeFormat([], { hour: '2-digit', minute: '2-digit' });
const second = new Intl.DateTimeFormat([], { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const date = new Intl.DateTimeFormat([], { day: 'numeric', month: 'short' });

function ticks(_, splits, __, ___, step) {
  const format = step < 60 ? second : step < 86400 ? hour : date;
  return splits.map((at) => format.format(at * 1000));
}

export function colour(name) { return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim(); }

export class Plot {
  #figure;
  #surface;
  #plot = null;
  #build;
  #content = null;

  // build returns the options of uPlot that differ from plot to plot.
  constructor(figure, build) {
    this.#figure = figure;
    this.#surface = figure.querySelector('.surface');
    this.#build = build;
    new ResizeObserver(() => this.#plot?.setSize(this.#size())).observe(this.#surface);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#renew());
  }

  // show draws data. range holds the ends of the time axis; words says in words what is
  // shown, and at what a reader sees at an index, or at the end.
  show(content) {
    this.#content = content;
    if (this.#plot) this.#plot.setData(content.data);
    else this.#create();
    this.#figure.querySelector('.alternative').textContent = content.words;
    this.#read(this.#plot.cursor.idx);
  }

  get content() { return this.#content; }

  #size() { return { width: Math.max(this.#surface.clientWidth, 120), height: this.#surface.clientHeight }; }

  #create() {
    const { axes = [{}, {}], scales = {}, ...own } = this.#build(this);
    const style = { stroke: colour('soft'), font: '12px system-ui, sans-serif', grid: { stroke: colour('plot-grid'), width: 1 }, ticks: { show: false } };
    const options = {
      ...this.#size(),
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false, setScale: false }, sync: { key: 'job' } },
      padding: [10, 44, 0, 0],
      scales: { x: { time: true, range: (_, low, high) => this.#content.range ?? [low ?? 0, high ?? 1] }, ...scales },
      axes: [{ ...style, values: ticks, size: 28, space: 84, ...axes[0] }, { ...style, size: 62, space: 34, ...axes[1] }],
      ...own,
    };
    options.hooks = { ...own.hooks, setCursor: [(plot) => this.#read(plot.cursor.idx)] };
    this.#plot = new uPlot(options, this.#content.data, this.#surface);
    const canvas = this.#surface.querySelector('canvas');
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-labelledby', `${this.#figure.dataset.plot}-title`);
    canvas.setAttribute('aria-describedby', `${this.#figure.dataset.plot}-alternative`);
  }

  #renew() {
    if (!this.#plot) return;
    this.#plot.destroy();
    this.#create();
  }

  #read(index) {
    this.#figure.querySelector('.readout').textContent = this.#content.at(index ?? null);
  }
}

// upright draws a dashed vertical line at a time.
export function upright(plot, at, stroke) {
  if (at == null || at < plot.scales.x.min || at > plot.scales.x.max) return;
  const { ctx, bbox } = plot;
  const x = Math.round(plot.valToPos(at, 'x', true));
  ctx.save();
  ctx.strokeStyle = stroke;
  ctx.lineWidth = 2 * devicePixelRatio;
  ctx.setLineDash([6 * devicePixelRatio, 4 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  ctx.restore();
}
