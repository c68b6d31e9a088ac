/**
 * The picture of the README: the sidebar of a notebook that trains, in a pod with limits and a GPU.
 *
 *     KFNB_PICTURE=docs/sidebar.png python3 dev.py test --only browser -- tests/browser/picture.spec.ts
 *
 * Without the variable it is taken all the same, and left where the tests leave what they make. The
 * limits are real where this machine lets a cgroup be made; the GPU is the tests' own driver.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Locator } from '@playwright/test';
import { Driver, NO_COMPILER } from './driver';
import { expect, type Jupyter, jupyterFor, openLab, type Page, runAll, test } from './lab';
import { Limited } from './limited';
import { fill, given, openSidebar } from './sidebar';

const ROOT = path.join(__dirname, '..', '..');
const GIB = 2 ** 30;
const NOTEBOOK = {
  cells: [
    {
      cell_type: 'code',
      id: 'train',
      execution_count: null,
      metadata: {},
      outputs: [],
      source:
        'import time\n\nbatches = b"1" * 1_200_000_000\nfor epoch in range(60):\n' +
        '    print(f"epoch {epoch}: loss {1 / (epoch + 1):.3f}")\n    time.sleep(2)'
    }
  ],
  metadata: { kernelspec: { name: 'python3', display_name: 'Python 3 (ipykernel)' } },
  nbformat: 4,
  nbformat_minor: 5
};

/** The kernel has the device open, as whoever computes on it. */
const STARTUP = `
import os
_held = [open(os.path.join(os.environ["DEVICES"], name)) for name in ("nvidia0", "nvidia-uvm")]
`;

const driver = new Driver();
const devices = path.join(driver.folder, 'dev');
const gpu = { gpus: 1, '0.name': 'NVIDIA H100 80GB HBM3', '0.used': 31 * GIB };
test.skip(!driver.library, NO_COMPILER);
test.use({ deviceScaleFactor: 2, viewport: { width: 1120, height: 1220 } });

const pod = new Limited('kfnb-picture');
const jupyter = jupyterFor({
  within: pod.within,
  env: {
    ...driver.env,
    DEVICES: devices,
    KFNB_CULLING: 'kubeflow',
    KFNB_CULL_IDLE_MINUTES: '120',
    // What this driver says of work is not looked at here.
    KFNB_EVIDENCE_OFF: 'gpu'
  },
  prepare: workspace => {
    pod.make(4 * GIB, 2);
    driver.state(gpu);
    fill(devices, { nvidia0: '', 'nvidia-uvm': '' });
    fill(path.join(workspace, '../ipython/profile_default/startup'), { 'gpu.py': STARTUP });
    fill(workspace, {
      'analysis.ipynb': JSON.stringify(NOTEBOOK),
      'models/first.bin': 'x'.repeat(3_000_000)
    });
  }
});

test.afterAll(async () => {
  driver.remove();
  await pod.remove();
});

test('the picture of the README', async ({ page }, info) => {
  await given(jupyter(), 'before the experiment');
  await openLab(page, jupyter());
  await page.evaluate(async () => {
    await window.jupyterapp.commands.execute('docmanager:open', { path: 'analysis.ipynb' });
  });
  await page.locator('.jp-Notebook .jp-Cell').first().locator('.cm-content').click();
  await runAll(page);
  driver.state({ ...gpu, '0.pids': `${await kernel(jupyter())}:${29 * GIB}` });
  const opened = await openSidebar(page);
  await expect(opened.getByText(/analysis\.ipynb.* busy since/)).toBeVisible();
  await widen(page);
  for (const name of ['Shared memory', 'Volumes', 'What fills the workspace', 'Cluster']) {
    await fold(opened, name);
  }
  await opened.getByText('Who holds the GPUs (1)').click();
  await expect(opened.locator('.kfnb-Holders').getByText('analysis.ipynb')).toBeVisible();
  const wanted = process.env.KFNB_PICTURE;
  // Work is known from the second reading on, and a line from the third.
  await page.waitForTimeout(wanted ? 40_000 : 0);
  await page.evaluate(() => (document.activeElement as HTMLElement).blur());
  await opened.locator('.jp-SidePanel-content').evaluate(node => node.scrollTo(0, 0));
  await page.mouse.move(900, 700);
  const box = (await opened.boundingBox())!;
  const picture = wanted ? path.resolve(ROOT, wanted) : info.outputPath('sidebar.png');
  await page.screenshot({ path: picture, clip: { ...box, x: 0, width: box.x + box.width } });
  expect(fs.statSync(picture).size).toBeGreaterThan(20_000);
});

async function fold(opened: Locator, name: string): Promise<void> {
  const open = opened.getByRole('button', { name, exact: true, expanded: true });
  if (await open.count()) {
    await open.click();
  }
}

/** The process of the only kernel. */
async function kernel(jupyter: Jupyter): Promise<string> {
  const answer = await jupyter.fetch('api/kernels');
  const [{ id }] = (await answer.json()) as [{ id: string }];
  const found = fs.readdirSync('/proc').find(pid => {
    try {
      return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`kernel-${id}`);
    } catch {
      return false; // no process, or one that has ended
    }
  });
  return found!;
}

/** Draws the border of the left area to the right, as a person would. */
async function widen(page: Page): Promise<void> {
  const handle = page.locator('#jp-main-split-panel > .lm-SplitPanel-handle').first();
  const box = (await handle.boundingBox())!;
  await page.mouse.move(box.x + box.width / 2, box.y + 300);
  await page.mouse.down();
  await page.mouse.move(box.x + 90, box.y + 300, { steps: 5 });
  await page.mouse.up();
}
