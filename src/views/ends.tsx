/** What runs and ends when the notebook restarts or stops, by name. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

export interface EndsProps {
  names: readonly string[];
  trans: TranslationBundle;
}

export function Ends({ names, trans }: EndsProps): JSX.Element {
  return names.length ? (
    <div className="kfnb-Level kfnb-mod-high">
      <p>{trans.__('This ends by it, and what it holds in memory is lost:')}</p>
      <ul>
        {names.map(name => (
          <li key={name}>{name}</li>
        ))}
      </ul>
    </div>
  ) : (
    <p>{trans.__('No kernel and no terminal runs.')}</p>
  );
}
