// What is wrong with a job, what happened to it, and which publishers failed.
import { make } from './element.js';
import { count, fillTime } from './text.js';

const shown = {}; // as JSON: what has not changed keeps its elements

function replace(id, data, build) {
  const text = JSON.stringify(data);
  if (shown[id] === text) return;
  shown[id] = text;
  document.querySelector(`#${id} [data-content]`).replaceChildren(...build());
}

function timed(at) {
  const time = make('time');
  fillTime(time, at);
  return time;
}

export function showProblems(problems) {
  replace('problems', problems, () => (problems.length === 0
    ? [make('p', { class: 'soft' }, 'Nothing is wrong.')]
    : [make('ul', {}, ...problems.map(({ text, since }) => make('li', {}, text, since ? make('small', {}, ' since ', timed(since)) : null)))]));
}

export function showEvents(events) {
  replace('events', events, () => (events.length === 0
    ? [make('p', { class: 'soft' }, 'Nothing has happened yet.')]
    : [make('ol', {}, ...[...events].reverse().map(({ at, type, text }) => make('li', {},
      timed(at), make('span', { 'data-state': tone(type) }, make('b', {}, type.replace('-', ' ')), text ? `: ${text}` : ''))))]));
}

// tone returns the state whose colour an event has.
function tone(type) {
  return { started: 'running', recovered: 'finished', observed: 'finished', resumed: 'running', scaled: 'running' }[type] ?? type;
}

export function showPublishers(publishers, unsent) {
  replace('publishers', [publishers, unsent], () => {
    const names = Object.keys(publishers).sort();
    const items = names.map((name) => {
      const { failing, last_error: error, at } = publishers[name];
      return [make('dt', {}, name), make('dd', {}, failing ? 'fails: ' : 'works again, failed before: ', error, make('small', {}, ' ', timed(new Date(at).toISOString())))];
    });
    const all = names.length === 0 ? make('p', { class: 'soft' }, 'No publisher has failed for this job.') : make('dl', { class: 'pairs' }, ...items.flat());
    return unsent > 0 ? [all, make('p', {}, `${count(unsent)} events wait for a receiver.`)] : [all];
  });
}
