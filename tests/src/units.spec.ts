import * as units from '../../src/units';
import { trans } from './wire';

describe('bytes', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1 KiB'],
    [1536, '1.5 KiB'],
    [10 * 1024, '10 KiB'],
    [1023.6 * 1024, '1 MiB'],
    [23 * 2 ** 30, '23 GiB'],
    [2 ** 60, '1024 PiB']
  ])('says %d as %s', (value, text) => {
    expect(units.bytes(value)).toBe(text);
  });
});

describe('count', () => {
  it.each([
    [0, '0'],
    [9999, '9999'],
    [12_345, '12 k'],
    [1_234_567, '1.2 M']
  ])('says %d as %s', (value, text) => {
    expect(units.count(value)).toBe(text);
  });
});

describe('percent', () => {
  it.each([
    [0, '0 %'],
    [0.001, '<1 %'],
    [0.374, '37 %'],
    [1, '100 %']
  ])('says %d as %s', (value, text) => {
    expect(units.percent(value)).toBe(text);
  });
});

describe('cores', () => {
  it.each([
    [0.0712, '0.07'],
    [2, '2'],
    [12.34, '12.3']
  ])('says %d as %s', (value, text) => {
    expect(units.cores(value)).toBe(text);
  });
});

describe('duration', () => {
  it.each([
    [-3, '0 s'],
    [59.9, '59 s'],
    [750, '12 min'],
    [3600, '1 h'],
    [3900, '1 h 5 min'],
    [86_400, '1 d'],
    [100_000, '1 d 3 h']
  ])('says %d seconds as %s', (value, text) => {
    expect(units.duration(value, trans)).toBe(text);
  });
});

describe('moment', () => {
  const now = new Date(2026, 10, 21, 15, 0).toISOString();

  it('is a time of the day for today', () => {
    expect(units.moment(new Date(2026, 10, 21, 0, 5).toISOString(), now)).toBe('00:05');
  });

  it('has the date for another day and the year for another year', () => {
    expect(units.moment(new Date(2026, 10, 20, 14, 2).toISOString(), now)).toMatch(/20.*14:02/);
    expect(units.moment(new Date(2025, 10, 21, 14, 2).toISOString(), now)).toMatch(/2025.*14:02/);
  });
});

test('the time between two moments is never negative: a clock may lag', () => {
  expect(units.between('2026-11-21T14:00:00Z', '2026-11-21T14:00:30Z')).toBe(30);
  expect(units.between('2026-11-21T14:00:30Z', '2026-11-21T14:00:00Z')).toBe(0);
});
