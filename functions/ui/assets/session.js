// Who the reader is. Where a token is needed, the page asks for it; the server keeps it in a
// cookie that no script can read.
import { call } from './call.js';

const dialog = document.getElementById('login-dialog');
const form = document.getElementById('login');
const failed = document.getElementById('login-error');
const leave = document.getElementById('logout');
let changed = null;

// openSession calls a function with the role of the reader, read or write: once it is known,
// and after each login. It asks for a token where one is needed.
export async function openSession(take) {
  changed = take;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    enter();
  });
  dialog.addEventListener('cancel', (event) => event.preventDefault()); // without a token there is nothing to see
  leave.addEventListener('click', async () => {
    await call('DELETE', '/session').catch(() => null);
    location.reload();
  });
  try {
    show(await call('GET', '/session'));
  } catch (error) {
    if (error.status === 401) askToken();
    else changed('write'); // a server that does not answer says so elsewhere
  }
}

// askToken asks for a token, also where the one before is no longer valid.
export function askToken() {
  if (!dialog.open) dialog.showModal();
}

function show(session) {
  leave.hidden = session.open;
  leave.textContent = `Log out ${session.caller}`;
  changed(session.role);
}

async function enter() {
  failed.hidden = true;
  const token = form.token.value.trim();
  if (!/^[!-~]+$/.test(token)) { // no header can hold it
    fail('A token has letters, digits and -._~+/= only.');
    return;
  }
  const answer = await fetch('/session', { method: 'POST', headers: { Authorization: `Bearer ${token}` } }).catch(() => null);
  const told = await answer?.json().catch(() => null);
  if (answer?.ok) {
    form.reset();
    dialog.close();
    show(told);
    return;
  }
  fail(told?.error_message ?? 'The server does not answer.');
}

function fail(text) {
  failed.textContent = text;
  failed.hidden = false;
  form.token.focus();
}
