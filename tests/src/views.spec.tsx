import * as React from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { ApiError } from '../../src/client';
import type { Activity } from '../../src/contract';
import { ActivityView } from '../../src/views/activity';
import { ConnectionView } from '../../src/views/connection';
import { GpuView } from '../../src/views/gpu';
import { LimitsView } from '../../src/views/limits';
import { Line } from '../../src/views/line';
import { OperationView } from '../../src/views/operation';
import { PlanView } from '../../src/views/plan';
import { ShmView } from '../../src/views/shm';
import { VolumesView } from '../../src/views/volumes';
import * as records from './records';
import { trans } from './wire';

const { NOW, ago } = records;
const shared = { points: [], now: NOW, trans };
const unavailable = {
  kind: 'unavailable',
  reason: 'This pod has no GPU.',
  hint: 'Ask for one.'
} as const;

function draw(element: JSX.Element): HTMLElement {
  const host = document.createElement('div');
  host.innerHTML = renderToStaticMarkup(element);
  return host;
}

function text(element: JSX.Element): string {
  return draw(element).textContent ?? '';
}

describe('a reading that could not be had shows why and the way out', () => {
  it.each([
    ['activity', <ActivityView key="" {...shared} activity={unavailable} />],
    ['limits', <LimitsView key="" {...shared} limits={unavailable} />],
    ['shm', <ShmView key="" {...shared} shm={unavailable} />],
    ['volumes', <VolumesView key="" {...shared} volumes={unavailable} />],
    ['gpus', <GpuView key="" {...shared} gpus={unavailable} />]
  ])('%s', (_, view) => {
    expect(text(view)).toBe('This pod has no GPU.Ask for one.');
  });
});

describe('a figure that is not known is a dash with its reason, never 0', () => {
  it('of the pod', () => {
    const limits = {
      ...records.limits,
      memory_working_set: null,
      cpu_usage_cores: null,
      processes: null,
      missing: { memory_working_set: 'No cgroup.', cpu_usage_cores: 'The next reading has it.' }
    };
    const host = draw(<LimitsView {...shared} limits={limits} />);
    const dashes = [...host.querySelectorAll<HTMLElement>('.kfnb-Unknown')];

    expect(dashes.map(dash => dash.title)).toEqual(['No cgroup.', 'The next reading has it.']);
    expect(dashes[0]?.querySelector('.kfnb-sr-only')?.textContent).toBe('unknown: No cgroup.');
    expect(host.querySelector('[role=meter]')).toBeNull();
    expect(host.textContent).not.toMatch(/\b0\b/);
  });

  it('of a volume that does not answer', () => {
    const volume = {
      ...records.volume,
      stale: true,
      total: null,
      free: null,
      inodes_total: null,
      inodes_free: null,
      missing: { free: 'No answer within 2 s.' }
    };
    const host = draw(<VolumesView {...shared} volumes={{ kind: 'volumes', volumes: [volume] }} />);

    expect(host.querySelector('.kfnb-Unknown')?.getAttribute('title')).toBe(
      'No answer within 2 s.'
    );
    // Once for those who listen, once for the eyes.
    expect(host.textContent?.match(/No answer within 2 s\./g)).toHaveLength(2);
    expect(host.textContent).not.toContain('It does not answer');
    expect(host.textContent).not.toMatch(/\b0 B\b/);
  });

  it('of a GPU', () => {
    const gpu = {
      ...records.gpu,
      utilisation: null,
      power_milliwatts: null,
      missing: { utilisation: 'Not with MIG.', power_milliwatts: 'Not supported.' }
    };
    const gpus = { ...records.gpus, driver_version: null, gpus: [gpu] };
    const titles = [
      ...draw(<GpuView {...shared} gpus={gpus} />).querySelectorAll<HTMLElement>('.kfnb-Unknown')
    ].map(dash => dash.title);

    expect(titles).toEqual(['Not with MIG.', 'Not supported.']);
  });
});

