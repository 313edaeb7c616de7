// The worker that all open pages of a browser share. It holds their only stream.
import { Feed } from './feed.js';
import { Union } from './union.js';

const union = new Union();
const feed = new Feed((kind, data) => {
  for (const port of union.readers(kind, data)) port.postMessage({ kind, data });
});

function follow() {
  const { views, jobs } = union.all();
  feed.want(views, jobs);
}

function hear(port, message) {
  switch (message.kind) {
    case 'want':
      if (union.put(port, message.views, message.jobs, Date.now())) follow();
      port.postMessage({ kind: 'state', data: feed.state });
      break;
    case 'leave':
      if (union.remove(port)) follow();
      break;
    case 'retry':
      feed.retry();
      break;
  }
}

self.onconnect = ({ ports: [port] }) => {
  port.onmessage = ({ data }) => hear(port, data);
};

// A page that crashed does not say that it leaves.
setInterval(() => { if (union.sweep(Date.now())) follow(); }, 10_000);

