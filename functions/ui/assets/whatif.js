// What if a job had other replicas or another deadline.
import { call } from './call.js';
import { showCurve } from './curve.js';
import { make } from './element.js';
import * as text from './text.js';

const pause = 120; // ms: a slider that moves asks once it rests

export function openWhatIf(id, part) {
  const form = part.querySelector('#what-if');
  const answer = part.querySelector('#what-if-answer');
  const curve = part.querySelector('.curve');
  const { replicas, deadline } = form.elements;
  const touched = { replicas: false, deadline: false };
  let status = null;
  let timer = 0;
  let number = 0; // of the newest question

  function update(next) {
    status = next;
    part.hidden = Boolean(next.ended_at);
    if (part.hidden) return;
    setRanges(replicas, deadline, next, touched);
    label();
  }

  function label() {
    form.querySelector('[for="what-if-replicas"] output').textContent = text.count(replicas.valueAsNumber);
    const at = Date.parse(status.submission_time) + deadline.valueAsNumber * 1000;
    const change = deadline.valueAsNumber - status.expected_time;
    const sooner = Math.abs(change) < 0.5 ? 'as it is' : `${text.span(change)} ${change < 0 ? 'sooner' : 'later'}`;
    form.querySelector('[for="what-if-deadline"] output').textContent = `${text.time(at)} (${sooner})`;
    deadline.setAttribute('aria-valuetext', `${text.time(at)}, ${sooner}`);
  }

  async function ask() {
    const mine = ++number;
    const query = new URLSearchParams({ replicas: replicas.value, deadline: deadline.value });
    try {
      const prospect = await call('GET', `/monitoring/${encodeURIComponent(id)}/forecast?${query}`);
      if (mine === number) show(prospect);
    } catch (error) {
      if (mine === number) answer.replaceChildren(make('p', { class: 'late' }, error.message));
    }
  }

  function show(prospect) {
    answer.replaceChildren(...words(prospect, replicas.valueAsNumber));
    showCurve(curve, prospect.curve ?? [], replicas.valueAsNumber, prospect.forecast?.confidence);
  }

  for (const slider of [replicas, deadline]) {
    slider.addEventListener('input', () => {
      touched[slider.name] = true;
      label();
      clearTimeout(timer);
      timer = setTimeout(ask, pause);
    });
  }
  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('reset', () => setTimeout(() => {
    touched.replicas = touched.deadline = false;
    update(status);
    ask();
  }));
  return { update };
}

// setRanges sets the ends of the sliders; one that was not moved follows the job.
function setRanges(replicas, deadline, status, touched) {
  const f = status.forecast ?? {};
  const now = f.replicas_asked ?? status.control?.replicas ?? status.last_sample?.replicas ?? 1;
  const most = Math.max(20, 2 * now, Math.ceil(1.5 * (f.replicas_needed ?? 0)), status.control?.max_replicas ?? 0);
  if (!touched.replicas || most > Number(replicas.max)) replicas.max = most;
  if (!touched.replicas) replicas.value = Math.max(now, 1);
  if (touched.deadline) return;
  const budget = status.expected_time;
  const late = f.finish_p90 ? (Date.parse(f.finish_p90) - Date.parse(status.submission_time)) / 1000 : 0;
  const step = budget / 100;
  deadline.step = step;
  deadline.min = step;
  deadline.max = step * Math.ceil(Math.min(Math.max(2 * budget, 1.2 * late), 10 * budget, 31536000) / step);
  deadline.value = budget;
}

function words(prospect, replicas) {
  const f = prospect.forecast;
  if (!f) return [make('p', { class: 'soft' }, prospect.ended_at ? 'The job has ended.' : 'There is no sample yet.')];
  if (!f.enough_data) return [make('p', { class: 'soft' }, 'Too little is known yet: some items must be done first.')];
  const workers = `${text.count(replicas)} ${replicas === 1 ? 'replica' : 'replicas'}`;
  const finish = f.finish_p50 ? `, done at ${text.time(f.finish_p50)}${f.finish_p10 && f.finish_p90 ? ` (${text.time(f.finish_p10)} to ${text.time(f.finish_p90)})` : ''}` : ', no finish in sight';
  const need = f.replicas_needed != null
    ? `${text.count(f.replicas_needed)} ${f.replicas_needed === 1 ? 'replica suffices' : 'replicas suffice'} to be in time with a probability of ${text.percent(f.confidence)}.`
    : `No number of replicas is in time with a probability of ${text.percent(f.confidence)}; the best is ${text.chance(f.best_probability)}.`;
  return [make('p', { class: 'big' }, `${workers}: ${text.chance(1 - f.miss_probability)} in time${finish}`), make('p', { class: 'soft' }, need)];
}
