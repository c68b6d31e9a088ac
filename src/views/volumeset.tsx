/** A snapshot of whole volumes: how far it is, what it holds, what to mind. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { Snapshot, SnapshotVolume } from '../contract';
import * as units from '../units';

interface Props {
  snapshot: Snapshot;
  trans: TranslationBundle;
}

/** Why it cannot be relied upon yet, or at all; nothing for one that is ready. */
export function State({ snapshot, trans }: Props): JSX.Element | null {
  const { state, error } = snapshot;
  switch (state) {
    case 'ready':
      return null;
    case 'failed':
      return (
        <p className="kfnb-Level kfnb-mod-full">
          {trans.__('Failed: %1', error || trans.__('the cluster does not say why.'))}
        </p>
      );
    case 'deleting':
      return <p className="kfnb-Note">{trans.__('The cluster is deleting it…')}</p>;
    case 'pending':
      return (
        <p className="kfnb-Level kfnb-mod-high">
          {error
            ? trans.__('Not ready yet; the cluster tries again after: %1', error)
            : trans.__('Not ready yet: the storage is still working on it.')}
        </p>
      );
  }
}

export function Volumes({ snapshot, trans }: Props): JSX.Element {
  return (
    <>
      <ul className="kfnb-Volumes">
        {snapshot.volumes.map(volume => (
          <li key={volume.claim} title={volume.object}>
            <b>{volume.claim}</b> <code>{volume.mount}</code>
            <span className="kfnb-Note">{told(volume, trans)}</span>
          </li>
        ))}
      </ul>
      {snapshot.together ? null : (
        <p className="kfnb-Note">
          {trans.__(
            'The volumes were cut one after another: what was written between two cuts is in the ' +
              'later one alone.'
          )}
        </p>
      )}
      {snapshot.warnings.map(warning => (
        <p key={warning} className="kfnb-Note">
          {warning}
        </p>
      ))}
    </>
  );
}

function told({ ready, size, error }: SnapshotVolume, trans: TranslationBundle): string {
  if (!ready) {
    return error || trans.__('not ready yet');
  }
  return size === null ? trans.__('ready') : trans.__('ready, %1', units.bytes(size));
}
