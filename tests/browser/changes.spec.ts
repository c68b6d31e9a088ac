/** Stop and restart as a person meets them: what ends is named, and nothing happens before the yes. */
import { inCluster } from './cluster';
import { expect, jupyterFor, openLab, test } from './lab';
import { openSidebar, sidebar } from './sidebar';

test.describe('in a notebook of a cluster', () => {
  const cluster = inCluster('volumes');
  const jupyter = jupyterFor(cluster.options);
  test.afterAll(() => cluster.stop());

  test('a stop is asked for, offers a snapshot before, and Escape ends nothing', async ({
    page,
    seen
  }) => {
    await openLab(page, jupyter());
    const opened = await openSidebar(page);
    await expect(opened.getByLabel('Volume snapshot')).toBeVisible({ timeout: 30_000 });
    await sidebar(page).getByRole('button', { name: 'Stop notebook…' }).click();
    const dialog = page.locator('.jp-Dialog');
    await expect(dialog.getByText('No kernel and no terminal runs.')).toBeVisible();
    const before = dialog.getByLabel('Snapshot first');
    await expect(before.locator('option')).toHaveText(['none', 'of the folder', 'of the volumes']);
    await before.selectOption('local');
    await expect(dialog.getByText('Nothing ends unless it succeeds.')).toBeVisible();
    if (process.env.KFNB_PICTURES) {
      await page.screenshot({ path: `${process.env.KFNB_PICTURES}/stop.png` });
    }
    await page.keyboard.press('Escape');
    await expect(dialog).toHaveCount(0);
    expect(seen.requests.filter(one => one.url().includes('/notebook/'))).toEqual([]);
    expect(seen.errors).toEqual([]);
  });
});

test.describe('where there is no notebook to stop', () => {
  const jupyter = jupyterFor({ env: { KUBECONFIG: '' } });

  test('no button offers it', async ({ page }) => {
    await openLab(page, jupyter());
    const opened = await openSidebar(page);
    await expect(opened.getByRole('button', { name: 'Keep awake…' })).toBeVisible();
    await expect(opened.getByRole('button', { name: 'Stop notebook…' })).toHaveCount(0);
  });
});
