/** Operations on their way: seen, cancelled, and told of, whoever runs them. */
import { type ChildProcess, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Operation } from '../../src/contract';
import { expect, jupyterFor, openLab, test } from './lab';
import { expand, given, idle, openSidebar, snapshot, tab } from './sidebar';

const FOLDERS = 100;
const FILES = 400;

// Enough that a snapshot takes a while.
const jupyter = jupyterFor({
  prepare: workspace => {
    for (let folder = 0; folder < FOLDERS; folder++) {
      fs.mkdirSync(path.join(workspace, `folder-${folder}`));
      for (let file = 0; file < FILES; file++) {
        fs.writeFileSync(
          path.join(workspace, `folder-${folder}`, `${file}.txt`),
          `${folder}.${file}`
        );
      }
    }
  }
});

/** `kfnb` in a shell, beside the server. */
function shell(...args: string[]): ChildProcess {
  const jupyterPath = process.env.KFNB_JUPYTER ?? 'jupyter';
  const kfnb = path.join(path.dirname(jupyterPath), 'kfnb');
  const env = { ...process.env, KFNB_WORKSPACE: jupyter().workspace };
  return spawn(jupyterPath.includes('/') ? kfnb : 'kfnb', args, {
    cwd: jupyter().workspace,
    env,
    stdio: 'ignore'
  });
}

/** What runs, past the browser. */
async function running(): Promise<Operation[]> {
  const answer = await jupyter().fetch('kfnb/v1/operations');
  const operations = (await answer.json()) as Operation[];
  return operations.filter(({ state }) => state === 'running');
}

/** Whether an operation runs and knows how much it has to do. */
async function amid(): Promise<boolean> {
  return (await running()).some(({ total }) => total !== null);
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise(resolve => child.once('exit', resolve));
}

test('a snapshot on its way shows how far it is, and is cancelled', async ({ page, seen }) => {
  await openLab(page, jupyter());
  const opened = await openSidebar(page);
  await opened.getByLabel('Name (optional)').fill('not wanted');
  await opened.getByRole('button', { name: 'Take snapshot' }).click();
  const operation = opened.locator('.kfnb-Operation');
  await expect(operation.getByRole('progressbar')).toBeVisible();
  await expect(operation.getByText('Run by the Jupyter server.')).toBeVisible();
  await operation.getByRole('button', { name: 'Cancel' }).click();
  await idle(opened);

  await expect(snapshot(opened, 'not wanted')).toHaveCount(0);
  expect(seen.errors).toEqual([]);
});

test('a snapshot that a shell takes is seen on its way, with its share', async ({ page }) => {
  await openLab(page, jupyter());
  const opened = await openSidebar(page);
  const child = shell('snapshot', 'create', 'from a shell');
  const exit = ended(child);
  // Stopped amid its work, so that it is still there when the sidebar looks.
  await expect.poll(amid, { intervals: [20], timeout: 20_000 }).toBe(true);
  child.kill('SIGSTOP');
  try {
    const operation = opened.locator('.kfnb-Operation');
    await expect(operation.getByText(`Run in a shell (process ${child.pid}).`)).toBeVisible();
    await expect(operation.getByText(/\d+ %/)).toBeVisible();
  } finally {
    child.kill('SIGCONT');
  }
  expect(await exit).toBe(0);
  await expect(snapshot(opened, 'from a shell')).toBeVisible();
});

test('a hidden sidebar still tells what has happened, once', async ({ page }) => {
  await expect.poll(running, { timeout: 20_000 }).toEqual([]);
  await openLab(page, jupyter());
  const opened = await openSidebar(page);
  await opened.getByLabel('Name (optional)').fill('hidden');
  await opened.getByRole('button', { name: 'Take snapshot' }).click();
  await expect(opened.locator('.kfnb-Operation')).toBeVisible();
  await tab(page).click();
  await expect(opened).toBeHidden();

  const toast = page.locator('.Toastify__toast').filter({ hasText: /snapshot/i });
  await expect(toast).toHaveCount(1, { timeout: 20_000 });
  await tab(page).click();
  await expect(snapshot(opened, 'hidden')).toBeVisible();
  await page.waitForTimeout(2500);
  expect(await toast.count()).toBeLessThanOrEqual(1);
});

test('the palette takes one, and the panel shows it', async ({ page }) => {
  await openLab(page, jupyter());
  await page.evaluate(() =>
    window.jupyterapp.commands.execute('kfnb-ext:snapshot', { name: 'by command' })
  );
  const opened = page.locator('#kfnb-ext-sidebar');
  await expect(snapshot(opened, 'by command')).toBeVisible({ timeout: 20_000 });
});

test('a folder with many files is shown a page at a time', async ({ page }) => {
  await given(jupyter(), 'by command');
  await openLab(page, jupyter());
  const entry = await expand(await openSidebar(page), 'by command');
  await entry.getByRole('button', { name: 'folder-7', exact: true }).click();
  await expect(entry.getByText('0.txt', { exact: true })).toBeVisible();
  await entry.getByRole('button', { name: `Show more (${FILES - 200} left)` }).click();
  await expect(entry.locator('.kfnb-File')).toHaveCount(FILES);
});
