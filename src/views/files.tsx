/** The folders and files of one snapshot, one folder at a time. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { downloadIcon, fileIcon, folderIcon, linkIcon, undoIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import { type ApiError, asApiError } from '../client';
import type { Entry, EntryList } from '../contract';
import * as units from '../units';
import { Reason } from './reason';

export interface FilesProps {
  /** Lists a folder; "" is the top. */
  browse: (path: string) => Promise<EntryList>;
  contentUrl: (path: string) => string;
  onRestore: (path: string) => void;
  /** Why nothing can be restored; empty: it can. */
  refused: string;
  trans: TranslationBundle;
}

/** A folder may hold ten thousand files: so many are shown at a time. */
const PAGE = 200;
const ICONS = { directory: folderIcon, file: fileIcon, symlink: linkIcon };

export function Files(props: FilesProps): JSX.Element {
  const { browse, trans } = props;
  const [path, setPath] = React.useState('');
  const [shown, setShown] = React.useState(PAGE);
  const { list, error } = useFolder(browse, path);
  const open = (next: string): void => {
    setShown(PAGE);
    setPath(next);
  };
  const entries = list?.entries ?? [];
  return (
    <div className="kfnb-Files">
      <Crumbs path={path} onOpen={open} trans={trans} />
      {error ? <Reason reason={error.message} hint={error.hint} alert /> : null}
      {!list && !error ? <p className="kfnb-Note">{trans.__('Looking…')}</p> : null}
      {list && !entries.length ? (
        <p className="kfnb-Note">{trans.__('This folder is empty.')}</p>
      ) : null}
      <ul className="kfnb-Files-list">
        {entries.slice(0, shown).map(entry => (
          <li key={entry.path}>
            <Row {...props} entry={entry} onOpen={open} />
          </li>
        ))}
      </ul>
      {entries.length > shown ? (
        <button type="button" className="kfnb-Button" onClick={() => setShown(shown + PAGE)}>
          {trans.__('Show more (%1 left)', entries.length - shown)}
        </button>
      ) : null}
    </div>
  );
}

interface Folder {
  list: EntryList | null;
  error: ApiError | null;
}

function useFolder(browse: FilesProps['browse'], path: string): Folder {
  const [folder, setFolder] = React.useState<Folder>({ list: null, error: null });
  const latest = React.useRef(browse);
  latest.current = browse;
  React.useEffect(() => {
    let current = true;
    const set = (found: Folder): void => {
      if (current) {
        setFolder(found);
      }
    };
    latest.current(path).then(
      list => set({ list, error: null }),
      (error: unknown) => set({ list: null, error: asApiError(error) })
    );
    return () => {
      current = false;
    };
  }, [path]);
  return folder;
}

interface CrumbsProps {
  path: string;
  onOpen: (path: string) => void;
  trans: TranslationBundle;
}

function Crumbs({ path, onOpen, trans }: CrumbsProps): JSX.Element {
  const parts = path ? path.split('/') : [];
  const steps = [
    { name: trans.__('Workspace'), path: '' },
    ...parts.map((name, index) => ({ name, path: parts.slice(0, index + 1).join('/') }))
  ];
  return (
    <nav className="kfnb-Crumbs" aria-label={trans.__('Folder in the snapshot')}>
      {steps.map((step, index) => (
        <React.Fragment key={step.path}>
          {index > 0 ? <span aria-hidden="true">/</span> : null}
          <button
            type="button"
            aria-current={index === steps.length - 1 ? 'location' : undefined}
            onClick={() => onOpen(step.path)}
          >
            {step.name}
          </button>
        </React.Fragment>
      ))}
    </nav>
  );
}

function Row(props: FilesProps & { entry: Entry; onOpen: (path: string) => void }): JSX.Element {
  const { entry, onOpen, onRestore, contentUrl, refused, trans } = props;
  const Icon = ICONS[entry.type];
  const restore = trans.__('Restore %1…', entry.name);
  const download = trans.__('Download %1', entry.name);
  return (
    <div className="kfnb-File">
      <Icon.react tag="span" className="kfnb-File-icon" width="14px" height="14px" />
      {entry.type === 'directory' ? (
        <button type="button" className="kfnb-File-name" onClick={() => onOpen(entry.path)}>
          {entry.name}
        </button>
      ) : (
        <span className="kfnb-File-name" title={entry.target ?? entry.name}>
          {entry.name}
        </span>
      )}
      <span className="kfnb-File-size">
        {entry.type === 'file' && entry.size !== null ? units.bytes(entry.size) : ''}
      </span>
      {entry.type === 'file' ? (
        <a
          className="kfnb-IconButton"
          href={contentUrl(entry.path)}
          download={entry.name}
          aria-label={download}
          title={download}
        >
          <downloadIcon.react tag="span" width="14px" height="14px" />
        </a>
      ) : null}
      <button
        type="button"
        className="kfnb-IconButton"
        disabled={refused !== ''}
        aria-label={restore}
        title={refused || restore}
        onClick={() => onRestore(entry.path)}
      >
        <undoIcon.react tag="span" width="14px" height="14px" />
      </button>
    </div>
  );
}
