/** What changed since a snapshot: asked when it is opened, told in words, copied and downloaded. */
import * as React from 'react';
import { ApiError } from '../../src/client';
import type { EnvironmentChanges, Text } from '../../src/contract';
import { EnvironmentView } from '../../src/views/environment';
import { Drawn, settled } from './draw';
import { trans } from './wire';

let drawn: Drawn;
let asked: string[];
beforeEach(() => {
  drawn = new Drawn();
  asked = [];
});
afterEach(() => drawn.clear());

const some: EnvironmentChanges = {
  since: '2026-11-21T14:00:00Z',
  changes: [
    { what: 'package', name: 'numpy', before: '1.26.4', after: '2.1.0' },
    { what: 'package', name: 'torch', before: '', after: '2.9.0' }
  ],
  notes: ['The image is another one.']
};

function show(changes: () => Promise<EnvironmentChanges>): void {
  const file = (format: string): Promise<Text> => {
    asked.push(format);
    return Promise.resolve({ kind: 'text', name: `${format}.txt`, text: 'numpy==1.26.4\n' });
  };
  const known = (): Promise<EnvironmentChanges> => {
    asked.push('changes');
    return changes();
  };
  drawn.draw(<EnvironmentView changes={known} file={file} trans={trans} />);
}

/** Closes it, and opens it again. */
async function open(): Promise<void> {
  const details = drawn.node.querySelector('details')!;
  for (const now of [false, true]) {
    await settled(() => (details.open = now));
    await settled(() => undefined);
  }
}

test('nothing is asked before it is opened, and once then', async () => {
  show(() => Promise.resolve(some));
  expect(asked).toEqual([]);
  await open();
  await open();
  expect(asked).toEqual(['changes']);
  expect(drawn.text).toContain('2 things changed since:');
  expect(drawn.text).toContain('package numpy: 1.26.4 → 2.1.0');
  expect(drawn.text).toContain('package torch: none → 2.9.0');
  expect(drawn.text).toContain('The image is another one.');
});

test('where nothing changed it says so', async () => {
  show(() => Promise.resolve({ ...some, changes: [], notes: [] }));
  await open();
  expect(drawn.text).toContain('Nothing that was recorded has changed since.');
});

test('a snapshot without an environment says why, and can be asked again', async () => {
  const why = new ApiError(404, 'The environment is not recorded.', 'An earlier version took it.');
  show(() => Promise.reject(why));
  await open();
  expect(drawn.text).toContain('The environment is not recorded.');
  expect(drawn.text).toContain('An earlier version took it.');
  expect(drawn.text).not.toContain('Comparing…');
  await open();
  expect(asked).toEqual(['changes', 'changes']);
});

test('the requirements are copied, and both files are downloaded by their names', async () => {
  const copied: string[] = [];
  const clipboard = { writeText: (text: string) => Promise.resolve(void copied.push(text)) };
  Object.defineProperty(navigator, 'clipboard', { value: clipboard, configurable: true });
  const links: string[] = [];
  URL.createObjectURL = () => 'blob:x';
  URL.revokeObjectURL = url => void links.push(url);
  const click = jest.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (
    this: HTMLAnchorElement
  ) {
    links.push(this.download);
  });
  show(() => Promise.resolve(some));
  await drawn.press('Copy requirements');
  expect(copied).toEqual(['numpy==1.26.4\n']);
  expect(drawn.text).toContain('Copied');
  await drawn.press('Download requirements');
  await drawn.press('Download Notebook');
  expect(links).toEqual(['requirements.txt', 'blob:x', 'notebook.txt', 'blob:x']);
  click.mockRestore();
});
