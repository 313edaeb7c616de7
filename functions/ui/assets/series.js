// The samples of a job as columns, as a plot takes them.
const most = 4000; // samples that a page keeps: beyond, every second one of the older half goes
const names = ['at', 'job', 'time', 'error', 'replicas', 'asked', 'lateness'];

export class Series {
  #columns = Object.fromEntries(names.map((name) => [name, []]));

  get length() { return this.#columns.at.length; }
  column(name) { return this.#columns[name]; }
  last(name) { return this.#columns[name].at(-1); }

  // add adds samples that are newer than all before; it returns whether there were any.
  add(samples) {
    const before = this.length;
    for (const sample of samples) {
      const at = sample.timestamp / 1000;
      if (this.length > 0 && at <= this.last('at')) continue;
      const { job_progress: job, time_progress: time, error, replicas, parallelism, lateness } = sample;
      [at, job, time, error, replicas, parallelism || null, lateness ?? null].forEach((value, i) => this.#columns[names[i]].push(value));
    }
    const added = this.length > before;
    if (this.length > most) this.#thin();
    return added;
  }

  #thin() {
    const half = Math.floor(this.length / 2);
    for (const name of names) this.#columns[name] = this.#columns[name].filter((_, i) => i > half || i % 2 === 0);
  }
}

// outline returns the columns of the plot of progress: the samples, and after them the
// forecast as lines from the last sample to where all is done. lead is how many points
// come before the first sample.
export function outline(series, status) {
  const seconds = (at) => (at ? Date.parse(at) / 1000 : null);
  const start = seconds(status.submission_time);
  const deadline = seconds(status.deadline);
  const budget = Math.max(deadline - start, 1e-3);
  const f = status.forecast ?? {};
  const finish = [f.finish_p10, f.finish_p50, f.finish_p90].map(seconds);
  const now = series.last('at') ?? start;
  const done = series.last('job') ?? 0;
  const known = finish[1] != null && done < 1;
  const last = horizon(deadline, budget, now, known ? finish : [], seconds(status.ended_at));
  const extra = [deadline, last, ...(known ? finish : [])].filter((x) => x != null && x > now && x <= last);
  const before = series.length === 0 || start < series.column('at')[0] ? [start] : [];
  const after = [...new Set(extra)].sort((a, b) => a - b);
  const at = [...before, ...series.column('at'), ...after];
  const measured = [...before.map(() => (series.length ? null : 0)), ...series.column('job'), ...after.map(() => null)];
  const should = at.map((x) => 100 * Math.min(Math.max((x - start) / budget, 0), 1));
  const ahead = finish.map((end) => at.map((x) => (known && x >= now ? 100 * reach(x, now, done, end) : null)));
  ahead[1] = ahead[1].map((y, i) => (at[i] > finish[1] ? null : y)); // the line ends where all is done
  return { data: [at, measured.map(toPercent), should, ...ahead], range: [start, last], deadline, lead: before.length };
}

// reach returns the share that is done at x, on the line from now to the end.
function reach(x, now, done, end) {
  if (end == null) return done; // not in sight
  return end <= now ? 1 : Math.min(done + ((1 - done) * (x - now)) / (end - now), 1);
}

// horizon returns the end of the axis: after the deadline and the finish, but not so far
// that the samples vanish.
function horizon(deadline, budget, now, finish, ended) {
  const end = Math.max(deadline, ended ?? now, ...finish.filter((x) => x != null && x < deadline + 2 * budget));
  return end + 0.02 * budget;
}

function toPercent(share) { return share == null ? null : share * 100; }