describe('use', () => {
  it('names what is busy, and since when', () => {
    const since = new Date(Date.parse(NOW) - 480_000);
    const clock = since.toTimeString().slice(0, 5);
    const activity: Activity = {
      ...records.activity,
      in_use: true,
      since: since.toISOString(),
      last_use: NOW,
      reasons: [{ text: 'kernel demo.ipynb is busy', since: since.toISOString(), kind: 'kernel' }]
    };

    expect(text(<ActivityView activity={activity} now={NOW} trans={trans} />)).toBe(
      `In usekernel demo.ipynb is busy since ${clock}`
    );
  });

  it('says for how long it is idle, by the clock of the server', () => {
    const { activity } = records;
    expect(text(<ActivityView activity={activity} now={NOW} trans={trans} />)).toBe(
      'Idle for 12 min'
    );
  });
});

test('what runs in a notebook is named before other processes', () => {
  const kinds = ['process', 'kernel_busy'] as const;
  const reasons = kinds.map(kind => ({ text: kind, since: null, kind }));
  const activity = { ...records.activity, in_use: true, reasons };
  const host = draw(<ActivityView activity={activity} now={NOW} trans={trans} />);

  expect(host.querySelector('li')?.textContent).toBe('kernel_busy');
});

test('many reasons are folded away behind the first three', () => {
  const reasons = ['a', 'b', 'c', 'd', 'e'].map(text => ({ text, since: null, kind: null }));
  const activity = { ...records.activity, in_use: true, reasons };
  const host = draw(<ActivityView activity={activity} now={NOW} trans={trans} />);

  expect(host.querySelector('ul')?.textContent).toBe('abc');
  expect(host.querySelector('details')?.textContent).toBe('2 more reasonsde');
});

test('what could not be seen is said, and counts neither way', () => {
  const activity = { ...records.activity, unknown: ['the GPU processes'] };
  expect(text(<ActivityView activity={activity} now={NOW} trans={trans} />)).toContain(
    'Not seen: the GPU processes'
  );
});

describe('limits', () => {
  it('are figures, bars with a name and a value in words, and lines', () => {
    const points = [records.point(1, { taken: ago(60) }), records.point(2)];
    const host = draw(<LimitsView {...shared} points={points} limits={records.limits} />);

    expect(host.textContent).toContain('3 GiB of 8 GiB');
    expect(host.textContent).toContain('1.25 of 4 cores');
    const meter = host.querySelector('[role=meter]');
    expect(meter?.getAttribute('aria-label')).toBe('Memory');
    expect(meter?.getAttribute('aria-valuetext')).toBe('3 GiB of 8 GiB');
    expect(meter?.getAttribute('aria-valuenow')).toBe('38');
    expect(host.querySelectorAll('svg[role=img]')).toHaveLength(2);
  });

  it('that are not set are said so, and the node is named as the node', () => {
    const limits = { ...records.limits, memory_limit: null, cpu_limit_cores: null };
    const host = draw(<LimitsView {...shared} limits={limits} />);

    expect(host.textContent).toContain('No limit set; the node has 64 GiB.');
    expect(host.textContent).toContain('No limit set; 16 CPUs are available.');
    expect(host.querySelector('[role=meter]')).toBeNull();
  });

  it('tell of the level that slows down, of swap, and of a limit that the node does not have', () => {
    const GIB = 2 ** 30;
    const levels = { memory_limit_set: 96 * GIB, memory_high: 7 * GIB, swap_used: GIB / 2 };
    const said = text(<LimitsView {...shared} limits={{ ...records.limits, ...levels }} />);

    expect(said).toContain('The limit of 96 GiB is more than the node has');
    expect(said).toContain('From 7 GiB on the system slows it down.');
    expect(said).toContain('512 MiB is swapped out');
  });

  it('that are nearly reached are said in words, not by colour alone', () => {
    const limits = { ...records.limits, memory_working_set: 7.9 * 2 ** 30, oom_kills: 1 };
    const said = text(<LimitsView {...shared} limits={limits} />);

    expect(said).toContain('Almost nothing left');
    expect(said).toContain('1 process was killed for lack of memory');
  });
});

test('shared memory tells what a listing hides', () => {
  const said = text(<ShmView {...shared} shm={records.shm} />);

  expect(said).toContain('16 MiB of 64 MiB');
  expect(said).toContain('10 MiB belong to deleted files that are still in use.');
  expect(said).toContain('counts against the memory limit');
});

