/**
 * The browser tests' own `test`: one JupyterLab to throw away per file, and a record of what the
 * page complained about and asked of our routes.
 *
 *     const jupyter = jupyterFor({ prepare: workspace => ... });
 *     test('...', async ({ page, seen }) => {
 *       await openLab(page, jupyter());
 *       expect(seen.errors).toEqual([]);
 *     });
 */
import { type Page, type Request, test as base } from '@playwright/test';
import { Jupyter, type JupyterOptions } from './jupyter';

export { expect, type Page } from '@playwright/test';
export { Jupyter } from './jupyter';

export interface Seen {
  /** Errors that nobody caught, and what was written to the console as an error. */
  errors: string[];
  /** Requests to our routes, in their order. */
  requests: Request[];
}

/** What `--LabApp.expose_app_in_browser` shows, as far as the tests look at it. */
export interface App {
  commands: {
    execute(id: string, args?: object): Promise<unknown>;
    hasCommand(id: string): boolean;
  };
  hasPlugin(id: string): boolean;
  isPluginActivated(id: string): boolean;
  restored: Promise<unknown>;
}

declare global {
  interface Window {
    jupyterapp: App;
  }
}

export const test = base.extend<{ seen: Seen }>({
  seen: [
    async ({ page }, use) => {
      const seen: Seen = { errors: [], requests: [] };
      page.on('pageerror', error => seen.errors.push(String(error)));
      page.on('console', message => {
        if (message.type() === 'error') {
          seen.errors.push(`${message.text()} (${message.location().url})`);
        }
      });
      page.on('request', request => {
        if (new URL(request.url()).pathname.includes('/kfnb/')) {
          seen.requests.push(request);
        }
      });
      await use(seen);
    },
    { auto: true }
  ]
});

/** Starts a JupyterLab before the first test of a file and ends it after the last one. */
export function jupyterFor(options: JupyterOptions = {}): () => Jupyter {
  let jupyter: Jupyter | undefined;
  test.beforeAll(async () => {
    test.setTimeout(90_000);
    jupyter = await Jupyter.start(options);
  });
  test.afterAll(async () => {
    await jupyter?.stop();
    jupyter = undefined;
  });
  return () => {
    if (!jupyter) {
      throw new Error('There is a Jupyter only while a test runs');
    }
    return jupyter;
  };
}

/** Opens JupyterLab with nothing restored, and waits until it can be used. */
export async function openLab(page: Page, jupyter: Jupyter): Promise<void> {
  await page.goto(`${jupyter.address}lab?token=${jupyter.token}&reset`);
  await labIsReady(page);
  // The Launcher comes last, and takes the focus from whatever has it by then.
  await page.waitForFunction(() => document.activeElement?.closest('.jp-Launcher'));
}

/** Waits until JupyterLab can be used, after a reload for one. */
export async function labIsReady(page: Page): Promise<void> {
  await page.waitForSelector('#jp-main-dock-panel', { state: 'attached' });
  await page.waitForSelector('#jupyterlab-splash', { state: 'detached' });
  await page.evaluate(() => window.jupyterapp.restored.then(() => undefined));
}

/** Makes the page believe that its tab was hidden, or shown again. */
export async function setHidden(page: Page, hidden: boolean): Promise<void> {
  await page.evaluate(value => {
    const define = (name: string, state: unknown) =>
      Object.defineProperty(document, name, { configurable: true, get: () => state });
    define('hidden', value);
    define('visibilityState', value ? 'hidden' : 'visible');
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);
}

/** Runs all cells of the notebook in front, and waits until the first one is on its way. */
export async function runAll(page: Page): Promise<void> {
  // Asked to run before there is a kernel, Lab asks which one.
  await base.expect(page.getByText('Python 3 (ipykernel) | Idle')).toBeVisible();
  // A kernel that has just started says that it is idle before it takes a cell.
  await base
    .expect(async () => {
      await page.evaluate(() => {
        void window.jupyterapp.commands.execute('notebook:run-all-cells');
      });
      const prompt = page.locator('.jp-Notebook .jp-InputPrompt').first();
      await base.expect(prompt).toHaveText(/^\[(\*|\d+)\]:$/, { timeout: 2000 });
    })
    .toPass();
}
