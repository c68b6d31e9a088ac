/** What the files of a snapshot ran in: what changed since, and files that bring it back. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { type ApiError, asApiError } from '../client';
import type { Changed, EnvironmentChanges, Text } from '../contract';
import { Reason } from './reason';

export interface EnvironmentProps {
  changes: () => Promise<EnvironmentChanges>;
  file: (format: 'requirements' | 'notebook') => Promise<Text>;
  trans: TranslationBundle;
}

export function EnvironmentView({ changes, file, trans }: EnvironmentProps): JSX.Element {
  const [found, setFound] = React.useState<EnvironmentChanges | null>(null);
  const [error, setError] = React.useState<ApiError | null>(null);
  const [copied, setCopied] = React.useState(false);
  const attempt = (act: () => Promise<void>): void => {
    setError(null);
    act().catch((reason: unknown) => setError(asApiError(reason)));
  };
  const toggle = (open: boolean): void => {
    if (open && !found) {
      attempt(async () => setFound(await changes()));
    }
  };
  const copy = (): void =>
    attempt(async () => {
      await navigator.clipboard.writeText((await file('requirements')).text);
      setCopied(true);
    });
  return (
    <details className="kfnb-Environment" onToggle={event => toggle(event.currentTarget.open)}>
      <summary>{trans.__('Environment')}</summary>
      <div aria-live="polite">
        {error ? <Reason reason={error.message} hint={error.hint} /> : null}
        {!found && !error ? <p className="kfnb-Note">{trans.__('Comparing…')}</p> : null}
        {found ? <Changes found={found} trans={trans} /> : null}
      </div>
      <div className="kfnb-Buttons">
        <button type="button" className="kfnb-Button" onClick={copy}>
          {copied ? trans.__('Copied') : trans.__('Copy requirements')}
        </button>
        <button
          type="button"
          className="kfnb-Button"
          onClick={() => attempt(async () => download(await file('requirements')))}
        >
          {trans.__('Download requirements')}
        </button>
        <button
          type="button"
          className="kfnb-Button"
          onClick={() => attempt(async () => download(await file('notebook')))}
        >
          {trans.__('Download Notebook')}
        </button>
      </div>
    </details>
  );
}

interface ChangesProps {
  found: EnvironmentChanges;
  trans: TranslationBundle;
}

function Changes({ found, trans }: ChangesProps): JSX.Element {
  const { changes, notes } = found;
  return (
    <>
      <p>
        {changes.length
          ? trans._n('%1 thing changed since:', '%1 things changed since:', changes.length)
          : trans.__('Nothing that was recorded has changed since.')}
      </p>
      <ul className="kfnb-List">
        {changes.map(one => (
          <li key={`${one.what} ${one.name}`}>{words(one, trans)}</li>
        ))}
      </ul>
      {notes.map(note => (
        <p key={note} className="kfnb-Note">
          {note}
        </p>
      ))}
    </>
  );
}

function words({ what, name, before, after }: Changed, trans: TranslationBundle): string {
  const none = trans.__('none');
  return trans.__('%1 %2: %3 → %4', what, name, before || none, after || none);
}

function download({ name, text }: Text): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
