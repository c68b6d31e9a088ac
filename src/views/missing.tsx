/** Why an engine cannot be used, and the role to send where a right is missing. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { EngineInfo } from '../contract';
import { Reason } from './reason';
import { Role } from './role';

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
        <Role
          role={role}
          summary={trans.__('The role to send to the administrator')}
          trans={trans}
        />
      ) : null}
    </>
  );
}
