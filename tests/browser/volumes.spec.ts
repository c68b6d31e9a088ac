/** Snapshots of whole volumes, over a fake cluster: taken, looked at, deleted; and refused. */
import { inCluster } from './cluster';
import { expect, jupyterFor, openLab, test } from './lab';
import { idle, openSidebar, snapshot } from './sidebar';

test.describe('with the rights', () => {
  const cluster = inCluster('volumes');
  const jupyter = jupyterFor(cluster.options);
  test.afterAll(() => cluster.stop());

  test('a volume snapshot is taken, looked at and deleted', async ({ page, seen }) => {
    test.setTimeout(120_000);
    await openLab(page, jupyter());
    const opened = await openSidebar(page);
    await opened.getByLabel('Volume snapshot').check();
    await opened.getByLabel('Name (optional)').fill('before upgrade');
    await opened.getByLabel('Note (optional)').fill('the new driver comes tomorrow');
    await opened.getByRole('button', { name: 'Take snapshot' }).click();
    const entry = snapshot(opened, 'before upgrade');
    await expect(entry).toBeVisible({ timeout: 60_000 });
    await expect(entry.getByText('Volume snapshot of 2 volumes')).toBeVisible();

    await entry.locator('.kfnb-Snapshot-head').click();
    await expect(entry.getByText('the new driver comes tomorrow')).toBeVisible();
    await expect(entry.getByText('demo-data', { exact: true })).toBeVisible();
    await expect(entry.getByText(/cut one after another/)).toBeVisible();
    await expect(entry.getByRole('button', { name: 'Verify' })).toHaveCount(0);
    await idle(opened);
    if (process.env.KFNB_PICTURES) {
      await page.screenshot({ path: `${process.env.KFNB_PICTURES}/volumes.png` });
    }

    await entry.getByRole('button', { name: 'Delete…' }).click();
    const dialog = page.locator('.jp-Dialog');
    await expect(dialog.getByText(/demo-home, demo-data/)).toBeVisible();
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await expect(entry).toHaveCount(0, { timeout: 60_000 });
    expect(seen.errors).toEqual([]);
  });
});

test.describe('without the rights', () => {
  const cluster = inCluster('stock');
  const jupyter = jupyterFor(cluster.options);
  test.afterAll(() => cluster.stop());

  test('the role to send is shown, and folder snapshots work', async ({ page, seen }) => {
    test.setTimeout(120_000);
    await openLab(page, jupyter());
    const opened = await openSidebar(page);
    await expect(opened.getByLabel('Folder snapshot')).toBeChecked();
    await opened.getByLabel('Volume snapshot').check();
    await expect(opened.getByText(/may not list volumesnapshots/)).toBeVisible();
    await opened.getByText('The role to send to the administrator').click();
    await expect(opened.getByText(/aggregate-to-kubeflow-edit/)).toBeVisible();
    if (process.env.KFNB_PICTURES) {
      await page.screenshot({ path: `${process.env.KFNB_PICTURES}/role.png` });
    }
    await opened.getByLabel('Folder snapshot').check();
    await opened.getByRole('button', { name: 'Take snapshot' }).click();
    await expect(snapshot(opened, 'unnamed')).toBeVisible({ timeout: 30_000 });
    expect(seen.errors).toEqual([]);
  });
});
