/** What fills the pod, as a person meets it: looked at, gone into, thrown away, told. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect, type Jupyter, jupyterFor, openLab, test } from './lab';
import { openSidebar, sidebar } from './sidebar';

const MIB = 1024 * 1024;

const jupyter = jupyterFor({
  // At these levels whatever disk the tests run on is full: so there is a warning to see.
  env: { KFNB_CAPACITY_WARNING: '0.01', KFNB_BACKGROUND_SCAN: '0' },
  args: ['--KfnbExt.tick_interval=2'],
  prepare: workspace => {
    fs.mkdirSync(path.join(workspace, 'old/runs'), { recursive: true });
    fs.writeFileSync(path.join(workspace, 'old/runs/model.bin'), Buffer.alloc(12 * MIB, 1));
    fs.mkdirSync(path.join(workspace, 'wandb'));
    fs.writeFileSync(path.join(workspace, 'wandb/log'), Buffer.alloc(MIB, 1));
    fs.writeFileSync(path.join(workspace, 'small.txt'), 'x');
  }
});

test('what fills the workspace is found, gone into, and thrown away', async ({ page, seen }) => {
  await openLab(page, jupyter());
  await openSidebar(page);
  const opened = sidebar(page);
  await opened.getByRole('button', { name: 'What fills the workspace' }).click();
  await opened.getByRole('button', { name: 'Look what fills it' }).click();
  const old = opened.getByRole('button', { name: 'old', exact: true });
  await expect(old).toBeVisible({ timeout: 20_000 });
  await expect(opened.getByText(/Runs that were not synchronised are lost/).first()).toBeVisible();

  await old.click();
  await opened.getByRole('button', { name: 'runs', exact: true }).click();
  await expect(opened.getByText('model.bin', { exact: true }).first()).toBeVisible();
  await opened.getByRole('button', { name: 'Workspace', exact: true }).click();

  await opened.getByRole('button', { name: 'Move old to the trash' }).click();
  const dialog = page.locator('.jp-Dialog');
  await expect(dialog.getByText(/frees nothing until the trash is emptied/)).toBeVisible();
  await dialog.getByRole('button', { name: 'Move to trash' }).click();
  await expect(old).toHaveCount(0, { timeout: 20_000 });
  expect(fs.existsSync(path.join(jupyter().workspace, 'old'))).toBe(false);
  expect(seen.errors).toEqual([]);
});

test('it is shown in the file browser', async ({ page }) => {
  await openLab(page, jupyter());
  await openSidebar(page);
  const opened = sidebar(page);
  await opened.getByRole('button', { name: 'What fills the workspace' }).click();
  await opened
    .getByRole('button', { name: 'Show wandb in the file browser' })
    .first()
    .click({ timeout: 20_000 });
  await expect(page.locator('.jp-BreadCrumbs').getByText('wandb')).toBeVisible();
});

test('the status bar tells without a request and opens the sidebar', async ({ page, seen }) => {
  await openLab(page, jupyter());
  const item = page.locator('.kfnb-Glance > button');
  await expect(item).toHaveText(/Disk \d+ %/, { timeout: 40_000 });
  expect(seen.requests).toHaveLength(0);
  await item.click();
  await expect(sidebar(page).getByText('/dev/shm', { exact: true })).toBeVisible();
});

test('a level that is passed is told once, and advised on in its section', async ({ page }) => {
  const told: Jupyter = jupyter();
  await openLab(page, told);
  await openSidebar(page);
  await expect(sidebar(page).locator('.kfnb-Advice').first()).toBeVisible();
  await sidebar(page).getByText('The patch for it').first().click();
  await expect(sidebar(page).locator('.kfnb-Patch > pre').first()).toContainText('kubectl');
});
