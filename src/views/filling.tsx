/** What fills the workspace: a list with bars to go down into, and what removing each costs. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { fileIcon, folderIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { ApiError } from '../client';
import type { Filling, Item, Operation } from '../contract';
import * as units from '../units';
import { OperationView } from './operation';
import { Reason } from './reason';

export interface FillingProps {
  filling: Filling | null;
  failure: ApiError | null;
  running: readonly Operation[];
  /** Why nothing can be changed here; empty: it can. */
  refused: string;
  now: string;
  open: (path: string) => void;
  scan: (full: boolean) => void;
  cancel: (operation: Operation) => void;
  trash: (item: Item) => void;
  remove: (item: Item) => void;
  empty: () => void;
  reveal: ((path: string) => void) | null;
  trans: TranslationBundle;
}

/** A folder may hold hundreds of others: so many are shown at a time. */
const PAGE = 30;

export function FillingView(props: FillingProps): JSX.Element {
  const { filling, failure, running, cancel, open, trans } = props;
  const asked = React.useRef(open);
  React.useEffect(() => {
    asked.current('');
  }, []);
  return (
    <>
      {failure ? <Reason reason={failure.message} hint={failure.hint} alert /> : null}
      {running.map(operation => (
        <OperationView key={operation.id} operation={operation} onCancel={cancel} trans={trans} />
      ))}
      {running.length ? null : <Scan {...props} />}
      {filling?.taken ? <Folder key={filling.path} {...props} filling={filling} /> : null}
    </>
  );
}

function Scan({ filling, scan, now, trans }: FillingProps): JSX.Element {
  const taken = filling?.taken;
  const note = taken
    ? trans.__('As of %1, %2 files', units.moment(taken, now), units.count(filling.files))
    : trans.__('Not looked at yet.');
  return (
    <div className="kfnb-Row">
      <span className="kfnb-Note kfnb-Row-grow">{note}</span>
      <button type="button" className="kfnb-Button" onClick={() => scan(false)}>
        {taken ? trans.__('Look again') : trans.__('Look what fills it')}
      </button>
    </div>
  );
}

type Known = FillingProps & { filling: Filling };

function Folder(props: Known): JSX.Element {
  const { filling, refused, empty, trans } = props;
  const [shown, setShown] = React.useState(PAGE);
  const { items, caches, trash } = filling;
  return (
    <div className="kfnb-Filling">
      <Crumbs {...props} />
      <ul className="kfnb-Files-list" aria-label={trans.__('What fills it, the largest first')}>
        {items.slice(0, shown).map(item => (
          <Row key={`${item.kind}/${item.path}`} {...props} item={item} whole={filling.bytes} />
        ))}
      </ul>
      {items.length > shown ? (
        <button type="button" className="kfnb-Button" onClick={() => setShown(shown + PAGE)}>
          {trans.__('Show more (%1 left)', items.length - shown)}
        </button>
      ) : null}
      {filling.unreadable ? (
        <p className="kfnb-Note">
          {trans._n(
            '%1 folder may not be read and is not counted.',
            '%1 folders may not be read and are not counted.',
            filling.unreadable
          )}
        </p>
      ) : null}
      {filling.other_filesystems ? (
        <p className="kfnb-Note">
          {trans.__('Other volumes that are mounted inside are not counted here.')}
        </p>
      ) : null}
      {caches.length ? (
        <details>
          <summary>{trans.__('What tools have made')}</summary>
          <ul className="kfnb-Files-list">
            {caches.map(item => (
              <Row
                key={`${item.path}/${item.name}`}
                {...props}
                item={item}
                whole={filling.bytes}
                full
              />
            ))}
          </ul>
        </details>
      ) : null}
      {filling.largest.length ? (
        <details>
          <summary>{trans.__('The largest files')}</summary>
          <ul className="kfnb-Files-list">
            {filling.largest.map(item => (
              <Row key={item.path} {...props} item={item} whole={filling.bytes} full />
            ))}
          </ul>
        </details>
      ) : null}
      {trash ? (
        <div className="kfnb-Row">
          <span className="kfnb-Note kfnb-Row-grow">
            {trans.__('The trash holds %1, which are not free yet.', units.bytes(trash))}
          </span>
          <button
            type="button"
            className="kfnb-Button"
            disabled={refused !== ''}
            title={refused}
            onClick={empty}
          >
            {trans.__('Empty trash…')}
          </button>
        </div>
      ) : null}
    </div>
  );
}

