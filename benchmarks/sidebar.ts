/**
 * What the sidebar costs: its bundle, the time to its first figure, requests, and CPU of the server.
 *
 *     PATH=$PWD/.venv/bin:$PATH node_modules/.bin/playwright test -c benchmarks/sidebar.config.ts
 *
 * It measures what `python3 dev.py lab` has built. Give it priority where others load the machine:
 * `nice -n -15` before it.
 *
 * Each of the three can be had alone (`-g bundle`, `-g ready`, `-g minute`). QUICK=1: few rounds, to
 * see that it runs; LOADS=30: more loads of the page. What is compared is measured in turn in one
 * run (page loads) or at the very same time (the minutes), so that a slow moment meets all of it.
 *
 * JupyterLab is ready when `jupyterapp.restored` has resolved and the splash is gone. The sidebar
 * is ready when a figure of the pod can be seen in it.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as zlib from 'node:zlib';
import { type Browser, type Page, test } from '@playwright/test';
import { Jupyter } from '../tests/browser/jupyter';
import { labIsReady, setHidden } from '../tests/browser/lab';
import { openSidebar, tab } from '../tests/browser/sidebar';
import { added, atMost, line, median, spread } from './harness';

const BUILT = path.join(__dirname, '../labextension/dist');
const QUICK = Boolean(process.env.QUICK);
const LOADS = Number(process.env.LOADS ?? (QUICK ? 3 : 12));
const WINDOWS = QUICK ? 1 : 3;
const SECONDS = QUICK ? 15 : 60;
/** Of the kernel's clock in which it counts the time of processes. */
const TICKS_PER_SECOND = 100;

/** A copy of the front end, so that a build in the meantime changes nothing; and an empty place. */
const PLACES = path.join(os.tmpdir(), `kfnb-sidebar-${process.pid}`);
const ON = path.join(PLACES, 'on');
const OFF = path.join(PLACES, 'off');

const started: Jupyter[] = [];

test.beforeAll(() => {
  fs.cpSync(BUILT, path.join(ON, 'kfnb-ext'), { recursive: true });
  fs.mkdirSync(OFF);
});
test.afterEach(async () => {
  await Promise.all(started.splice(0).map(jupyter => jupyter.stop()));
});
test.afterAll(() => fs.rmSync(PLACES, { recursive: true, force: true }));

async function start(frontEnd: string, args: string[] = []): Promise<Jupyter> {
  const jupyter = await Jupyter.start({
    args: [`--LabApp.labextensions_path=${frontEnd}`, ...args]
  });
  started.push(jupyter);
  return jupyter;
}

test('bundle', () => {
  const folder = path.join(BUILT, 'static');
  const files = fs.readdirSync(folder).filter(name => name.endsWith('.js'));
  let [raw, gzipped] = [0, 0];
  console.log('\nbundle');
  for (const name of files) {
    const content = fs.readFileSync(path.join(folder, name));
    const small = zlib.gzipSync(content, { level: 9 }).length;
    line(name, `${content.length} bytes, gzipped ${small}`);
    raw += content.length;
    gzipped += small;
  }
  line('all', `${raw} bytes, gzipped ${gzipped}`);
  atMost('bundle, gzipped', gzipped / 1024, 40, 'KB');
});

/** Moments of one page load, in milliseconds since its navigation began. */
interface Moments {
  restored: number;
  lab: number;
  figure: number;
  /** Begin and end of the transfers that the sidebar waits for. */
  [transfer: string]: number;
}

/** Runs in the page before all else and notes the moments. */
function watch(): void {
  const moments: Record<string, number> = {};
  Object.assign(window, { moments });
  const note = (name: string): void => void (moments[name] ??= performance.now());
  let splashed = false;
  new MutationObserver(() => {
    const splash = document.getElementById('jupyterlab-splash');
    splashed ||= splash !== null;
    if (splashed && !splash) {
      note('splash');
    }
    const figure = document.querySelector<HTMLElement>('#kfnb-ext-sidebar .kfnb-Meter-text');
    if (figure && figure.offsetParent && /\d/.test(figure.textContent ?? '')) {
      note('figure');
    }
  }).observe(document, { childList: true, subtree: true });
  let app: Window['jupyterapp'];
  Object.defineProperty(window, 'jupyterapp', {
    configurable: true,
    get: () => app,
    set: (value: Window['jupyterapp']) => {
      app = value;
      void app.restored.then(() => note('restored'));
    }
  });
}

