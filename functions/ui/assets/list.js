// The page with the list of jobs.
import { fill } from './field.js';
import { announce } from './element.js';
import { call } from './call.js';
import { Live } from './live.js';
import { askToken, openSession } from './session.js';
import { openStart } from './start.js';
import { showCounts } from './counts.js';

const pause = 40; // ms: keys that come faster ask once
const settle = 250; // ms until a changed filter is followed live
const pageSize = 25;

const body = document.querySelector('#jobs tbody');
const pattern = document.getElementById('row');
const form = document.getElementById('filters');
const pages = document.getElementById('pages');
const rows = new Map();
let offset = 0;
let asking = null; // aborts the call under way
let timer = 0;
let following = 0;

// read sets the filter to what the address says.
function read() {
  const query = new URLSearchParams(location.search);
  for (const name of ['q', 'state', 'sort']) if (query.has(name)) form[name].value = query.get(name);
  offset = Math.max(Math.trunc(Number(query.get('offset'))) || 0, 0);
}

// view returns what the filter selects, as a query of /overview.
function view() {
  const query = new URLSearchParams({ limit: pageSize });
  const fields = new FormData(form);
  for (const name of ['q', 'state', 'sort']) if (fields.get(name)) query.set(name, fields.get(name).trim().toLowerCase());
  if (offset > 0) query.set('offset', offset);
  return query.toString();
}

const live = new Live({
  state: ({ login }) => { if (login) askToken(); },
  overview: (data) => { if (data.view === view()) show(data); },
});

function follow() { live.want([view()]); }

// ask shows the jobs of a changed filter at once, then follows it.
async function ask() {
  asking?.abort();
  asking = new AbortController();
  const wanted = view();
  history.replaceState(null, '', address(wanted));
  clearTimeout(following);
  following = setTimeout(follow, settle);
  const answer = await fetch(`/overview?${wanted}`, { signal: asking.signal }).catch(() => null);
  if (answer && wanted === view()) await take(answer);
}

async function take(answer) {
  const told = await answer.json().catch(() => null);
  if (answer.ok) show(told);
  else fail(`The jobs cannot be shown: ${told?.error_message ?? `the server answers ${answer.status}`}`);
}

function fail(text) {
  const failed = document.getElementById('failed');
  failed.querySelector('p').textContent = text;
  failed.hidden = false;
}

function address(wanted) {
  const query = new URLSearchParams(wanted);
  query.delete('limit');
  return query.size > 0 ? `/ui/?${query}` : '/ui/';
}

function changed(wait) {
  offset = 0;
  clearTimeout(timer);
  timer = setTimeout(ask, wait);
}

// show updates the rows in place, so that the focus and a selection stay.
function show({ jobs, total, counts, truncated }) {
  const focused = document.activeElement;
  document.getElementById('failed').hidden = true;
  const shown = new Set(jobs.map((status) => status.id));
  for (const [id, row] of rows) if (!shown.has(id)) { row.remove(); rows.delete(id); }
  jobs.forEach((status, index) => {
    const row = rows.get(status.id) ?? add(status);
    if (row.dataset.state && row.dataset.state !== status.state) announce(`${status.id} is now ${status.state.replace('-', ' ')}`);
    fill(row, status);
    place(row, body.rows[index]);
  });
  if (focused !== document.activeElement && focused.isConnected) focused.focus({ preventScroll: true });
  showCounts(counts, new FormData(form));
  showPages(jobs.length, total, truncated);
}

function add({ id }) {
  const row = pattern.content.firstElementChild.cloneNode(true);
  row.dataset.id = id;
  row.dataset.state = '';
  const link = row.querySelector('a');
  link.textContent = id;
  link.href = `/ui/jobs/${encodeURIComponent(id)}`;
  rows.set(id, row);
  return row;
}

function place(row, before = null) {
  if (row === before) return;
  if (row.isConnected && body.moveBefore) body.moveBefore(row, before);
  else body.insertBefore(row, before);
}

function showPages(length, total, truncated) {
  const filtered = Boolean(form.q.value || form.state.value);
  const empty = document.getElementById('empty');
  empty.hidden = length > 0;
  empty.querySelector('[data-kind="system"]').hidden = filtered;
  empty.querySelector('[data-kind="filter"]').hidden = !filtered;
  document.getElementById('jobs').hidden = length === 0;
  pages.hidden = total <= pageSize && offset === 0;
  document.getElementById('range').textContent = length > 0 ? `${offset + 1} to ${offset + length} of ${total.toLocaleString('en')}${truncated ? ' or more' : ''}` : '';
  turn('previous', offset - pageSize, offset > 0);
  turn('next', offset + pageSize, offset + length < total);
}

function turn(name, target, possible) {
  const button = pages.querySelector(`[data-page="${name}"]`);
  button.disabled = !possible;
  button.value = Math.max(target, 0);
}

form.q.addEventListener('input', () => changed(pause));
form.state.addEventListener('change', () => changed(0));
form.sort.addEventListener('change', () => changed(0));
form.addEventListener('submit', (event) => {
  event.preventDefault();
  changed(0);
});
pages.addEventListener('click', (event) => {
  const button = event.target.closest('[data-page]');
  if (!button) return;
  event.preventDefault();
  offset = Number(button.value);
  ask();
});
document.getElementById('counts').addEventListener('click', (event) => {
  const chip = event.target.closest('a');
  if (!chip || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  form.state.value = chip.dataset.select;
  changed(0);
});

document.querySelector('[data-origin]').textContent = location.origin;
read();
const start = openStart(call, follow);
openSession((role) => {
  start.hidden = role !== 'write';
  live.retry();
  ask();
});
