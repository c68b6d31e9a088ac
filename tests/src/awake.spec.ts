/** Keep-awake over a server at the wire. */
import { Dialog, Notification } from '@jupyterlab/apputils';
import { Awake } from '../../src/awake';
import { Client } from '../../src/client';
import type { KeepAwake } from '../../src/contract';
import { status } from './records';
import { type Answer, trans, Wire } from './wire';

const before = status({ seq: 5 });
let current: KeepAwake | null;
let allowed: number;
let refusal: Answer | null;
let refreshed: number;
let wire: Wire;
let awake: Awake;

function kept(seconds: number): KeepAwake {
  const until = new Date(Date.now() + seconds * 1000).toISOString();
  return { until, since: until, reason: '', by: 'jovyan' };
}

beforeEach(() => {
  [current, allowed, refusal, refreshed] = [null, 43_200, null, 0];
  Notification.dismiss();
  wire = new Wire(({ method, body }) => {
    if (method !== 'GET' && refusal) {
      return refusal;
    }
    if (method === 'POST') {
      current = kept((body as { seconds: number }).seconds);
    } else if (method === 'DELETE') {
      current = null;
    }
    return { body: { current, allowed_seconds: allowed } };
  });
  const pod = { status: before, refresh: () => void (refreshed += 1) };
  awake = new Awake(new Client(wire.settings, trans), pod, trans);
});

afterEach(() => {
  awake.dispose();
  Dialog.flush();
});

const told = (): string[] => Notification.manager.notifications.map(one => one.message);
const asked = (): unknown[] => wire.asked.filter(one => one.method === 'POST').map(o => o.body);

it('shows what was agreed at once, until a later reading tells', async () => {
  expect(await awake.keep(3600, 'x')).toBe(true);
  expect(asked()).toEqual([{ seconds: 3600, reason: 'x' }]);
  expect(awake.current(before)).toEqual(current);
  expect(awake.current(status({ seq: 6 }))).toBeNull();
});

it('looks again when the server reads anew', async () => {
  await awake.keep(3600, '');
  await new Promise(resolve => setTimeout(resolve, 1300));
  expect(refreshed).toBe(1);
});

it('is ended, and a refusal stays in sight', async () => {
  await awake.keep(3600, '');
  refusal = { status: 403, body: { message: 'No.', hint: 'Ask.' } };
  expect(await awake.keep(3600, '')).toBe(false);
  expect(awake.failure?.message).toBe('No.');
  refusal = null;
  const changed = new Promise(resolve => awake.changed.connect(resolve));
  awake.end();
  await changed;
  expect(awake.failure).toBeNull();
  expect(awake.current(before)).toBeNull();
});

it('from a notification asks for two hours and tells until when', async () => {
  await awake.ask(2, '');
  expect(asked()).toEqual([{ seconds: 7200, reason: '' }]);
  expect(told()[0]).toMatch(/^Kept awake until /);
});

it('asks for no more than the site allows', async () => {
  allowed = 3600;
  await awake.ask(2, '');
  expect(asked()).toEqual([{ seconds: 3600, reason: '' }]);
});

it('never shortens what holds', async () => {
  current = kept(30_000);
  await awake.ask(2, '');
  expect(asked()).toEqual([]);
  expect(told()[0]).toMatch(/^Kept awake until /);
});

it('tells why it was refused, without the marks of code', async () => {
  allowed = 0;
  refusal = { status: 403, body: { message: 'It is `off`.', hint: 'Ask.' } };
  await awake.ask(null, '');
  expect(told()).toEqual(['It is off.\nAsk.']);
});

it('from the palette asks for how long', async () => {
  const done = awake.ask(null, '');
  const find = (): HTMLSelectElement | null => document.querySelector('.jp-Dialog select');
  while (!find()) {
    await new Promise(resolve => setTimeout(resolve, 10));
  }
  expect(find()!.value).toBe('2 h');
  document.querySelector<HTMLButtonElement>('.jp-Dialog .jp-mod-accept')!.click();
  await done;
  expect(asked()).toEqual([{ seconds: 7200, reason: '' }]);
});
