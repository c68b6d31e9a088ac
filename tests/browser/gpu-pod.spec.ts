/** GPUs in pods whose node is another than this machine: unified memory under a limit. */
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
