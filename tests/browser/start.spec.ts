import { expect, jupyterFor, openLab, test } from './lab';

const jupyter = jupyterFor();

test('Lab opens with the extension in it, without an error', async ({ page, seen }) => {
  await openLab(page, jupyter());

  const active = await page.evaluate(() => window.jupyterapp.isPluginActivated('kfnb-ext:plugin'));

  expect(active).toBe(true);
  expect(seen.errors).toEqual([]);
});
