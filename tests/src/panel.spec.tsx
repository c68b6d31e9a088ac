/** The whole panel over a server at the wire: what a person sees, clicks and gets. */
import { Dialog } from '@jupyterlab/apputils';
import { Widget } from '@lumino/widgets';
import { Actions } from '../../src/acts';
import { Awake } from '../../src/awake';
import { Client } from '../../src/client';
import { ClusterModel } from '../../src/cluster';
import type { EngineInfo, Filling, SnapshotList, Status } from '../../src/contract';
import { FillingModel } from '../../src/filling';
import { PodPanel } from '../../src/panel';
import { Pod } from '../../src/pod';
import { Snapshots } from '../../src/snapshots';
import * as records from './records';
import { type Asked, trans, Wire } from './wire';

let panel: PodPanel;
let pod: Pod;
let wire: Wire;
let saved: number;
const revealed: string[] = [];
let remembered: readonly string[];

interface Told {
  status?: Partial<Status>;
  list?: SnapshotList;
  filling?: Partial<Filling>;
  refusal?: { status: number; body: object };
}

async function show(told: Told = {}, closed: string[] = []): Promise<void> {
  wire = new Wire(({ method, path }) => {
    if (path.endsWith('/status')) {
      return { body: records.status(told.status) };
    }
    if (path.endsWith('/cluster')) {
      return { body: records.cluster() };
    }
    if (path.endsWith('/filling')) {
      return { body: records.filling(told.filling) };
    }
    if (path.endsWith('/shm/end') || path.endsWith('/shm/clear')) {
      return { body: { done: ['1'], left: {}, freed: 0 } };
    }
    if (method === 'GET') {
      return path.endsWith('/files')
        ? { body: { path: '', entries: [entry('src', 'directory'), entry('a.txt', 'file')] } }
        : { body: told.list ?? records.list() };
    }
    return (
      told.refusal ?? (path.endsWith('/preview') ? { body: plan } : { status: 202, body: done })
    );
  });
  const client = new Client(wire.settings, trans);
  pod = new Pod(client);
  const snapshots = new Snapshots(client, pod, () => Promise.resolve(void saved++));
  const actions = new Actions(snapshots, trans);
  const memory = { closed, remember: (names: readonly string[]) => void (remembered = names) };
  const filling = new FillingModel(client, pod, trans, path => void revealed.push(path));
  const awake = new Awake(client, pod, trans);
  const cluster = new ClusterModel(client);
  panel = new PodPanel({ pod, snapshots, actions, awake, filling, cluster, memory, trans });
  Widget.attach(panel, document.body);
  pod.look(true);
  await snapshots.refresh();
  await settle();
}

const done = records.operation({ id: 'mine', state: 'succeeded' });
const plan = {
  snapshot: 's1', paths: [], exact: false, create: 1, replace: 0, remove: 0, unchanged: 2,
  newer_kept: 0, bytes_to_write: 5, created_paths: ['a.txt'], replaced_paths: [],
  removed_paths: [], findings: [], possible: true, objects: []
}; // prettier-ignore

function entry(name: string, type: string): object {
  return { name, path: name, type, size: 5, modified: records.NOW, mode: 420, target: null };
}

const volumes: EngineInfo = {
  ...records.list().engines[0]!,
  engine: 'csi',
  used: null,
  allowed: null,
  note: 'The storage keeps it.',
  can: ['in_place']
};

/** Lets answers arrive and widgets be drawn: until nothing has changed for a while. */
async function settle(): Promise<void> {
  let before = '';
  for (let same = 0; same < 3;) {
    await new Promise(resolve => setTimeout(resolve, 20));
    const now = `${wire.asked.length} ${wire.pending} ${document.body.innerHTML}`;
    same = now === before && wire.pending === 0 ? same + 1 : 0;
    before = now;
  }
}

function button(name: string, within: ParentNode = document.body): HTMLButtonElement {
  const found = [...within.querySelectorAll('button')].find(
    node => (node.getAttribute('aria-label') ?? node.textContent) === name
  );
  if (!found) {
    throw new Error(`There is no button "${name}" in ${within.textContent}`);
  }
  return found;
}

async function click(name: string, within?: ParentNode): Promise<void> {
  button(name, within).click();
  await settle();
}

function head(): HTMLButtonElement {
  return panel.node.querySelector<HTMLButtonElement>('.kfnb-Snapshot-head')!;
}

function sent(method: string): Asked[] {
  return wire.asked.filter(asked => asked.method === method);
}

const said = (): string => panel.node.textContent ?? '';

beforeEach(() => {
  saved = 0;
});

afterEach(() => {
  Dialog.flush();
  pod.dispose();
  panel.dispose();
});

