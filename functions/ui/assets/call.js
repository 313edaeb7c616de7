// Calls of the API, and what their errors mean for a reader.

// call returns the decoded answer. The error of a refused call has the text of the
// server, and what it says about each field.
export async function call(method, path, body) {
  const headers = { Accept: 'application/json' };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  let answer;
  try {
    answer = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    throw new CallError(0, 'The server does not answer. Is it running, and are you online?');
  }
  const told = await answer.json().catch(() => null);
  if (answer.ok) return told;
  throw new CallError(answer.status, told?.error_message ?? '');
}

export class CallError extends Error {
  constructor(status, message) {
    super(explain(status, message));
    this.status = status;
    this.fields = fieldsOf(message);
  }
}

function explain(status, message) {
  switch (status) {
    case 401: return `You must log in to do that (401). ${message}`.trim();
    case 403: return `You may not do that (403). ${message}`.trim();
    case 404: return message || 'The server does not know that (404).';
    default: return message || `The server answered ${status} without a reason.`;
  }
}

// fieldsOf reads "plugin_info.expected_time: is missing; id: want …" into a map from the
// name of a field to what is wrong with it.
function fieldsOf(message) {
  const fields = new Map();
  for (const part of message.split(/; (?=[a-z][\w.]*: )/)) {
    const found = /^([a-z][\w.]*): (.+)$/s.exec(part);
    if (found) fields.set(found[1].split('.').pop(), found[2]);
  }
  return fields;
}
