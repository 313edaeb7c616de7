// What a page follows live: through the shared worker, or with a stream of its own where
// there is none. A page that is hidden or closed follows nothing.
import { Feed } from './feed.js';
import { Union } from './union.js';
import { time } from './text.js';

const alive = 10_000; // ms between two messages to the worker that the page is open

export class Live {
  #handlers = {};
  #views = [];
  #jobs = new Map();
  #link;

  // handlers are called by the kind of a message, with its data.
  constructor(handlers) {
    this.#handlers = handlers;
    const take = (kind, data) => this.#take(kind, data);
    this.#link = typeof SharedWorker === 'function' ? new Shared(take) : new Own(take);
    document.addEventListener('visibilitychange', () => this.#send());
    addEventListener('pagehide', () => this.#link.leave());
    addEventListener('pageshow', (event) => { if (event.persisted) this.#send(); });
    addEventListener('online', () => this.retry());
    setInterval(() => { if (!document.hidden) this.#send(); }, alive);
  }

  // want sets what is followed: views, which are queries of /overview, and jobs by id with
  // the time of the newest sample that the page has.
  want(views, jobs = new Map()) {
    this.#views = views;
    this.#jobs = jobs;
    this.#send();
  }

  // retry tries at once to reach a server that was lost.
  retry() { this.#link.retry(); }

  #send() {
    if (document.hidden || this.#views.length + this.#jobs.size === 0) this.#link.leave();
    else this.#link.want(this.#views, this.#jobs);
  }

  #take(kind, data) {
    if (kind === 'state') {
      showState(data);
    } else if (kind === 'samples') {
      const newest = data.samples.at(-1)?.timestamp ?? 0;
      this.#jobs.set(data.id, Math.max(newest, this.#jobs.get(data.id) ?? 0));
    }
    this.#handlers[kind]?.(data);
  }
}

// Shared reaches the stream through the shared worker, which it starts when something is
// wanted.
class Shared {
  #take;
  #port;
  constructor(take) { this.#take = take; }
  want(views, jobs) {
    this.#port ??= this.#open();
    this.#port.postMessage({ kind: 'want', views, jobs: [...jobs] });
  }
  leave() { this.#port?.postMessage({ kind: 'leave' }); }
  retry() { this.#port?.postMessage({ kind: 'retry' }); }
  #open() {
    const { port } = new SharedWorker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'kubejobs' });
    port.onmessage = ({ data }) => this.#take(data.kind, data.data);
    return port;
  }
}

// Own holds a stream of the page itself.
class Own {
  #union = new Union();
  #feed;
  constructor(take) {
    this.#feed = new Feed((kind, data) => { if (this.#union.readers(kind, data).length > 0) take(kind, data); });
  }
  want(views, jobs) { if (this.#union.put(this, views, jobs, Date.now())) this.#follow(); }
  leave() { if (this.#union.remove(this)) this.#follow(); }
  retry() { this.#feed.retry(); }
  #follow() {
    const { views, jobs } = this.#union.all();
    this.#feed.want(views, jobs);
  }
}

const said = {
  connecting: () => 'Connecting…',
  live: () => 'Live',
  lost: (since, why) => `Connection lost at ${since}${why ? `: ${why}` : ''}. What you see is from then.`,
  trouble: (since, why) => `Since ${since}: ${why || 'the store does not answer'}. What you see is from then.`,
};

function showState({ state, since, text }) {
  const shown = document.getElementById('live');
  const words = said[state](time(since), text);
  shown.dataset.state = state;
  if (shown.textContent !== words) shown.textContent = words;
  document.body.toggleAttribute('data-old', state === 'lost' || state === 'trouble');
}
