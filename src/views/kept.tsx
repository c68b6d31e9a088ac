/** What restores left behind: named until a person lets it go. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { Kept } from '../contract';
import * as units from '../units';

export interface KeptProps {
  kept: readonly Kept[];
  onRelease: (kept: Kept) => void;
  trans: TranslationBundle;
}

export function KeptView({ kept, onRelease, trans }: KeptProps): JSX.Element | null {
  return kept.length ? (
    <ul className="kfnb-List" aria-label={trans.__('Kept from restores')}>
      {kept.map(one => (
        <li key={`${one.kind} ${one.name}`} className="kfnb-Row">
          <span className="kfnb-Row-grow">
            <strong>{one.name}</strong>
            {one.size === null ? '' : ` (${units.bytes(one.size)})`}: {one.why}
          </span>
          {one.can_go ? (
            <button type="button" className="kfnb-Button" onClick={() => onRelease(one)}>
              {trans.__('Delete…')}
            </button>
          ) : null}
        </li>
      ))}
    </ul>
  ) : null;
}
