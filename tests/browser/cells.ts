/** Notebooks made of the sources of their cells. */
import type { Page } from '@playwright/test';
import { expect } from './lab';

export function notebookOf(sources: readonly string[]): string {
  const cells = sources.map((source, number) => ({
    cell_type: 'code',
    execution_count: null,
    id: `cell-${number}`,
    metadata: {},
    outputs: [],
    source
  }));
  const kernelspec = { display_name: 'Python 3 (ipykernel)', language: 'python', name: 'python3' };
  return JSON.stringify({ cells, metadata: { kernelspec }, nbformat: 4, nbformat_minor: 5 });
}

/** Opens a notebook of the workspace, and waits for its kernel. */
export async function openNotebook(page: Page, path: string): Promise<void> {
  await page.evaluate(
    name => window.jupyterapp.commands.execute('docmanager:open', { path: name }),
    path
  );
  await expect(page.getByText('Python 3 (ipykernel) | Idle')).toBeVisible();
}
