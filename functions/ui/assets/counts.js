// The numbers of jobs by state, which are links that select a state.
import { count } from './text.js';
import { make } from './element.js';

const list = document.getElementById('counts');

export function showCounts(counts, fields) {
  const selected = fields.get('state') ?? '';
  const all = Object.values(counts).reduce((sum, n) => sum + n, 0);
  const entries = [['', 'jobs', all], ...order(Object.keys(counts)).map((state) => [state, state.replace('-', ' '), counts[state]])];
  const known = new Map([...list.querySelectorAll('a')].map((chip) => [chip.dataset.select, chip]));
  entries.forEach(([state, word, n], index) => {
    const chip = known.get(state) ?? add(state, word);
    known.delete(state);
    chip.querySelector('b').textContent = count(n);
    chip.href = link(state, fields.get('q'));
    if (state === selected) chip.setAttribute('aria-current', 'true');
    else chip.removeAttribute('aria-current');
    const item = chip.parentElement;
    if (list.children[index] !== item) list.insertBefore(item, list.children[index] ?? null);
  });
  for (const chip of known.values()) chip.parentElement.remove();
}

// order sorts states as the select does.
function order(states) {
  const all = [...document.getElementById('state').options].map((option) => option.value);
  return states.sort((a, b) => all.indexOf(a) - all.indexOf(b));
}

function add(state, word) {
  const chip = make('a', { 'data-select': state, 'data-state': state }, make('b'), ` ${word}`);
  make('li', {}, chip);
  return chip;
}

function link(state, text) {
  const query = new URLSearchParams();
  if (text) query.set('q', text);
  if (state) query.set('state', state);
  return query.size > 0 ? `/ui/?${query}` : '/ui/';
}