describe('the panel', () => {
  it('shows every section with its readings', async () => {
    await show();
    for (const part of ['Idle for 12 min', '3 GiB of 8 GiB', '/dev/shm', '12 GiB free', 'H200']) {
      expect(said()).toContain(part);
    }
    expect(panel.content.node.tabIndex).toBe(0);
  });

  it('closes a section and remembers that', async () => {
    await show({}, ['gpu']);
    expect(said()).not.toContain('H200');
    const title = panel.node.querySelector<HTMLButtonElement>('#kfnb-shm-title')!;
    expect(title.getAttribute('aria-expanded')).toBe('true');
    title.click();
    await settle();
    expect(remembered).toEqual(['gpu', 'shm']);
    expect(said()).not.toContain('/dev/shm');
  });

  it('warns from the share on that the site sets, and gives advice where it belongs', async () => {
    const advice = {
      id: 'shm_small',
      severity: 'warning' as const,
      title: 'Shared memory is small',
      text: 'Mount a memory volume.',
      patch: 'kind: Notebook',
      section: 'shm' as const
    };
    await show({ status: { levels: { warning: 0.2, alarm: 0.3 }, advice: [advice] } });
    const body = panel.node.querySelector('#kfnb-shm-body')!;
    expect(body.textContent).toContain('Little left');
    expect(body.textContent).toContain('Shared memory is smallMount a memory volume.');
    expect(panel.node.querySelector('#kfnb-limits-body')!.textContent).toContain(
      'Almost nothing left'
    );
    expect(panel.node.querySelectorAll('.kfnb-Advice')).toHaveLength(1);
  });

  it('leaves out the sections that the settings name', async () => {
    await show();
    panel.show_({ gpu: false });
    const hidden = panel.widgets.filter(widget => widget.isHidden);
    expect(hidden.map(widget => widget.node.textContent).join()).toContain('H200');
    expect(hidden).toHaveLength(1);
  });
});

describe('a snapshot', () => {
  it('is taken with a name, after all documents are saved', async () => {
    await show();
    const input = panel.node.querySelector('input')!;
    // React listens to the setter of the element itself.
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')!.set!.call(input, ' x ');
    input.dispatchEvent(new Event('input', { bubbles: true }));
    await click('Take snapshot');

    expect(saved).toBe(1);
    expect(sent('POST')[0]).toMatchObject({ body: { name: 'x' } });
    expect(input.value).toBe('');
  });

  it('that is refused says why, and keeps the name', async () => {
    const body = { message: 'No room for it.', hint: 'Delete a snapshot.' };
    await show({ refusal: { status: 507, body } });
    await click('Take snapshot');

    const alert = panel.node.querySelector('[role=alert]');
    expect(alert?.textContent).toBe('No room for it.Delete a snapshot.');
  });

  it('cannot be taken where the site forbids it, and the reason stands there', async () => {
    await show({ status: { read_only: true } });
    expect(button('Take snapshot').disabled).toBe(true);
    expect(said()).toContain('This site is read-only');
    head().click();
    await settle();
    expect(button('Restore…').disabled).toBe(true);
    expect(button('Verify').disabled).toBe(false);
    expect(button('Restore a.txt…').disabled).toBe(true);
  });

  it('has no button where the engine cannot be used', async () => {
    const engine = { ...records.list().engines[0]!, available: false, reason: 'No hard links.' };
    await show({ list: records.list({ engines: [engine] }) });
    expect(said()).toContain('No hard links.');
    expect(said()).not.toContain('Take snapshot');
  });

  it('tells its cost, what is left out and where it comes from', async () => {
    const incomplete = records.snapshot({
      complete: false,
      left_out: [{ path: 'a.sock', reason: 'a socket' }],
      left_out_count: 1
    });
    const safety = records.snapshot({ id: 's2', name: '', reason: 'before_restore' });
    const nameless = records.snapshot({ id: 's3', name: '' });
    await show({ list: records.list({ snapshots: [incomplete, safety, nameless] }) });

    expect(said()).toContain('3 files, 2 KiB; cost 1 KiB');
    expect(said()).toContain('Incomplete: 1 entry left out');
    expect(said()).toContain('a.sock: a socket');
    expect(said()).toContain('Safety snapshot.');
    expect(said()).toContain('unnamed');
    expect(said()).toContain('Snapshots take 1 GiB of 15 GiB allowed.');
  });

  it('of folders looks as ever where there is no cluster', async () => {
    const [local] = records.list().engines;
    const nowhere = { ...local!, engine: 'csi', available: false, absent: true, reason: 'None.' };
    await show({ list: records.list({ engines: [local!, nowhere] }) });

    expect(panel.node.querySelector('[type=radio]')).toBeNull();
    expect(panel.node.querySelector('.kfnb-Take textarea')).toBeNull();
    expect(said()).not.toContain('None.');
    await click('Take snapshot');
    expect(sent('POST')[0]).toMatchObject({ body: { engine: 'local', name: '' } });
  });

  it('of volumes is taken from the engine that was chosen', async () => {
    await show({ list: records.list({ engines: [records.list().engines[0]!, volumes] }) });
    expect(said()).toContain('Survives the loss of the notebook');
    panel.node.querySelector<HTMLInputElement>('[value=csi]')!.click();
    await settle();
    await click('Take snapshot');

    expect(sent('POST')[0]).toMatchObject({ body: { engine: 'csi', name: '' } });
  });

  it('of volumes that may not be taken shows the role to send', async () => {
    const refused = { ...volumes, available: false, reason: 'It may not.', role: 'kind: Role' };
    await show({ list: records.list({ engines: [records.list().engines[0]!, refused] }) });
    panel.node.querySelector<HTMLInputElement>('[value=csi]')!.click();
    await settle();

    expect(said()).toContain('It may not.');
    expect(panel.node.querySelector('.kfnb-Patch pre')?.textContent).toBe('kind: Role');
    expect(said()).not.toContain('Take snapshot');
  });

  it('of volumes says what stands against one before the button is pressed', async () => {
    const full = { ...volumes, against: 'Your namespace allows 1.', role: 'kind: Role' };
    await show({ list: records.list({ engines: [records.list().engines[0]!, full] }) });
    panel.node.querySelector<HTMLInputElement>('[value=csi]')!.click();
    await settle();

    expect(said()).toContain('Your namespace allows 1.');
    expect(panel.node.querySelector('.kfnb-Patch pre')?.textContent).toBe('kind: Role');
    const button = panel.node.querySelector<HTMLButtonElement>('.kfnb-Take [type=submit]');
    expect(button?.disabled).toBe(true);
  });

  it('of volumes tells its state, its volumes and that they were cut apart', async () => {
    const part = { claim: 'home', mount: '/home/me', object: 'o', size: 2 ** 31, error: '' };
    const whole = { engine: 'csi', files: null, bytes_total: null, bytes_added: null };
    const failed = records.snapshot({
      ...whole,
      state: 'failed',
      error: 'No class.',
      note: 'why it was taken',
      together: false,
      volumes: [
        { ...part, ready: true },
        { ...part, claim: 'data', object: 'p', ready: null }
      ]
    });
    await show({ list: records.list({ snapshots: [failed] }) });
    head().click();
    await settle();

    expect(said()).toContain('Volume snapshot of 2 volumes: home, data');
    expect(said()).toContain('Failed: No class.');
    expect(said()).toContain('why it was taken');
    expect(said()).toContain('ready, 2 GiB');
    expect(said()).toContain('cut one after another');
    expect(said()).not.toContain('Verify');
    expect(button('Restore…').disabled).toBe(true);
    expect(button('Delete…').disabled).toBe(false);
  });

  it('is deleted only after a question', async () => {
    await show();
    head().click();
    await settle();
    await click('Delete…');
    expect(sent('DELETE')).toHaveLength(0);
    await click('Delete', document.querySelector('.jp-Dialog')!);
    expect(sent('DELETE').map(a => a.path.split('/v1/')[1])).toEqual(['snapshots/local/s1']);
  });
});

