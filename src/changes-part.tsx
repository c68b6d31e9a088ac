/** The buttons by which this notebook is changed in the cluster, over their model. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { Changes, Place } from './changing';
import type { Status } from './contract';
import { Reason } from './views/reason';

export interface ChangesProps {
  /** undefined: nothing can be changed from here; nor can it where this is no notebook. */
  changes: Changes | undefined;
  status: Status;
  trans: TranslationBundle;
}

/** Stop and restart. */
export function EndButtons(props: ChangesProps): JSX.Element | null {
  const { changes, status, trans } = props;
  if (!changes || status.read_only || !status.notebook) {
    return null;
  }
  return (
    <>
      <div className="kfnb-Buttons">
        <button type="button" className="kfnb-Button" onClick={() => changes.end('restart')}>
          {trans.__('Restart notebook…')}
        </button>
        <button type="button" className="kfnb-Button" onClick={() => changes.end('stop')}>
          {trans.__('Stop notebook…')}
        </button>
      </div>
      <Failure {...props} place="activity" />
    </>
  );
}

/** A larger claim, for each that is mounted here. */
export function GrowButtons(props: ChangesProps): JSX.Element | null {
  const { changes, status, trans } = props;
  const { volumes } = status;
  if (!changes || status.read_only || !status.notebook || volumes.kind === 'unavailable') {
    return null;
  }
  const claims = [...new Set(volumes.volumes.map(one => one.claim ?? '').filter(Boolean))];
  return (
    <>
      {claims.length ? (
        <div className="kfnb-Buttons">
          {claims.map(claim => (
            <button
              key={claim}
              type="button"
              className="kfnb-Button"
              onClick={() => changes.grow(claim)}
            >
              {trans.__('Make %1 larger…', claim)}
            </button>
          ))}
        </div>
      ) : null}
      <Failure {...props} place="volumes" />
    </>
  );
}

/** The way back from the last patch of the Notebook. */
export function PatchNote(props: ChangesProps): JSX.Element | null {
  const { changes, status, trans } = props;
  if (!changes || status.read_only || !status.notebook) {
    return null;
  }
  const { undoable } = changes;
  return (
    <>
      {undoable ? (
        <div className="kfnb-Restored kfnb-Row">
          <span className="kfnb-Row-grow">
            {trans.__('The Notebook was changed: “%1”.', undoable.title)}
          </span>
          <button type="button" className="kfnb-Button" onClick={() => changes.undo(undoable)}>
            {trans.__('Undo…')}
          </button>
        </div>
      ) : null}
      <Failure {...props} place="limits" />
    </>
  );
}

function Failure({ changes, place }: ChangesProps & { place: Place }): JSX.Element | null {
  const failure = changes?.failureAt(place);
  return failure ? <Reason reason={failure.message} hint={failure.hint} alert /> : null;
}
