/** The section of the cluster, over the tests' own API server: asked when opened, and only then. */
import { inCluster } from './cluster';
import { expect, jupyterFor, openLab, test } from './lab';
import { openSidebar } from './sidebar';

const cluster = inCluster('recorded');
const jupyter = jupyterFor(cluster.options);
test.afterAll(() => cluster.stop());

test('the cluster is asked when its section is opened, and told in words', async ({
  page,
  seen
}) => {
  await openLab(page, jupyter());
  const opened = await openSidebar(page);
  const asked = (): number => seen.requests.filter(one => one.url().includes('/cluster')).length;
  await page.waitForTimeout(1000);
  expect(asked()).toBe(0);

  await opened.getByRole('button', { name: 'Cluster', exact: true }).click();
  const section = opened.locator('#kfnb-cluster-body');
  await expect(section.getByText('nb-demo-home')).toBeVisible({ timeout: 30_000 });
  await expect(section.getByText('fake-node')).toBeVisible();
  await expect(section.getByText('5 of 5, 0 left')).toBeVisible();
  await expect(
    section.getByText(/may not get, list, create or delete volumesnapshots/)
  ).toBeVisible();
  await expect(section).not.toContainText(/NaN|undefined|null|\[object/);
  expect(asked()).toBe(1);

  await section.getByText('The role for the administrator').first().click();
  await expect(section.locator('.kfnb-Patch > pre')).toContainText('kind: ClusterRole');
  await section.getByRole('button', { name: 'Ask again' }).click();
  await expect.poll(asked).toBe(2);
  expect(seen.errors).toEqual([]);
});

test('the role is copied whole', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await openLab(page, jupyter());
  const opened = await openSidebar(page);
  await opened.getByRole('button', { name: 'Cluster', exact: true }).click();
  const section = opened.locator('#kfnb-cluster-body');
  await section.getByText('The role for the administrator').first().click({ timeout: 30_000 });
  await section.getByRole('button', { name: 'Copy the role' }).click();
  await expect(section.getByText('Copied')).toBeVisible();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toContain('resources: [volumesnapshots]');
});
