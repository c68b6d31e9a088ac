/** The dialogs before a change of the notebook: what they show, and what they give. */
import { act } from 'react';
import * as React from 'react';
import type { GrowPlan, PatchPlan } from '../../src/contract';
import { EndView, type Ending, GrowthView, PatchView } from '../../src/views/changing';
import { Drawn } from './draw';
import { trans } from './wire';

let drawn: Drawn;
beforeEach(() => (drawn = new Drawn()));
afterEach(() => drawn.clear());

const BUSY = 'Kernel of demo.ipynb is busy since 14:02';
const patch: PatchPlan = {
  advice: 'shm_small',
  title: 'Give /dev/shm 2 GiB',
  yaml: '# Stop the notebook first; then:\n- op: add\n  path: /spec\n',
  findings: ['The notebook restarts by it.'],
  possible: true,
  restart: true
};
const growth: GrowPlan = {
  claim: 'demo-home',
  mount: '/home/jovyan',
  size: 2 ** 30,
  wanted: 3 * 2 ** 30,
  way: 'online',
  findings: ['The claim grows while it is used.'],
  possible: true,
  objects: [],
  restart: false,
  guardian: true
};

test('a patch shows what it is for, its operations, and what ends by the restart', () => {
  drawn.draw(<PatchView plan={patch} names={[BUSY]} trans={trans} />);
  expect(drawn.text).toContain('Give /dev/shm 2 GiB');
  expect(drawn.text).toContain(BUSY);
  expect(drawn.node.querySelector('pre')?.textContent).toBe('- op: add\n  path: /spec\n');
});

test('a patch of a stopped notebook, or one that cannot be, names nothing that would end', () => {
  for (const plan of [
    { ...patch, restart: false },
    { ...patch, possible: false, yaml: '' }
  ]) {
    drawn.draw(<PatchView plan={plan} names={[BUSY]} trans={trans} />);
    expect(drawn.text).not.toContain(BUSY);
  }
  expect(drawn.node.querySelector('.kfnb-mod-full')).not.toBeNull();
  expect(drawn.node.querySelector('pre')).toBeNull();
});

test('a growth says from what to what and where, and ends nothing online', () => {
  drawn.draw(<GrowthView plan={growth} names={[BUSY]} trans={trans} />);
  expect(drawn.text).toContain('From 1 GiB to 3 GiB.');
  expect(drawn.text).toContain('Mounted at /home/jovyan.');
  expect(drawn.text).not.toContain(BUSY);
});

test('a growth by a switch restarts the notebook and names what ends', () => {
  drawn.draw(
    <GrowthView
      plan={{ ...growth, way: 'switch', restart: true, size: null }}
      names={[BUSY]}
      trans={trans}
    />
  );
  expect(drawn.text).toContain(BUSY);
  expect(drawn.text).not.toMatch(/null|undefined|From/);
});

test('a stop offers only the snapshots that can be taken, and gives what was chosen', () => {
  const given: Ending['value'][] = [];
  drawn.draw(
    <EndView
      what="stop"
      names={[]}
      engines={['csi']}
      onChange={value => given.push(value)}
      trans={trans}
    />
  );
  expect(drawn.text).toContain('No kernel and no terminal runs.');
  const select = drawn.node.querySelector('select')!;
  expect([...select.options].map(one => one.value)).toEqual(['', 'csi']);
  act(() => {
    select.value = 'csi';
    select.dispatchEvent(new Event('change', { bubbles: true }));
  });
  expect(given).toEqual([{ snapshot: 'csi', reason: '' }]);
  expect(drawn.text).toContain('Nothing ends unless it succeeds.');
});
