/** Notebook 7: another shell, the same panel. */
import { expect, jupyterFor, test } from './lab';

const jupyter = jupyterFor({ program: 'notebook' });

test('the panel opens in Notebook 7 and shows readings', async ({ page, seen }) => {
  const { address, token } = jupyter();
  await page.goto(`${address}tree?token=${token}`);
  await page.waitForFunction(() => window.jupyterapp?.hasPlugin('kfnb-ext:plugin'));
  await page.evaluate(() => window.jupyterapp.restored.then(() => undefined));
  // The list of files is complete: what Notebook itself complains about has been said by then.
  await page.locator('.jp-DirListing').waitFor();
  await page.waitForTimeout(1000);
  const its = [...seen.errors];
  expect(seen.requests).toHaveLength(0);

  await page.evaluate(() => window.jupyterapp.commands.execute('kfnb-ext:open'));

  const opened = page.locator('#kfnb-ext-sidebar');
  await expect(opened.getByText('/dev/shm', { exact: true })).toBeVisible();
  await expect(opened.getByRole('button', { name: 'Take snapshot' })).toBeVisible();
  expect(seen.errors).toEqual(its);
});
