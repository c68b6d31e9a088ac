/** What the section of GPUs says where a driver refuses, answers oddly, or takes its time. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Locator, Page } from '@playwright/test';
import { notebookOf, openNotebook } from './cells';
import { Driver, NO_COMPILER } from './driver';
import { POD } from './jupyter';
import { expect, type Jupyter, jupyterFor, openLab, runAll, test } from './lab';
import { openSidebar } from './sidebar';

const LATE = { timeout: 30_000 };
const MIB = 2 ** 20;

async function gpus(page: Page, jupyter: Jupyter): Promise<Locator> {
  await openLab(page, jupyter);
  const opened = await openSidebar(page);
  return opened.locator('#kfnb-gpu-body');
}

/** A reason below a figure, for the eyes. */
function said(section: Locator, text: string): Locator {
  return section.locator('p.kfnb-Note', { hasText: text });
}

for (const [name, keys, reason, hint] of [
  ['was upgraded', { init_err: 18 }, /upgraded while this notebook ran/, /Stop the notebook and/],
  ['took the GPU away', { init_err: 999 }, /lost access to its GPU/, /Stop the notebook and/],
  ['is not loaded', { init_err: 9 }, /This pod has no GPU/, /granted when the notebook is created/],
  ['refuses', { init_err: 4 }, /does not show it to this pod/, /MIG slice/],
  ['has no GPU', { gpus: 0 }, /This pod has no GPU/, /granted when the notebook is created/]
] as const) {
  test.describe(`a driver that ${name}`, () => {
    const driver = new Driver();
    test.skip(!driver.library, NO_COMPILER);
    const jupyter = jupyterFor({ env: driver.env, prepare: () => driver.state(keys) });
    test.afterAll(() => driver.remove());

    test('is explained, with the way out, and the rest works', async ({ page, seen }) => {
      const section = await gpus(page, jupyter());

      await expect(section.getByText(reason)).toBeVisible();
      await expect(section.getByText(hint)).toBeVisible();
      await expect(page.locator('#kfnb-limits-body .kfnb-Meter').first()).toBeVisible();
      expect(seen.errors).toEqual([]);
    });
  });
}

test.describe('a driver of the 470s', () => {
  const driver = new Driver('OLD');
  test.skip(!driver.library, NO_COMPILER);
  const keys = { driver: '470.256.02', '0.used': 20 * 2 ** 30, '0.pids': `8041:${512 * MIB}` };
  const jupyter = jupyterFor({ env: driver.env, prepare: () => driver.state(keys) });
  test.afterAll(() => driver.remove());

  test('is asked the older questions', async ({ page, seen }) => {
    const section = await gpus(page, jupyter());

    await expect(section.getByText('20 GiB of 80 GiB')).toBeVisible(LATE);
    await expect(section.getByText('37 %', { exact: true })).toBeVisible();
    await expect(section.getByText('Driver 470.256.02')).toBeVisible();
    await expect(section).not.toContainText(/are ours/);
    expect(seen.errors).toEqual([]);
  });
});

test.describe('a driver that answers oddly', () => {
  const driver = new Driver();
  test.skip(!driver.library, NO_COMPILER);
  const jupyter = jupyterFor({ env: driver.env, prepare: () => driver.state({ uma: 1 }) });
  test.afterAll(() => driver.remove());

  test('for memory that is the processor’s, says so and shows its work', async ({ page }) => {
    driver.state({ uma: 1 });
    const section = await gpus(page, jupyter());

    await expect(said(section, "uses the pod's own memory")).toBeVisible(LATE);
    await expect(section.getByText(/Together with the programs of the pod it has/)).toBeVisible();
    await expect(section.getByText('37 %', { exact: true })).toBeVisible();
    await expect(section).not.toContainText(/\b0 B of/);
  });

  test('with impossible totals, is not believed', async ({ page }) => {
    driver.state({ '0.total': '4192904278781722664' });
    const section = await gpus(page, jupyter());

    await expect(said(section, 'impossible figure')).toBeVisible(LATE);
    await expect(section.getByText('37 %', { exact: true })).toBeVisible();
    await expect(section).not.toContainText(/EiB|PiB/);
  });

  test('without a counter, says why in words that can be seen', async ({ page }) => {
    driver.state({ '0.mig': 1, '0.mig_present': '3', noperm_parent: 1 });
    const section = await gpus(page, jupyter());

    await expect(said(section, 'before Hopper no slice has')).toBeVisible(LATE);
  });

  test('with the numbers of the node, is believed in none of them', async ({ page }) => {
    driver.state({ driver: '525.147.05', '0.pids': `8041:${512 * MIB}` });
    const section = await gpus(page, jupyter());

    await expect(said(section, "by the node's numbers").first()).toBeVisible(LATE);
    await expect(section.locator('.kfnb-Holders')).toHaveCount(0);
  });

  test('with 8 GPUs of 7 slices each, shows them all', async ({ page, seen }) => {
    const cut = Object.fromEntries([...Array(8).keys()].map(gpu => [`${gpu}.mig`, 1]));
    driver.state({ gpus: 8, gpm: 1, noperm_parent: 1, ...cut });
    const section = await gpus(page, jupyter());

    await expect(section.locator('h5')).toHaveCount(56, LATE);
    await expect(section.getByText('12 MiB of 10 GiB')).toHaveCount(56);
    expect(seen.errors).toEqual([]);
  });

  test('slowly, holds up nothing else', async ({ page }) => {
    driver.state({ gpus: 8, delay_us: 50_000, pcie_ms: 20 });
    const began = Date.now();
    const section = await gpus(page, jupyter());
    await expect(page.locator('#kfnb-limits-body .kfnb-Meter').first()).toBeVisible();

    await expect(section.locator('h4')).toHaveCount(8, LATE);
    const waits = [];
    for (let turn = 0; turn < 40; turn++) {
      const asked = Date.now();
      await jupyter().fetch('api/status?no_track_activity=1');
      waits.push(Date.now() - asked);
      await page.waitForTimeout(50);
    }
    waits.sort((a, b) => a - b);
    expect(waits[20], `since ${Date.now() - began} ms`).toBeLessThan(50);
  });
});

