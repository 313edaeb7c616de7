// Who the reader is. Where a token is needed, the page asks for it; the server keeps it in a
// cookie that no script can read.
import { call } from './call.js';

const dialog = document.getElementById('login-dialog');
const form = document.getElementById('login');
const failed = document.getElementById('login-error');
const leave = document.getElementById('logout');

// openSession returns what the reader may do: the name of a role. It asks for a token first
// where one is needed.
export async function openSession() {
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
    const session = await call('GET', '/session');
    leave.hidden = session.open;
    leave.textContent = `Log out ${session.caller}`;
    return session.role;
  } catch (error) {
    if (error.status === 401) askToken();
    return error.status === 401 ? 'none' : 'write'; // a server that does not answer says so elsewhere
  }
}

// askToken asks for a token, also where the one before is no longer valid.
export function askToken() {
  if (!dialog.open) dialog.showModal();
}

async function enter() {
  failed.hidden = true;
  const answer = await fetch('/session', { method: 'POST', headers: { Authorization: `Bearer ${form.token.value.trim()}` } }).catch(() => null);
  if (answer?.ok) {
    location.reload();
    return;
  }
  const told = await answer?.json().catch(() => null);
  failed.textContent = told?.error_message ?? 'The server does not answer.';
  failed.hidden = false;
  form.token.focus();
}
