/** The sidebar as a person meets it: by its tab, its words and its buttons. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Locator, Page } from '@playwright/test';
import { expect } from '@playwright/test';
import type { SnapshotList } from '../../src/contract';
import type { Jupyter } from './jupyter';

export function tab(page: Page): Locator {
  return page.getByRole('tab', { name: 'Notebook pod' });
}

export function sidebar(page: Page): Locator {
  return page.locator('#kfnb-ext-sidebar');
}

/** Opens it by a click on its tab, and waits for the first readings. */
export async function openSidebar(page: Page): Promise<Locator> {
  await tab(page).click();
  const opened = sidebar(page);
  await expect(opened.getByText('/dev/shm', { exact: true })).toBeVisible();
  return opened;
}

/** Takes a snapshot with the button, and waits until it is in the list. */
export async function take(opened: Locator, name: string): Promise<void> {
  await opened.getByLabel('Name (optional)').fill(name);
  await opened.getByRole('button', { name: 'Take snapshot' }).click();
  await expect(snapshot(opened, name)).toBeVisible({ timeout: 30_000 });
}

/** Makes sure that there is such a snapshot, past the browser: no test relies on the one before. */
export async function given(jupyter: Jupyter, name: string): Promise<void> {
  const names = async (): Promise<string[]> => {
    const answer = await jupyter.fetch('kfnb/v1/snapshots');
    return ((await answer.json()) as SnapshotList).snapshots.map(one => one.name);
  };
  if (!(await names()).includes(name)) {
    await jupyter.fetch('kfnb/v1/snapshots', { method: 'POST', body: JSON.stringify({ name }) });
    await expect.poll(names, { timeout: 20_000 }).toContain(name);
  }
}

/** The entry of a snapshot in the list. */
export function snapshot(opened: Locator, name: string): Locator {
  const title = opened.page().locator('.kfnb-Snapshot-name', { hasText: name });
  return opened.locator('.kfnb-Snapshots > li').filter({ has: title });
}

/** Opens a snapshot in the list, if it is not open yet. */
export async function expand(opened: Locator, name: string): Promise<Locator> {
  const entry = snapshot(opened, name);
  const head = entry.locator('.kfnb-Snapshot-head');
  if ((await head.getAttribute('aria-expanded')) === 'false') {
    await head.click();
  }
  await expect(entry.getByRole('button', { name: 'Verify' })).toBeVisible();
  return entry;
}

/** Accepts the dialog about a restore, once it has shown what would happen. */
export async function acceptRestore(page: Page): Promise<void> {
  const dialog = page.locator('.jp-Dialog');
  await expect(dialog.getByText(/Unchanged: \d+/)).toBeVisible();
  await dialog.getByRole('button', { name: 'Restore' }).click();
  await expect(dialog).toHaveCount(0);
}

/** Waits until no operation runs any more. */
export async function idle(opened: Locator): Promise<void> {
  await expect(opened.locator('.kfnb-Operation')).toHaveCount(0, { timeout: 30_000 });
}

/** Folders and files from a table of contents. */
export function fill(workspace: string, files: Record<string, string>): void {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(workspace, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, content);
  }
}

/** What a file holds, or null when there is none. */
export function read(workspace: string, name: string): string | null {
  const file = path.join(workspace, name);
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : null;
}