const CELLS = [
  'import os\nheld = [open(os.environ["DEVICES"] + name) for name in ("nvidia0", "nvidia-uvm")]\n' +
    'open(os.environ["DEVICES"] + "pid", "w").write(str(os.getpid()))',
  '%load_ext kfnb_ext\nimport torch',
  'import time\nend = time.monotonic() + 60\nwhile time.monotonic() < end: pass'
];

/** Without our extension and without a framework, until it is told to die. */
const PLAIN = [
  'import os, signal, sys, time\n' +
    'held = [open(os.environ["DEVICES"] + name) for name in ("nvidia0", "nvidia-uvm")]\n' +
    'open(os.environ["DEVICES"] + "plain", "w").write(str(os.getpid()))\n' +
    'while not os.path.exists(os.environ["DEVICES"] + "die"): time.sleep(0.1)\n' +
    'os.kill(os.getpid(), signal.SIGKILL)'
];

/** As much of torch as is asked. */
const TORCH = `
import types
def _stats(index):
    return {"reserved_bytes.all.peak": 1, "reserved_bytes.all.current": ${8 * MIB},
            "allocated_bytes.all.current": ${3 * MIB}, "allocated_bytes.all.peak": ${7 * MIB}}
cuda = types.SimpleNamespace(is_initialized=lambda: True, device_count=lambda: 1,
    memory_stats=_stats, get_device_properties=lambda index: types.SimpleNamespace(uuid=None))
`;

test.describe('a driver of the 550s', () => {
  const driver = new Driver();
  test.skip(!driver.library, NO_COMPILER);
  test.skip(process.getuid?.() !== 0, 'only root can have processes with numbers of their own');
  const devices = path.join(driver.folder, 'dev/');
  const modules = path.join(driver.folder, 'modules');
  const jupyter = jupyterFor({
    within: POD,
    env: { ...driver.env, DEVICES: devices, PYTHONPATH: modules },
    prepare: workspace => {
      driver.state({ driver: '550.163.01' });
      fs.mkdirSync(devices);
      fs.mkdirSync(modules);
      ['nvidia0', 'nvidia-uvm'].forEach(name => fs.writeFileSync(devices + name, ''));
      fs.writeFileSync(path.join(modules, 'torch.py'), TORCH);
      fs.writeFileSync(path.join(workspace, 'train.ipynb'), notebookOf(CELLS));
      fs.writeFileSync(path.join(workspace, 'plain.ipynb'), notebookOf(PLAIN));
    }
  });
  test.afterAll(() => driver.remove());

  async function pidOf(name: string): Promise<string> {
    const file = devices + name;
    const read = (): string => (fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '');
    await expect.poll(read, LATE).not.toBe('');
    return read();
  }

  test('leaves a kernel without our extension unknown, until it dies', async ({ page }) => {
    await openLab(page, jupyter());
    await openNotebook(page, 'plain.ipynb');
    await runAll(page);
    driver.state({ driver: '550.163.01', '0.pids': `${await pidOf('plain')}:0` });

    const opened = await openSidebar(page);
    const holders = opened.locator('.kfnb-Holders');
    await holders.locator('summary').click(LATE);
    await expect(holders.getByText('plain.ipynb')).toBeVisible();
    await expect(said(holders, 'The drivers 535.113 to 560 report no memory')).toBeVisible(LATE);

    fs.writeFileSync(`${devices}die`, '');
    driver.state({ driver: '550.163.01' });
    await expect(holders).toHaveCount(0, LATE);
  });

  test('leaves it to the framework of a busy notebook, as a lower bound', async ({ page }) => {
    await openLab(page, jupyter());
    await openNotebook(page, 'train.ipynb');
    await runAll(page);
    const pid = await pidOf('pid');
    driver.state({ driver: '550.163.01', '0.pids': `${pid}:0`, '0.utilpid': `${pid}:50` });

    const opened = await openSidebar(page);
    const holders = opened.locator('.kfnb-Holders');
    await expect(holders.locator('summary')).toHaveText('Who holds the GPUs (1)', LATE);
    await holders.locator('summary').click();
    await expect(holders.getByText('train.ipynb')).toBeVisible();
    await expect(holders.getByText('at least 8 MiB')).toBeVisible(LATE);
    await expect(holders.getByText(/torch on cuda:0: 3 MiB allocated/)).toBeVisible();
    await expect(page.getByText('Python 3 (ipykernel) | Busy')).toBeVisible();
    // The work that this driver tells of is that of the node's process with this number.
    await expect(holders).not.toContainText('50 %');
  });
});
