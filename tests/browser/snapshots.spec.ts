/** The main job: a workspace kept, damaged, and brought back. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect, jupyterFor, openLab, test } from './lab';
import {
  acceptRestore,
  expand,
  fill,
  given,
  idle,
  openSidebar,
  read,
  snapshot,
  take
} from './sidebar';

const FILES = {
  'notes.txt': 'one',
  'data/table.csv': 'a,b\n1,2\n',
  'data/deep/more.csv': 'more',
  'demo.py': 'print(1)'
};

const jupyter = jupyterFor({ prepare: workspace => fill(workspace, FILES) });

function holds(name: string): string | null {
  return read(jupyter().workspace, name);
}

test('a file, a folder and the whole are brought back, and the restore is undone', async ({
  page,
  seen
}) => {
  test.setTimeout(120_000);
  const { workspace } = jupyter();
  await openLab(page, jupyter());
  const opened = await openSidebar(page);
  await take(opened, 'before cleanup');
  await idle(opened);

  fs.writeFileSync(path.join(workspace, 'notes.txt'), 'two');
  fs.rmSync(path.join(workspace, 'data'), { recursive: true });
  fs.writeFileSync(path.join(workspace, 'new.txt'), 'new');

  await test.step('one file', async () => {
    const entry = await expand(opened, 'before cleanup');
    await entry.getByRole('button', { name: 'Restore notes.txt…' }).click();
    await expect(page.locator('.jp-Dialog').getByText('Replaced: 1')).toBeVisible();
    await acceptRestore(page);
    await expect.poll(() => holds('notes.txt')).toBe('one');
    expect(holds('data/table.csv')).toBeNull();
    await expect(opened.getByText(/Restored from “before cleanup” at/)).toBeVisible();
  });

  await test.step('one folder, found by looking into another first', async () => {
    const entry = await expand(opened, 'before cleanup');
    await entry.getByRole('button', { name: 'data', exact: true }).click();
    await expect(entry.getByText('table.csv')).toBeVisible();
    await entry.getByRole('button', { name: 'Restore deep…' }).click();
    await acceptRestore(page);
    await expect.poll(() => holds('data/deep/more.csv')).toBe('more');
    expect(holds('data/table.csv')).toBeNull();
    await idle(opened);
  });

  await test.step('the whole, and what was created since stays', async () => {
    fs.rmSync(path.join(workspace, 'demo.py'));
    const entry = await expand(opened, 'before cleanup');
    await entry.getByRole('button', { name: 'Restore…', exact: true }).click();
    await acceptRestore(page);
    await expect.poll(() => holds('demo.py')).toBe('print(1)');
    expect(holds('data/table.csv')).toBe(FILES['data/table.csv']);
    expect(holds('new.txt')).toBe('new');
    await idle(opened);
  });

  await test.step('undo', async () => {
    await opened.getByRole('button', { name: 'Undo…' }).click();
    await page.locator('.jp-Dialog').getByRole('button', { name: 'Undo' }).click();
    await expect.poll(() => holds('demo.py'), { timeout: 20_000 }).toBeNull();
    expect(holds('new.txt')).toBe('new');
    await expect(opened.getByText(/The restore was undone at/)).toBeVisible();
  });
  expect(seen.errors).toEqual([]);
});

test('exact shows what would be removed, Escape changes nothing and focus returns', async ({
  page
}) => {
  await given(jupyter(), 'before cleanup');
  await openLab(page, jupyter());
  const opened = await openSidebar(page);
  const entry = await expand(opened, 'before cleanup');
  fs.writeFileSync(path.join(jupyter().workspace, 'new.txt'), 'new');
  const restore = entry.getByRole('button', { name: 'Restore…', exact: true });
  await expect(restore).toBeEnabled();
  await restore.focus();
  await expect(restore).toBeFocused();
  await page.keyboard.press('Enter');
  const dialog = page.locator('.jp-Dialog');
  await expect(dialog.getByText('Removed: 0')).toBeVisible();
  await dialog.getByLabel('Also remove files created since (exact)').check();
  await dialog.getByText(/Removed: [1-9]/).click();
  await expect(dialog.getByText('new.txt')).toBeVisible();

  await page.keyboard.press('Escape');

  await expect(dialog).toHaveCount(0);
  await expect(restore).toBeFocused();
  expect(holds('new.txt')).toBe('new');
});

test('a file is downloaded as it was', async ({ page, seen }) => {
  fs.writeFileSync(path.join(jupyter().workspace, 'notes.txt'), 'one');
  await given(jupyter(), 'before the change');
  fs.writeFileSync(path.join(jupyter().workspace, 'notes.txt'), 'changed');
  await openLab(page, jupyter());
  const entry = await expand(await openSidebar(page), 'before the change');
  const download = page.waitForEvent('download');
  await entry.getByRole('link', { name: 'Download notes.txt' }).click();

  const file = await (await download).path();
  expect(fs.readFileSync(file, 'utf8')).toBe('one');
  expect(seen.errors).toEqual([]);
});

test('verify says that all is as recorded, and delete asks first', async ({ page }) => {
  await openLab(page, jupyter());
  const opened = await openSidebar(page);
  await take(opened, 'to be deleted');
  const entry = await expand(opened, 'to be deleted');
  await entry.getByRole('button', { name: 'Verify' }).click();
  await expect(entry.getByText(/Verified: all \d+ files as recorded/)).toBeVisible();
  await entry.getByRole('button', { name: 'Delete…' }).click();
  await page.locator('.jp-Dialog').getByRole('button', { name: 'Delete' }).click();
  await expect(snapshot(opened, 'to be deleted')).toHaveCount(0);
});
