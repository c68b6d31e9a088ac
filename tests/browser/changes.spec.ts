/** Changes of the notebook as a person meets them: shown before, and nothing happens without a yes. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Status } from '../../src/contract';
import { inCluster } from './cluster';
import { expect, jupyterFor, labIsReady, openLab, type Page, test } from './lab';
import { openSidebar, sidebar } from './sidebar';

const SMALL =
  'import os, sys; from tests.fakes import small_shm; small_shm.pod(64); ' +
  'os.execvp(sys.argv[1], sys.argv[1:])';

/** The interpreter beside the tests' jupyter. */
function python(): string {
  const { KFNB_JUPYTER: jupyter } = process.env;
  return jupyter ? path.join(path.dirname(jupyter), 'python') : 'python3';
}

/** For whoever wants to look at it. */
async function picture(page: Page, name: string): Promise<void> {
  if (process.env.KFNB_PICTURES) {
    await page.screenshot({ path: `${process.env.KFNB_PICTURES}/${name}.png` });
  }
}

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
    await picture(page, 'stop');
    await before.press('Escape');
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
    await picture(page, 'growth-by-exchange');
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

test.describe('what would change is shown before', () => {
  test.skip(process.getuid?.() !== 0, 'only root can have a small /dev/shm of its own');
  const cluster = inCluster('volumes');
  const jupyter = jupyterFor({
    ...cluster.options,
    within: [python(), '-c', SMALL],
    env: { ...cluster.options.env, PYTHONPATH: path.resolve(__dirname, '../..') }
  });
  test.afterAll(() => cluster.stop());

  test('a patch shows its operations and what ends by the restart', async ({ page, seen }) => {
    await openLab(page, jupyter());
    const opened = await openSidebar(page);
    await page.evaluate(async () => {
      await window.jupyterapp.commands.execute('terminal:create-new');
    });
    await opened.getByRole('button', { name: 'Fix it…' }).first().click({ timeout: 30_000 });
    const dialog = page.locator('.jp-Dialog');
    await expect(dialog.getByText('The notebook restarts by it')).toBeVisible();
    await expect(dialog.getByText('Terminal 1')).toBeVisible();
    await dialog.getByText('What would change').click();
    await expect(dialog.locator('pre')).toContainText('/spec/template/spec/volumes/-');
    await picture(page, 'patch');
    await page.keyboard.press('Escape');
    expect(seen.requests.filter(one => one.url().endsWith('/patches'))).toEqual([]);
  });

  test('a growth says from what to what, and ends nothing', async ({ page, seen }) => {
    // Outside the pod no volume is known to be a claim.
    await page.route('**/kfnb/v1/status?*', async route => {
      const answer = await route.fetch();
      const status = (await answer.json()) as Status;
      const { volumes } = status;
      if (volumes.kind === 'volumes') {
        const [first, ...others] = volumes.volumes;
        const claimed = { ...volumes, volumes: [{ ...first, claim: 'demo-home' }, ...others] };
        await route.fulfill({ response: answer, json: { ...status, volumes: claimed } });
      }
    });
    await openLab(page, jupyter());
    const opened = await openSidebar(page);
    await opened.getByRole('button', { name: 'Make demo-home larger…' }).click();
    const dialog = page.locator('.jp-Dialog');
    await dialog.getByPlaceholder('+5Gi').fill('+1Gi');
    await picture(page, 'growth-asked');
    await dialog.getByRole('button', { name: 'Preview' }).click();
    await expect(dialog.getByText('From 2 GiB to 3 GiB.')).toBeVisible();
    await expect(dialog.getByText(/cannot be made smaller again/)).toBeVisible();
    await picture(page, 'growth');
    await page.keyboard.press('Escape');
    expect(seen.requests.filter(one => one.url().endsWith('/grow'))).toEqual([]);
    expect(seen.errors).toEqual([]);
  });
});

test.describe('after the word for a restart', () => {
  const cluster = inCluster('volumes');
  const jupyter = jupyterFor(cluster.options);
  test.afterAll(() => cluster.stop());

  test('the page says calmly that the notebook is away, and reloads when it is back', async ({
    page,
    seen
  }) => {
    await openLab(page, jupyter());
    await openSidebar(page);
    await sidebar(page).getByRole('button', { name: 'Restart notebook…' }).click();
    const asked = page.locator('.jp-Dialog');
    await asked.getByRole('button', { name: 'Restart' }).click();
    const dialog = page.locator('.kfnb-AwayDialog');
    const reload = dialog.getByRole('button', { name: 'Reload the page' });
    await expect(dialog.getByText('This notebook is restarting.')).toBeVisible();
    await expect(reload).toBeDisabled();

    await jupyter().end();
    await expect(dialog.getByText(/No answer since/)).toBeVisible({ timeout: 15_000 });
    await expect(sidebar(page).getByText('This notebook is restarting.')).toBeVisible();
    await expect(sidebar(page).getByText('Disconnected')).toHaveCount(0);
    const before = seen.requests.length;
    await page.waitForTimeout(4000);
    expect(seen.requests.length - before).toBeLessThan(5);
    await expect(page.locator('.jp-Dialog')).toHaveCount(1);
    await picture(page, 'away');

    await jupyter().restart();
    await expect(dialog.getByText('This notebook is back.')).toBeVisible({ timeout: 40_000 });
    await picture(page, 'back');
    await Promise.all([page.waitForEvent('load'), reload.click()]);
    await labIsReady(page);
    await expect(page.locator('.jp-Dialog')).toHaveCount(0);
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
