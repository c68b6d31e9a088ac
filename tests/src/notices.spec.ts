import { Notification } from '@jupyterlab/apputils';
import type { Event } from '@jupyterlab/services';
import { NOTICE, Notices } from '../../src/notices';
import { operation } from './records';

const notice = {
  schema_id: NOTICE,
  level: 'success',
  title: 'Snapshot taken',
  message: '"before cleanup"',
  hint: '',
  operation: 'o1'
} as Event.Emission;

let shown: () => string[];

beforeEach(() => {
  jest.useFakeTimers();
  Notification.dismiss();
  shown = () => Notification.manager.notifications.map(({ message }) => message);
});

afterEach(() => {
  jest.useRealTimers();
});

it('shows what the server tells', () => {
  expect(new Notices().receive(notice)).toMatchObject({ title: 'Snapshot taken' });
  expect(shown()).toEqual(['Snapshot taken\n"before cleanup"']);
});

it('leaves the events of others alone', () => {
  expect(new Notices().receive({ ...notice, schema_id: 'https://other' })).toBeNull();
  expect(shown()).toEqual([]);
});

it('tells the end of one operation once, and lets the event speak first', async () => {
  const notices = new Notices();
  notices.ended(operation({ state: 'succeeded', message: 'Done.' }));
  await jest.advanceTimersByTimeAsync(500);
  notices.receive(notice);
  notices.receive(notice);
  await jest.advanceTimersByTimeAsync(5000);
  expect(shown()).toEqual(['Snapshot taken\n"before cleanup"']);
});

it('tells it by itself where no event comes', async () => {
  new Notices().ended(operation({ state: 'failed', message: 'The volume is full.' }));
  await jest.advanceTimersByTimeAsync(5000);
  expect(shown()).toEqual(['snapshot "before cleanup"\nThe volume is full.']);
});

it('offers what the server offers, where that can be done', () => {
  const run = jest.fn();
  const offered = { ...notice, operation: null, offer: 'keep_awake' } as unknown as Event.Emission;
  new Notices({ keep_awake: { label: 'Keep awake 2 h', run } }).receive(offered);
  const [action] = Notification.manager.notifications[0]!.options.actions!;
  expect(action!.label).toBe('Keep awake 2 h');
  action!.callback(new MouseEvent('click'));
  expect(run).toHaveBeenCalledTimes(1);
  Notification.dismiss();
  new Notices().receive(offered);
  expect(Notification.manager.notifications[0]!.options.actions).toEqual([]);
});
