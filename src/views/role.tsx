/** A role to send to the administrator: folded away, to read and to copy. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { Copy } from './copy';

export interface RoleProps {
  role: string;
  summary: string;
  trans: TranslationBundle;
}

export function Role({ role, summary, trans }: RoleProps): JSX.Element {
  return (
    <details className="kfnb-Patch">
      <summary>{summary}</summary>
      {/* It scrolls sideways, so the keyboard must reach it. */}
      <pre tabIndex={0} aria-label={summary}>
        {role}
      </pre>
      <Copy text={role} label={trans.__('Copy the role')} trans={trans} />
    </details>
  );
}
