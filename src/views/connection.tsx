/** Whether the figures are fresh; if not, since when and why. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { ApiError } from '../client';
import type { Status } from '../contract';
import * as units from '../units';
import { Reason } from './reason';

export interface ConnectionProps {
  status: Status | null;
  error: ApiError | null;
  trans: TranslationBundle;
}

export function ConnectionView({ status, error, trans }: ConnectionProps): JSX.Element | null {
  if (!error) {
    return status ? null : <p className="kfnb-Note kfnb-Connection">{trans.__('Looking…')}</p>;
  }
  return (
    <div className="kfnb-Connection" role="status">
      {error.passing ? (
        <p className="kfnb-Level kfnb-mod-high">{trans.__('Disconnected')}</p>
      ) : null}
      <Reason reason={error.message} hint={error.hint} />
      {status ? (
        <p className="kfnb-Note">
          {trans.__('The figures below are those of %1.', units.moment(status.taken, status.taken))}
        </p>
      ) : null}
    </div>
  );
}
