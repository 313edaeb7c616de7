// The fields of a job's status, filled into elements that name them: data-field gets a
// text, data-time a time, data-bar a bar.
import * as text from './text.js';

const forecast = (s) => s.forecast ?? {};

const texts = {
  id: (s) => s.id,
  state: (s) => s.state.replace('-', ' '),
  note: (s) => note(s.problems ?? []),
  reason: (s) => s.reason ?? '',
  done: (s) => text.percent(s.progress?.job),
  gone: (s) => (s.progress ? `${text.percent(s.progress.time)} of time` : 'no sample yet'),
  items: (s) => (s.number_of_jobs ? `${text.count(s.number_of_jobs)} items` : ''),
  margin: (s) => text.margin(s.margin_seconds),
  miss: (s) => text.chance(forecast(s).miss_probability),
  replicas: (s) => replicas(s),
  needed: (s) => needed(s),
  rate: (s) => text.rate(forecast(s).rate_now ?? s.rate),
  mean: (s) => text.rate(s.rate),
  samples: (s) => text.count(s.samples ?? 0),
  quiet: (s) => text.span(s.forecast?.no_progress_seconds),
  expected: (s) => text.count(s.ticks?.expected ?? 0),
  received: (s) => text.count(s.ticks?.received ?? 0),
  lost: (s) => text.count(s.ticks?.lost ?? 0),
  duplicate: (s) => text.count(s.ticks?.duplicate ?? 0),
  surplus: (s) => text.count(s.ticks?.surplus ?? 0),
  lateness: (s) => text.span((s.ticks?.mean_lateness_ms ?? 0) / 1000),
  latest: (s) => text.span((s.ticks?.max_lateness_ms ?? 0) / 1000),
  failures: (s) => text.count(s.failures ?? 0),
  control: (s) => s.control?.reason ?? '',
  asked: (s) => (forecast(s).replicas_asked == null ? 'working' : 'working of asked for'),
  budget: (s) => text.span(s.expected_time),
  total: (s) => text.count(s.number_of_jobs),
  period: (s) => text.span(s.collect_period),
  queue: (s) => `${s.queue}, database ${s.queue_database}: ${s.queue_lists.pending}, ${s.queue_lists.processing}, ${s.queue_lists.results}`,
  controlled: (s) => controlled(s.control),
};

const times = {
  submitted: (s) => s.submission_time,
  deadline: (s) => (s.state === 'unreadable' ? null : s.deadline),
  when: (s) => (s.state === 'unreadable' ? null : s.ended_at ?? s.deadline),
  finish: (s) => s.expected_finish,
  p10: (s) => forecast(s).finish_p10,
  p90: (s) => forecast(s).finish_p90,
  next: (s) => s.next_tick,
  ended: (s) => s.ended_at,
  last: (s) => s.last_sample?.at,
};

// note returns the two worst problems.
function note(problems) {
  const shown = problems.slice(0, 2).map((problem) => problem.text).join(' · ');
  return problems.length > 2 ? `${shown} (and ${problems.length - 2} more)` : shown;
}

function controlled(control) {
  if (!control) return 'none';
  return `${text.count(control.min_replicas)} to ${text.count(control.max_replicas)} replicas by ${control.actuator}, so that the job is in time with ${text.chance(control.confidence)}`;
}

function replicas(s) {
  const working = s.last_sample?.replicas;
  const asked = forecast(s).replicas_asked ?? s.control?.asked;
  if (working == null) return asked == null ? '–' : `– of ${text.count(asked)}`;
  return asked == null ? text.count(working) : `${text.count(working)} of ${text.count(asked)}`;
}

function needed(s) {
  const f = forecast(s);
  if (f.replicas_needed != null) return `${text.count(f.replicas_needed)} needed for ${text.percent(f.confidence)}`;
  return f.enough_data ? `no number reaches ${text.percent(f.confidence)}` : '';
}

function set(element, value) {
  if (element.textContent !== value) element.textContent = value;
}

// fill writes a status into all elements below root that name a field.
export function fill(root, status) {
  if (root.dataset.state !== undefined) root.dataset.state = status.state;
  for (const element of root.querySelectorAll('[data-field]')) set(element, texts[element.dataset.field](status));
  for (const element of root.querySelectorAll('[data-time]')) {
    const at = times[element.dataset.time](status);
    element.hidden = !at;
    if (at) text.fillTime(element, at);
  }
  for (const element of root.querySelectorAll('[data-known]')) element.hidden = !times[element.dataset.known](status);
  for (const element of root.querySelectorAll('[data-unknown]')) element.hidden = !!times[element.dataset.unknown](status);
  for (const element of root.querySelectorAll('[data-late]')) element.classList.toggle('late', status.margin_seconds < 0);
  for (const bar of root.querySelectorAll('[data-bar]')) fillBar(bar, status.progress);
}

function fillBar(bar, progress) {
  bar.querySelector('.fill').setAttribute('width', 100 * (progress?.job ?? 0));
  const mark = bar.querySelector('.mark');
  const at = 100 * Math.min(progress?.time ?? 0, 1);
  mark.setAttribute('x1', at);
  mark.setAttribute('x2', at);
}
