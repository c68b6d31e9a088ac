/** The notebook restarts by a person's word: what is told meanwhile, and when it is over. */
import { Signal } from '@lumino/signaling';
import * as React from 'react';
import { Away, type Stage } from '../../src/away';
import { AwayDialogs } from '../../src/away-dialog';
import { ApiError } from '../../src/client';
import type { Operation, Status } from '../../src/contract';
import { Pod } from '../../src/pod';
import { running } from '../../src/running';
import { ConnectionView } from '../../src/views/connection';
import { Drawn, settled } from './draw';
import * as records from './records';
import { trans, Wire } from './wire';

const GONE = new ApiError(0, 'The server does not answer.', 'It is asked again.');
const began = records.operation({ id: 'mine', kind: 'restart', state: 'running' });

/** What the pod tells of, in the hand of a test. */
class Told {
  status: Status | null = records.status();
  error: ApiError | null = null;
  insisted: (number | null)[] = [];
  readonly changed = new Signal<this, void>(this);
  insist = (most: number | null): void => void this.insisted.push(most);

  answers(extra: Partial<Status>): void {
    this.error = null;
    this.status = records.status(extra);
    this.changed.emit();
  }

  fails(error: ApiError): void {
    this.error = error;
    this.changed.emit();
  }
}

let told: Told;
let away: Away;
let now: number;
const stages: (Stage | null)[] = [];

beforeEach(() => {
  now = Date.parse(records.NOW);
  told = new Told();
  stages.length = 0;
  away = new Away(told as unknown as Pod, () => now);
  away.changed.connect(() => stages.push(away.stage));
});
afterEach(() => away.dispose());

const ended = (state: Operation['state']): Partial<Status> => ({
  operations: [{ ...began, state }]
});

test('a restart goes from the word to another server, and the pod is asked though hidden', () => {
  away.expect(began, 'restart');
  told.answers(ended('running'));
  told.answers(ended('succeeded'));
  told.fails(GONE);
  told.fails(new ApiError(503, 'no healthy upstream', ''));
  told.answers({ served_since: records.NOW });
  expect(stages.filter((one, at) => one !== stages[at - 1])).toEqual([
    'expected',
    'going',
    'away',
    'back'
  ]);
  expect(told.insisted).toEqual([10_000, null]);
});

test('a server that does not know the page any more is back as well', () => {
  away.expect(began, 'restart');
  told.fails(GONE);
  told.fails(new ApiError(403, 'Forbidden', ''));
  expect(away.stage).toBe('back');
});

test('a short silence of the same server is over with its answer', () => {
  away.expect(began, 'restart');
  told.fails(GONE);
  expect(away.since).toBe(records.status().taken.replace('Z', '.000Z'));
  told.answers(ended('running'));
  expect([away.stage, away.since]).toEqual(['expected', '']);
});

test.each(['failed', 'cancelled'] as const)('where it has %s nothing is expected', state => {
  away.expect(began, 'stop');
  told.answers(ended(state));
  expect(away.stage).toBeNull();
  told.fails(GONE);
  expect(away.stage).toBeNull();
});

test('a server outside the pod, which never goes, is not waited for', () => {
  away.expect(began, 'restart');
  told.answers(ended('succeeded'));
  now += 3 * 60_000;
  told.answers({});
  expect(away.stage).toBeNull();
  expect(told.insisted).toEqual([10_000, null]);
});

test('without a word before, a lost connection is no restart', () => {
  told.fails(GONE);
  expect(away.stage).toBeNull();
});

test('the dialog stays until the notebook is back, and only then reloads', async () => {
  let reloads = 0;
  const dialogs = new AwayDialogs(away, () => (reloads += 1), trans);
  const button = (): HTMLButtonElement =>
    document.querySelector<HTMLButtonElement>('.kfnb-AwayDialog .jp-mod-accept')!;
  away.expect(began, 'restart');
  await settled(() => told.fails(GONE));
  await settled(() => undefined);
  const shown = (): string => document.querySelector('.kfnb-AwayDialog')?.textContent ?? '';
  expect(shown()).toContain('This notebook is restarting.');
  expect(shown()).toContain('No answer since');
  expect(button().disabled).toBe(true);
  now += 11 * 60_000;
  await settled(() => told.fails(GONE));
  await settled(() => undefined);
  expect(shown()).toContain('This takes longer than usual.');
  await settled(() => told.answers({ served_since: records.NOW }));
  await settled(() => undefined);
  expect(shown()).toContain('This notebook is back.');
  expect(button().disabled).toBe(false);
  await settled(() => button().click());
  expect(reloads).toBe(1);
  dialogs.dispose();
});

test('whoever closed the dialog reads it in the sidebar and is not shown it again', async () => {
  const dialogs = new AwayDialogs(away, () => undefined, trans);
  away.expect(began, 'stop');
  await settled(() => told.fails(GONE));
  await settled(() => undefined);
  await settled(() =>
    document.querySelector<HTMLButtonElement>('.kfnb-AwayDialog .jp-mod-reject')!.click()
  );
  await settled(() => told.fails(GONE));
  expect(document.querySelector('.kfnb-AwayDialog')).toBeNull();
  const drawn = new Drawn();
  drawn.draw(<ConnectionView status={told.status} error={GONE} away={away} trans={trans} />);
  expect(drawn.text).toContain('This notebook was stopped.');
  expect(drawn.text).toContain('Start it again where notebooks are listed');
  expect(drawn.text).not.toContain('Disconnected');
  drawn.clear();
  dialogs.dispose();
});

test('the poll asks more and more seldom while no server answers', async () => {
  jest.useFakeTimers();
  const wire = new Wire(() => 'no answer');
  const { Client } = await import('../../src/client');
  const pod = new Pod(new Client(wire.settings, trans));
  pod.insist(10_000);
  await jest.advanceTimersByTimeAsync(60_000);
  const first = wire.asked.length;
  await jest.advanceTimersByTimeAsync(5 * 60_000);
  expect(first).toBeGreaterThan(5);
  expect(first).toBeLessThan(20);
  expect(wire.asked.length - first).toBeLessThan(60);
  pod.insist(30_000);
  const seldom = wire.asked.length;
  await jest.advanceTimersByTimeAsync(5 * 60_000);
  expect(wire.asked.length - seldom).toBeLessThan(25);
  pod.insist(null);
  const before = wire.asked.length;
  await jest.advanceTimersByTimeAsync(5 * 60_000);
  expect(wire.asked.length).toBe(before);
  pod.dispose();
  jest.useRealTimers();
});

test('what ends is named, busy kernels first with the time since', () => {
  const session = (name: string, state: string): object => ({
    name,
    kernel: { execution_state: state }
  });
  const since = records.ago(480);
  const activity = {
    ...records.activity,
    in_use: true,
    reasons: [
      { text: 'kernel demo.ipynb is busy', since, kind: 'kernel_busy' },
      { text: 'train.py uses 2 cores', since: null, kind: 'process' },
      { text: 'a terminal was used', since: null, kind: 'terminal' }
    ]
  };
  const names = running(
    {
      sessions: {
        running: () => [session('idle.ipynb', 'idle'), session('demo.ipynb', 'idle')]
      },
      terminals: { running: () => [{ name: '1' }] }
    } as unknown as Parameters<typeof running>[0],
    () => records.status({ activity } as Partial<Status>),
    trans
  )();
  expect(names[0]).toMatch(/^Kernel of demo\.ipynb is busy since \d\d:\d\d$/);
  expect(names.slice(1)).toEqual(['train.py uses 2 cores', 'Kernel of idle.ipynb', 'Terminal 1']);
});