async function load(page: Page, jupyter: Jupyter, opened: boolean): Promise<Moments> {
  await page.goto(`${jupyter.address}lab`);
  await page.waitForFunction(sidebar => {
    const { moments } = window as unknown as { moments: Record<string, number> };
    return moments.restored && moments.splash && (!sidebar || moments.figure);
  }, opened);
  const moments = await page.evaluate(() => {
    const noted = { ...(window as unknown as { moments: Record<string, number> }).moments };
    for (const entry of performance.getEntriesByType('resource') as PerformanceResourceTiming[]) {
      const [address = ''] = entry.name.split('?');
      const ours = /(?:extensions\/kfnb-ext\/static|kfnb\/v1|api\/settings)\/([^/]*)/;
      const name = ours.exec(address)?.[1];
      if (name) {
        noted[`${name} begins`] ??= entry.startTime;
        noted[`${name} ends`] ??= entry.responseEnd;
      }
    }
    return noted;
  });
  const { restored = NaN, splash = NaN, figure = NaN } = moments;
  // What comes later still is not to fall into the load that is measured next.
  await page.waitForTimeout(1000);
  return { ...moments, restored, figure, lab: Math.max(restored, splash) };
}

/** A page whose saved layout has the sidebar open, or is the one of a first start. */
async function prepared(browser: Browser, jupyter: Jupyter, opened: boolean): Promise<Page> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${jupyter.address}lab?token=${jupyter.token}&reset`);
  await labIsReady(page);
  if (opened) {
    await openSidebar(page);
  }
  // The layout is kept with a delay of a second.
  await page.waitForTimeout(2500);
  await page.addInitScript(watch);
  await load(page, jupyter, opened);
  return page;
}

test('ready', async ({ browser }) => {
  const cases: Record<string, () => Promise<Moments>> = {};
  const found: Record<string, Moments[]> = {};
  for (const [name, frontEnd] of Object.entries({ off: OFF, closed: ON, open: ON })) {
    const jupyter = await start(frontEnd);
    const page = await prepared(browser, jupyter, name === 'open');
    cases[name] = () => load(page, jupyter, name === 'open');
    found[name] = [];
  }
  for (let round = 0; round < LOADS; round++) {
    const names = Object.keys(cases);
    for (const name of round % 2 ? names.reverse() : names) {
      const moments = await cases[name]?.();
      found[name]?.push(...(moments ? [moments] : []));
    }
  }
  const { off = [], closed = [], open = [] } = found;
  const all = (moments: Moments[], name: string): number[] => moments.map(m => m[name] ?? NaN);

  console.log('\nload of the page, warm');
  const labs = { 'without the extension': off, 'sidebar closed': closed, 'sidebar open': open };
  for (const [name, moments] of Object.entries(labs)) {
    line(`JupyterLab ready, ${name}`, spread(all(moments, 'lab'), 'ms'));
  }
  line('JupyterLab restored, sidebar open', spread(all(open, 'restored'), 'ms'));
  line('sidebar ready, sidebar open', spread(all(open, 'figure'), 'ms'));
  console.log('\nthe same, pair by pair');
  const after = added(all(open, 'figure'), all(open, 'lab'));
  line('sidebar after JupyterLab', spread(after, 'ms'));
  const early = added(all(open, 'figure'), all(open, 'restored'));
  line('sidebar after JupyterLab restored', spread(early, 'ms'));
  for (const [name, moments] of Object.entries({ closed, open })) {
    const values = added(all(moments, 'lab'), all(off, 'lab'));
    line(`added to JupyterLab by the sidebar, ${name}`, spread(values, 'ms'));
  }
  const late = added(all(open, 'figure'), all(off, 'lab'));
  line('sidebar after a JupyterLab without it', spread(late, 'ms'));
  console.log('\nwhat the open sidebar waits for, medians since the navigation began');
  const names = new Set(open.flatMap(moments => Object.keys(moments)));
  const steps = [...names].map(name => [name, median(all(open, name))] as const);
  for (const [name, value] of steps.sort(([, one], [, other]) => one - other)) {
    line(name, `${value.toFixed(0).padStart(6)} ms`);
  }
  console.log('\naims');
  atMost('sidebar ready after JupyterLab', median(after), 150, 'ms');
});

/** What one page does to its server in a while. */
class Case {
  readonly requests: number[] = [];
  readonly cpu: number[] = [];

  constructor(
    private readonly jupyter: Jupyter,
    page: Page
  ) {
    page.on('request', request => {
      this.asked += Number(new URL(request.url()).pathname.includes('/kfnb/'));
    });
  }

  begin(): void {
    this.asked = 0;
    this.begun = [this.used(), performance.now()];
  }

  end(): void {
    const [used, since] = this.begun;
    const seconds = (performance.now() - since) / 1000;
    this.requests.push(this.asked);
    this.cpu.push((100 * (this.used() - used)) / seconds);
  }

  /** Seconds of CPU that the server has used so far, and the children that it has waited for. */
  private used(): number {
    const stat = fs.readFileSync(`/proc/${this.jupyter.pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    return ticks / TICKS_PER_SECOND;
  }

  private asked = 0;
  private begun: [number, number] = [0, 0];
}

