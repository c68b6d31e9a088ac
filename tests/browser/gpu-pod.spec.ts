/** GPUs in pods whose node is another than this machine: its memory, its devices, its sharing. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Driver, NO_COMPILER } from './driver';
import { expect, jupyterFor, openLab, test } from './lab';
import { isRoot, NOT_ROOT, plant, podOf } from './pod';
import { openSidebar } from './sidebar';

const LATE = { timeout: 30_000 };
const GIB = 2 ** 30;

test.describe('unified memory, on a node of 128 GiB, in a pod of 16 GiB', () => {
  const driver = new Driver();
  test.skip(!driver.library, NO_COMPILER);
  test.skip(!isRoot, NOT_ROOT);
  const folder = path.join(driver.folder, 'pod');
  const jupyter = jupyterFor({
    within: podOf(folder),
    env: driver.env,
    prepare: () => {
      driver.state({ uma: 1, '0.name': 'NVIDIA GB10' });
      plant(folder, { limit: 16 * GIB, node: 128 * GIB });
    }
  });
  test.afterAll(() => driver.remove());

  test('is the pod’s limit and never the node’s memory', async ({ page, seen }) => {
    await openLab(page, jupyter());
    const opened = await openSidebar(page);
    const section = opened.locator('#kfnb-gpu-body');

    await expect(section.getByText('0: NVIDIA GB10')).toBeVisible(LATE);
    await expect(
      section.getByText('Together with the programs of the pod it has 16 GiB.')
    ).toBeVisible();
    const memory = section.locator('.kfnb-Meter', { hasText: 'Memory' }).first();
    await expect(memory.getByText(/uses the pod's own memory and has none/).last()).toBeVisible();
    await expect(section.getByText('37 %', { exact: true })).toBeVisible();
    await expect(section).not.toContainText('128 GiB');
    // The pod's own limit is the same figure.
    await expect(opened.locator('#kfnb-limits-body')).toContainText('of 16 GiB');
    expect(seen.errors).toEqual([]);

    const answer = await jupyter().fetch('kfnb/v1/status?no_track_activity=1');
    const { gpus } = (await answer.json()) as { gpus: { gpus: Record<string, unknown>[] } };
    expect(gpus.gpus[0]).toMatchObject({
      memory_kind: 'unified',
      memory_total: 16 * GIB,
      memory_used: null,
      utilisation: 0.37
    });
  });
});

for (const [name, devices, keys, reason, hint] of [
  ['whose driver is not loaded', ['nvidia0'], { init_err: 9 }, /no NVIDIA driver loaded/, /node/],
  ['without the library', ['nvidia0'], null, /libnvidia-ml\.so\.1 is not found/, /on GKE it is/],
  ['of a Jetson', ['nvhost-gpu', 'nvidia0'], null, /none that NVIDIA's library/, /tegrastats/]
] as const) {
  test.describe(`a device ${name}`, () => {
    const driver = new Driver();
    test.skip(keys !== null && !driver.library, NO_COMPILER);
    test.skip(keys === null && fs.existsSync('/dev/nvidiactl'), 'the library is on this machine');
    test.skip(!isRoot, NOT_ROOT);
    const folder = path.join(driver.folder, 'pod');
    const jupyter = jupyterFor({
      within: podOf(folder),
      env: keys ? driver.env : {},
      prepare: () => {
        driver.state(keys ?? {});
        plant(folder, { devices: [...devices] });
      }
    });
    test.afterAll(() => driver.remove());

    test('is told from no GPU, with the way out', async ({ page, seen }) => {
      await openLab(page, jupyter());
      const opened = await openSidebar(page);
      const section = opened.locator('#kfnb-gpu-body');

      await expect(section.getByText(reason)).toBeVisible(LATE);
      await expect(section.getByText(hint).first()).toBeVisible();
      await expect(section).not.toContainText('has no GPU');
      await expect(page.locator('#kfnb-limits-body .kfnb-Meter').first()).toBeVisible();
      expect(seen.errors).toEqual([]);
    });
  });
}

test.describe('a GPU that is shared through MPS', () => {
  const driver = new Driver();
  test.skip(!driver.library, NO_COMPILER);
  const jupyter = jupyterFor({
    env: { ...driver.env, CUDA_MPS_PIPE_DIRECTORY: '/mps/pipe' },
    prepare: () => driver.state({ '0.used': 20 * GIB })
  });
  test.afterAll(() => driver.remove());

  test('is not shown as if all of it were the pod’s', async ({ page }) => {
    await openLab(page, jupyter());
    const opened = await openSidebar(page);
    const section = opened.locator('#kfnb-gpu-body');

    await expect(section.getByText('20 GiB of 80 GiB')).toBeVisible(LATE);
    await expect(section.getByText(/through MPS, which may allow you less/)).toBeVisible();
    await section.locator('details.kfnb-Board > summary').click();
    await expect(section.getByText('through MPS', { exact: true })).toBeVisible();
  });
});
