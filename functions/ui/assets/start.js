// The dialog that starts a job.
import { make } from './element.js';

const dialog = document.getElementById('start-dialog');
const form = document.getElementById('start');
const failed = document.getElementById('start-error');
const started = document.getElementById('started');
const controlled = ['min_replicas', 'max_replicas', 'confidence'];

// openStart makes the dialog usable. done is called once a job was started.
export function openStart(call, done) {
  const button = document.getElementById('open-start');
  button.addEventListener('click', () => dialog.showModal());
  dialog.querySelector('[data-close]').addEventListener('click', () => dialog.close());
  form.control.addEventListener('change', () => { document.getElementById('control-fields').hidden = !form.control.checked; });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    start(call, done);
  });
  return button;
}

async function start(call, done) {
  const submit = form.querySelector('[type="submit"]');
  const id = form.id.value.trim();
  forget();
  if (!id) return show(new Map([['id', 'is missing']]), 'id: is missing');
  submit.disabled = true;
  try {
    const answer = await call('POST', `/monitoring/${encodeURIComponent(id)}`, request());
    dialog.close();
    report(id, answer.warnings ?? []);
    form.reset();
    document.getElementById('control-fields').hidden = true;
    done();
  } catch (error) {
    show(error.fields ?? new Map(), error.message);
  } finally {
    submit.disabled = false;
  }
}

// request returns the body. An empty field is left out; the server judges the others.
function request() {
  const value = (name) => {
    const text = form[name].value.trim();
    return text !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
  };
  const pick = (names) => Object.fromEntries(names.map((name) => [name, value(name)]).filter(([, given]) => given !== ''));
  const info = pick(['expected_time', 'number_of_jobs', 'redis_port']);
  const host = form.redis_ip.value.trim();
  if (host) info.redis_ip = host;
  if (form.control.checked) info.control = pick(controlled);
  return { plugin: 'kubejobs', plugin_info: info, ...pick(['collect_period']) };
}

function forget() {
  failed.hidden = true;
  for (const field of form.querySelectorAll('[aria-invalid]')) field.removeAttribute('aria-invalid');
  for (const text of form.querySelectorAll('.wrong')) text.textContent = '';
}

// show shows the whole error, and beside each field what is wrong with it.
function show(fields, message) {
  failed.textContent = message;
  failed.hidden = false;
  let first = null;
  for (const [name, problem] of fields) {
    const field = form.elements.namedItem(name);
    const text = document.getElementById(`start-${name}-wrong`);
    if (!field || !text) continue;
    field.setAttribute('aria-invalid', 'true');
    text.textContent = problem;
    field.closest('details')?.setAttribute('open', '');
    first ??= field;
  }
  (first ?? failed).focus();
}

function report(id, warnings) {
  started.replaceChildren(make('p', {}, make('a', { href: `/ui/jobs/${encodeURIComponent(id)}` }, id), ' is started.'));
  if (warnings.length > 0) started.append(make('ul', {}, ...warnings.map((warning) => make('li', {}, warning))));
  started.hidden = false;
}
