/** Nothing is asked while nobody looks, and little while somebody does. */
import { expect, jupyterFor, openLab, type Page, setHidden, test } from './lab';
import { openSidebar, tab } from './sidebar';

const jupyter = jupyterFor();

/** How many requests to our routes are made within so many seconds. */
async function asked(page: Page, requests: unknown[], seconds: number): Promise<number> {
  const before = requests.length;
  await page.waitForTimeout(seconds * 1000);
  return requests.length - before;
}

test('never opened: no request, not even for the settings', async ({ page, seen }) => {
  const settings: string[] = [];
  page.on('request', request => {
    if (request.url().includes('api/settings/kfnb-ext')) {
      settings.push(request.url());
    }
  });
  await openLab(page, jupyter());
  await asked(page, seen.requests, 12);

  expect(seen.requests).toHaveLength(0);
  expect(settings).toEqual([]);
});

// The next look at its time would be 5.5 s away.
test('hidden sidebar: no request, and fresh figures when it is shown', async ({ page, seen }) => {
  await openLab(page, jupyter());
  await openSidebar(page);
  await tab(page).click();
  await page.waitForTimeout(500);
  expect(await asked(page, seen.requests, 12)).toBe(0);
  const before = seen.requests.length;
  await tab(page).click();
  await expect.poll(() => seen.requests.length, { timeout: 2500 }).toBeGreaterThan(before);
});

test('hidden tab: no request, and fresh figures when it is back', async ({ page, seen }) => {
  await openLab(page, jupyter());
  await openSidebar(page);
  await setHidden(page, true);
  await page.waitForTimeout(500);
  expect(await asked(page, seen.requests, 12)).toBe(0);
  const before = seen.requests.length;
  await setHidden(page, false);
  await expect.poll(() => seen.requests.length, { timeout: 2500 }).toBeGreaterThan(before);
});

test('shown: at most 12 requests in the first minute, none a sign of use', async ({
  page,
  seen
}) => {
  test.setTimeout(90_000);
  await openLab(page, jupyter());
  const begun = Date.now();
  await openSidebar(page);
  await page.waitForTimeout(60_000 - (Date.now() - begun));

  expect(seen.requests.length).toBeLessThanOrEqual(12);
  expect(seen.requests.length).toBeGreaterThanOrEqual(10);
  for (const request of seen.requests) {
    expect(new URL(request.url()).searchParams.get('no_track_activity')).toBe('1');
  }
});
