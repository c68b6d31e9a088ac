/** The section of GPUs over a fake driver: slices, who holds what, what is nobody's, trouble. */
import { type ChildProcess, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Locator, Page } from '@playwright/test';
import { Driver, NO_COMPILER } from './driver';
import { expect, jupyterFor, openLab, test } from './lab';
import { openSidebar } from './sidebar';

const MIB = 2 ** 20;
const GIB = 2 ** 30;

const driver = new Driver();

const machine = {
  gpus: 2,
  gpm: 1,
  noperm_parent: 1,
  '0.mig': 1,
  '0.mig_present': '3,5',
  '0.3.profile': '1g.5gb',
  '1.name': 'NVIDIA H200',
  '1.reserved': 600 * MIB,
  '1.used': 20 * GIB,
  '1.throttle': 4
};

test.skip(!driver.library, NO_COMPILER);
const jupyter = jupyterFor({ env: driver.env, prepare: () => driver.state(machine) });

test.afterAll(() => driver.remove());

async function gpus(page: Page): Promise<Locator> {
  await openLab(page, jupyter());
  const opened = await openSidebar(page);
  return opened.locator('#kfnb-gpu-body');
}

test('slices and GPUs have their figures, or say why not', async ({ page, seen }) => {
  driver.state(machine);
  const section = await gpus(page);

  await expect(section.getByText('Slice 1g.5gb, 16 multiprocessors')).toBeVisible();
  await expect(section.getByText('Slice 1g.10gb, 16 multiprocessors')).toBeVisible();
  await expect(section.getByText('12 MiB of 10 GiB')).toHaveCount(2);
  await expect(section.getByText('1: NVIDIA H200')).toBeVisible();
  await expect(section.getByText('20 GiB of 80 GiB')).toBeVisible();
  await expect(section.getByText('Of it 0 B are ours, 19 GiB of others.')).toBeVisible();
  await expect(section.getByText('Held back: power limit reached.')).toBeVisible();
  await expect(section.getByText(/can use only one of these slices/)).toBeVisible();
  await expect(section).not.toContainText(/NaN|undefined|null|\[object/);
  expect(seen.errors).toEqual([]);
});

test('the activity of a slice comes with the second reading', async ({ page }) => {
  driver.state(machine);
  const section = await gpus(page);

  const slice = section.locator('li', { hasText: 'Slice 1g.5gb' }).last();
  await expect(slice.locator('.kfnb-Meter-text').last()).toHaveText('33 %', { timeout: 20_000 });

  // Cut anew, and the permission is lost amid: both cost what they must and nothing else.
  driver.state({ ...machine, gpm_err: 4, '0.mig_present': '3' });
  await expect(section.getByText(/Slice 1g\.10gb/)).toHaveCount(0, { timeout: 30_000 });
  await expect(slice.getByText('The driver does not show it to this pod.').last()).toBeVisible();
  await expect(section.getByText('20 GiB of 80 GiB')).toBeVisible();
});

test('what belongs to the whole board is folded away', async ({ page }) => {
  driver.state(machine);
  const section = await gpus(page);

  const board = section.locator('details.kfnb-Board').last();
  await expect(board.getByText('71 of 700 W')).toBeHidden();
  await board.locator('summary').click();
  await expect(board.getByText('71 of 700 W')).toBeVisible();
  await expect(board.getByText('41 °C')).toBeVisible();
  await expect(board.getByText('with others')).toBeVisible();
});

test('a figure that changes is shown without a click', async ({ page }) => {
  driver.state(machine);
  const section = await gpus(page);
  await expect(section.getByText('20 GiB of 80 GiB')).toBeVisible();

  driver.state({ ...machine, '1.used': 40 * GIB });
  await expect(section.getByText('40 GiB of 80 GiB')).toBeVisible({ timeout: 15_000 });
});

test('a peak between two looks of the page is in the line', async ({ page }) => {
  driver.state(machine);
  const section = await gpus(page);
  const line = section.getByRole('img', { name: /Memory, last ten minutes: .* 20 GiB/ });
  await expect(line).toBeVisible({ timeout: 20_000 });

  // The page has just asked; it asks again in 5.5 s, and the driver is asked every 2 s.
  await page.waitForResponse(answer => answer.url().includes('/kfnb/v1/status'));
  await page.waitForTimeout(600);
  driver.state({ ...machine, '1.used': 70 * GIB });
  await page.waitForTimeout(2600);
  driver.state(machine);

  const peak = section.getByRole('img', {
    name: 'Memory, last ten minutes: between 20 GiB and 70 GiB'
  });
  await expect(peak).toBeVisible({ timeout: 15_000 });
  await expect(section.getByText('70 GiB of 80 GiB')).toHaveCount(0);
  await expect(section.getByText('peak 70 GiB')).toBeVisible();
});

test('a lost GPU says so, the other goes on, and it is back by itself', async ({ page }) => {
  test.setTimeout(150_000);
  driver.state({ ...machine, lost_gpu: 1 });
  const section = await gpus(page);

  const alert = section.locator('.kfnb-Level', { hasText: 'fell off its bus' });
  await expect(alert).toBeVisible({ timeout: 20_000 });
  await expect(section.getByText('1: NVIDIA H200')).toBeVisible();
  driver.state({ ...machine, lost_gpu: 1, '0.3.used': 3 * GIB });
  await expect(section.getByText('3 GiB of 10 GiB')).toBeVisible({ timeout: 15_000 });
  await expect(alert).toHaveCount(1);

  // The driver is opened anew once a minute at most.
  driver.state(machine);
  await expect(alert).toHaveCount(0, { timeout: 90_000 });
  await expect(section.getByText('20 GiB of 80 GiB')).toBeVisible();
});

test('a GPU that the node took away says what to do', async ({ page }) => {
  driver.state({ ...machine, call_err: 999 });
  const section = await gpus(page);

  await expect(section.getByText(/lost access to its GPU/)).toBeVisible({ timeout: 20_000 });
  await expect(section.getByText(/Stop the notebook and start it again/)).toBeVisible();
  await expect(page.locator('#kfnb-limits-body .kfnb-Meter').first()).toBeVisible();
  await expect(page.locator('#kfnb-volumes-body .kfnb-Meter').first()).toBeVisible();
});

/** What a killed kernel has left behind: a process with the device open, and no parent. */
async function leftBehind(): Promise<{ pid: number; parent: ChildProcess }> {
  const devices = path.join(driver.folder, 'dev');
  fs.mkdirSync(devices, { recursive: true });
  const names = ['nvidia1', 'nvidia-uvm'].map(name => path.join(devices, name));
  names.forEach(name => fs.writeFileSync(name, ''));
  const code = [
    'import os, sys, time',
    'held = [open(name) for name in sys.argv[1].split(",")]',
    'pid = os.fork()',
    'print(pid, flush=True) if pid else None',
    'os._exit(0) if pid else time.sleep(300)'
  ].join('\n');
  const parent = spawn('python', ['-c', code, names.join(','), '-f', '/k/kernel-7-ab.json'], {
    env: { ...process.env, JPY_PARENT_PID: '1', JPY_SESSION_NAME: 'gone.ipynb' },
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore']
  });
  const pid = await new Promise<number>(resolve =>
    parent.stdout?.once('data', (data: Buffer) => resolve(Number(String(data))))
  );
  return { pid, parent };
}

test('what a killed kernel has left is named and can be ended', async ({ page }) => {
  driver.state({ ...machine, call_err: 0 });
  const { pid } = await leftBehind();
  // This driver lists a process once for each kind of its work: its memory counts once.
  driver.state({ ...machine, call_err: 0, '1.pids': `${pid}:${512 * MIB},${pid}:${512 * MIB}` });
  const section = await gpus(page);

  await expect(section.getByText('Left behind: gone.ipynb')).toBeVisible({ timeout: 70_000 });
  await expect(section.locator('.kfnb-Holders')).toContainText('512 MiB');
  await section.getByRole('button', { name: `End process ${pid}…` }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByText(/belongs to no kernel or terminal/)).toBeVisible();
  await dialog.getByRole('button', { name: 'End' }).click();
  await expect.poll(() => fs.existsSync(`/proc/${pid}`), { timeout: 10_000 }).toBe(false);
  await expect(section.getByText('Left behind: gone.ipynb')).toBeHidden({ timeout: 20_000 });
});
