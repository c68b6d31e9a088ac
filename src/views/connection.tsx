/** Whether the figures are fresh; if not, since when and why. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { Away } from '../away';
import type { ApiError } from '../client';
import type { Status } from '../contract';
import * as units from '../units';
import { AwayView } from './away';
import { Reason } from './reason';

export interface ConnectionProps {
  status: Status | null;
  error: ApiError | null;
  /** The notebook as it restarts or stops by a person's word. */
  away?: Pick<Away, 'stage' | 'way' | 'since' | 'long'> | undefined;
  trans: TranslationBundle;
}

export function ConnectionView(props: ConnectionProps): JSX.Element | null {
  const { status, error, away, trans } = props;
  if (away?.stage && away.stage !== 'expected') {
    const { stage, way, since, long } = away;
    return (
      <div className="kfnb-Connection">
        <AwayView {...{ stage, way, since, long, trans }} />
      </div>
    );
  }
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
