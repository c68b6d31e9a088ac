/** Stop, restart and growth as a person meets them: what ends is named, and nothing happens before the yes. */
import * as fs from 'node:fs';
import * as path from 'node:path';
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

test.describe('on a claim whose class lets none grow', () => {
  const cluster = inCluster('rigid');
  const { prepare, ...options } = cluster.options;
  const within: string[] = [];
  const jupyter = jupyterFor({
    ...options,
    within,
    prepare: async workspace => {
      // The claim's name is in the mount table, as a provisioner of local paths leaves it there.
      const uid = '00000000-0000-4000-8000-000000000000';
      const volume = path.join(path.dirname(workspace), `pvc-${uid}_alice_demo-home`);
      fs.mkdirSync(volume);
      const mount = `mount --bind ${volume} ${workspace} && exec "$0" "$@"`;
      within.push('unshare', '--mount', 'sh', '-c', mount);
      await prepare?.(workspace);
    }
  });
  test.skip(process.getuid?.() !== 0, 'NOT ROOT: nothing can be mounted');
  test.afterAll(() => cluster.stop());

  test('the larger claim, the restart and the word for it are shown before, and then it begins', async ({
    page,
    seen
  }) => {
    await openLab(page, jupyter());
    const opened = await openSidebar(page);
    await opened.getByRole('button', { name: 'Make demo-home larger…' }).click();
    const dialog = page.locator('.jp-Dialog');
    await dialog.getByRole('textbox').fill('+1Gi');
    await dialog.getByRole('button', { name: 'Preview' }).click();

    await expect(dialog.getByText(/rigid does not let claims grow/)).toBeVisible();
    await expect(dialog.getByText(/create claim demo-home-r…: 3Gi/)).toBeVisible();
    await expect(dialog.getByText(/restart pod demo-0/)).toBeVisible();
    await expect(dialog.getByText(/is on the old claim alone/)).toBeVisible();
    const accept = dialog.getByRole('button', { name: 'Make it larger and restart' });
    await expect(accept).toBeDisabled();
    await dialog.getByLabel(/Restart without a guardian/).check();
    if (process.env.KFNB_PICTURES) {
      await page.screenshot({ path: `${process.env.KFNB_PICTURES}/growth.png` });
    }
    const asked = page.waitForRequest(
      one => one.url().includes('/grow?') || one.url().endsWith('/grow')
    );
    await accept.click();
    expect((await asked).postDataJSON()).toEqual({ size: '+1Gi', way: 'switch', unguarded: true });
    await expect(opened.getByText(/the notebook restarts/).first()).toBeVisible({
      timeout: 60_000
    });
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