describe('a restore', () => {
  async function ask(): Promise<HTMLElement> {
    head().click();
    await settle();
    await click('Restore a.txt…');
    return document.querySelector<HTMLElement>('.jp-Dialog')!;
  }

  it('is shown before it is done, and done as shown', async () => {
    await show();
    const dialog = await ask();
    expect(dialog.textContent).toContain('Restore “a.txt” from “before cleanup”?');
    expect(dialog.textContent).toContain('Created: 1');
    dialog.querySelector<HTMLInputElement>('input[type=checkbox]')!.click();
    await settle();
    await click('Restore', dialog);

    const asked = sent('POST').map(({ path, body }) => [path.split('/v1/')[1], body]);
    const request = { engine: 'local', snapshot: 's1', paths: ['a.txt'] };
    expect(asked).toEqual([
      ['restores/preview', { ...request, exact: false }],
      ['restores/preview', { ...request, exact: true }],
      ['restores', { ...request, exact: true }]
    ]);
  });

  it('that is not possible cannot be accepted', async () => {
    await show({ refusal: { status: 409, body: { message: 'Another writer.', hint: '' } } });
    const dialog = await ask();
    expect(dialog.textContent).toContain('Another writer.');
    expect(button('Restore', dialog).disabled).toBe(true);
  });

  it('is left by Escape, and nothing is sent', async () => {
    await show();
    const dialog = await ask();
    dialog.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }));
    await settle();
    expect(document.querySelector('.jp-Dialog')).toBeNull();
    expect(sent('POST').map(a => a.path.split('/').at(-1))).toEqual(['preview']);
  });

  it('can be undone after a question', async () => {
    await show({ list: records.list({ restores: [records.restore()] }) });
    expect(said()).toContain('Restored from “before cleanup” at');
    await click('Undo…');
    await click('Undo', document.querySelector('.jp-Dialog')!);
    expect(sent('POST').map(a => a.path.split('/v1/')[1])).toEqual([
      'restores/r1/undo/preview',
      'restores/r1/undo'
    ]);
  });

  it('without the snapshot before it is not offered to be undone', async () => {
    await show({ list: records.list({ restores: [records.restore({ safety: null })] }) });
    expect(said()).toContain('It cannot be undone');
    expect(said()).not.toContain('Undo…');
  });
});

test('a running operation can be cancelled, whoever runs it', async () => {
  const owner = { ...records.operation().owner, face: 'shell' as const };
  await show({ status: { operations: [records.operation({ owner })] } });
  await click('Cancel');
  expect(sent('DELETE').map(a => a.path.split('/v1/')[1])).toEqual(['operations/o1']);
});
