/** What fills the pod, as a person sees it and acts on it. */
import { act } from 'react';
import * as React from 'react';
import { createRoot, type Root } from 'react-dom/client';
import type { Advice, Holder, Item } from '../../src/contract';
import { AdviceView } from '../../src/views/advice';
import { FillingView, type FillingProps } from '../../src/views/filling';
import { Mapped } from '../../src/views/mapped';
import * as records from './records';
import { trans } from './wire';

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;

let root: Root;
let node: HTMLElement;

function draw(element: JSX.Element): void {
  act(() => root.render(element));
}

beforeEach(() => {
  node = document.createElement('div');
  document.body.append(node);
  root = createRoot(node);
});

afterEach(() => {
  act(() => root.unmount());
  node.remove();
});

function props(extra: Partial<FillingProps> = {}): FillingProps {
  return {
    filling: records.filling(),
    failure: null,
    running: [],
    refused: '',
    now: records.NOW,
    open: () => undefined,
    scan: () => undefined,
    cancel: () => undefined,
    trash: () => undefined,
    remove: () => undefined,
    empty: () => undefined,
    reveal: () => undefined,
    trans,
    ...extra
  };
}

function button(name: string): HTMLButtonElement {
  const found = [...node.querySelectorAll('button')].find(
    one => one.getAttribute('aria-label') === name || one.textContent === name
  );
  expect(found).toBeDefined();
  return found as HTMLButtonElement;
}

test('a folder is gone down into, and what deleting costs stands with it', () => {
  const opened: string[] = [];
  const removed: Item[] = [];
  draw(
    <FillingView
      {...props({ open: p => opened.push(p), remove: item => void removed.push(item) })}
    />
  );
  expect(node.textContent).toContain('Unsynchronised runs are lost.');
  expect(node.textContent).toContain('199 smaller files');
  act(() => button('wandb').click());
  act(() => button('Delete model.bin').click());
  expect(opened).toEqual(['', 'wandb']);
  expect(removed.map(item => item.path)).toEqual(['model.bin']);
});

test('a site that is read-only lets nothing be removed, and says so', () => {
  draw(<FillingView {...props({ refused: 'read-only' })} />);
  expect(button('Delete model.bin').disabled).toBe(true);
  expect(button('Move wandb to the trash').title).toBe('read-only');
  expect(button('Show wandb in the file browser').disabled).toBe(false);
});

test('the trash says that it frees nothing until it is emptied', () => {
  let emptied = 0;
  draw(
    <FillingView
      {...props({ filling: records.filling({ trash: 2 ** 30 }), empty: () => void emptied++ })}
    />
  );
  expect(node.textContent).toContain('1 GiB, which are not free yet');
  act(() => button('Empty trash…').click());
  expect(emptied).toBe(1);
});

test('a scan that runs can be cancelled, and none is started beside it', () => {
  const running = [records.operation({ kind: 'scan', unit: 'files', title: 'scan' })];
  draw(<FillingView {...props({ running })} />);
  expect(node.textContent).not.toContain('Look again');
  button('Cancel');
});

test('what was never looked at is not shown as empty', () => {
  draw(<FillingView {...props({ filling: records.filling({ taken: null, items: [] }) })} />);
  expect(node.textContent).toContain('Not looked at yet.');
  button('Look what fills it');
});

test('orphans are named with their notebook and can be ended', () => {
  const orphan: Holder = {
    kind: 'orphan',
    source: '47-11',
    name: 'train.ipynb',
    bytes: 2 ** 20,
    hidden: 2 ** 20,
    memory: 2 ** 30,
    tasks: [{ pid: 7, started_ticks: 1, command: 'python' }]
  };
  const ended: Holder[] = [];
  draw(
    <Mapped
      shm={{ ...records.shm, holders: [orphan] }}
      refused=""
      cleared={{ done: [], left: { 9: 'It did not end.' }, freed: 0 }}
      end={holder => void ended.push(holder)}
      clear={() => undefined}
      trans={trans}
    />
  );
  expect(node.textContent).toContain('Left by train.ipynb');
  expect(node.textContent).toContain('9: It did not end.');
  act(() => button('End what train.ipynb has left').click());
  expect(ended).toEqual([orphan]);
});

test('advice stands in its own section, with the patch to copy', () => {
  const advice: Advice = {
    id: 'shm_small',
    severity: 'warning',
    title: 'It is small',
    text: 'Make it larger.',
    patch: '- op: add',
    section: 'shm'
  };
  draw(
    <>
      <AdviceView advice={[advice]} section="limits" trans={trans} />
      <AdviceView advice={[advice]} section="shm" trans={trans} />
    </>
  );
  expect(node.querySelectorAll('.kfnb-Level')).toHaveLength(1);
  expect(node.querySelector('pre')?.textContent).toBe('- op: add');
  expect(node.querySelector('.kfnb-Advice')?.classList).toContain('kfnb-mod-high');
});
