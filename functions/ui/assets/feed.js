// A feed holds one stream of the server for a set of views and jobs. It reopens the
// stream when the set changes, when the server ends it, and after a loss.
const settle = 30; // ms: changes of the set that come together open one stream
const longest = 25_000; // ms: the server ends a stream sooner, so a longer one is dead
const pauses = [100, 500, 1000, 2000]; // ms before each try after a loss; the last one repeats
const kinds = ['overview', 'job', 'samples', 'gone', 'trouble', 'recovered'];

export class Feed {
  #emit;
  #source = null;
  #views = [];
  #jobs = new Map();
  #tries = 0;
  #timer = 0;
  #guard = 0;
  #state = { state: 'connecting', since: Date.now() };

  // emit is called with each message: its kind and its data. The kind "state" tells the
  // state of the stream: connecting, live, lost or trouble.
  constructor(emit) { this.#emit = emit; }

  get state() { return this.#state; }

  // want sets what is followed. jobs maps ids to the time of the newest sample known.
  want(views, jobs) {
    this.#views = views;
    this.#jobs = jobs;
    this.#later(settle);
  }

  // retry tries at once, as when the machine is online again.
  retry() {
    if (this.#state.state !== 'live') this.#later(0);
  }

  close() { this.want([], new Map()); }

  #later(pause) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#open(), pause);
  }

  #open() {
    this.#source?.close();
    this.#source = null;
    clearTimeout(this.#guard);
    if (this.#views.length === 0 && this.#jobs.size === 0) return;
    const query = new URLSearchParams();
    for (const view of this.#views) query.append('view', view);
    for (const [id, millis] of this.#jobs) query.append('job', `${id}@${millis}`);
    const source = new EventSource(`/overview/events?${query}`);
    source.onopen = () => {
      this.#tries = 0;
      this.#tell('live');
    };
    source.onerror = () => this.#failed();
    for (const kind of kinds) source.addEventListener(kind, (message) => this.#take(kind, JSON.parse(message.data)));
    this.#source = source;
    this.#guard = setTimeout(() => this.#failed(), longest);
  }

  #take(kind, data) {
    if (kind === 'trouble') this.#tell('trouble', data.text);
    else if (kind === 'recovered') this.#tell('live');
    else this.#emit(kind, data);
  }

  // The first failure may be the usual end of a stream.
  #failed() {
    this.#source?.close();
    this.#source = null;
    clearTimeout(this.#guard);
    if (this.#tries > 0) {
      this.#tell('lost');
      this.#askWhy();
    }
    this.#later(pauses[Math.min(this.#tries, pauses.length - 1)]);
    this.#tries++;
  }

  // An EventSource does not say why a server refused it.
  async #askWhy() {
    try {
      const answer = await fetch('/overview?limit=1', { headers: { Accept: 'application/json' } });
      if (this.#state.state !== 'lost' || answer.ok) return;
      const told = (await answer.json().catch(() => ({}))).error_message;
      if (answer.status === 401) this.#tell('lost', 'you must log in to see the jobs (401)', true);
      else if (answer.status === 403) this.#tell('lost', 'you may not see the jobs (403)');
      else this.#tell('lost', `the server answers ${answer.status}${told ? `: ${told}` : ''}`);
    } catch { /* the server does not answer at all: lost says that */ }
  }

  // login says that the reader needs another token.
  #tell(state, text = '', login = false) {
    if (this.#state.state === state && this.#state.text === text) return;
    const since = this.#state.state === state ? this.#state.since : Date.now();
    this.#state = { state, text, login, since };
    this.#emit('state', this.#state);
  }
}
