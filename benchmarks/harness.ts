/** What `harness.py` is to the benchmarks in Python: medians, their spread, and aims. */
import { expect } from '@playwright/test';

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const [low, high] = [Math.floor((sorted.length - 1) / 2), Math.ceil((sorted.length - 1) / 2)];
  return ((sorted[low] ?? NaN) + (sorted[high] ?? NaN)) / 2;
}

/** The median, and the range in which all lie. */
export function spread(values: readonly number[], unit: string): string {
  const [least, most] = [Math.min(...values), Math.max(...values)].map(v => v.toFixed(2));
  const middle = median(values).toFixed(2).padStart(9);
  return `${middle} ${unit.padEnd(4)} (${least} to ${most}, n=${values.length})`;
}

/** The differences, pair by pair. */
export function added(values: readonly number[], base: readonly number[]): number[] {
  return values.map((value, place) => value - (base[place] ?? NaN));
}

export function line(name: string, text: string): void {
  console.log(`  ${name.padEnd(44)} ${text}`);
}

/** Prints one aim and whether it holds; where not, the test fails, and yet goes on. */
export function atMost(what: string, value: number, limit: number, unit: string): void {
  const word = value <= limit ? 'holds ' : 'MISSED';
  console.log(`  ${word}  ${what}: ${value.toFixed(2)} ${unit}, aim at most ${limit} ${unit}`);
  expect.soft(value, what).toBeLessThanOrEqual(limit);
}
