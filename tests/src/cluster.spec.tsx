/** The cluster, as a person reads it in the sidebar. */
import { act } from 'react';
import * as React from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { ApiError } from '../../src/client';
import { ClusterModel } from '../../src/cluster';
import type { Cluster } from '../../src/contract';
import { ClusterView, type ClusterProps } from '../../src/views/cluster';
import * as records from './records';
import { trans } from './wire';

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;

let root: Root;
let node: HTMLElement;

beforeEach(() => {
  node = document.createElement('div');
  document.body.append(node);
  root = createRoot(node);
});

afterEach(() => {
  act(() => root.unmount());
  node.remove();
});

function draw(extra: Partial<ClusterProps> = {}): void {
  const props: ClusterProps = {
    found: records.cluster(),
    failure: null,
    asking: false,
    now: records.NOW,
    open: () => undefined,
    refresh: () => undefined,
    trans,
    ...extra
  };
  act(() => root.render(<ClusterView {...props} />));
}

function button(name: string): HTMLButtonElement {
  const found = [...node.querySelectorAll('button')].find(
    one => one.getAttribute('aria-label') === name || one.textContent === name
  );
  expect(found).toBeDefined();
  return found as HTMLButtonElement;
}

/** Does it, and lets what it began come to its end. */
async function settled(call: () => void): Promise<void> {
  await act(() => {
    call();
    return Promise.resolve();
  });
}

test('it tells where the notebook lives, what it may not do, and what is left', () => {
  draw();
  const text = node.textContent ?? '';
  expect(text).toContain('Namespacealice');
  expect(text).toContain('jupyter-scipy:v1.10.0 (abababababab…)');
  expect(text).toContain('1 GiB · class csi-hostpath-sc · RWO');
  expect(text).toContain('You cannot take snapshots');
  expect(text).toContain('5 of 5, 0 left');
  expect(text).toContain('unknown: Your namespace allows 2 GPUs');
  expect(text).not.toMatch(/NaN|undefined|null/);
});

test('the role for the administrator is copied whole', async () => {
  const copied: string[] = [];
  const clipboard = { writeText: (text: string) => Promise.resolve(void copied.push(text)) };
  Object.defineProperty(navigator, 'clipboard', { value: clipboard, configurable: true });
  draw();
  await settled(() => button('Copy the role').click());
  expect(copied).toEqual([records.cluster().role]);
  expect(button('Copy the role').textContent).toBe('Copied');
});

test('a page without TLS, which has no clipboard, copies by hand', async () => {
  Object.defineProperty(navigator, 'clipboard', { value: undefined, configurable: true });
  const said: string[] = [];
  document.execCommand = (what: string): boolean => {
    said.push(what, document.querySelector('textarea')?.value ?? '');
    return true;
  };
  draw();
  await settled(() => button('Copy the image').click());
  expect(said).toEqual(['copy', records.cluster().place.digest]);
  expect(document.querySelector('textarea')).toBeNull();
});

test('on a laptop it is one quiet sentence', () => {
  const place = { ...records.cluster().place, platform: 'none' as const };
  draw({ found: records.cluster({ place, notes: ['No Kubernetes cluster is known here.'] }) });
  expect(node.querySelectorAll('.kfnb-Note')[0]?.textContent).toBe(
    'No Kubernetes cluster is known here.'
  );
  expect(node.querySelector('dl, li, pre, .kfnb-Level')).toBeNull();
});

test('what went wrong is said, and what was known stays', () => {
  draw({ failure: new ApiError(0, 'The server does not answer.', 'It is asked again.') });
  expect(node.querySelector('[role=alert]')?.textContent).toContain('does not answer');
  expect(node.textContent).toContain('alice');
});

test('who opens it asks once, and the button asks anew', async () => {
  const asked: boolean[] = [];
  const model = new ClusterModel({
    cluster: (fresh: boolean): Promise<Cluster> => {
      asked.push(fresh);
      return Promise.resolve(records.cluster());
    }
  });
  const redraw = (): void => {
    const { found, failure, asking, open, refresh } = model;
    draw({ found, failure, asking, open, refresh });
  };
  model.changed.connect(redraw);
  await settled(redraw);
  await settled(redraw);
  expect(asked).toEqual([false]);
  await settled(() => button('Ask again').click());
  expect(asked).toEqual([false, true]);
  model.dispose();
});