describe('a volume', () => {
  it('tells free bytes and files, and whether it survives a restart', () => {
    const volumes = { kind: 'volumes', volumes: [records.volume] } as const;
    const said = text(<VolumesView {...shared} volumes={volumes} />);

    expect(said).toContain('12 GiB free of 49 GiB');
    expect(said).toContain('1.2 M of 3 M files free');
    expect(said).toContain('Survives a restart of the pod.');
  });

  it.each([
    [false, 'Lost when the pod restarts.'],
    [null, 'Cannot be told from here whether it survives a restart.']
  ])('that survives a restart: %s', (survives_restart, sentence) => {
    const volumes = {
      kind: 'volumes',
      volumes: [{ ...records.volume, survives_restart }]
    } as const;
    expect(text(<VolumesView {...shared} volumes={volumes} />)).toContain(sentence);
  });
});

describe('a line', () => {
  function runs(values: [number, number | null][]): number {
    const dots = values.map(([age, value]) => ({ at: ago(age), value }));
    const host = draw(<Line dots={dots} now={NOW} top={10} label="Memory" />);
    return host.querySelectorAll('.kfnb-Line-stroke').length;
  }

  it('breaks where a figure is missing or nobody looked', () => {
    expect(
      runs([
        [60, 1],
        [30, 2],
        [0, 3]
      ])
    ).toBe(1);
    expect(
      runs([
        [60, 1],
        [30, null],
        [0, 3]
      ])
    ).toBe(2);
    expect(
      runs([
        [400, 1],
        [30, 2],
        [0, 3]
      ])
    ).toBe(2);
  });

  it('shows ten minutes and nothing older', () => {
    expect(
      runs([
        [700, 1],
        [650, null]
      ])
    ).toBe(0);
  });
});

describe('an operation', () => {
  const cancel = (): void => undefined;
  const view = (extra: object): JSX.Element => (
    <OperationView operation={records.operation(extra)} onCancel={cancel} trans={trans} />
  );

  it('tells how far it is and who runs it', () => {
    const owner = records.operation().owner;
    expect(text(view({}))).toContain('25 % · 25 B of 100 B');
    expect(text(view({}))).toContain('Run by the Jupyter server.');
    expect(text(view({ owner: { ...owner, face: 'shell' } }))).toContain('shell (process 4711)');
    expect(text(view({ owner: { ...owner, face: 'kernel' } }))).toContain('notebook');
  });

  it('has no share while its size is not known', () => {
    const progress = draw(view({ total: null })).querySelector('progress');
    expect(progress?.hasAttribute('value')).toBe(false);
  });

  it('that was asked to stop cannot be asked twice', () => {
    const button = draw(view({ cancel_requested: true })).querySelector('button');
    expect(button?.disabled).toBe(true);
    expect(button?.textContent).toBe('Stopping…');
  });

  it('that failed says why and what to do', () => {
    const failed = view({ state: 'failed', message: 'The volume is full.', hint: 'Delete one.' });
    expect(text(failed)).toBe('The volume is full.Delete one.');
  });
});

test('a plan tells what is created, replaced, removed and kept, and what to read first', () => {
  const plan = {
    snapshot: 's1',
    paths: [],
    exact: false,
    create: 60,
    replace: 1,
    remove: 0,
    unchanged: 7,
    newer_kept: 4,
    bytes_to_write: 2048,
    created_paths: Array.from({ length: 60 }, (_, i) => `new-${i}`),
    replaced_paths: ['a.txt'],
    removed_paths: [],
    findings: ['A kernel has a.txt open.'],
    possible: true,
    way: 'in_place' as const,
    objects: [],
    restart: false,
    guardian: true
  };
  const said = text(<PlanView plan={plan} trans={trans} />);

  for (const part of ['A kernel has', '2 KiB', 'Created: 60', 'new-0', 'and 10 more']) {
    expect(said).toContain(part);
  }
  expect(said).toContain('Removed: 0');
  expect(said).toContain('Kept, created since: 4');
});

describe('the connection', () => {
  it('that is lost is said, with the age of what is shown', () => {
    const error = new ApiError(0, 'The server does not answer.', 'It is asked again.');
    const said = text(<ConnectionView status={records.status()} error={error} trans={trans} />);

    expect(said).toContain('Disconnected');
    expect(said).toContain('The figures below are those of');
  });

  it('that stands says nothing', () => {
    expect(text(<ConnectionView status={records.status()} error={null} trans={trans} />)).toBe('');
  });
});
