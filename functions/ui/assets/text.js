// Figures as texts.
const unknown = '–';
const number = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const clock = new Intl.DateTimeFormat([], { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const day = new Intl.DateTimeFormat([], { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
const whole = new Intl.DateTimeFormat([], { dateStyle: 'full', timeStyle: 'long' });

export function count(n) { return number.format(n); }

// A share as per cent; 100 % only once all is done.
export function percent(share) {
  if (share == null) return unknown;
  const rounded = Math.round(share * 100);
  return `${count(share < 1 ? Math.min(rounded, 99) : rounded)} %`;
}

export function chance(p) {
  if (p == null) return unknown;
  if (p > 0 && p < 0.005) return '<1 %';
  if (p < 1 && p > 0.995) return '>99 %';
  return `${Math.round(p * 100)} %`;
}

// A duration of seconds, without a sign.
export function span(seconds) {
  if (seconds == null) return unknown;
  const s = Math.abs(seconds);
  if (s < 9.95) return `${s.toFixed(1)} s`;
  const r = Math.round(s);
  const pair = (size, large, part, small) => {
    const rest = Math.floor((r % size) / part);
    return rest ? `${count(Math.floor(r / size))} ${large} ${rest} ${small}` : `${count(Math.floor(r / size))} ${large}`;
  };
  if (r < 120) return `${r} s`;
  if (r < 7200) return pair(60, 'min', 1, 's');
  if (r < 172800) return pair(3600, 'h', 60, 'min');
  return pair(86400, 'd', 3600, 'h');
}

export function margin(seconds) {
  if (seconds == null) return unknown;
  return seconds < 0 ? `${span(seconds)} late` : `${span(seconds)} spare`;
}

export function rate(perSecond) {
  if (perSecond == null) return unknown;
  if (perSecond === 0) return '0 items/s';
  if (perSecond >= 0.1) return `${figure(perSecond)} items/s`;
  if (perSecond * 60 >= 0.1) return `${figure(perSecond * 60)} items/min`;
  return `${figure(perSecond * 3600)} items/h`;
}

// An error in points of progress.
export function points(error) {
  const rounded = Math.abs(error * 100).toFixed(1);
  return error < 0 ? `${rounded} points behind` : `${rounded} points ahead`;
}

function figure(x) { return x < 99.95 ? x.toFixed(1) : count(x); }

// A time in the reader's zone; the date only if it is not today.
export function time(at) {
  const t = new Date(at);
  return t.toDateString() === new Date().toDateString() ? clock.format(t) : day.format(t);
}

export function fillTime(element, at) {
  if (element.dateTime === at && element.dataset.zoned) return;
  element.dateTime = at;
  element.dataset.zoned = 'yes';
  element.textContent = time(at);
  element.title = whole.format(new Date(at));
}

