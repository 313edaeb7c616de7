// The page of one job.
import { fill } from './field.js';
import { fillTimes } from './text.js';
import { announce } from './element.js';
import { Live } from './live.js';
import { Plots } from './plots.js';
import { showProblems, showEvents, showPublishers } from './happenings.js';
import { openWhatIf } from './whatif.js';
import { openStop } from './stop.js';

const root = document.getElementById('job');
const id = document.body.dataset.job;

if (root) open();
else new Live({ job: () => location.reload() }).want([], new Map([[id, 0]])); // once the server can show the job

function open() {
  const first = JSON.parse(document.getElementById('data').textContent);
  const plots = new Plots(document, first.samples);
  const whatIf = openWhatIf(id, document.getElementById('what-if-part'));
  let known = null;
  let reported = first.status.ended_at; // what the report on the page is of

  function show(status) {
    const changed = known && known.state !== status.state;
    fill(root, status);
    showProblems(status.problems ?? []);
    showEvents(status.events ?? []);
    showPublishers(status.publishers ?? {}, status.unsent_events ?? 0);
    plots.update(status);
    whatIf.update(status);
    document.getElementById('stop').hidden = Boolean(status.ended_at);
    if (changed) {
      announce(`${id} is now ${status.state.replace('-', ' ')}`);
      document.title = `${id}: ${status.state.replace('-', ' ')} · kubejobs`;
    }
    if (status.ended_at !== reported) renew(status);
    known = status;
  }

  const live = new Live({
    job: (status) => { if (status.id === id) show(status); },
    samples: (data) => { if (data.id === id) plots.add(data.samples); },
    gone: (data) => { if (data.id === id) document.getElementById('gone').hidden = false; },
  });
  fillTimes(document.body);
  show(first.status);
  openStop(id);
  live.want([], new Map([[id, first.samples.at(-1)?.timestamp ?? 0]]));

  // renew fetches what only the server renders: the report of a job that ended. A new
  // life of a job is another page.
  async function renew(status) {
    if (!status.ended_at) location.reload();
    else if (await fetchReport()) reported = status.ended_at;
  }
}

async function fetchReport() {
  const answer = await fetch(location.pathname, { headers: { Accept: 'text/html' } }).catch(() => null);
  if (!answer?.ok) return false;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  for (const name of ['report', 'postmortem']) {
    const fresh = document.importNode(page.getElementById(name), true);
    fillTimes(fresh);
    document.getElementById(name).replaceWith(fresh);
  }
  return true;
}
