/**
 * Figures as a person reads them. Pure: the time and the language are passed in.
 *
 * Rule: unknown never comes here; a view shows a dash and the reason instead.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

const BYTES = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
const COUNTS = ['', 'k', 'M', 'G'];

/** 1610612736 -> "1.5 GiB": two significant digits below ten, whole numbers above. */
export function bytes(value: number): string {
  return scaled(value, 1024, BYTES);
}

/** 1234567 -> "1.2 M"; below ten thousand every one counts. */
export function count(value: number): string {
  return value < 10_000 ? String(value) : scaled(value, 1000, COUNTS);
}

function scaled(value: number, base: number, names: string[]): string {
  let figure = value;
  let step = 0;
  // 999.6 would be shown as 1000: the next unit says it better.
  while (Math.round(figure) >= base && step < names.length - 1) {
    figure /= base;
    step += 1;
  }
  const digits = step > 0 && figure < 9.95 ? 1 : 0;
  return `${figure.toFixed(digits).replace(/\.0$/, '')} ${names[step]}`.trim();
}

/** 0.374 -> "37 %"; what is there but rounds to nothing is "<1 %". */
export function percent(ratio: number): string {
  const rounded = Math.round(ratio * 100);
  return ratio > 0 && rounded === 0 ? '<1 %' : `${rounded} %`;
}

/** Cores with two digits below ten: 0.07, 1.25, 12.3. */
export function cores(value: number): string {
  return String(Number(value.toFixed(value < 10 ? 2 : 1)));
}

/** 750 -> "12 min": at most two units, rounded down, as people speak of time passed. */
export function duration(seconds: number, trans: TranslationBundle): string {
  const whole = Math.max(0, Math.floor(seconds));
  const minutes = Math.floor(whole / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (days > 0) {
    return hours % 24 ? trans.__('%1 d %2 h', days, hours % 24) : trans.__('%1 d', days);
  }
  if (hours > 0) {
    return minutes % 60 ? trans.__('%1 h %2 min', hours, minutes % 60) : trans.__('%1 h', hours);
  }
  return minutes > 0 ? trans.__('%1 min', minutes) : trans.__('%1 s', whole);
}

/** Seconds from one time to another (ISO 8601); never negative, a clock may lag. */
export function between(from: string, to: string): number {
  return Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000);
}

/** "14:02" for the day of `now`, else with the date: the reader's own zone and habits. */
export function moment(time: string, now: string): string {
  const [then, today] = [new Date(time), new Date(now)];
  const clock: Intl.DateTimeFormatOptions = {
    hour: '2-digit',
    minute: '2-digit',
    // Short, and the same as the shell command prints.
    hourCycle: 'h23'
  };
  if (then.toDateString() === today.toDateString()) {
    return new Intl.DateTimeFormat(undefined, clock).format(then);
  }
  const year = then.getFullYear() === today.getFullYear() ? undefined : 'numeric';
  const date: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short', year };
  return new Intl.DateTimeFormat(undefined, { ...date, ...clock }).format(then);
}
