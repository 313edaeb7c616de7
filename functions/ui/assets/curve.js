// The curve from the number of replicas to the probability of meeting the deadline.
import { drawing } from './element.js';
import { chance, count, percent } from './text.js';

export function showCurve(figure, curve, here, aim) {
  figure.hidden = curve.length < 2;
  if (figure.hidden) return;
  const [low, high] = [curve[0].replicas, curve.at(-1).replicas];
  const x = (replicas) => (100 * (replicas - low)) / Math.max(high - low, 1);
  const y = (probability) => 100 - 100 * probability;
  const line = (name, x1, y1, x2, y2) => drawing('line', { class: name, x1, y1, x2, y2 });
  const path = curve.map((point) => `${x(point.replicas).toFixed(2)},${y(point.probability).toFixed(2)}`).join(' ');
  const parts = [0, 0.5, 1].map((p) => line('grid', 0, y(p), 100, y(p)));
  if (aim != null) parts.push(line('aim', 0, y(aim), 100, y(aim)));
  parts.push(drawing('polyline', { class: 'chance', points: path }));
  if (here >= low && here <= high) parts.push(line('here', x(here), 0, x(here), 100));
  figure.querySelector('svg').replaceChildren(...parts);
  figure.querySelector('[data-low]').textContent = count(low);
  figure.querySelector('[data-high]').textContent = `${count(high)} replicas`;
  figure.querySelector('.alternative').textContent = words(curve, aim);
}

function words(curve, aim) {
  const ends = [curve[0], curve.at(-1)].map((point) => `${chance(point.probability)} with ${count(point.replicas)}`);
  const enough = curve.find((point) => aim != null && point.probability >= aim);
  return `Probability of being in time: ${ends.join(', ')} replicas.${enough ? ` ${count(enough.replicas)} reach ${percent(aim)}.` : ''}`;
}
