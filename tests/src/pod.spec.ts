import { Client } from '../../src/client';
import type { Operation, Status } from '../../src/contract';
import { Pod, SHOWN_MS } from '../../src/pod';
import { ago, gpuPoint, NOW, operation, point, status } from './records';
import { type Answer, trans, Wire } from './wire';

let pod: Pod;
let wire: Wire;
let answer: Answer;

function say(extra: Partial<Status>): void {
  answer = { body: status(extra) };
}

function hideTab(hidden: boolean): void {
  const state = hidden ? 'hidden' : 'visible';
  Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state });
  document.dispatchEvent(new Event('visibilitychange'));
}

/** How many questions are asked within so many seconds. */
async function asked(seconds: number): Promise<number> {
  const before = wire.asked.length;
  await jest.advanceTimersByTimeAsync(seconds * 1000);
  return wire.asked.length - before;
}

beforeEach(() => {
  jest.useFakeTimers();
  hideTab(false);
  say({});
  wire = new Wire(() => answer);
  pod = new Pod(new Client(wire.settings, trans));
});

afterEach(() => {
  pod.dispose();
  jest.useRealTimers();
});

describe('nothing is asked while nobody looks', () => {
  it('before the first look', async () => {
    expect(await asked(60)).toBe(0);
    pod.refresh();
    expect(await asked(60)).toBe(0);
  });

  it('twice when it is said twice that somebody looks', async () => {
    pod.look(true);
    pod.look(true);
    expect(await asked(0.1)).toBe(1);
  });

  it('after the panel is hidden, until it is shown again', async () => {
    pod.look(true);
    await asked(10);
    pod.look(false);
    expect(await asked(60)).toBe(0);
    pod.look(true);
    expect(await asked(0.1)).toBe(1);
  });

  it('while the tab is hidden, and at once when it comes back', async () => {
    pod.look(true);
    await asked(10);
    hideTab(true);
    expect(await asked(60)).toBe(0);
    hideTab(false);
    expect(await asked(0.1)).toBe(1);
  });

  it('also when the tab comes back while the panel is hidden', async () => {
    hideTab(true);
    hideTab(false);
    expect(await asked(60)).toBe(0);
  });

  it('after it is disposed', async () => {
    pod.look(true);
    await asked(1);
    pod.dispose();
    expect(await asked(60)).toBe(0);
  });
});

describe('while shown', () => {
  it('asks at most eleven times a minute, which leaves one for the list', async () => {
    pod.look(true);
    expect(await asked(60)).toBe(11);
    expect(SHOWN_MS).toBeGreaterThanOrEqual(5000);
  });

  it('asks at the interval of the settings', async () => {
    pod.interval = 20_000;
    pod.look(true);
    expect(await asked(59)).toBe(3);
  });

  it('asks each second while an operation runs, whoever runs it', async () => {
    say({ operations: [operation()] });
    pod.look(true);
    await asked(0.1);
    expect(await asked(10)).toBe(10);
    say({ taken: ago(-60) });
    await asked(1);
    expect(await asked(11)).toBeLessThanOrEqual(2);
  });

  it('names the last point it has, and keeps ten minutes', async () => {
    say({ history: [point(1, { taken: ago(700) }), point(2, { taken: ago(30) }), point(3)] });
    pod.look(true);
    await asked(1);
    expect(pod.points.map(p => p.seq)).toEqual([2, 3]);

    say({ history: [point(3), point(4, { taken: NOW })] });
    await asked(6);
    expect(wire.asked.map(a => a.query.since)).toEqual(['0', '3']);
    expect(pod.points.map(p => p.seq)).toEqual([2, 3, 4]);
  });

  it('keeps each reading of the GPUs once, of which there are several to a status', async () => {
    say({ history: [point(3)], gpu_history: [gpuPoint(1), gpuPoint(2), gpuPoint(4)] });
    pod.look(true);
    await asked(1);

    // One that came while the first answer was under way is told again.
    say({ history: [point(7)], gpu_history: [gpuPoint(4), gpuPoint(5), gpuPoint(6)] });
    await asked(6);
    expect(wire.asked.map(a => a.query.since)).toEqual(['0', '3']);
    expect(pod.gpuPoints.map(p => p.seq)).toEqual([1, 2, 4, 5, 6]);
  });
});

describe('when the server is gone', () => {
  it('keeps the last figures, says so, asks less and heals by itself', async () => {
    pod.look(true);
    await asked(1);
    answer = 'no answer';
    await asked(6);
    expect(pod.error).toMatchObject({ passing: true });
    expect(pod.status?.taken).toBe(NOW);
    expect(await asked(120)).toBeLessThanOrEqual(20);

    say({});
    expect(await asked(31)).toBeGreaterThanOrEqual(1);
    expect(pod.error).toBeNull();
  });
});

describe('an operation', () => {
  it('is followed before the server tells of it', async () => {
    pod.look(true);
    await asked(1);
    say({ operations: [operation()] });
    pod.follow(operation());
    expect(pod.status?.operations).toHaveLength(1);
    expect(await asked(0.1)).toBe(1);
  });

  it('stays in sight while the server gives an older reading again', async () => {
    const ended: (Operation | null)[] = [];
    pod.ended.connect((_, o) => void ended.push(o));
    pod.look(true);
    await asked(1);
    const later = new Date(Date.parse(NOW) + 1000).toISOString();
    pod.follow(operation({ updated: later }));
    expect(await asked(3)).toBeGreaterThanOrEqual(3);
    expect(pod.status?.operations.map(o => o.state)).toEqual(['running']);

    const quick = operation({ state: 'succeeded', updated: later });
    say({ taken: later, operations: [quick] });
    await asked(2);
    expect(ended).toEqual([quick]);
  });

  it('that ended while nobody looked is told as such', async () => {
    const ended: (Operation | null)[] = [];
    pod.ended.connect((_, o) => void ended.push(o));
    say({ operations: [operation()] });
    pod.look(true);
    await asked(1);
    pod.look(false);
    say({ taken: '2026-11-21T15:00:00Z' });
    pod.look(true);
    await asked(1);
    expect(ended).toEqual([null]);
  });

  it('that has ended is told once', async () => {
    const ended: (Operation | null)[] = [];
    pod.ended.connect((_, o) => void ended.push(o));
    say({ operations: [operation()] });
    pod.look(true);
    await asked(2);
    say({ operations: [operation({ state: 'succeeded', ended: NOW })] });
    await asked(20);
    expect(ended.map(o => [o?.id, o?.state])).toEqual([['o1', 'succeeded']]);
  });
});

test('of two answers the one to the later question wins', async () => {
  const answers: ((answer: Answer) => void)[] = [];
  pod.look(true);
  await asked(1);
  wire.answer = () => new Promise<Answer>(resolve => answers.push(resolve));
  await asked(6);
  pod.refresh();
  await asked(0.1);
  answers[1]?.({ body: status({ seq: 9 }) });
  await asked(0.1);
  answers[0]?.({ body: status({ seq: 8 }) });
  await asked(0.1);
  expect(pod.status?.seq).toBe(9);
});
