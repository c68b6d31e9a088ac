/** How whole volumes are restored is chosen in the dialog; what is left of it can be let go. */
import { act } from 'react';
import * as React from 'react';
import { createRoot, type Root } from 'react-dom/client';
import type { Kept, RestoreRequest } from '../../src/contract';
import { KeptView } from '../../src/views/kept';
import { WayView } from '../../src/views/way';
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

const REQUEST: RestoreRequest = { engine: 'csi', snapshot: 'one' };
const WAYS = ['in_place', 'new_notebook', 'data_volume'] as const;

it('a choice of the way takes back the word that was given for another', () => {
  const asked: Partial<RestoreRequest>[] = [];
  const change = (changes: Partial<RestoreRequest>): void => void asked.push(changes);
  act(() => root.render(<WayView request={REQUEST} ways={WAYS} onChange={change} trans={trans} />));

  const radios = node.querySelectorAll<HTMLInputElement>('input[type=radio]');
  act(() => radios[1]?.click());

  expect(radios).toHaveLength(3);
  expect(radios[0]?.checked).toBe(true);
  expect(asked).toEqual([{ way: 'new_notebook', unguarded: false }]);
});

it('a way that its engine cannot take is not offered', () => {
  const ways = ['in_place', 'data_volume'] as const;
  act(() =>
    root.render(<WayView request={REQUEST} ways={ways} onChange={() => undefined} trans={trans} />)
  );

  expect(node.querySelectorAll('input[type=radio]')).toHaveLength(2);
  expect(node.textContent).not.toContain('new notebook');
});

it('only a data volume asks where it is mounted', () => {
  const draw = (request: RestoreRequest): void =>
    act(() =>
      root.render(
        <WayView request={request} ways={WAYS} onChange={() => undefined} trans={trans} />
      )
    );

  draw(REQUEST);
  expect(node.querySelector('input[type=text]')).toBeNull();
  draw({ ...REQUEST, way: 'data_volume' });
  expect(node.textContent).toContain('Mounted at');
});

it('what something still uses has no button, and what is free is let go by its name', () => {
  const one: Kept = {
    kind: 'claim',
    name: 'home-old',
    why: 'It is the volume from before a restore.',
    size: 1 << 30,
    since: null,
    can_go: true
  };
  const gone: string[] = [];
  act(() =>
    root.render(
      <KeptView
        kept={[one, { ...one, name: 'used', why: 'The pod x mounts it.', can_go: false }]}
        onRelease={({ name }) => gone.push(name)}
        trans={trans}
      />
    )
  );

  const buttons = node.querySelectorAll('button');
  act(() => buttons[0]?.click());

  expect(buttons).toHaveLength(1);
  expect(gone).toEqual(['home-old']);
});
