// The report of an ended job, and what can be learnt from its run.
import { make } from './element.js';
import * as text from './text.js';

// showReport fills in the two parts of the page; without a report they are hidden.
export function showReport(status) {
  const { report } = status;
  part('report', report ? reported(report) : null);
  part('postmortem', report?.outcome ? learnt(report.outcome) : null);
}

function part(id, content) {
  const element = document.getElementById(id);
  element.hidden = content === null;
  if (content) element.querySelector('[data-content]').replaceChildren(...content);
}

function reported(r) {
  const met = r.deadline_met == null ? '' : String(r.deadline_met);
  return [
    make('p', { class: 'verdict', 'data-met': met }, verdict(r)),
    pairs([
      ['End', r.reason ? `${r.phase}: ${r.reason}` : r.phase],
      ['Execution time', text.span(r.execution_time)],
      ['Replicas at the end', counted(r.final_replicas)],
      ['Error at the end', error(r.final_error)],
      ['Farthest ahead', error(r.max_error)],
      ['Farthest behind', error(r.min_error)],
      ['Strategy', r.scaling_strategy],
    ]),
  ];
}

function verdict(r) {
  if (r.deadline_met == null) return 'The monitoring was stopped';
  if (r.deadline_met) return `The deadline was met, with ${text.span(r.spare_seconds)} to spare`;
  if (r.phase === 'failed') return `The job failed, ${text.margin(r.spare_seconds)}`;
  return `The deadline was missed by ${text.span(r.spare_seconds)}`;
}

function learnt(o) {
  const used = o.utilisation == null ? '' : `, ${text.percent(o.utilisation)} of it with an item`;
  const content = [pairs([
    ['Rate over the run', text.rate(o.mean_rate)],
    ['Work of all replicas together', text.span(o.replica_seconds) + used],
    ['Replicas that would have sufficed', o.sufficient_replicas == null ? 'unknown' : text.count(o.sufficient_replicas)],
    ['Longest stall', o.longest_stall ? stall(o.longest_stall) : 'none'],
  ])];
  if (o.forecast_checks.length > 0) content.push(forecasts(o.forecast_checks));
  if (o.scale_changes.length > 0) content.push(changes(o.scale_changes, o.scale_change_count));
  return content;
}

function stall(s) {
  return [text.span(s.seconds), ' from ', timed(s.since), s.cause ? `: ${s.cause.replaceAll('-', ' ')}` : ''];
}

function forecasts(all) {
  return table('How good the forecasts were', ['Items done', 'At', 'Finish expected at', 'That was', 'End within 10 to 90 %'], all.map((f) => [
    text.percent(f.share), timed(f.at), timed(f.finish_p50), off(f.error_seconds, f.relative_error), f.within_p10_p90 ? 'yes' : 'no',
  ]));
}

function off(seconds, relative) {
  const way = seconds < 0 ? 'early' : 'late';
  return `${text.span(seconds)} too ${way} (${text.percent(Math.abs(relative))})`;
}

function changes(all, number) {
  const some = number > all.length ? `, the last ${all.length} of ${text.count(number)}` : '';
  return table(`Changes of the number of replicas${some}`, ['At', 'From', 'To', 'Why'], all.map((c) => [
    timed(c.at), text.count(c.from), text.count(c.to), c.reason,
  ]));
}

function table(caption, heads, rows) {
  const head = make('tr', {}, ...heads.map((name) => make('th', { scope: 'col' }, name)));
  const body = rows.map(([first, ...others]) => make('tr', {}, make('th', { scope: 'row' }, first), ...others.map((value) => make('td', {}, value))));
  return make('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption },
    make('table', { class: 'table' }, make('caption', {}, caption), make('thead', {}, head), make('tbody', {}, ...body)));
}

function pairs(entries) {
  return make('dl', { class: 'pairs' }, ...entries.flatMap(([name, value]) => [make('dt', {}, name), make('dd', {}, ...[value].flat())]));
}

function timed(at) {
  const element = make('time');
  text.fillTime(element, at);
  return element;
}

function error([value, second]) { return value == null ? '–' : [text.points(value), ' at ', timed(second)]; }

function counted(n) { return n == null ? '–' : text.count(n); }
