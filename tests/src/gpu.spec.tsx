/** The section of GPUs: what is known, what is not and why, whose it is, and an end to leftovers. */
import * as React from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { Client } from '../../src/client';
import type { Gpu, GpuHolder, GpuProcess, MigSlice } from '../../src/contract';
import { GpuActions } from '../../src/gpu';
import { GpuView } from '../../src/views/gpu';
import * as records from './records';
import { trans, Wire } from './wire';

const { NOW, ago } = records;
const MIB = 2 ** 20;
const shared = { points: [], now: NOW, trans };

const leftover: GpuProcess = {
  pid: 77,
  start_ticks: 5,
  command: 'python',
  memory: 512 * MIB,
  confidence: 'exact',
  utilisation: null,
  holder: 'orphan',
  source: null,
  name: 'gone.ipynb',
  can_end: true,
  visible_devices: null,
  missing: {}
};

const holder: GpuHolder = {
  kind: 'orphan',
  source: null,
  name: 'gone.ipynb',
  pids: [77],
  memory: 512 * MIB,
  confidence: 'exact',
  utilisation: null,
  frameworks: [],
  visible_devices: null,
  idle_since: null,
  missing: {}
};

const slice: MigSlice = {
  uuid: 'MIG-1',
  slot: 3,
  gpu_instance: 9,
  compute_instance: 0,
  profile: '1g.5gb',
  multiprocessors: 14,
  gpu_slices: 1,
  compute_slices: 1,
  memory_total: 5 * 2 ** 30,
  memory_used: 2 ** 30,
  memory_own: 2 ** 30,
  activity: null,
  processes: [],
  held_idle_since: null,
  missing: { activity: 'No counter.' }
};

function draw(
  gpu: Partial<Gpu>,
  holders: GpuHolder[] = [],
  acts = { end: jest.fn() }
): HTMLElement {
  const gpus = { ...records.gpus, gpus: [{ ...records.gpu, ...gpu }], holders };
  const host = document.createElement('div');
  host.innerHTML = renderToStaticMarkup(<GpuView {...shared} gpus={gpus} acts={acts} />);
  return host;
}

describe('a GPU', () => {
  it('says what is of others, and how long it was held for nothing', () => {
    const shown = draw({
      memory_own: 2 * 2 ** 30,
      memory_others: 3 * 2 ** 30,
      held_idle_since: ago(3 * 3600),
      processes: [{ ...leftover, holder: 'kernel', name: 'a.ipynb', can_end: false }]
    });

    expect(shown.textContent).toContain('Of it 2 GiB are ours, 3 GiB of others.');
    expect(shown.textContent).toContain('Held by a.ipynb, but nothing has computed for 3 h.');
  });

  it('does not call a pause between two cells idle', () => {
    expect(draw({ held_idle_since: ago(20) }).textContent).not.toContain('Held by');
  });

  it('without memory of its own has what the pod may use', () => {
    const unified = {
      memory_kind: 'unified',
      memory_used: null,
      memory_total: 16 * 2 ** 30
    } as const;
    const shown = draw({ ...unified, missing: { memory_used: 'None of its own.' } });
    expect(shown.textContent).toContain('Together with the programs of the pod it has 16 GiB.');
  });

  it('names what holds its clocks back, and errors', () => {
    const shown = draw({ throttling: ['too hot'], xid: 79, xid_at: NOW });

    expect(shown.textContent).toContain('Held back: too hot.');
    expect(shown.textContent).toContain('error 79 (Xid)');
  });

  it('that is lost says why', () => {
    const missing = { memory_used: 'The GPU fell off its bus.' };
    const shown = draw({ state: 'lost', memory_used: null, utilisation: null, missing });

    expect(shown.querySelector('.kfnb-Level')?.textContent).toBe('The GPU fell off its bus.');
    expect(shown.textContent).not.toMatch(/\b0 B\b/);
  });

  it('unfolds into its processes and the values of the board', () => {
    const on = { ...leftover, pid: 78, memory: null, missing: { memory: 'Not in a pod.' } };
    const shown = draw({
      processes: [leftover],
      slices: [{ ...slice, processes: [on] }],
      memory_clock_mhz: 2619,
      memory_reserved: 600 * MIB,
      sharing: 'unknown',
      missing: { memory_others: 'Not known whose.' }
    });
    const board = shown.querySelector('.kfnb-Board');

    expect(board?.querySelector('summary')?.textContent).toBe('Board and 2 processes');
    expect(board?.textContent).toContain('gone.ipynb, pid 77512 MiB');
    expect(board?.textContent).toContain('gone.ipynb, pid 78, on 1g.5gb—unknown: Not in a pod.');
    expect(board?.textContent).toContain('Memory clock2619 MHz');
    expect(board?.textContent).toContain('Kept by the driver600 MiB');
    expect(board?.textContent).toContain('unknown: Not known whose.');
  });

  it('that is cut shows its slices in its place', () => {
    const shown = draw({ slices: [slice], memory_used: null, utilisation: null });

    expect(shown.textContent).toContain('Slice 1g.5gb, 14 multiprocessors');
    expect(shown.textContent).toContain('1 GiB of 5 GiB');
    expect(shown.querySelector<HTMLElement>('.kfnb-Unknown')?.title).toBe('No counter.');
  });
});

