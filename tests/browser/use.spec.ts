/** Use, as a person meets it: told before the stop, kept awake by a button, extended, ended. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Locator } from '@playwright/test';
import { notebookOf, openNotebook } from './cells';
import { expect, type Jupyter, jupyterFor, openLab, type Page, runAll, test } from './lab';
import { openSidebar, sidebar, tab } from './sidebar';

const state = fs.mkdtempSync(path.join(os.tmpdir(), 'kfnb-use-'));

const jupyter = jupyterFor({
  env: {
    KFNB_STATE_DIR: state,
    // The warning at 15 minutes comes with the end of use: a save counts for a minute and a half.
    KFNB_CULL_IDLE_MINUTES: '15.5',
    // What else this machine does is not what is looked at.
    KFNB_EVIDENCE_OFF: 'process:gpu:terminal:application:file'
  },
  args: ['--KfnbExt.tick_interval=2']
});

test.afterAll(() => fs.rmSync(state, { recursive: true, force: true }));

const body = (page: Page): Locator => sidebar(page).locator('#kfnb-activity-body');

/** A document is saved: from now on it is used for the last time. */
async function save(told: Jupyter, name: string): Promise<void> {
  const content = JSON.stringify({ type: 'file', format: 'text', content: name });
  const answer = await told.fetch(`api/contents/${name}`, { method: 'PUT', body: content });
  expect(answer.ok).toBe(true);
}

async function lastActivity(told: Jupyter): Promise<string> {
  const answer = await told.fetch('api/status?no_track_activity=1');
  return ((await answer.json()) as { last_activity: string }).last_activity;
}

test('a warning keeps it awake though the sidebar is hidden; it is extended and ended', async ({
  page,
  seen
}) => {
  test.setTimeout(240_000);
  await openLab(page, jupyter());
  await save(jupyter(), 'a.txt');
  const toast = page.locator('.Toastify__toast', { hasText: 'This notebook is stopped in' });
  await expect(toast).toBeVisible({ timeout: 150_000 });
  expect(seen.requests).toHaveLength(0);
  await toast.getByRole('button', { name: 'Keep awake 2 h' }).click();
  await expect(
    page.locator('.Toastify__toast', { hasText: /Kept awake until \d\d:\d\d/ })
  ).toBeVisible();

  await openSidebar(page);
  const use = body(page);
  await expect(use.getByText(/^Kept awake until/)).toBeVisible();
  await expect(use.getByText('Does not stop: it is kept awake.')).toBeVisible();
  const until = await use.locator('.kfnb-Awake-until').textContent();

  await use.getByRole('button', { name: 'Extend…' }).click();
  await use.getByLabel('From now on, for').selectOption({ label: '4 h' });
  await use.getByLabel('Reason (optional)').fill('the long run');
  await use.getByRole('button', { name: 'Extend', exact: true }).click();
  await expect(use.getByText('Reason: the long run')).toBeVisible();
  expect(await use.locator('.kfnb-Awake-until').textContent()).not.toBe(until);

  await use.getByRole('button', { name: 'End', exact: true }).click();
  await expect(use.getByText(/^Kept awake until/)).toHaveCount(0);
  await expect(use.getByText(/^Stops at \d\d:\d\d if nothing happens/)).toBeVisible();
  expect(seen.errors).toEqual([]);
});

test('it is asked for with a duration and a reason, and by the command', async ({ page }) => {
  await openLab(page, jupyter());
  await openSidebar(page);
  const use = body(page);
  await use.getByRole('button', { name: 'Keep awake…' }).click();
  await expect(use.getByRole('option')).toHaveText(['1 h', '2 h', '4 h', /^12 h/]);
  await use.getByLabel('From now on, for').selectOption({ label: '1 h' });
  await use.getByRole('button', { name: 'Keep awake', exact: true }).click();
  await expect(use.getByText(/^Kept awake until/)).toBeVisible();
  await expect(use.getByRole('button', { name: 'Extend…' })).toBeFocused();
  await use.getByRole('button', { name: 'End', exact: true }).click();
  await expect(use.getByText(/^Kept awake until/)).toHaveCount(0);

  void page.evaluate(() => window.jupyterapp.commands.execute('kfnb-ext:keep-awake'));
  const dialog = page.locator('.jp-Dialog');
  await dialog.getByRole('button', { name: 'Keep awake' }).click();
  await expect(use.getByText(/^Kept awake until/)).toBeVisible();
  await use.getByRole('button', { name: 'End', exact: true }).click();
});

test('the sidebar open for a minute is no use by itself', async ({ page, seen }) => {
  test.setTimeout(120_000);
  await openLab(page, jupyter());
  // JupyterLab's own polling is a use for Jupyter: here only our requests go through.
  await page.route(
    url => !url.pathname.includes('/kfnb/') && url.pathname.includes('/api/'),
    route => route.abort()
  );
  await tab(page).click();
  await expect(body(page)).toBeVisible();
  await page.waitForTimeout(3000);
  const before = await lastActivity(jupyter());
  await page.waitForTimeout(60_000);

  expect(await lastActivity(jupyter())).toBe(before);
  expect(seen.requests.length).toBeGreaterThan(8);
  for (const request of seen.requests) {
    expect(new URL(request.url()).searchParams.get('no_track_activity'), request.url()).toBe('1');
  }
});

test('a kernel that is busy is named by its notebook', async ({ page }) => {
  const source = notebookOf(['import time; time.sleep(600)']);
  fs.writeFileSync(path.join(jupyter().workspace, 'night.ipynb'), source);
  await openLab(page, jupyter());
  await openNotebook(page, 'night.ipynb');
  await runAll(page);
  await openSidebar(page);
  await expect(body(page).getByText(/night\.ipynb.* busy since/)).toBeVisible();
  await expect(body(page).getByText('Does not stop: it is in use.')).toBeVisible();
});
