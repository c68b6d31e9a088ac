/** The configuration of `sidebar.ts`: the browser of the browser tests, and time enough. */
import { defineConfig } from '@playwright/test';
import browser from '../tests/browser/playwright.config';

export default defineConfig({
  ...browser,
  testDir: '.',
  testMatch: 'sidebar.ts',
  outputDir: '../.dev/sidebar',
  timeout: 15 * 60_000,
  globalTimeout: 30 * 60_000,
  reporter: 'line'
});