describe('a holder', () => {
  it('that is a lower bound is called one', () => {
    const kernel = { ...holder, kind: 'kernel', confidence: 'lower_bound' } as const;

    expect(draw({}, [kernel]).textContent).toContain('at least 512 MiB');
  });

  it('says where it is and what it may see', () => {
    const process = { ...leftover, can_end: false };
    const shown = draw({ slices: [{ ...slice, processes: [process] }] }, [
      { ...holder, visible_devices: 'MIG-1' }
    ]);

    expect(shown.textContent).toContain('On GPU 0 (1g.5gb), pid 77');
    expect(shown.textContent).toContain('It sees CUDA_VISIBLE_DEVICES=MIG-1');
  });

  it('that belongs to somebody cannot be ended', () => {
    const process = { ...leftover, holder: 'kernel', can_end: false } as const;
    const shown = draw({ processes: [process] }, [{ ...holder, kind: 'kernel' }]);

    expect(shown.querySelector('button')).toBeNull();
  });

  it('that is nobody’s is open to see, with a button', () => {
    const shown = draw({ processes: [leftover] }, [holder]);

    expect(shown.querySelector('details.kfnb-Holders')?.hasAttribute('open')).toBe(true);
    expect(shown.textContent).toContain('Left behind: gone.ipynb');
    expect(shown.querySelector('button')?.textContent).toBe('End process 77…');
  });
});

describe('ending a process', () => {
  const refresh = jest.fn();
  let wire: Wire;
  let actions: GpuActions;

  beforeEach(() => {
    refresh.mockClear();
    wire = new Wire(() => ({ body: { pid: 77, command: 'python', ended: true, message: '' } }));
    actions = new GpuActions(new Client(wire.settings, trans), refresh, trans);
  });

  async function dialog(): Promise<HTMLElement> {
    await new Promise(resolve => setTimeout(resolve, 20));
    const found = document.querySelector<HTMLElement>('.jp-Dialog');
    if (!found) {
      throw new Error('No dialog');
    }
    return found;
  }

  async function press(word: string): Promise<void> {
    const buttons = [...(await dialog()).querySelectorAll('button')];
    buttons.find(one => one.textContent === word)?.click();
    await new Promise(resolve => setTimeout(resolve, 20));
  }

  it('is asked first, and names the very process', async () => {
    actions.end(leftover);
    expect((await dialog()).textContent).toContain('belongs to no kernel or terminal');
    expect(wire.asked).toEqual([]);
    await press('End');

    expect(wire.asked[0]?.path).toBe('/notebook/ns/nb/kfnb/v1/gpu/end');
    expect(wire.asked[0]?.body).toEqual({ pid: 77, start_ticks: 5, force: false });
    expect(wire.asked[0]?.query).toEqual({ no_track_activity: '1' });
    expect(refresh).toHaveBeenCalled();
  });

  it('that is not confirmed does nothing', async () => {
    actions.end(leftover);
    await press('Cancel');

    expect(wire.asked).toEqual([]);
  });

  it('that did not help asks whether to kill', async () => {
    wire.answer = ({ body }) => ({
      body: { pid: 77, command: 'python', ended: (body as { force: boolean }).force, message: '' }
    });
    actions.end(leftover);
    await press('End');
    expect((await dialog()).textContent).toContain('Kill it?');
    await press('Kill');

    expect(wire.asked.map(one => (one.body as { force: boolean }).force)).toEqual([false, true]);
  });

  it('that is refused says why', async () => {
    wire.answer = () => ({ status: 403, body: { message: 'It is a kernel’s.', hint: 'Shut it.' } });
    actions.end(leftover);
    await press('End');

    expect((await dialog()).textContent).toContain('It is a kernel’s. Shut it.');
    await press('OK');
  });
});