function Crumbs({ filling, open, trans }: Known): JSX.Element {
  const parts = filling.path ? filling.path.split('/') : [];
  const steps = [
    { name: trans.__('Workspace'), path: '' },
    ...parts.map((name, index) => ({ name, path: parts.slice(0, index + 1).join('/') }))
  ];
  return (
    <nav className="kfnb-Crumbs" aria-label={trans.__('Folder of the workspace')}>
      {steps.map((step, index) => (
        <React.Fragment key={step.path}>
          {index > 0 ? <span aria-hidden="true">/</span> : null}
          <button
            type="button"
            aria-current={index === steps.length - 1 ? 'location' : undefined}
            onClick={() => open(step.path)}
          >
            {step.name}
          </button>
        </React.Fragment>
      ))}
      <span className="kfnb-File-size">{units.bytes(filling.bytes)}</span>
    </nav>
  );
}

function Row(props: Known & { item: Item; whole: number; full?: boolean }): JSX.Element {
  const { item, whole, full, open, trans } = props;
  const share = whole ? item.bytes / whole : 0;
  const Icon = item.kind === 'directory' ? folderIcon : fileIcon;
  const label =
    item.kind === 'rest' && item.cache
      ? trans.__('%1, in other folders', item.cache.name)
      : item.kind === 'rest'
        ? trans._n('%2 smaller file', '%2 smaller files', item.files, units.count(item.files))
        : full
          ? item.path
          : item.name;
  return (
    <li className="kfnb-Filled">
      <div className="kfnb-File">
        <Icon.react tag="span" className="kfnb-File-icon" width="14px" height="14px" />
        {item.kind === 'directory' ? (
          <button
            type="button"
            className="kfnb-File-name"
            title={item.path}
            onClick={() => open(item.path)}
          >
            {label}
          </button>
        ) : (
          <span className="kfnb-File-name" title={item.path}>
            {label}
          </span>
        )}
        <span className="kfnb-File-size">{units.bytes(item.bytes)}</span>
      </div>
      {/* The figures stand beside it as text. */}
      <div className="kfnb-Filled-bar" aria-hidden="true">
        <div style={{ width: `${Math.min(1, share) * 100}%` }} />
      </div>
      {item.cache ? <p className="kfnb-Note">{item.cache.cost}</p> : null}
      {item.kind === 'rest' ? null : <Acts {...props} />}
    </li>
  );
}

function Acts(props: Known & { item: Item }): JSX.Element {
  const { item, refused, reveal, trash, remove, trans } = props;
  const kept = item.cache?.name === 'snapshots' || item.cache?.name === 'trash';
  const button = (text: string, about: string, act: () => void, off = ''): JSX.Element => (
    <button
      type="button"
      className="kfnb-Link"
      aria-label={about}
      disabled={off !== ''}
      title={off || about}
      onClick={act}
    >
      {text}
    </button>
  );
  return (
    <div className="kfnb-Filled-acts">
      {reveal
        ? button(trans.__('Show'), trans.__('Show %1 in the file browser', item.path), () =>
            reveal(item.path)
          )
        : null}
      {kept
        ? null
        : button(
            trans.__('Trash…'),
            trans.__('Move %1 to the trash', item.path),
            () => trash(item),
            refused
          )}
      {kept
        ? null
        : button(
            trans.__('Delete…'),
            trans.__('Delete %1', item.path),
            () => remove(item),
            refused
          )}
    </div>
  );
}
