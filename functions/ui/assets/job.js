// The page of one job.
import { fill } from './field.js';
import { announce } from './element.js';
import { call } from './call.js';
import { Live } from './live.js';
import { askToken, openSession } from './session.js';
import { Plots } from './plots.js';
import { showProblems, showEvents, showPublishers } from './happenings.js';
import { showReport } from './report.js';
import { openWhatIf } from './whatif.js';
import { openStop } from './stop.js';

const id = decodeURIComponent(location.pathname.split('/').pop());
const root = document.getElementById('job');
const missing = document.getElementById('missing');
const failed = document.getElementById('failed');
const whatIf = openWhatIf(id, document.getElementById('what-if-part'));
let plots = null; // made when the page has a size
let known = null;
let mayStop = false;
let waiting = []; // samples that came before the status

function show(status) {
  if (known?.ended_at && !status.ended_at) return location.reload(); // a new life
  const changed = known && known.state !== status.state;
  missing.hidden = failed.hidden = true;
  root.hidden = false;
  fill(root, status);
  showProblems(status.problems ?? []);
  showEvents(status.events ?? []);
  showPublishers(status.publishers ?? {}, status.unsent_events ?? 0);
  if (known?.ended_at !== status.ended_at || !known) showReport(status);
  whatIf.update(status);
  document.getElementById('stop').hidden = Boolean(status.ended_at) || !mayStop;
  document.title = `${id}: ${status.state.replace('-', ' ')} · kubejobs`;
  if (changed) announce(`${id} is now ${status.state.replace('-', ' ')}`);
  known = status;
  plots ??= new Plots(document);
  add(waiting.splice(0));
  plots.update(status);
}

function add(samples) {
  if (plots) plots.add(samples);
  else waiting.push(...samples);
}

// gone says that there is no such job, or no longer.
function gone() {
  if (known) {
    document.getElementById('gone').hidden = false;
    return;
  }
  missing.querySelector('[data-text]').textContent = `No job is called ${id}. It may have been removed after its retention. If it is started, it appears here.`;
  missing.hidden = false;
  failed.hidden = true;
}

// fail says why the job cannot be shown yet.
function fail(text) {
  failed.querySelector('p').textContent = text;
  failed.hidden = false;
}

for (const link of root.querySelectorAll('[data-link]')) link.href = `/monitoring/${encodeURIComponent(id)}${link.dataset.link}`;
document.querySelector('#stop-dialog [data-id]').textContent = id;
document.title = `${id} · kubejobs`;
openStop(id);
const live = new Live({
  state: ({ login }) => { if (login) askToken(); },
  job: (status) => { if (status.id === id) show(status); },
  samples: (data) => { if (data.id === id) add(data.samples); },
  gone: (data) => { if (data.id === id) gone(); },
});
openSession((role) => {
  mayStop = role === 'write';
  live.retry();
  load();
});

// load shows the job at once, then follows it. What cannot be loaded, the stream brings.
async function load() {
  const path = `/monitoring/${encodeURIComponent(id)}`;
  const [status, page] = await Promise.allSettled([call('GET', path), call('GET', `${path}/samples`)]);
  const samples = page.value?.samples ?? [];
  add(samples);
  if (status.value) show(status.value);
  else if (status.reason.status === 404) gone();
  else fail(`The job cannot be shown yet: ${status.reason.message}`);
  live.want([], new Map([[id, samples.at(-1)?.timestamp ?? 0]]));
}
