// The dialog that stops a job.
import { call } from './call.js';

export function openStop(id) {
  const button = document.getElementById('stop');
  const dialog = document.getElementById('stop-dialog');
  const failed = document.getElementById('stop-error');
  const confirm = document.getElementById('stop-confirm');
  button.addEventListener('click', () => {
    failed.hidden = true;
    dialog.showModal();
  });
  dialog.querySelector('[data-close]').addEventListener('click', () => dialog.close());
  confirm.addEventListener('click', async () => {
    confirm.disabled = true;
    try {
      await call('PUT', `/monitoring/${encodeURIComponent(id)}/stop`);
      dialog.close();
    } catch (error) {
      failed.textContent = error.message;
      failed.hidden = false;
    } finally {
      confirm.disabled = false;
    }
  });
}
