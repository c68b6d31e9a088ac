/** The section about use: the forecast in words, the diagnosis, keep-awake, code in sentences. */
import * as React from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import type { Awake } from '../../src/awake';
import type { Culling, Status } from '../../src/contract';
import { UsePart } from '../../src/use';
import { choices } from '../../src/views/awakeform';
import { Words } from '../../src/views/code';
import { CullingView } from '../../src/views/culling';
import * as records from './records';
import { trans } from './wire';

const { NOW, ago } = records;
const kept = { until: ago(-3600), since: NOW, reason: 'training', by: 'jovyan' };

function draw(element: JSX.Element): HTMLElement {
  const host = document.createElement('div');
  host.innerHTML = renderToStaticMarkup(element);
  return host;
}

function culling(extra: Partial<Culling>, awake: typeof kept | null = null): HTMLElement {
  const told = { ...records.culling, ...extra };
  return draw(<CullingView culling={told} keep_awake={awake} now={NOW} trans={trans} />);
}

function use(status: Partial<Status>): HTMLElement {
  const awake = {
    current: (told: Status) => told.keep_awake,
    failure: null
  } as unknown as Awake;
  return draw(<UsePart status={records.status(status)} awake={awake} trans={trans} />);
}

const unknown = { stops_at: null, known: false, text: 'It is not known.', hint: 'Ask.' };
const used = {
  stops_at: null,
  known: true,
  text: 'Not while it is used; 3 h after that.',
  hint: ''
};

describe('the forecast', () => {
  it('says when it stops, and what that depends on', () => {
    expect(culling({}).textContent).toMatch(
      /^Stops at \d\d:\d\d if nothing happens \(in 3 h\)\.It is stopped in 3 h\.$/
    );
  });

  it('counts no seconds at the end', () => {
    const forecast = { ...records.culling.forecast, stops_at: ago(-20) };
    expect(culling({ forecast }).textContent).toContain('Stops any moment now');
  });

  it('says why it does not stop', () => {
    const said = (awake: typeof kept | null): string | null =>
      culling({ forecast: used }, awake).textContent;
    expect(said(null)).toBe('Does not stop: it is in use.Not while it is used; 3 h after that.');
    expect(said(kept)).toContain('Does not stop: it is kept awake.');
  });

  it('of a cluster whose rules do not stop it is told in its own words', () => {
    const free = { ...used, text: 'No rule of the cluster pauses this workspace.' };
    const failing = { ...used, text: 'While its looks fail, it is not paused.' };
    const two = { culler: 'workspaces', idle_minutes: null } as const;
    expect(culling({ ...two, forecast: free }).textContent).toMatch(/^No rule of the cluster/);
    const looks = { ...two, idle_minutes: 60, sight: 'cannot_reach' } as const;
    expect(culling({ ...looks, forecast: failing }).textContent).toMatch(/^While its looks fail/);
  });

  it('that is not known shows no time', () => {
    const said = culling({ forecast: unknown }).textContent;
    expect(said).toBe('It is not known.Ask.');
    expect(said).not.toMatch(/\d/);
  });
});

describe('the diagnosis of the culler', () => {
  it.each(['cannot_reach', 'refused'] as const)('promises nothing when it is %s', sight => {
    const text = 'The culler cannot reach this notebook.';
    const host = culling({ sight, text, hint: 'Tell them.', forecast: used });
    expect(host.querySelector('.kfnb-Level.kfnb-mod-full')?.textContent).toBe(`${text}Tell them.`);
    expect(host.textContent).toContain('It may be stopped although it is used.');
    expect(host.textContent).not.toContain('Does not stop');
  });

  it('is said once where it is the forecast too', () => {
    const forecast = { stops_at: null, known: false, text: 'No culler.', hint: 'Ask.' };
    const host = culling({ sight: 'never', text: 'No culler.', hint: 'Ask.', forecast });
    expect(host.textContent).toBe('No culler.Ask.');
  });

  it('says when it looked, and how often', () => {
    expect(culling({ text: 'It looks.' }).textContent).toMatch(
      /It looks\. Last at \d\d:\d\d\. About every 1 min\.$/
    );
  });
});

describe('keep-awake', () => {
  it('is shown with its end, its reason and who asked', () => {
    const said = use({ keep_awake: kept }).textContent;
    expect(said).toMatch(/Kept awake until \d\d:\d\dReason: trainingAsked for by jovyan\./);
    expect(said).toMatch(/Extend…End$/);
  });

  it.each([
    [{ read_only: true, keep_awake_allowed: 0 }, 'This site is read-only'],
    [{ keep_awake_allowed: 0 }, 'The site does not allow keep-awake.']
  ])('cannot be asked for where the policy forbids it: %p', (status, why) => {
    const host = use(status);
    const button = host.querySelector('button')!;
    expect(button.textContent).toBe('Keep awake…');
    expect(button.disabled).toBe(true);
    const described = host.querySelector(`#${button.getAttribute('aria-describedby')}`);
    expect(described?.textContent).toContain(why);
  });

  it('is offered for as long as the site allows, and never for less than holds', () => {
    const labels = (allowed: number, left: number): string[] =>
      choices(allowed, left, trans).map(one => one.label);
    expect(labels(43_200, 0)).toEqual(['1 h', '2 h', '4 h', '12 h (as long as allowed)']);
    expect(labels(7200, 0)).toEqual(['1 h', '2 h (as long as allowed)']);
    expect(labels(43_200, 8000)).toEqual(['4 h', '12 h (as long as allowed)']);
  });
});

test('code in a sentence is code, and markup in it stays text', () => {
  const host = draw(<Words text="terminal 2: `python <b>train.py</b>` used 96 %, ` or not" />);
  expect(host.querySelector('code')?.textContent).toBe('python <b>train.py</b>');
  expect(host.querySelector('b')).toBeNull();
  expect(host.textContent).toBe('terminal 2: python <b>train.py</b> used 96 %, ` or not');
});
