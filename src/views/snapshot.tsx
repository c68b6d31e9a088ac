/** One snapshot: what it is at a glance, and opened what can be done with it. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { caretDownEmptyThinIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { Snapshot, Verification } from '../contract';
import * as units from '../units';
import { EnvironmentView, type EnvironmentProps } from './environment';
import { Files, type FilesProps } from './files';
import { State, Volumes } from './volumeset';

export interface SnapshotProps extends Pick<FilesProps, 'browse' | 'contentUrl'> {
  snapshot: Snapshot;
  verification: Verification | undefined;
  /** ISO 8601 */
  now: string;
  /** Why nothing can be changed; empty: it can. */
  refused: string;
  /** No paths: all of it. */
  onRestore: (paths: readonly string[]) => void;
  onVerify: () => void;
  onDelete: () => void;
  environment?: Pick<EnvironmentProps, 'changes' | 'file'> | undefined;
  trans: TranslationBundle;
}

export function SnapshotView(props: SnapshotProps): JSX.Element {
  const { snapshot, now, trans } = props;
  const [open, setOpen] = React.useState(false);
  const body = `kfnb-snapshot-${snapshot.id}`;
  return (
    <div className="kfnb-Snapshot">
      <button
        type="button"
        className="kfnb-Snapshot-head"
        aria-expanded={open}
        aria-controls={body}
        onClick={() => setOpen(!open)}
      >
        <caretDownEmptyThinIcon.react
          className="kfnb-Section-caret"
          tag="span"
          width="16px"
          height="16px"
        />
        <span className="kfnb-Snapshot-name">{title(snapshot, trans)}</span>
        <span className="kfnb-Snapshot-time">{units.moment(snapshot.created, now)}</span>
      </button>
      <p className="kfnb-Note kfnb-Snapshot-facts">{facts(snapshot, trans)}</p>
      <State snapshot={snapshot} trans={trans} />
      <Warnings snapshot={snapshot} trans={trans} />
      <Verified verification={props.verification} trans={trans} />
      <div id={body} hidden={!open}>
        {open ? <Opened {...props} /> : null}
      </div>
    </div>
  );
}

/** What a person calls it: its name, or where it comes from. */
export function title({ name, reason }: Snapshot, trans: TranslationBundle): string {
  if (name) {
    return name;
  }
  switch (reason) {
    case 'before_restore':
      return trans.__('before a restore');
    case 'before_undo':
      return trans.__('before an undo');
    case 'before_growth':
      return trans.__('before a growth');
    case 'schedule':
      return trans.__('scheduled');
    case 'manual':
      return trans.__('unnamed');
  }
}

function facts(snapshot: Snapshot, trans: TranslationBundle): string {
  const { files, bytes_total, bytes_added, reason } = snapshot;
  const all =
    files === null || bytes_total === null || bytes_added === null
      ? trans._n(
          'Volume snapshot of %2',
          'Volume snapshot of %1 volumes: %2',
          snapshot.volumes.length,
          snapshot.volumes.map(volume => volume.claim).join(', ')
        )
      : trans._n(
          '%2 file, %3; cost %4',
          '%2 files, %3; cost %4',
          files,
          units.count(files),
          units.bytes(bytes_total),
          units.bytes(bytes_added)
        );
  const safety = reason === 'before_restore' || reason === 'before_undo';
  return safety ? trans.__('Safety snapshot. %1', all) : all;
}

const NAMED = 20;

function Warnings({
  snapshot,
  trans
}: Pick<SnapshotProps, 'snapshot' | 'trans'>): JSX.Element | null {
  const { complete, left_out: named, left_out_count: count } = snapshot;
  if (complete || !count) {
    return complete ? null : <p className="kfnb-Level kfnb-mod-high">{trans.__('Incomplete.')}</p>;
  }
  return (
    <details className="kfnb-Level kfnb-mod-high">
      <summary>
        {trans._n('Incomplete: %1 entry left out', 'Incomplete: %1 entries left out', count)}
      </summary>
      <ul>
        {named.slice(0, NAMED).map(entry => (
          <li key={entry.path}>{trans.__('%1: %2', entry.path, entry.reason)}</li>
        ))}
      </ul>
      {count > NAMED ? <p>{trans.__('and %1 more', count - NAMED)}</p> : null}
    </details>
  );
}

function Verified(props: Pick<SnapshotProps, 'verification' | 'trans'>): JSX.Element | null {
  const { verification, trans } = props;
  if (!verification) {
    return null;
  }
  const { ok, files, differences, differences_count: count } = verification;
  if (ok) {
    return <p className="kfnb-Note">{trans.__('Verified: all %1 files as recorded.', files)}</p>;
  }
  return (
    <details className="kfnb-Level kfnb-mod-full" open>
      <summary>
        {trans._n('Verify found %1 difference', 'Verify found %1 differences', count)}
      </summary>
      <ul>
        {differences.slice(0, NAMED).map(({ path, problem }) => (
          <li key={path}>{trans.__('%1: %2', path, problem)}</li>
        ))}
      </ul>
    </details>
  );
}

function Opened(props: SnapshotProps): JSX.Element {
  const { snapshot, refused, onRestore, onVerify, onDelete, trans } = props;
  const whole = snapshot.volumes.length > 0;
  const changing = { type: 'button', className: 'kfnb-Button', disabled: refused !== '' } as const;
  return (
    <>
      <div className="kfnb-Buttons">
        <button
          {...changing}
          disabled={refused !== '' || snapshot.state !== 'ready'}
          onClick={() => onRestore([])}
        >
          {trans.__('Restore…')}
        </button>
        {whole ? null : (
          <button type="button" className="kfnb-Button" onClick={onVerify}>
            {trans.__('Verify')}
          </button>
        )}
        <button
          {...changing}
          disabled={refused !== '' || snapshot.state === 'deleting'}
          onClick={onDelete}
        >
          {trans.__('Delete…')}
        </button>
      </div>
      {snapshot.note ? <p className="kfnb-Snapshot-note">{snapshot.note}</p> : null}
      {props.environment ? <EnvironmentView {...props.environment} trans={trans} /> : null}
      {whole ? (
        <Volumes snapshot={snapshot} trans={trans} />
      ) : (
        <Files {...props} onRestore={path => onRestore([path])} />
      )}
    </>
  );
}
