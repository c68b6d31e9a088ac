/** GPUs from a notebook: whose the memory is on a shared one, and `%%gpu` in the page. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { notebookOf, openNotebook } from './cells';
import { Driver, NO_COMPILER } from './driver';
import { expect, jupyterFor, openLab, runAll, test } from './lab';
import { openSidebar } from './sidebar';

const LATE = { timeout: 30_000 };
const MIB = 2 ** 20;
const GIB = 2 ** 30;
/** A GPU of 24 GiB in turns with others, who keep it at 90 %. */
const SHARED = {
  '0.name': 'NVIDIA A10G',
  '0.total': 24 * GIB,
  '0.used': 20 * GIB,
  '0.reserved': 600 * MIB,
  '0.util': 90
};

const HOLD = [
  'import os\nheld = [open(os.environ["DEVICES"] + name) for name in ("nvidia0", "nvidia-uvm")]\n' +
    'open(os.environ["DEVICES"] + "pid", "w").write(str(os.getpid()))'
];
const WATCHED = ['%load_ext kfnb_ext', '%%gpu\nimport time; time.sleep(0.5)\n6 * 7', '_gpu.reason'];

const driver = new Driver();
test.skip(!driver.library, NO_COMPILER);
const devices = path.join(driver.folder, 'dev/');
const jupyter = jupyterFor({
  env: { ...driver.env, DEVICES: devices },
  prepare: workspace => {
    driver.state(SHARED);
    fs.mkdirSync(devices);
    ['nvidia0', 'nvidia-uvm'].forEach(name => fs.writeFileSync(devices + name, ''));
    fs.writeFileSync(path.join(workspace, 'hold.ipynb'), notebookOf(HOLD));
    for (const name of ['watched.ipynb', 'trouble.ipynb']) {
      fs.writeFileSync(path.join(workspace, name), notebookOf(WATCHED));
    }
  }
});
test.afterAll(() => driver.remove());

test('on a shared GPU, what a notebook holds is told from the others', async ({ page, seen }) => {
  await openLab(page, jupyter());
  await openNotebook(page, 'hold.ipynb');
  await runAll(page);
  await expect.poll(() => fs.existsSync(`${devices}pid`), LATE).toBe(true);
  await expect.poll(() => fs.readFileSync(`${devices}pid`, 'utf8')).not.toBe('');
  const pid = fs.readFileSync(`${devices}pid`, 'utf8');
  // This driver lists a process once for each kind of its work: its memory counts once.
  const pids = `${pid}:${2 * GIB},${pid}:${2 * GIB}`;
  driver.state({ ...SHARED, '0.pids': pids, '0.utilpid': `${pid}:0` });

  const opened = await openSidebar(page);
  const section = opened.locator('#kfnb-gpu-body');
  await expect(section.getByText('Of it 2 GiB are ours, 17 GiB of others.')).toBeVisible(LATE);
  await expect(section.getByText('90 %', { exact: true })).toBeVisible();
  await section.locator('details.kfnb-Board > summary').click();
  await expect(section.getByText('with others', { exact: true })).toBeVisible();
  const holders = opened.locator('.kfnb-Holders');
  await holders.locator('summary').click();
  await expect(holders).toContainText('hold.ipynb');
  await expect(holders.locator('.kfnb-Meter-text')).toHaveText('2 GiB');
  // The work is that of the others: it is no use of this notebook.
  await expect(opened).not.toContainText('a GPU works');

  driver.state({ ...SHARED, '0.pids': pids, '0.utilpid': `${pid}:64` });
  await expect(holders.getByText('Busy 64 %')).toBeVisible(LATE);
  await expect(opened).toContainText('a GPU works', LATE);
  expect(seen.errors).toEqual([]);
});

test('%%gpu shows a report and a drawing below its cell', async ({ page, seen }) => {
  driver.state(SHARED);
  await openLab(page, jupyter());
  await openNotebook(page, 'watched.ipynb');
  await runAll(page);

  const outputs = page.locator('.jp-OutputArea-output');
  await expect(outputs.last()).toHaveText("''", LATE);
  const report = outputs.filter({ hasText: 'NVIDIA A10G' }).first();
  await expect(report).toContainText('20.0 GiB → 20.0 GiB of 24.0 GiB');
  await expect(report).toContainText('busy     90 %');
  await expect(page.locator('.jp-RenderedSVG')).toBeVisible();
  await expect(outputs.filter({ hasText: /^42$/ })).toHaveCount(1);
  expect(seen.errors).toEqual([]);
});

test('%%gpu without a driver says so in one line and runs the cell', async ({ page }) => {
  driver.state({ init_err: 18 });
  await openLab(page, jupyter());
  await openNotebook(page, 'trouble.ipynb');
  await runAll(page);

  const outputs = page.locator('.jp-OutputArea-output');
  await expect(outputs.first()).toContainText(/^%%gpu: The driver of the node was upgraded/, LATE);
  await expect(outputs.nth(1)).toHaveText('42');
  await expect(outputs.nth(2)).toContainText('was upgraded');
  await expect(outputs).toHaveCount(3);
  await expect(page.locator('.jp-RenderedSVG')).toHaveCount(0);
});
