/** What the section of GPUs says where the driver does not open. */
import type { Locator, Page } from '@playwright/test';
import { Driver, NO_COMPILER } from './driver';
import { expect, type Jupyter, jupyterFor, openLab, test } from './lab';
import { openSidebar } from './sidebar';

async function gpus(page: Page, jupyter: Jupyter): Promise<Locator> {
  await openLab(page, jupyter);
  const opened = await openSidebar(page);
  return opened.locator('#kfnb-gpu-body');
}

for (const [name, keys, reason, hint] of [
  ['was upgraded', { init_err: 18 }, /upgraded while this notebook ran/, /Stop the notebook and/],
  ['took the GPU away', { init_err: 999 }, /lost access to its GPU/, /Stop the notebook and/],
  ['refuses', { init_err: 4 }, /does not show it to this pod/, /MIG slice/],
  ['has no GPU', { gpus: 0 }, /This pod has no GPU/, /granted when the notebook is created/]
] as const) {
  test.describe(`a driver that ${name}`, () => {
    const driver = new Driver();
    test.skip(!driver.library, NO_COMPILER);
    const jupyter = jupyterFor({ env: driver.env, prepare: () => driver.state(keys) });
    test.afterAll(() => driver.remove());

    test('is explained, with the way out, and the rest works', async ({ page, seen }) => {
      const section = await gpus(page, jupyter());

      await expect(section.getByText(reason)).toBeVisible();
      await expect(section.getByText(hint)).toBeVisible();
      await expect(page.locator('#kfnb-limits-body .kfnb-Meter').first()).toBeVisible();
      expect(seen.errors).toEqual([]);
    });
  });
}
