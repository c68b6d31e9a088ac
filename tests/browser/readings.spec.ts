/** The sidebar shows this very machine. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { notebookOf, openNotebook } from './cells';
import { expect, jupyterFor, labIsReady, openLab, runAll, test } from './lab';
import { openSidebar, sidebar, tab } from './sidebar';

const jupyter = jupyterFor();

interface Figures {
  limits: { memory_limit: number | null; cpu_available_cores: number };
}

test('a click on its tab shows the readings of this machine', async ({ page, seen }) => {
  await openLab(page, jupyter());
  const opened = await openSidebar(page);

  const answer = await jupyter().fetch('kfnb/v1/status');
  const { limits } = (await answer.json()) as Figures;
  await expect(opened.getByText(/^(In use|Idle for)/).first()).toBeVisible();
  // The limit is the pod's; where there is none, that is said.
  if (limits.memory_limit === null) {
    await expect(opened.getByText(/No limit set; the node has \d+ GiB/)).toBeVisible();
  }
  if (!fs.existsSync('/proc/driver/nvidia')) {
    await expect(opened.getByText(/no GPU/)).toBeVisible();
  }
  await expect(opened.getByText(/GiB free of \d/).first()).toBeVisible();
  await expect(opened.getByText('Take snapshot')).toBeVisible();
  await expect(opened).not.toContainText(/NaN|undefined|null|\[object/);
  expect(seen.errors).toEqual([]);
});

test('the last ten minutes are a line, that grows and is there in a new tab', async ({ page }) => {
  await openLab(page, jupyter());
  const opened = await openSidebar(page);
  const line = opened.getByRole('img', { name: /Memory, last ten minutes: between .* and/ });
  await expect(line).toBeVisible({ timeout: 15_000 });
  const before = await line.locator('.kfnb-Line-stroke').last().getAttribute('d');
  await expect
    .poll(() => line.locator('.kfnb-Line-stroke').last().getAttribute('d'), { timeout: 20_000 })
    .not.toBe(before);
});

test('a busy kernel is named, with the time since it is busy', async ({ page }) => {
  const source = notebookOf(['import time; time.sleep(30)']);
  fs.writeFileSync(path.join(jupyter().workspace, 'busy.ipynb'), source);
  await openLab(page, jupyter());
  await openNotebook(page, 'busy.ipynb');
  await runAll(page);
  const opened = await openSidebar(page);

  await expect(opened.getByText('In use')).toBeVisible();
  await expect(opened.getByText(/busy\.ipynb.*busy since \d\d:\d\d/)).toBeVisible();
  await page.evaluate(() => window.jupyterapp.commands.execute('notebook:interrupt-kernel'));
});

test('the palette opens it, and closed sections stay closed over a reload', async ({ page }) => {
  await openLab(page, jupyter());
  const palette = page.locator('.lm-CommandPalette-input');
  // The first keys after the start may be nobody's.
  await expect(async () => {
    await page.keyboard.press('Control+Shift+C');
    await expect(palette).toBeVisible({ timeout: 1000 });
  }).toPass();
  await palette.fill('Show pod status');
  await expect(page.locator('.lm-CommandPalette-item.lm-mod-active')).toHaveText(/Show pod status/);
  await page.keyboard.press('Enter');
  const opened = sidebar(page);
  const section = opened.getByRole('button', { name: 'Shared memory' });
  await expect(section).toHaveAttribute('aria-expanded', 'true');
  await section.click();
  await expect(opened.getByText('/dev/shm', { exact: true })).toHaveCount(0);

  // The layout is kept with a delay of a second.
  await page.waitForTimeout(2500);
  await page.goto(page.url().replace(/[?&]reset/, ''));
  await labIsReady(page);
  await expect(tab(page)).toHaveAttribute('aria-selected', 'true');
  await expect(sidebar(page).getByRole('button', { name: 'Shared memory' })).toHaveAttribute(
    'aria-expanded',
    'false'
  );
});

test('a server that restarts is said to be away, and comes back by itself', async ({ page }) => {
  await openLab(page, jupyter());
  const opened = await openSidebar(page);
  await jupyter().end();
  await expect(opened.getByText('Disconnected')).toBeVisible({ timeout: 20_000 });
  await expect(opened.getByText('/dev/shm', { exact: true })).toBeVisible();
  await jupyter().restart();
  await expect(opened.getByText('Disconnected')).toHaveCount(0, { timeout: 40_000 });
});
