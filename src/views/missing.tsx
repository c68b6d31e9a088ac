/** Why an engine cannot be used, and the role to send where a right is missing. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { EngineInfo } from '../contract';
import { Copy } from './copy';
import { Reason } from './reason';

export interface MissingProps {
  engine: EngineInfo;
  trans: TranslationBundle;
}

export function Missing({ engine, trans }: MissingProps): JSX.Element {
  const { reason, hint, role } = engine;
  return (
    <>
      <Reason reason={reason} hint={hint} />
      {role ? (
        <details className="kfnb-Patch">
          <summary>{trans.__('The role to send to the administrator')}</summary>
          {/* It scrolls sideways, so the keyboard must reach it. */}
          <pre tabIndex={0} aria-label={trans.__('The role')}>
            {role}
          </pre>
          <Copy text={role} label={trans.__('Copy the role')} trans={trans} />
        </details>
      ) : null}
    </>
  );
}
