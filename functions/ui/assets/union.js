// A union combines what the open pages of a browser want, and gives each of them its
// part of the messages.
const most = { views: 4, jobs: 20 }; // that one stream may follow
const silence = 40_000; // ms without a word, after which a page counts as closed

export class Union {
  #pages = new Map(); // from a page to {views, jobs, heard}

  // put stores what a page wants: views, and jobs with the time of its newest sample.
  // It returns whether a stream has to be opened for it.
  put(page, views, jobs, now) {
    const before = this.#pages.get(page);
    const next = { views, jobs: new Map(jobs), heard: now };
    this.#pages.delete(page);
    this.#pages.set(page, next);
    return !before || before.views.join() !== views.join() || [...next.jobs.keys()].join() !== [...before.jobs.keys()].join();
  }

  // remove forgets a page; it returns whether it was known.
  remove(page) { return this.#pages.delete(page); }

  // sweep forgets the pages that said nothing for long; it returns whether there were any.
  sweep(now) {
    const old = [...this.#pages].filter(([, wants]) => now - wants.heard > silence);
    for (const [page] of old) this.#pages.delete(page);
    return old.length > 0;
  }

  // all returns the views and the jobs of all pages, those of the newest pages if there
  // are too many. Of a job that several pages follow the oldest time counts.
  all() {
    const views = new Set();
    const jobs = new Map();
    for (const wants of [...this.#pages.values()].reverse()) {
      for (const view of wants.views) if (views.size < most.views) views.add(view);
      for (const [id, millis] of wants.jobs) {
        if (jobs.has(id) || jobs.size < most.jobs) jobs.set(id, Math.min(millis, jobs.get(id) ?? Infinity));
      }
    }
    return { views: [...views], jobs };
  }

  // readers returns the pages that want a message.
  readers(kind, data) {
    const wanting = (test) => [...this.#pages].filter(([, wants]) => test(wants)).map(([page]) => page);
    switch (kind) {
      case 'overview': return wanting((wants) => wants.views.includes(data.view));
      case 'samples': return wanting((wants) => this.#seen(wants, data));
      case 'job':
      case 'gone': return wanting((wants) => wants.jobs.has(data.id));
      default: return [...this.#pages.keys()];
    }
  }

  // Once samples are passed on, a new stream begins after them.
  #seen(wants, { id, samples }) {
    if (!wants.jobs.has(id)) return false;
    const newest = samples.at(-1)?.timestamp ?? 0;
    wants.jobs.set(id, Math.max(newest, wants.jobs.get(id)));
    return true;
  }
}
