/** Ten minutes of one figure as a line. A moment without a figure is a gap, never a zero. */
import * as React from 'react';

export interface Dot {
  /** ISO 8601 */
  at: string;
  value: number | null;
}

export interface LineProps {
  dots: readonly Dot[];
  /** The moment at the right end, ISO 8601. */
  now: string;
  /** What the upper edge means. */
  top: number;
  /** The line in words. */
  label: string;
}

const WIDTH = 600;
const HEIGHT = 40;
const SPAN_S = 600;
/** The server looks every 30 s; where more than two looks are missing, nobody looked. */
const GAP_S = 75;

export function Line({ dots, now, top, label }: LineProps): JSX.Element {
  const runs = split(dots, now);
  const drawn = runs.map(run =>
    run.map(([age, value]): [number, number] => [
      WIDTH * (1 - age / SPAN_S),
      HEIGHT * (1 - Math.min(1, value / top))
    ])
  );
  return (
    <svg
      className="kfnb-Line"
      role="img"
      aria-label={label}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
    >
      <title>{label}</title>
      {drawn.map((run, index) => (
        <g key={index}>
          <path className="kfnb-Line-area" d={area(run)} />
          <path className="kfnb-Line-stroke" d={stroke(run)} />
        </g>
      ))}
    </svg>
  );
}

/** Unbroken runs of [age in seconds, value]. */
function split(dots: readonly Dot[], now: string): [number, number][][] {
  const runs: [number, number][][] = [];
  let run: [number, number][] = [];
  for (const { at, value } of dots) {
    const age = (Date.parse(now) - Date.parse(at)) / 1000;
    const last = run.at(-1);
    if (run.length && (value === null || (last && last[0] - age > GAP_S))) {
      runs.push(run);
      run = [];
    }
    if (value !== null && age >= 0 && age <= SPAN_S) {
      run.push([age, value]);
    }
  }
  return run.length ? [...runs, run] : runs;
}

function stroke(run: readonly [number, number][]): string {
  const steps = run.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`);
  // A run of one would draw nothing: with round caps, a step of no length is a dot.
  return `M${steps.join('L')}${run.length === 1 ? 'h0.1' : ''}`;
}

function area(run: readonly [number, number][]): string {
  const [first, last] = [run[0]?.[0] ?? 0, run.at(-1)?.[0] ?? 0];
  return `${stroke(run)}L${last.toFixed(1)} ${HEIGHT}L${first.toFixed(1)} ${HEIGHT}Z`;
}
