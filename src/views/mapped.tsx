/** Who holds shared memory, the orphans that can be ended, and files that nobody uses. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { Cleared, Holder, Leftover, Shm } from '../contract';
import * as units from '../units';
import { Unknown } from './reason';

export interface MappedProps {
  shm: Shm;
  /** Why nothing can be changed here; empty: it can. */
  refused: string;
  cleared: Cleared | null;
  end: (holder: Holder) => void;
  clear: (files: readonly Leftover[]) => void;
  trans: TranslationBundle;
}

export function Mapped(props: MappedProps): JSX.Element {
  const { shm, cleared, trans } = props;
  const left = Object.entries(cleared?.left ?? {});
  return (
    <>
      {shm.holders?.length ? (
        <ul className="kfnb-Files-list" aria-label={trans.__('Who holds it')}>
          {shm.holders.map(holder => (
            <Row key={`${holder.kind}/${holder.source}`} {...props} holder={holder} />
          ))}
        </ul>
      ) : null}
      {shm.missing.holders ? <p className="kfnb-Note">{shm.missing.holders}</p> : null}
      <Leftovers {...props} />
      {left.length ? (
        <p className="kfnb-Note">{left.map(([name, why]) => `${name}: ${why}`).join(' ')}</p>
      ) : null}
    </>
  );
}

function Leftovers({ shm, refused, clear, trans }: MappedProps): JSX.Element | null {
  const files = shm.leftovers?.filter(file => !file.refused) ?? [];
  if (!files.length) {
    return null;
  }
  const size = units.bytes(files.reduce((sum, file) => sum + file.bytes, 0));
  return (
    <div className="kfnb-Row">
      <span className="kfnb-Note kfnb-Row-grow">
        {trans._n(
          '%2 in %1 file that nobody uses.',
          '%2 in %1 files that nobody uses.',
          files.length,
          size
        )}
      </span>
      <button
        type="button"
        className="kfnb-Button"
        disabled={refused !== ''}
        title={refused}
        onClick={() => clear(files)}
      >
        {trans.__('Remove…')}
      </button>
    </div>
  );
}

function Row({ holder, refused, end, trans }: MappedProps & { holder: Holder }): JSX.Element {
  const { kind, name, bytes, memory, tasks } = holder;
  const orphan = kind === 'orphan';
  return (
    <li>
      <div className="kfnb-File">
        <span className="kfnb-File-name" title={name}>
          {orphan ? trans.__('Left by %1', name) : name}
        </span>
        <span className="kfnb-File-size">
          {bytes === null ? <Unknown reason={undefined} trans={trans} /> : units.bytes(bytes)}
        </span>
        {orphan ? (
          <button
            type="button"
            className="kfnb-Link"
            disabled={refused !== ''}
            title={refused}
            aria-label={trans.__('End what %1 has left', name)}
            onClick={() => end(holder)}
          >
            {trans.__('End…')}
          </button>
        ) : null}
      </div>
      {orphan ? (
        <p className="kfnb-Note">
          {trans._n(
            '%1 process of a killed kernel, %2 of memory.',
            '%1 processes of a killed kernel, %2 of memory.',
            tasks.length,
            units.bytes(memory)
          )}
        </p>
      ) : null}
    </li>
  );
}
