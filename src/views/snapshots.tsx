/** Snapshots: take one, see what is going on, and the list of those there are. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { ApiError } from '../client';
import type {
  EntryList,
  Operation,
  Restore,
  Snapshot,
  SnapshotList,
  Status,
  Verification
} from '../contract';
import * as units from '../units';
import type { EnvironmentProps } from './environment';
import { OperationView } from './operation';
import { Missing } from './missing';
import { Reason } from './reason';
import { SnapshotView, title } from './snapshot';
import { type Order, Take } from './take';

/** What a person can do here. Each act tells of its own failure through `failure`. */
export interface Acts {
  take: (order: Order) => Promise<boolean>;
  restore: (snapshot: Snapshot, paths: readonly string[]) => void;
  undo: (restore: Restore, what: string) => void;
  verify: (snapshot: Snapshot) => void;
  delete: (snapshot: Snapshot) => void;
  cancel: (operation: Operation) => void;
  browse: (snapshot: Snapshot, path: string) => Promise<EntryList>;
  contentUrl: (snapshot: Snapshot, path: string) => string;
  environment?: (snapshot: Snapshot) => Pick<EnvironmentProps, 'changes' | 'file'>;
}

export interface SnapshotsProps {
  list: SnapshotList | null;
  error: ApiError | null;
  /** What the last act of this person was refused with. */
  failure: ApiError | null;
  status: Status;
  verification: (snapshot: string) => Verification | undefined;
  acts: Acts;
  trans: TranslationBundle;
}

export function SnapshotsView(props: SnapshotsProps): JSX.Element {
  const { list, error, failure, status, acts, trans } = props;
  const refused = policy(status, trans);
  return (
    <>
      {list ? <Engines {...props} list={list} refused={refused} /> : null}
      {failure ? <Reason reason={failure.message} hint={failure.hint} alert /> : null}
      {status.operations.filter(worthShowing).map(operation => (
        <OperationView
          key={operation.id}
          operation={operation}
          onCancel={acts.cancel}
          trans={trans}
        />
      ))}
      {list ? <Restored {...props} list={list} refused={refused} /> : null}
      {list ? <Beside {...props} list={list} refused={refused} /> : null}
      {error ? <Reason reason={error.message} hint={error.hint} /> : null}
      {list ? <List {...props} list={list} refused={refused} /> : null}
      {!list && !error ? <p className="kfnb-Note">{trans.__('Looking…')}</p> : null}
    </>
  );
}

/** Why the site allows no change here; empty: it does. */
function policy(status: Status, trans: TranslationBundle): string {
  if (!status.snapshots_enabled) {
    return trans.__('Snapshots are switched off on this site.');
  }
  return status.read_only ? trans.__('This site is read-only: nothing can be changed here.') : '';
}

/** How it ended is told by a notification; a failure stays in sight for its minute. */
function worthShowing(operation: Operation): boolean {
  if (['scan', 'remove', 'empty'].includes(operation.kind)) {
    return false; // those stand where they were asked for
  }
  return operation.state === 'running' || operation.state === 'failed';
}

type ListProps = SnapshotsProps & { list: SnapshotList; refused: string };

function Engines({ list, refused, acts, trans }: ListProps): JSX.Element {
  // One that has nothing to work with here (no cluster) is missed by nobody.
  const there = list.engines.filter(engine => !engine.absent);
  const [only] = there;
  if (there.length === 1 && only && !only.available) {
    return <Missing engine={only} trans={trans} />;
  }
  return <Take engines={there} refused={refused} onTake={acts.take} trans={trans} />;
}

/** The notebooks that were made beside this one; they are removed where notebooks are listed. */
function Beside({ list, status, trans }: ListProps): JSX.Element | null {
  const made = list.restores.filter(one => one.way === 'new_notebook');
  return made.length ? (
    <details className="kfnb-Restored">
      <summary>{trans._n('%1 notebook made', '%1 notebooks made', made.length)}</summary>
      <ul className="kfnb-List">
        {made.map(one => (
          <li key={one.id}>
            <strong>{one.notebook}</strong>{' '}
            {trans.__(
              'at %1 from %2, on %3',
              units.moment(one.ended, status.taken),
              one.snapshot,
              one.switches.map(({ new: claim }) => claim).join(', ')
            )}
          </li>
        ))}
      </ul>
      <p className="kfnb-Note">
        {trans.__(
          'To remove one, delete it where notebooks are listed. Its volumes stay; Cluster lists ' +
            'them and lets them go.'
        )}
      </p>
    </details>
  ) : null;
}

function Restored({ list, refused, status, acts, trans }: ListProps): JSX.Element | null {
  const last = list.restores.find(one => one.way !== 'new_notebook');
  if (!last || last.undone) {
    return null;
  }
  const source = list.snapshots.find(snapshot => snapshot.id === last.snapshot);
  const name = source ? title(source, trans) : last.snapshot;
  const at = units.moment(last.ended, status.taken);
  const what = happened(last, name, at, trans);
  if (last.safety === null && !last.switches.length) {
    return (
      <p className="kfnb-Restored kfnb-Note">
        {what} {trans.__('It cannot be undone: the snapshot before it was deleted.')}
      </p>
    );
  }
  return (
    <div className="kfnb-Restored kfnb-Row">
      <span className="kfnb-Row-grow">{what}</span>
      <button
        type="button"
        className="kfnb-Button"
        disabled={refused !== ''}
        onClick={() => acts.undo(last, what)}
      >
        {last.undo_of ? trans.__('Redo…') : trans.__('Undo…')}
      </button>
    </div>
  );
}

function happened(last: Restore, name: string, at: string, trans: TranslationBundle): string {
  const [first] = last.switches;
  if (last.grown !== null && first) {
    return last.undo_of
      ? trans.__('%1 took the place of %2 again at %3.', first.new, first.old, at)
      : trans.__('%1 took the place of %2, as a larger claim, at %3.', first.new, first.old, at);
  }
  return last.undo_of
    ? trans.__('The restore was undone at %1.', at)
    : trans.__('Restored from “%1” at %2.', name, at);
}

function List({ list, refused, status, verification, acts, trans }: ListProps): JSX.Element | null {
  if (!list.snapshots.length) {
    if (list.engines.some(engine => !engine.available && !engine.absent)) {
      return null; // what cannot be looked into may hold some
    }
    return <p className="kfnb-Note">{trans.__('There are no snapshots yet.')}</p>;
  }
  return (
    <ul className="kfnb-List kfnb-Snapshots" aria-label={trans.__('Snapshots, newest first')}>
      {list.snapshots.map(snapshot => (
        <li key={`${snapshot.engine}/${snapshot.id}`}>
          <SnapshotView
            snapshot={snapshot}
            verification={verification(snapshot.id)}
            now={status.taken}
            refused={refused}
            onRestore={paths => acts.restore(snapshot, paths)}
            onVerify={() => acts.verify(snapshot)}
            onDelete={() => acts.delete(snapshot)}
            browse={path => acts.browse(snapshot, path)}
            contentUrl={path => acts.contentUrl(snapshot, path)}
            environment={acts.environment?.(snapshot)}
            trans={trans}
          />
        </li>
      ))}
    </ul>
  );
}
