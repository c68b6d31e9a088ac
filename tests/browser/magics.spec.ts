/** `%kfnb` in a notebook: progress is one line, a failure is no traceback and ends "Run All". */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { notebookOf } from './cells';
import { expect, jupyterFor, openLab, runAll, test } from './lab';

declare global {
  interface Window {
    outputs: string[];
  }
}

const CELLS = [
  '%load_ext kfnb_ext\n%kfnb snapshot create "before cleanup"',
  '%kfnb snapshot show nothing',
  'print("never", "reached")'
];

const jupyter = jupyterFor({
  prepare: workspace => {
    for (let number = 0; number < 250; number++) {
      fs.writeFileSync(path.join(workspace, `data${number}`), Buffer.alloc(4 << 20, number + 1));
    }
    fs.writeFileSync(path.join(workspace, 'demo.ipynb'), notebookOf(CELLS));
  }
});

test('a snapshot from a notebook shows its progress on one line', async ({ page, seen }) => {
  await openLab(page, jupyter());
  await page.evaluate(() =>
    window.jupyterapp.commands.execute('docmanager:open', { path: 'demo.ipynb' })
  );
  const outputs = page.locator('.jp-OutputArea-output');
  await expect(page.locator('.jp-Notebook .jp-CodeCell')).toHaveCount(CELLS.length);
  await page.evaluate(watch);

  await runAll(page);

  await expect(outputs.first()).toContainText('before cleanup": ', { timeout: 30_000 });
  await expect(outputs.first()).not.toContainText(' % ');
  const progress = (await page.evaluate(() => window.outputs)).filter(text => text.includes(' % '));
  expect(progress.length).toBeGreaterThan(0);
  for (const text of progress) {
    expect(text.match(/ % /g)).toHaveLength(1);
  }
  await expect(outputs.nth(1)).toContainText("There is no snapshot 'nothing'.");
  await expect(outputs.nth(1)).toContainText('%kfnb snapshot list');
  await expect(outputs.nth(1)).not.toContainText('Traceback');
  await expect(page.getByText('Python 3 (ipykernel) | Idle')).toBeVisible();
  await expect(outputs).toHaveCount(2);
  expect(seen.errors).toEqual([]);
});

/** Keeps every text that the first output has shown, however short. */
function watch(): void {
  window.outputs = [];
  new MutationObserver(() => {
    window.outputs.push(document.querySelector('.jp-OutputArea-output')?.textContent ?? '');
  }).observe(document.body, { childList: true, characterData: true, subtree: true });
}