const BARE = ['--ServerApp.jpserver_extensions=kfnb_ext=False'];

/** What is done with the page before the minutes. */
const HABITS: Record<string, (page: Page) => Promise<unknown>> = {
  bare: () => Promise.resolve(),
  'never opened': () => Promise.resolve(),
  'hidden sidebar': page => openSidebar(page).then(() => tab(page).click()),
  'hidden tab': page => openSidebar(page).then(() => setHidden(page, true)),
  shown: page => openSidebar(page)
};

test('minute', async ({ browser }) => {
  const cases: Record<string, Case> = {};
  for (const [name, habit] of Object.entries(HABITS)) {
    const jupyter = await (name === 'bare' ? start(OFF, BARE) : start(ON));
    const page = await (await browser.newContext()).newPage();
    cases[name] = new Case(jupyter, page);
    await page.goto(`${jupyter.address}lab?token=${jupyter.token}&reset`);
    await labIsReady(page);
    await habit(page);
  }
  await new Promise(resolve => setTimeout(resolve, 10_000));
  for (let window = 0; window < WINDOWS; window++) {
    Object.values(cases).forEach(one => one.begin());
    await new Promise(resolve => setTimeout(resolve, SECONDS * 1000));
    Object.values(cases).forEach(one => one.end());
  }
  const asked = (name: string): number[] => cases[name]?.requests ?? [];
  const cpu = (name: string): number[] => cases[name]?.cpu ?? [];
  console.log(`\nin ${SECONDS} s, each with a server and a page of its own, all at the same time`);
  for (const name of Object.keys(cases)) {
    line(`${name}: requests of the sidebar`, asked(name).join(', '));
    line(`${name}: CPU of the server`, spread(cpu(name), '%'));
  }
  const sidebar = added(cpu('shown'), cpu('hidden sidebar'));
  line('added by looking at the sidebar', spread(sidebar, '%'));
  line('added to the bare server, shown', spread(added(cpu('shown'), cpu('bare')), '%'));
  line('added to the bare server, hidden', spread(added(cpu('hidden sidebar'), cpu('bare')), '%'));
  console.log('\naims');
  atMost('requests, shown', Math.max(...asked('shown')), 12, '');
  for (const name of ['hidden sidebar', 'hidden tab', 'never opened']) {
    atMost(`requests, ${name}`, Math.max(...asked(name)), 0, '');
  }
  atMost('CPU of the server added by the sidebar', median(sidebar), 0.2, '% of a core');
});
