/** How it looks and reads: for every theme, a narrow panel, a keyboard and a screen reader. */
import type { AxeResults } from 'axe-core';
import { expect, jupyterFor, openLab, type Page, test } from './lab';
import { expand, fill, given, idle, openSidebar, take } from './sidebar';

const AXE = require.resolve('axe-core/axe.min.js');

declare global {
  interface Window {
    axe: { run(selector: string): Promise<AxeResults> };
  }
}

const jupyter = jupyterFor({
  prepare: workspace =>
    fill(workspace, {
      'data/measurements.csv': 'a,b\n'.repeat(20_000),
      'models/first.bin': 'x'.repeat(3_000_000),
      'notes.md': '# Notes\n'
    })
});

async function violations(page: Page): Promise<string[]> {
  await page.addScriptTag({ path: AXE });
  const { violations } = await page.evaluate(() => window.axe.run('#kfnb-ext-sidebar'));
  return violations.flatMap(({ id, nodes }) => nodes.map(node => `${id}: ${node.html}`));
}

async function setTheme(page: Page, theme: string): Promise<void> {
  await page.evaluate(
    name => window.jupyterapp.commands.execute('apputils:change-theme', { theme: name }),
    theme
  );
  await expect(page.locator('body')).toHaveAttribute('data-jp-theme-name', theme);
  // Colours change over a moment.
  await page.waitForTimeout(500);
}

test('no rule of axe is broken, in any theme, with everything open', async ({ page, seen }) => {
  await openLab(page, jupyter());
  const opened = await openSidebar(page);
  await take(opened, 'before the experiment');
  await idle(opened);
  await expand(opened, 'before the experiment');

  for (const theme of ['JupyterLab Light', 'JupyterLab Dark', 'JupyterLab Dark High Contrast']) {
    await setTheme(page, theme);
    expect(await violations(page), theme).toEqual([]);
  }
  await setTheme(page, 'JupyterLab Light');
  expect(seen.errors).toEqual([]);
});

test('at 200 pixels nothing is cut off', async ({ page }) => {
  await given(jupyter(), 'before the experiment');
  await openLab(page, jupyter());
  const opened = await openSidebar(page);
  await expand(opened, 'before the experiment');
  // JupyterLab itself keeps a panel from being narrower than 250 pixels.
  await page.addStyleTag({
    content:
      '#jp-left-stack, #kfnb-ext-sidebar, #kfnb-ext-sidebar .jp-SidePanel-content ' +
      '{ width: 200px !important; min-width: 0 !important }'
  });
  const wider = await opened.evaluate(node =>
    [...node.querySelectorAll('.jp-SidePanel-content, .kfnb-Section-body, .kfnb-Meter, button')]
      .filter(part => part.scrollWidth > part.clientWidth + 1)
      .map(part => part.outerHTML)
  );
  expect(wider).toEqual([]);
});

test('every part is reached by the keyboard and shows its focus', async ({ page }) => {
  await given(jupyter(), 'before the experiment');
  await openLab(page, jupyter());
  const opened = await openSidebar(page);
  await expect(opened.getByText('before the experiment')).toBeVisible();
  await opened.getByRole('button', { name: 'Use' }).focus();
  const reached: string[] = [];
  for (let step = 0; step < 40; step++) {
    await page.keyboard.press('Tab');
    const found = await page.evaluate(() => {
      const node = document.activeElement as HTMLElement;
      const inside = node.closest('#kfnb-ext-sidebar') !== null;
      return inside
        ? { name: node.textContent || node.tagName, outline: getComputedStyle(node).outlineStyle }
        : null;
    });
    if (!found) {
      break;
    }
    expect(found.outline, found.name).not.toBe('none');
    reached.push(found.name);
  }
  for (const name of ['Volumes', 'Take snapshot', 'before the experiment']) {
    expect(
      reached.some(text => text.includes(name)),
      `${name} in ${reached.join()}`
    ).toBe(true);
  }
});
